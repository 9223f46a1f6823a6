//! TOML to settings: every fault of a file in one go, each with its line and how to mend it.
//!
//! Behind the table: what is not in it is refused (a misspelt key must not be silently without effect), and so is what
//! is out of range or contradicts another setting. Invariant: settings that come out of here keep every relation;
//! those between peers only once the peers that stand in files of their own have joined.
//! No value of a text is ever repeated in a fault: it may be a secret.

use crate::relation;
use crate::settings::{LISTS, Settings, TABLE};
use crate::table::{Entry, ReadEntry, Setting};
use crate::value::Value;
use std::fmt;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The line, from 1; none where it is about several settings.
    pub line: Option<usize>,
    /// What is wrong, and what would be right.
    pub text: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// Reads a whole file over the defaults.
///
/// # Errors
/// Every fault found, in the order of the lines; the operator's to mend.
pub fn parse(text: &str) -> Result<Settings, Vec<Fault>> {
    let mut settings = Settings::default();
    let mut faults = Vec::new();
    match DeTable::parse(text) {
        Ok(table) => read_table(table.get_ref(), "", text, &mut settings, &mut faults),
        Err(error) => faults.push(Fault {
            line: error.span().map(|span| line_of(text, span.start)),
            text: format!("not TOML: {}", error.message()),
        }),
    }
    if faults.is_empty() {
        // Peers in files of their own join later; then all is asked again.
        let sentences = match settings.routing.peer_files.is_empty() {
            true => relation::broken(&settings),
            false => relation::without_peers(&settings),
        };
        faults = sentences
            .into_iter()
            .map(|text| Fault { line: None, text })
            .collect();
    }
    faults.sort();
    if faults.is_empty() {
        Ok(settings)
    } else {
        Err(faults)
    }
}

/// The settings of one table; `group` is empty for the file's own.
fn read_table(
    table: &DeTable<'_>,
    group: &str,
    text: &str,
    settings: &mut Settings,
    faults: &mut Vec<Fault>,
) {
    for (key, value) in table.iter() {
        let name = match group {
            "" => key.get_ref().to_string(),
            group => format!("{group}.{}", key.get_ref()),
        };
        let setting = TABLE.iter().find(|setting| setting.name == name);
        let fault = match (setting, value.get_ref()) {
            (Some(setting), _) => {
                read_setting(setting, value, |setting, value| settings.put(setting, value)).err()
            }
            // Groups are one deep.
            (None, DeValue::Table(inner)) if group.is_empty() && is_group(&name) => {
                read_table(inner, &name, text, settings, faults);
                None
            }
            (None, DeValue::Array(entries)) if group.is_empty() && is_list(&name) => {
                read_list(&name, entries, text, settings, faults)
            }
            (None, _) => Some(unknown(&name, TABLE)),
        };
        faults.extend(fault.map(|fault| Fault {
            line: Some(line_of(text, key.span().start)),
            text: fault,
        }));
    }
}

