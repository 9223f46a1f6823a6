//! What is printed of the table: the default file, the JSON schema, the manual page.
//!
//! Beside the flow. Invariant: each is made of the rows alone, so none can be out of date but on disk, where a test
//! compares the manual.

use crate::kind::Kind;
use crate::settings::{LISTS, TABLE};
use crate::table::{List, Reload, Setting};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;

/// A whole file with every setting at its default, each with its sentence, range and reload class above it.
#[must_use]
pub fn default_toml() -> String {
    let mut out = String::from(
        "# Ringpost settings, each at its default. Leave out what you do not change; unknown keys are errors.\n\
         # live: counts at the next SIGHUP. restart: counts at the next start.\n",
    );
    let mut group = "";
    for setting in TABLE {
        if setting.group() != group {
            group = setting.group();
            // Writing to a String cannot fail, here and below.
            let _ = write!(out, "\n[{group}]\n");
        }
        let _ = write!(
            out,
            "\n# {}\n# {}; {}. Example: {}\n{} = {}\n",
            sentence(setting),
            range(setting),
            setting.reload.text(),
            setting.example,
            setting.key(),
            setting.default(),
        );
    }
    for list in LISTS {
        let _ = write!(
            out,
            "\n# {}\n# One table each, {} at most:\n#\n# [[{}]]\n",
            list.sentence, list.count_max, list.name
        );
        for setting in list.rows {
            let (note, value) = match (list.is_required)(setting) {
                true => ("must be given", setting.example.to_owned()),
                false => ("", setting.default().to_string()),
            };
            let note = if note.is_empty() {
                String::new()
            } else {
                format!("; {note}")
            };
            let _ = write!(
                out,
                "#\n# # {}\n# # {}{note}. Example: {}\n# {} = {value}\n",
                sentence(setting),
                range(setting),
                setting.example,
                setting.key(),
            );
        }
    }
    out
}

/// The manual page, in Markdown.
#[must_use]
pub fn manual() -> String {
    let mut out = String::from(
        "# Settings\n\n\
         Made from the table in `crates/profile/src/settings.rs` by `ringpost config manual`; do not edit.\n\n\
         One TOML file, given as `ringpost serve --config FILE`. A setting `group.key` stands as `key` under\n\
         `[group]`.\n\
         Unknown keys, values out of range and settings that contradict each other are errors (exit code 2). `live`\n\
         settings count at the next SIGHUP, `restart` ones at the next start. A reload is taken whole or not at all.\n",
    );
    let mut group = None;
    for setting in TABLE {
        if group != Some(setting.group()) {
            group = Some(setting.group());
            let title = if setting.group().is_empty() {
                "process (no group)"
            } else {
                setting.group()
            };
            let _ = write!(
                out,
                "\n## {title}\n\n| name | default | range | reload | example | what it is for |\n\
                 |---|---|---|---|---|---|\n"
            );
        }
        let _ = writeln!(
            out,
            "| `{}` | `{}` | {} | {} | `{}` | {} |",
            setting.name,
            setting.default(),
            range(setting),
            setting.reload.text(),
            setting.example,
            sentence(setting),
        );
    }
    for list in LISTS {
        let _ = write!(
            out,
            "\n## [[{}]]\n\n{} {} tables at most; all keys are live.\n\n\
             | name | default | range | example | what it is for |\n|---|---|---|---|---|\n",
            list.name, list.sentence, list.count_max
        );
        for setting in list.rows {
            let default = match (list.is_required)(setting) {
                true => "must be given".to_owned(),
                false => format!("`{}`", setting.default()),
            };
            let _ = writeln!(
                out,
                "| `{}` | {default} | {} | `{}` | {} |",
                setting.name,
                range(setting),
                setting.example,
                sentence(setting),
            );
        }
    }
    out
}

