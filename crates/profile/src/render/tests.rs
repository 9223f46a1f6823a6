//! What is printed of the table says what the table says.

use super::{default_toml, manual, rows, schema};
use crate::settings::{LISTS, Settings, TABLE};
use serde_json::Value as Json;

#[test]
fn the_default_file_reads_back_as_the_defaults() {
    let text = default_toml();
    assert_eq!(crate::parse(&text).unwrap(), Settings::default());
    for setting in TABLE {
        assert!(
            text.contains(&format!("\n{} = ", setting.key())),
            "{}",
            setting.name
        );
    }
}

/// With the marks of the comments taken away the lists' examples are a file that is taken, but for names that lead
/// nowhere.
#[test]
fn the_lists_in_the_default_file_are_whole_tables() {
    let text = default_toml();
    let lists = &text[text.find("# [[").unwrap()..];
    let plain: String = lists
        .lines()
        .map(|line| line.strip_prefix("# ").unwrap_or(line).to_owned() + "\n")
        .filter(|line| line.starts_with("[[") || line.contains(" = "))
        .collect();
    let faults = crate::parse(&plain).unwrap_err();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "override: there is no peer beta",
            "relation alpha to beta: there is no peer beta"
        ]
    );
}

#[test]
fn the_schema_has_every_setting_and_nothing_else() {
    let schema = schema();
    let mut found = 0;
    for (name, property) in schema["properties"].as_object().unwrap() {
        if let Some(list) = LISTS.iter().find(|list| list.name == name) {
            let keys = property["items"]["properties"].as_object().unwrap();
            assert_eq!(keys.len(), list.rows.len(), "{name}");
            assert_eq!(property["items"]["additionalProperties"], Json::Bool(false));
            continue;
        }
        let inner = property.get("properties").and_then(Json::as_object);
        assert!(
            inner.is_some() || TABLE.iter().any(|setting| setting.name == name),
            "{name}"
        );
        found += inner.map_or(1, serde_json::Map::len);
    }
    assert_eq!(found, TABLE.len());
    assert_eq!(schema["additionalProperties"], Json::Bool(false));
    assert_eq!(
        schema["properties"]["mm1"]["additionalProperties"],
        Json::Bool(false)
    );
    let row = &schema["properties"]["mm1"]["properties"]["recipients_max"];
    assert_eq!(
        (
            row["minimum"].as_u64(),
            row["maximum"].as_u64(),
            row["default"].as_u64()
        ),
        (Some(1), Some(256), Some(50))
    );
    assert_eq!(row["x-reload"], "live");
}

#[test]
fn the_rows_are_all_there() {
    let entries: usize = LISTS.iter().map(|list| list.rows.len()).sum();
    assert_eq!(rows().as_array().unwrap().len(), TABLE.len() + entries);
}

/// To mend: run with UPDATE_SNAPSHOTS=1, or `cargo run -p ringpost -- config manual > docs/SETTINGS.md`.
#[test]
fn the_manual_page_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/SETTINGS.md");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, manual()).unwrap();
    }
    let page = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        page == manual(),
        "docs/SETTINGS.md is stale: cargo run -p ringpost -- config manual > docs/SETTINGS.md"
    );
}