/// The tables of a list; gives a fault of the list as a whole.
fn read_list(
    name: &str,
    entries: &[Spanned<DeValue<'_>>],
    text: &str,
    settings: &mut Settings,
    faults: &mut Vec<Fault>,
) -> Option<String> {
    for entry in entries {
        let DeValue::Table(table) = entry.get_ref() else {
            return Some(format!("{name} must be tables: [[{name}]]"));
        };
        let line = line_of(text, entry.span().start);
        let reader = EntryReader {
            table,
            text,
            line,
            faults: &mut *faults,
        };
        if let Some(Err(count_max)) = settings.add_entry(name, reader) {
            return Some(format!("more than {count_max} [[{name}]] tables"));
        }
    }
    None
}

/// One table of a list, on its way to an entry.
struct EntryReader<'a, 'text> {
    table: &'a DeTable<'text>,
    text: &'a str,
    line: usize,
    faults: &'a mut Vec<Fault>,
}

impl ReadEntry for EntryReader<'_, '_> {
    fn read<E: Entry>(&mut self) -> E {
        let mut entry = E::default();
        for (key, value) in self.table.iter() {
            let name = format!("{}.{}", E::LIST, key.get_ref());
            let setting = E::ROWS.iter().find(|setting| setting.name == name);
            let fault = match setting {
                Some(setting) => {
                    read_setting(setting, value, |setting, value| entry.put(setting, value)).err()
                }
                None => Some(unknown(&name, E::ROWS)),
            };
            self.faults.extend(fault.map(|fault| Fault {
                line: Some(line_of(self.text, key.span().start)),
                text: fault,
            }));
        }
        for setting in entry.missing() {
            let given = self.table.iter().any(|(key, _)| key.get_ref() == setting.key());
            if !given {
                self.faults.push(Fault {
                    line: Some(self.line),
                    text: format!("{} is missing: it must be {}", setting.name, setting.kind.range()),
                });
            }
        }
        entry
    }
}

/// Reads a file that holds one entry of a list: its keys stand at the top.
///
/// # Errors
/// Every fault found, in the order of the lines; relations with other settings are asked for when it is among them.
pub fn parse_entry<E: Entry>(text: &str) -> Result<E, Vec<Fault>> {
    let mut faults = Vec::new();
    let entry = match DeTable::parse(text) {
        Ok(table) => EntryReader {
            table: table.get_ref(),
            text,
            line: 1,
            faults: &mut faults,
        }
        .read(),
        Err(error) => {
            faults.push(Fault {
                line: error.span().map(|span| line_of(text, span.start)),
                text: format!("not TOML: {}", error.message()),
            });
            E::default()
        }
    };
    faults.sort();
    if faults.is_empty() { Ok(entry) } else { Err(faults) }
}

fn read_setting(
    setting: &Setting,
    value: &Spanned<DeValue<'_>>,
    put: impl FnOnce(&Setting, &Value) -> bool,
) -> Result<(), String> {
    match plain(value.get_ref()) {
        Some(value) if put(setting, &value) => Ok(()),
        Some(Value::Integer(number)) => Err(format!(
            "{} is {number}: it must be {}",
            setting.name,
            setting.kind.range()
        )),
        _ => Err(format!("{} must be {}", setting.name, setting.kind.range())),
    }
}

/// A TOML value as one that a setting may have; nothing for floats, dates and tables.
fn plain(value: &DeValue<'_>) -> Option<Value> {
    match value {
        DeValue::String(text) => Some(Value::Text(text.to_string())),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .map(Value::Integer),
        DeValue::Boolean(switch) => Some(Value::Switch(*switch)),
        DeValue::Array(entries) => entries
            .iter()
            .map(|entry| plain(entry.get_ref()))
            .collect::<Option<Vec<_>>>()
            .map(Value::List),
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

fn is_group(name: &str) -> bool {
    TABLE.iter().any(|setting| setting.group() == name)
}

fn is_list(name: &str) -> bool {
    LISTS.iter().any(|list| list.name == name)
}

/// The refusal of a key that is not in the table, with the nearest one that is.
fn unknown(name: &str, rows: &'static [Setting]) -> String {
    match nearest_of(name, rows) {
        Some(known) => format!("unknown setting {name}; the nearest known one is {known}"),
        None => format!("unknown setting {name}"),
    }
}

/// The known name that `name` may have been meant for: the closest by edits, where at least half of it agrees; or the
/// same key in another group.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static str> {
    nearest_of(name, TABLE)
}

fn nearest_of(name: &str, rows: &'static [Setting]) -> Option<&'static str> {
    let key = name.rsplit_once('.').map_or(name, |(_, key)| key);
    let distance = |setting: &Setting| {
        let whole = strsim::normalized_damerau_levenshtein(name, setting.name);
        let alone = strsim::normalized_damerau_levenshtein(key, setting.key()) * 0.9;
        whole.max(alone)
    };
    // Of equals the first in the table.
    let best = rows
        .iter()
        .rev()
        .max_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (distance(best) >= 0.5).then_some(best.name)
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|octet| *octet == b'\n').count() + 1
}

#[cfg(test)]
mod tests;
