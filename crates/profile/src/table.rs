//! What a row of the settings table says, and the macro that makes types and rows from one text.
//!
//! `settings` is written with it; the parser, the default file, the schema and the manual page read the rows. So a
//! setting that has no sentence, unit, range or example does not compile (rule 35).

use crate::kind::Kind;
use crate::value::Value;

/// When a changed value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// At the next reload.
    Live,
    /// At the next start; a reload keeps the old value and says so.
    Restart,
}

impl Reload {
    /// As it stands in the manual.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Reload::Live => "live",
            Reload::Restart => "restart",
        }
    }
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name: `group.key`, or the key alone for those of the whole process.
    pub name: &'static str,
    /// Unit of the value; empty where it has none.
    pub unit: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// When a change counts.
    pub reload: Reload,
    /// Makes its default.
    pub default: fn() -> Value,
    /// Another value that could stand there, as TOML.
    pub example: &'static str,
    /// What it is for.
    pub sentence: &'static str,
}

impl Setting {
    /// The group in front of the dot; empty for the process's own.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.name.rsplit_once('.').map_or("", |(group, _)| group)
    }

    /// The key behind the dot.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.name.rsplit_once('.').map_or(self.name, |(_, key)| key)
    }

    /// Its default.
    #[must_use]
    pub fn default(&self) -> Value {
        (self.default)()
    }
}

/// One table of a list of tables, such as a `[[peer]]`: rows of its own, whose names begin with the list's.
///
/// A key whose default is out of its own range must be given: there is no sensible default for a name.
pub trait Entry: Default {
    /// Name of the list, as it stands between the brackets.
    const LIST: &'static str;
    /// What one entry is.
    const SENTENCE: &'static str;
    /// Entries at most.
    const COUNT_MAX: usize;
    /// The rows, in the order of the manual.
    const ROWS: &'static [Setting];

    /// Puts a value into the key called `setting.name`; false where it is of another type or out of range.
    fn put(&mut self, setting: &Setting, value: &Value) -> bool;

    /// The value of the key called `name`.
    fn value(&self, name: &str) -> Option<Value>;

    /// Rows that were not given though they have no usable default.
    fn missing(&mut self) -> Vec<&'static Setting> {
        let mut missing = Vec::new();
        for setting in Self::ROWS {
            let value = self.value(setting.name);
            if !value.is_some_and(|value| self.put(setting, &value)) {
                missing.push(setting);
            }
        }
        missing
    }
}

/// A list of tables, apart from the type of its entries: what the manual, the schema and the default file print.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// Name of the list.
    pub name: &'static str,
    /// What one entry is.
    pub sentence: &'static str,
    /// Entries at most.
    pub count_max: usize,
    /// The rows of one entry.
    pub rows: &'static [Setting],
    /// Whether a row must be given.
    pub is_required: fn(&Setting) -> bool,
}

impl List {
    /// The list of this type of entry.
    #[must_use]
    pub const fn of<E: Entry>() -> List {
        List {
            name: E::LIST,
            sentence: E::SENTENCE,
            count_max: E::COUNT_MAX,
            rows: E::ROWS,
            is_required: |setting| !E::default().put(setting, &setting.default()),
        }
    }
}

