//! `verify`: derives every figure of a folder again from its raw data and compares.
//!
//! Behind a run, for whoever does not believe it. Invariants: a folder passes only if summary and report are what
//! follows from the raw files, and if those are the ones that the summary was derived from. It can't tell a run
//! that was invented from beginning to end: that takes a second run on the same machine.

use crate::folder::{self, FolderError, REPORT, SUMMARY};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Differences that are listed.
const LISTED_MAX: usize = 20;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Figures that were compared.
    pub figures: u64,
    /// What differs, in sentences; empty for a good folder.
    pub differences: Vec<String>,
}

/// Checks a folder.
///
/// # Errors
/// What the system answered; raw files that can't be read at all.
pub fn verify(folder: &Path) -> Result<Verdict, FolderError> {
    let raw = folder::read(folder)?;
    let (_, text, report) = folder::derived(&raw)?;
    let load = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).map_err(|error| FolderError::Io(path.display().to_string(), error))
    };
    let (claimed, kept_report) = (load(SUMMARY)?, load(REPORT)?);
    let parse =
        |text: &str| serde_json::from_str::<Value>(text).map_err(|error| FolderError::Json(SUMMARY, error));
    let mut verdict = Verdict::default();
    compare("", &parse(&claimed)?, &parse(&text)?, &mut verdict);
    if kept_report != report {
        let text = "report.html is not what follows from the raw data (by this version of the program)";
        verdict.differences.push(text.to_owned());
    }
    Ok(verdict)
}

fn compare(path: &str, claimed: &Value, derived: &Value, verdict: &mut Verdict) {
    if verdict.differences.len() >= LISTED_MAX {
        return;
    }
    match (claimed, derived) {
        (Value::Object(claimed), Value::Object(derived)) => {
            for (name, value) in derived {
                let found = claimed.get(name).unwrap_or(&Value::Null);
                compare(&format!("{path}/{name}"), found, value, verdict);
            }
            for name in claimed.keys().filter(|name| !derived.contains_key(*name)) {
                verdict
                    .differences
                    .push(format!("{path}/{name} does not follow from the raw data"));
            }
        }
        (Value::Array(claimed), Value::Array(derived)) if claimed.len() == derived.len() => {
            for (index, (claimed, derived)) in claimed.iter().zip(derived).enumerate() {
                compare(&format!("{path}/{index}"), claimed, derived, verdict);
            }
        }
        _ => {
            verdict.figures += 1;
            if claimed != derived {
                let text = format!("{path}: the summary says {claimed}, the raw data {derived}");
                verdict.differences.push(text);
            }
        }
    }
}

#[cfg(test)]
mod tests;
