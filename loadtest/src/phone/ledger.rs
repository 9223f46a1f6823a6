//! What went wrong, message by message: losses, duplicates, differences.
//!
//! Beside the counts, which are complete; this list says which messages, and is bounded. Invariant: an incident names
//! the message by its number in the run, which stands in its subject, transaction and text.

use std::io::{self, Write};

/// Incidents that are kept; beyond it only counts grow.
const INCIDENTS_MAX: usize = 10_000;

/// Something that must not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Nanoseconds of the run.
    pub at_ns: u64,
    /// The message's number.
    pub message: u64,
    /// What, by the name of its count.
    pub what: &'static str,
    /// More, for people.
    pub detail: String,
}

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// In the order in which they were found.
    pub incidents: Vec<Incident>,
    /// Those that found no room.
    pub left_out: u64,
}

impl Ledger {
    /// Adds one.
    pub fn add(&mut self, at_ns: u64, message: u64, what: &'static str, detail: String) {
        if self.incidents.len() < INCIDENTS_MAX {
            self.incidents.push(Incident {
                at_ns,
                message,
                what,
                detail,
            });
        } else {
            self.left_out += 1;
        }
    }

    /// Adds another thread's.
    pub fn merge(&mut self, other: Ledger) {
        self.left_out += other.left_out;
        for incident in other.incidents {
            self.add(incident.at_ns, incident.message, incident.what, incident.detail);
        }
    }

    /// Writes it as CSV.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        writeln!(out, "seconds,message,what,detail")?;
        for incident in &self.incidents {
            let detail = incident.detail.replace(['"', '\n', '\r', ','], " ");
            let seconds = incident.at_ns as f64 / 1e9;
            writeln!(
                out,
                "{seconds:.6},{},{},{detail}",
                incident.message, incident.what
            )?;
        }
        if self.left_out > 0 {
            writeln!(out, ",,left_out,{} more found no room", self.left_out)?;
        }
        Ok(())
    }
}
