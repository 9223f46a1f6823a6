//! Each row of the table: its default and its example are in range, what lies beside the range is refused.

use crate::centre::{PapEntry, SmscEntry};
use crate::kind::Kind;
use crate::peer::{OverrideEntry, PeerEntry, RelationEntry};
use crate::settings::{LISTS, Settings, TABLE};
use crate::table::{Entry, Setting};
use crate::value::Value;

/// A file that sets one setting.
fn file(setting: &Setting, value: &str) -> String {
    match setting.group() {
        "" => format!("{} = {value}\n", setting.key()),
        group => format!("[{group}]\n{} = {value}\n", setting.key()),
    }
}

#[test]
fn names_are_unique_and_rows_say_everything() {
    for (index, setting) in TABLE.iter().enumerate() {
        assert!(
            TABLE[..index].iter().all(|other| other.name != setting.name),
            "{}",
            setting.name
        );
        assert!(
            setting.sentence.len() > 10 && !setting.example.is_empty(),
            "{}",
            setting.name
        );
        assert!(
            setting
                .name
                .bytes()
                .all(|c| c.is_ascii_lowercase() || b"._0123456789".contains(&c))
        );
        assert!(
            !setting.example.contains('|') && !setting.sentence.contains('|'),
            "a table in Markdown"
        );
    }
}

#[test]
fn each_default_is_in_its_range() {
    for setting in TABLE {
        let mut settings = Settings::default();
        let default = setting.default();
        assert!(settings.put(setting, &default), "{} = {default}", setting.name);
        assert_eq!(settings, Settings::default(), "{}", setting.name);
    }
}

#[test]
fn each_example_is_taken_and_is_found_again() {
    for setting in TABLE {
        let example: serde_json::Value = serde_json::from_str(setting.example).unwrap();
        let mut settings = Settings::default();
        assert!(
            settings.put(setting, &value(&example)),
            "{} = {}",
            setting.name,
            setting.example
        );
        assert_eq!(
            settings.value(setting.name),
            Some(value(&example)),
            "{}",
            setting.name
        );
    }
}

fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Bool(switch) => Value::Switch(*switch),
        serde_json::Value::Number(number) => Value::Integer(number.as_i64().unwrap()),
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(entries) => Value::List(entries.iter().map(value).collect()),
        other => panic!("{other}"),
    }
}

/// Values that no setting of this kind may have.
fn outside(kind: &Kind) -> Vec<String> {
    let mut values = vec!["1.5".to_owned(), "1979-05-27".to_owned(), "{ a = 1 }".to_owned()];
    let many = |count: usize, entry: &str| format!("[{}]", vec![entry; count].join(", "));
    match kind {
        Kind::Integer { min, max } => {
            values.extend([
                "true".to_owned(),
                "\"1\"".to_owned(),
                (max + 1).to_string(),
                "-1".to_owned(),
            ]);
            values.extend(min.checked_sub(1).map(|below| below.to_string()));
        }
        Kind::Integers { min, max, count_max } => {
            values.extend([
                format!("[{}]", max + 1),
                format!("[{}]", min - 1),
                "[]".to_owned(),
            ]);
            values.extend([
                many(count_max + 1, &min.to_string()),
                "5".to_owned(),
                "[\"5\"]".to_owned(),
            ]);
        }
        Kind::Switch => values.extend(["1".to_owned(), "\"true\"".to_owned()]),
        Kind::Choice(_) => values.extend(["\"other\"".to_owned(), "1".to_owned()]),
        Kind::Text(_) => values.extend([
            format!("\"{}\"", "x".repeat(5_000)),
            "1".to_owned(),
            "[]".to_owned(),
        ]),
        Kind::Texts { count_max, .. } => {
            values.extend(["[\"\"]".to_owned(), "[1]".to_owned(), "\"x\"".to_owned()]);
            values.push(many(count_max + 1, "\"4477\""));
        }
        Kind::Addresses { count_max } => {
            values.extend(
                [
                    "[]",
                    "[\"localhost:1\"]",
                    "[\"127.0.0.1\"]",
                    "[\"127.0.0.1:65536\"]",
                ]
                .map(str::to_owned),
            );
            values.push(many(count_max + 1, "\"127.0.0.1:0\""));
        }
        Kind::Prefixes { count_max } => {
            values.extend(["[\"10.0.0.1/8\"]", "[\"x\"]", "\"10.0.0.0/8\""].map(str::to_owned));
            values.push(many(count_max + 1, "\"10.0.0.1\""));
        }
    }
    values
}

#[test]
fn each_setting_refuses_what_is_outside_its_range_and_says_the_range() {
    for setting in TABLE {
        for value in outside(&setting.kind) {
            let faults =
                crate::parse(&file(setting, &value)).expect_err(&format!("{} = {value}", setting.name));
            let text = faults[0].to_string();
            assert!(
                text.contains(setting.name) && text.contains(&setting.kind.range()),
                "{text}"
            );
            assert!(faults[0].line.is_some(), "{text}");
        }
    }
}

#[test]
fn the_ends_of_each_range_are_in_it() {
    for setting in TABLE {
        if let Kind::Integer { min, max } = setting.kind {
            for end in [min, max] {
                let end = Value::Integer(i64::try_from(end).unwrap());
                assert!(Settings::default().put(setting, &end), "{} = {end}", setting.name);
            }
        }
    }
}

/// The rows of a list keep what the rows of the settings keep.
fn keeps_its_rows<E: Entry + PartialEq + std::fmt::Debug>() {
    for (index, setting) in E::ROWS.iter().enumerate() {
        let name = setting.name;
        assert_eq!(setting.group(), E::LIST, "{name}");
        assert!(E::ROWS[..index].iter().all(|other| other.name != name), "{name}");
        assert!(
            setting.sentence.len() > 10 && !setting.sentence.contains('|'),
            "{name}"
        );
        assert_eq!(E::default().value(name), Some(setting.default()), "{name}");
        let example = value(&serde_json::from_str(setting.example).unwrap());
        let mut entry = E::default();
        assert!(entry.put(setting, &example), "{name} = {}", setting.example);
        assert_eq!(entry.value(name), Some(example), "{name}");
        for outside in outside(&setting.kind) {
            let text = format!("[[{}]]\n{} = {outside}\n", E::LIST, setting.key());
            let faults = crate::parse(&text).expect_err(&text);
            let told = faults.iter().any(|fault| {
                fault.line == Some(2)
                    && fault.text.contains(name)
                    && fault.text.contains(&setting.kind.range())
            });
            assert!(told, "{text}\n{faults:?}");
        }
        if let Kind::Integer { min, max } = setting.kind {
            for end in [min, max] {
                assert!(
                    entry.put(setting, &Value::Integer(i64::try_from(end).unwrap())),
                    "{name} = {end}"
                );
            }
        }
    }
}

#[test]
fn the_rows_of_lists_are_whole_and_refuse_what_is_outside() {
    keeps_its_rows::<PeerEntry>();
    keeps_its_rows::<RelationEntry>();
    keeps_its_rows::<OverrideEntry>();
    keeps_its_rows::<SmscEntry>();
    keeps_its_rows::<PapEntry>();
    for list in LISTS {
        assert!(
            TABLE.iter().all(|setting| setting.group() != list.name),
            "{}",
            list.name
        );
    }
}