/// The file's JSON schema (draft 2020-12), for editors and for checks in front of `ringpost config check`.
#[must_use]
pub fn schema() -> Json {
    let mut top = Map::new();
    for setting in TABLE {
        let row = schema_row(setting);
        if setting.group().is_empty() {
            top.insert(setting.key().to_owned(), row);
            continue;
        }
        let group = top
            .entry(setting.group())
            .or_insert_with(|| json!({ "type": "object", "additionalProperties": false, "properties": {} }));
        if let Some(Json::Object(properties)) = group.get_mut("properties") {
            properties.insert(setting.key().to_owned(), row);
        }
    }
    for list in LISTS {
        top.insert(list.name.to_owned(), list_schema(list));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Ringpost settings",
        "type": "object",
        "additionalProperties": false,
        "properties": top,
    })
}

fn list_schema(list: &List) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for setting in list.rows {
        let mut row = schema_row(setting);
        if (list.is_required)(setting) {
            required.push(json!(setting.key()));
            if let Json::Object(members) = &mut row {
                members.remove("default");
            }
        }
        properties.insert(setting.key().to_owned(), row);
    }
    json!({
        "type": "array", "maxItems": list.count_max, "description": list.sentence,
        "items": {
            "type": "object", "additionalProperties": false, "required": required, "properties": properties,
        },
    })
}

fn schema_row(setting: &Setting) -> Json {
    let mut row = kind_schema(&setting.kind);
    if let Json::Object(members) = &mut row {
        let default = serde_json::from_str(&setting.default().to_string()).unwrap_or(Json::Null);
        members.insert("default".to_owned(), default);
        members.insert("description".to_owned(), json!(sentence(setting)));
        members.insert("x-reload".to_owned(), json!(setting.reload.text()));
        if !setting.unit.is_empty() {
            members.insert("x-unit".to_owned(), json!(setting.unit));
        }
        if let Ok(example) = serde_json::from_str::<Json>(setting.example) {
            members.insert("examples".to_owned(), json!([example]));
        }
    }
    row
}

fn kind_schema(kind: &Kind) -> Json {
    match kind {
        Kind::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Integers { min, max, count_max } => json!({
            "type": "array", "minItems": 1, "maxItems": count_max,
            "items": { "type": "integer", "minimum": min, "maximum": max },
        }),
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Choice(words) => json!({ "type": "string", "enum": words }),
        Kind::Text(form) => json!({ "type": "string", "pattern": form.pattern }),
        Kind::Texts {
            form,
            count_min,
            count_max,
        } => json!({
            "type": "array", "minItems": count_min, "maxItems": count_max,
            "items": { "type": "string", "pattern": form.pattern },
        }),
        Kind::Addresses { count_max } => json!({
            "type": "array", "minItems": 1, "maxItems": count_max,
            "items": { "type": "string", "pattern": "^(\\[[0-9A-Fa-f:.]+\\]|[0-9.]+):[0-9]{1,5}$" },
        }),
        Kind::Prefixes { count_max } => json!({
            "type": "array", "minItems": 0, "maxItems": count_max,
            "items": { "type": "string", "pattern": "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$" },
        }),
    }
}

/// The range with its unit.
fn range(setting: &Setting) -> String {
    match setting.unit {
        "" => setting.kind.range(),
        unit => format!("{} {unit}", setting.kind.range()),
    }
}

/// The sentence, with a capital and a full stop also where it comes from a table of other words.
fn sentence(setting: &Setting) -> String {
    let mut characters = setting.sentence.chars();
    let first: String = characters
        .next()
        .map(char::to_uppercase)
        .into_iter()
        .flatten()
        .collect();
    let stop = if setting.sentence.ends_with('.') { "" } else { "." };
    format!("{first}{}{stop}", characters.as_str())
}

/// The rows as JSON: what `ringpost config schema` can't say in a schema is here, for other tools.
#[must_use]
pub fn rows() -> Json {
    let entries = LISTS.iter().flat_map(|list| list.rows);
    let rows = TABLE.iter().chain(entries).map(|setting| {
        json!({
            "name": setting.name,
            "unit": setting.unit,
            "default": serde_json::from_str::<Json>(&setting.default().to_string()).unwrap_or(Json::Null),
            "range": setting.kind.range(),
            "reload": setting.reload.text(),
            "live": setting.reload == Reload::Live,
            "sentence": sentence(setting),
        })
    });
    Json::Array(rows.collect())
}

#[cfg(test)]
mod tests;
