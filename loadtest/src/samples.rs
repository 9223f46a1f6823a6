//! `samples.csv`: one row an interval, with counts, processor time and connections.
//!
//! Between the intervals and the folder, both ways. Invariants: integers only, so that reading gives what was
//! written; a column that is missing is an error, one that is not known is left alone.

use crate::host::Core;
use crate::record::Counts;
use crate::run::Interval;
use std::io::{self, Write};

/// A row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// When the interval began, nanoseconds of the run.
    pub begin_ns: u64,
    /// When it ended.
    pub end_ns: u64,
    /// What was counted in it.
    pub counts: Counts,
    /// Lives under way at its end.
    pub under_way: u64,
    /// Connections made in it.
    pub connected: u64,
    /// Octets sent in it.
    pub octets_sent: u64,
    /// Octets received in it.
    pub octets_received: u64,
    /// Processor time of each driver thread, nanoseconds.
    pub driver_cpu_ns: Vec<u64>,
    /// Processor time of the server, nanoseconds; 0 where it was not sampled.
    pub server_cpu_ns: u64,
    /// What each core did.
    pub cores: Vec<Core>,
}

/// Why samples can't be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the samples can't be read: {0}")]
pub struct SamplesError(pub String);

impl Sample {
    /// An interval's row.
    #[must_use]
    pub fn of(interval: &Interval) -> Sample {
        Sample {
            begin_ns: interval.begin_ns,
            end_ns: interval.end_ns,
            counts: interval.frame.counts,
            under_way: interval.under_way,
            connected: interval.tally.connected,
            octets_sent: interval.tally.octets_sent,
            octets_received: interval.tally.octets_received,
            driver_cpu_ns: interval.driver_cpu_ns.clone(),
            server_cpu_ns: interval.server_cpu_ns,
            cores: interval.cores.clone(),
        }
    }

    /// Its length in nanoseconds, never 0.
    #[must_use]
    pub fn length_ns(&self) -> u64 {
        self.end_ns.saturating_sub(self.begin_ns).max(1)
    }

    fn columns(&self) -> Vec<(String, u64)> {
        let mut columns = vec![
            ("begin_ns".to_owned(), self.begin_ns),
            ("end_ns".to_owned(), self.end_ns),
            ("under_way".to_owned(), self.under_way),
            ("connected".to_owned(), self.connected),
            ("octets_sent".to_owned(), self.octets_sent),
            ("octets_received".to_owned(), self.octets_received),
            ("server_cpu_ns".to_owned(), self.server_cpu_ns),
        ];
        let names = Counts::NAMES.iter().map(|(name, _)| (*name).to_owned());
        columns.extend(names.zip(self.counts.values()));
        let drivers = self.driver_cpu_ns.iter().enumerate();
        columns.extend(drivers.map(|(thread, ns)| (format!("driver{thread}_cpu_ns"), *ns)));
        for (core, did) in self.cores.iter().enumerate() {
            columns.push((format!("core{core}_busy_ns"), did.busy_ns));
            columns.push((format!("core{core}_interrupts_ns"), did.interrupts_ns));
            columns.push((format!("core{core}_steal_ns"), did.steal_ns));
        }
        columns
    }
}

/// Writes the names of the columns.
///
/// # Errors
/// What the writer says.
pub fn write_head(out: &mut impl Write, sample: &Sample) -> io::Result<()> {
    let names: Vec<String> = sample.columns().into_iter().map(|(name, _)| name).collect();
    writeln!(out, "{}", names.join(","))
}

/// Writes a row.
///
/// # Errors
/// What the writer says.
pub fn write_row(out: &mut impl Write, sample: &Sample) -> io::Result<()> {
    let values: Vec<String> = sample
        .columns()
        .iter()
        .map(|(_, value)| value.to_string())
        .collect();
    writeln!(out, "{}", values.join(","))
}

/// Reads all rows.
///
/// # Errors
/// Where a row does not fit the head, a value is no number, or a column is missing.
pub fn read(text: &str) -> Result<Vec<Sample>, SamplesError> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let needed = ["begin_ns", "end_ns", "under_way"].into_iter();
    for name in needed.chain(Counts::NAMES.iter().map(|(name, _)| *name)) {
        if !names.contains(&name) {
            return Err(SamplesError(format!("there is no column {name}")));
        }
    }
    lines
        .enumerate()
        .map(|(number, line)| row(&names, line, number + 2))
        .collect()
}

fn row(names: &[&str], line: &str, number: usize) -> Result<Sample, SamplesError> {
    let values: Result<Vec<u64>, _> = line.split(',').map(str::parse).collect();
    let values = values.map_err(|error| SamplesError(format!("line {number}: {error}")))?;
    if values.len() != names.len() {
        let text = format!(
            "line {number} has {} values, the head {}",
            values.len(),
            names.len()
        );
        return Err(SamplesError(text));
    }
    let pairs = || names.iter().copied().zip(values.iter().copied());
    let of = |name: &str| {
        pairs()
            .find(|(found, _)| *found == name)
            .map_or(0, |(_, value)| value)
    };
    let has = |name: &str| names.contains(&name);
    let drivers = (0..)
        .map(|thread| format!("driver{thread}_cpu_ns"))
        .take_while(|name| has(name));
    let cores = (0..).take_while(|core| has(&format!("core{core}_busy_ns")));
    Ok(Sample {
        begin_ns: of("begin_ns"),
        end_ns: of("end_ns"),
        counts: Counts::from_pairs(pairs()),
        under_way: of("under_way"),
        connected: of("connected"),
        octets_sent: of("octets_sent"),
        octets_received: of("octets_received"),
        driver_cpu_ns: drivers.map(|name| of(&name)).collect(),
        server_cpu_ns: of("server_cpu_ns"),
        cores: cores
            .map(|core: usize| Core {
                busy_ns: of(&format!("core{core}_busy_ns")),
                interrupts_ns: of(&format!("core{core}_interrupts_ns")),
                steal_ns: of(&format!("core{core}_steal_ns")),
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests;