/// Makes, from one text: a struct a group, their defaults, [`Settings`](crate::Settings), the table of rows, and the
/// two functions that find a field by its name.
macro_rules! settings {
    (lists {$(
        $(#[doc = $list_doc:literal])*
        $list:ident: $Entry:ty;
    )*}
    $(
        $(#[doc = $doc:literal])*
        $field:ident $Group:ident {
            $($key:ident: $type:ty = $default:expr, $name:literal, $kind:expr, $unit:literal, $reload:ident,
              $example:literal, $sentence:expr;)*
        }
    )*
) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $Group {
                $(#[doc = concat!("Setting `", $name, "`: unit, range and sentence stand in its row of [`TABLE`].")]
                pub $key: $type,)*
            }

            impl Default for $Group {
                fn default() -> $Group {
                    $Group { $($key: $default,)* }
                }
            }
        )*

        /// Every setting, by group.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Settings {
            $($(#[doc = $doc])* pub $field: $Group,)*
            $($(#[doc = $list_doc])* pub $list: Vec<$Entry>,)*
        }

        /// The lists of tables, in the order of the manual.
        pub static LISTS: &[crate::table::List] = &[$(crate::table::List::of::<$Entry>(),)*];

        /// The table, in the order of the manual.
        pub static TABLE: &[crate::table::Setting] = &[$($(crate::table::Setting {
            name: $name,
            unit: $unit,
            kind: $kind,
            reload: crate::table::Reload::$reload,
            default: || {
                let default: $type = $default;
                crate::kind::Field::write(&default)
            },
            example: $example,
            sentence: $sentence,
        },)*)*];

        impl Settings {
            /// Puts a value into the setting called `setting.name`; false where it is of another type or out of range.
            pub fn put(&mut self, setting: &crate::table::Setting, value: &crate::value::Value) -> bool {
                match setting.name {
                    $($($name => match crate::kind::Field::read(value, &setting.kind) {
                        Some(read) => self.$field.$key = read,
                        None => return false,
                    },)*)*
                    _ => return false,
                }
                true
            }

            /// The value of the setting called `name`.
            #[must_use]
            pub fn value(&self, name: &str) -> Option<crate::value::Value> {
                match name {
                    $($($name => Some(crate::kind::Field::write(&self.$field.$key)),)*)*
                    _ => None,
                }
            }

            /// Adds an entry to the list called `name`; nothing where there is none, the most entries where it is full.
            pub(crate) fn add_entry(
                &mut self,
                name: &str,
                mut read: impl crate::table::ReadEntry,
            ) -> Option<Result<(), usize>> {
                match name {
                    $(<$Entry as crate::table::Entry>::LIST => {
                        if self.$list.len() >= <$Entry as crate::table::Entry>::COUNT_MAX {
                            return Some(Err(<$Entry as crate::table::Entry>::COUNT_MAX));
                        }
                        let entry: $Entry = read.read();
                        self.$list.push(entry);
                        Some(Ok(()))
                    })*
                    _ => None,
                }
            }
        }
    };
}

/// Reads one entry of a list, whatever its type.
pub(crate) trait ReadEntry {
    /// The entry; its faults are kept by the reader.
    fn read<E: Entry>(&mut self) -> E;
}

/// Makes, from one text: the struct of one table of a list, its defaults, and its rows.
macro_rules! entry {
    (
        $(#[doc = $doc:literal])*
        $Entry:ident $list:literal $count_max:literal $list_sentence:literal {
            $($key:ident: $type:ty = $default:expr, $name:literal, $kind:expr, $unit:literal, $example:literal,
              $sentence:expr;)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $Entry {
            $(#[doc = concat!("Key `", $name, "`: unit, range and sentence stand in its row.")]
            pub $key: $type,)*
        }

        impl Default for $Entry {
            fn default() -> $Entry {
                $Entry { $($key: $default,)* }
            }
        }

        impl crate::table::Entry for $Entry {
            const LIST: &'static str = $list;
            const SENTENCE: &'static str = $list_sentence;
            const COUNT_MAX: usize = $count_max;
            const ROWS: &'static [crate::table::Setting] = &[$(crate::table::Setting {
                name: $name,
                unit: $unit,
                kind: $kind,
                reload: crate::table::Reload::Live,
                default: || {
                    let default: $type = $default;
                    crate::kind::Field::write(&default)
                },
                example: $example,
                sentence: $sentence,
            },)*];

            fn put(&mut self, setting: &crate::table::Setting, value: &crate::value::Value) -> bool {
                match setting.name {
                    $($name => match crate::kind::Field::read(value, &setting.kind) {
                        Some(read) => self.$key = read,
                        None => return false,
                    },)*
                    _ => return false,
                }
                true
            }

            fn value(&self, name: &str) -> Option<crate::value::Value> {
                match name {
                    $($name => Some(crate::kind::Field::write(&self.$key)),)*
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use {entry, settings};

#[cfg(test)]
mod tests;
