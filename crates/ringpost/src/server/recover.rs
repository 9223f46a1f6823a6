//! Recovery: every journal is read, and each shard gets what it goes on with.
//!
//! Before the shards. Invariants: all journals are read before any shard starts (what stands in one may speak of
//! another's messages); damage is told record by record on standard error and never stops the start; the time per GiB
//! is printed.

use super::{Seat, StartError, convert, now};
use base::ShardId;
use journal::{Directory, JournalFiles, Progress, Recovered, Recovery, RecoveryVisitor};
use std::time::{Duration, Instant};
use store::recover::{Collector, Layout, Source};

/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(1);

/// Shows a journal's records to the collector, and progress to a human.
pub(super) struct Visitor<'a> {
    collector: &'a mut Collector,
    source: Source,
    told: Instant,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(collector: &'a mut Collector, source: Source) -> Visitor<'a> {
        Visitor {
            collector,
            source,
            told: now(),
        }
    }
}

impl RecoveryVisitor for Visitor<'_> {
    fn record(&mut self, record: Recovered<'_>) {
        self.collector.take(self.source, record);
    }

    fn progress(&mut self, progress: Progress) {
        if self.told.elapsed() >= PROGRESS {
            self.told = now();
            eprintln!(
                "recovery: journal {}: {} of {} segments",
                progress.journal.0, progress.segments_done, progress.segments
            );
        }
    }
}

/// Reads the open journals, in the order of the shards.
pub(super) fn all(directory: &Directory, layout: Layout) -> Result<Vec<Seat>, StartError> {
    let mut collector = Collector::default();
    let mut found: Vec<(JournalFiles, Recovery)> = Vec::new();
    for (shard, entry) in (0..).zip(directory.manifest().open_journals()) {
        let files = directory.journal(entry)?;
        let source = Source::Open(ShardId(shard));
        let recovery = read(&files, &mut Visitor::new(&mut collector, source))?;
        found.push((files, recovery));
    }
    if collector.unreadable() > 0 {
        eprintln!(
            "alarm: {} records are not understood: written by a later version?",
            collector.unreadable()
        );
    }
    let states = collector.finish(layout);
    let mut seats = Vec::new();
    for ((files, recovery), state) in found.into_iter().zip(states) {
        let mark_seed = u64::from_le_bytes(convert::seed()?.first_chunk().copied().unwrap_or_default());
        let resume = recovery.resume(directory.epoch(), mark_seed);
        seats.push(Seat { files, resume, state });
    }
    Ok(seats)
}

/// Reads one journal and tells how it was.
pub(super) fn read(files: &JournalFiles, visitor: &mut Visitor<'_>) -> Result<Recovery, StartError> {
    let begun = now();
    let recovery = files.recover(visitor)?;
    let octets: u64 = recovery
        .segments
        .iter()
        .map(|segment| u64::from(segment.end.end))
        .sum();
    let seconds = begun.elapsed().as_secs_f64();
    let gib = octets as f64 / f64::from(1 << 30);
    let per_gib = if gib > 0.0 {
        format!(", {:.2} s/GiB", seconds / gib)
    } else {
        String::new()
    };
    eprintln!(
        "recovery: journal {}: {} records in {} segments, {octets} octets, {:.0} ms{per_gib}",
        recovery.journal.0,
        recovery.records,
        recovery.segments.len(),
        seconds * 1_000.0,
    );
    for problem in &recovery.problems {
        eprintln!(
            "recovery: journal {}: segment {} at {} ({} octets): {}",
            recovery.journal.0, problem.segment.0, problem.offset, problem.octets, problem.what
        );
    }
    Ok(recovery)
}
