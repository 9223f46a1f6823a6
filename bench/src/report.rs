//! Medians, and the folder in which a run is kept.
//!
//! The end of every bench. Invariant: the raw figures of every repetition are kept beside the summary, with the machine
//! and the command.

use crate::{BenchError, host};
use hdrhistogram::Histogram;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Median, least and most of some figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The middle one, or the mean of both middle ones.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Spread {
    /// Of these figures; all zero where there are none.
    #[must_use]
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Spread {
        let mut sorted: Vec<f64> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
        let count = sorted.len();
        Spread {
            median: (at(count.saturating_sub(1) / 2) + at(count / 2)) / 2.0,
            least: at(0),
            most: at(count.saturating_sub(1)),
        }
    }

    /// For JSON.
    #[must_use]
    pub fn json(self) -> Value {
        serde_json::json!({ "median": self.median, "least": self.least, "most": self.most })
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let precision = f.precision().unwrap_or(2);
        write!(
            f,
            "{:.precision$} ({:.precision$} to {:.precision$})",
            self.median, self.least, self.most
        )
    }
}

/// The longest time that is told apart, microseconds; what is longer counts as this.
const US_MAX: u64 = 60_000_000;

/// A histogram of microseconds up to a minute, to a thousandth. One with bounds, always: the library's that grows takes
/// whatever is saturated beyond its present end, 2,047 at first, for its present maximum, which is 2.
///
/// # Errors
/// Never with these bounds.
pub fn microseconds() -> Result<Histogram<u64>, BenchError> {
    Histogram::new_with_bounds(1, US_MAX, 3).map_err(|error| BenchError::broken(error.to_string()))
}

/// What is told and kept of a run.
#[derive(Debug)]
pub struct Kept<'a> {
    /// The question: the program's name.
    pub question: &'a str,
    /// What is printed.
    pub table: &'a str,
    /// The summary.
    pub summary: &'a Value,
    /// One line a repetition, with a heading.
    pub raw_csv: &'a str,
}

impl Kept<'_> {
    /// Prints the table, and keeps the run under `folder`, if there is one, as `DATE-MACHINE-QUESTION`.
    ///
    /// # Errors
    /// What the system answered.
    pub fn tell(&self, folder: Option<&Path>) -> Result<(), BenchError> {
        print!("{}", self.table);
        if let Some(folder) = folder {
            println!("kept in {}", keep(folder, self)?.display());
        }
        Ok(())
    }
}

fn keep(folder: &Path, kept: &Kept<'_>) -> Result<PathBuf, BenchError> {
    let stamp = text_of(Command::new("date").args(["-u", "+%Y-%m-%d-%H%M"]));
    let machine = text_of(Command::new("uname").arg("-n"));
    let place = folder.join(format!("{stamp}-{machine}-{}", kept.question));
    fs::create_dir_all(&place)?;
    let commit = text_of(Command::new("git").args(["rev-parse", "--short", "HEAD"]));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let readme = format!(
        "# {}: {stamp}\n\nMachine: {}. Commit: {commit}. Command: `{} {}`.\n\n```text\n{}```\n",
        kept.question,
        host::describe(),
        kept.question,
        arguments.join(" "),
        kept.table
    );
    fs::write(place.join("README.md"), readme)?;
    let summary = serde_json::to_string_pretty(&named(kept)).map_err(std::io::Error::from)?;
    fs::write(place.join("summary.json"), summary + "\n")?;
    fs::write(place.join("raw.csv"), kept.raw_csv)?;
    Ok(place)
}

/// The summary, saying which question it answers: `ringpost plan` reads those of several.
fn named(kept: &Kept<'_>) -> Value {
    let mut summary = kept.summary.clone();
    if let Some(members) = summary.as_object_mut() {
        members.insert("question".to_owned(), kept.question.into());
    }
    summary
}

fn text_of(command: &mut Command) -> String {
    let output = command.output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}

#[cfg(test)]
mod tests;
