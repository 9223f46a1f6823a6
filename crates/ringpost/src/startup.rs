//! Start-up: the data directory is locked, its journals are read, and each shard gets what it goes on with.
//!
//! Runs on the program's thread before any shard. Invariants: what a shard starts with was found whole and checked; after
//! a change of the shard count everything that is still needed is rewritten into the new journals before the old ones are
//! dropped, in one step; a stop anywhere in between loses nothing and is made good by the next start.
//!
//! ```text
//!  directory (flock, manifest) ─► scan all journals ─► collector ─┬─► a state for each shard
//!                                        ▲                        │
//!                                        └── scan again ◄── rehome (only after another shard count)
//! ```

mod progress;
mod rehome;

use base::id::PARTITIONS;
use base::{ShardId, WallSeconds};
use journal::{Directory, DirectoryError, JournalFiles, Layout, Recovery, Resume};
use progress::Teller;
use std::path::Path;
use std::time::{Duration, Instant};
use store::recover::{self, Collector, ShardState, Source};

/// What decides how a data directory is opened.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Shards, each with a journal of its own.
    pub shards: u16,
    /// The journals' settings.
    pub journal: journal::Settings,
    /// Seconds that a send is remembered for de-duplication.
    pub dedup_s: u32,
    /// Seconds after an end during which a read report is taken.
    pub read_report_s: u32,
    /// The time.
    pub now: WallSeconds,
    /// Random bits that segments' secret numbers are drawn from.
    pub mark_seed: u64,
}

/// One shard's part.
#[derive(Debug)]
pub struct Seed {
    /// Its journal's files.
    pub files: JournalFiles,
    /// Where its journal goes on.
    pub resume: Resume,
    /// What it remembers.
    pub state: ShardState,
}

/// An opened data directory. It stays locked for as long as this lives.
#[derive(Debug)]
pub struct Opened {
    /// The directory, with its lock.
    pub directory: Directory,
    /// One for each shard.
    pub seeds: Vec<Seed>,
    /// What was found, for the operator.
    pub summary: Summary,
}

/// What recovery found and how long it took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary {
    /// Octets of segments read, or passed over by a checkpoint.
    pub octets: u64,
    /// Records.
    pub records: u64,
    /// Messages whose accept record is there.
    pub messages: u64,
    /// Recipients that still wait, and ended ones that are kept.
    pub recipients: u64,
    /// Damaged places.
    pub problems: u64,
    /// Records that could not be understood.
    pub unreadable: u64,
    /// The time it took.
    pub took: Duration,
}

/// Why a data directory can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory itself.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Its files.
    #[error("the journals can't be read: {0}")]
    Io(#[from] std::io::Error),
    /// Records could not be carried over to the new shards.
    #[error("the journals can't be rewritten for another shard count: {0}")]
    Rehome(#[from] rehome::RehomeError),
}

/// Opens a data directory and recovers what it holds. Says on standard error how far it is, once a second.
///
/// # Errors
/// [`OpenError`]; `Directory(Locked)` where another process has it.
pub fn open(path: &Path, plan: &Plan) -> Result<Opened, OpenError> {
    let layout = Layout {
        journals: plan.shards,
        geometry: plan.journal.geometry(),
        partitions: u32::from(PARTITIONS),
    };
    let mut directory = Directory::open(path, layout)?;
    let layout = recover::Layout {
        shards: plan.shards,
        epoch: directory.epoch().0,
        now: plan.now,
        dedup_s: plan.dedup_s,
        read_report_s: plan.read_report_s,
    };
    let mut scanned = Scanned::read(&directory)?;
    if !scanned.adopted.is_empty() {
        rehome::rehome(&scanned, layout, plan)?;
        directory.retire_adopted()?;
        scanned = Scanned::read(&directory)?;
    }
    let summary = scanned.summary();
    let epoch = directory.epoch();
    let states = scanned.collector.finish(layout);
    let seeds =
        scanned
            .open
            .into_iter()
            .zip(states)
            .zip(0_u64..)
            .map(|(((files, recovery), state), shard)| {
                // One seed for all would draw the same marks in every journal.
                let mark_seed = plan.mark_seed.rotate_left(u32::try_from(shard % 64).unwrap_or(0)) ^ shard;
                Seed {
                    files,
                    resume: recovery.resume(epoch, mark_seed),
                    state,
                }
            });
    let mut opened = Opened {
        seeds: seeds.collect(),
        directory,
        summary,
    };
    opened.summary.recipients = opened.seeds.iter().map(|seed| waiting(&seed.state)).sum();
    opened.summary.messages = opened
        .seeds
        .iter()
        .map(|seed| seed.state.messages.len() as u64)
        .sum();
    Ok(opened)
}

fn waiting(state: &ShardState) -> u64 {
    let undelivered: usize = state
        .deliveries
        .iter()
        .map(|(_, delivery)| delivery.recipients.len())
        .sum();
    (state.copies.len() + undelivered) as u64
}

/// All journals of a directory, read.
struct Scanned {
    open: Vec<(JournalFiles, Recovery)>,
    adopted: Vec<JournalFiles>,
    collector: Collector,
    octets: u64,
    records: u64,
    problems: u64,
    took: Duration,
}

impl Scanned {
    fn read(directory: &Directory) -> Result<Scanned, OpenError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "start-up is measured in real time, for the operator"
        )]
        let begun = Instant::now();
        let mut collector = Collector::default();
        let (mut open, mut adopted) = (Vec::new(), Vec::new());
        let (mut octets, mut records, mut problems) = (0, 0, 0);
        let (old, new): (Vec<_>, Vec<_>) = directory
            .manifest()
            .journals
            .iter()
            .partition(|entry| entry.role == journal::JournalRole::Adopted);
        // The earlier layouts' journals first: what was rewritten out of them already counts.
        for entry in old.into_iter().chain(new) {
            let files = directory.journal(entry)?;
            let source = match entry.role {
                journal::JournalRole::Adopted => {
                    Source::Adopted(u16::try_from(adopted.len()).unwrap_or(u16::MAX))
                }
                journal::JournalRole::Open => {
                    Source::Open(ShardId(u16::try_from(open.len()).unwrap_or(u16::MAX)))
                }
            };
            let mut teller = Teller::new(|record| collector.take(source, record));
            let recovery = files.recover(&mut teller)?;
            progress::tell_problems(&recovery);
            octets += teller.octets();
            records += recovery.records;
            problems += recovery.problems_total;
            match source {
                Source::Adopted(_) => adopted.push(files),
                Source::Open(_) => open.push((files, recovery)),
            }
        }
        Ok(Scanned {
            open,
            adopted,
            collector,
            octets,
            records,
            problems,
            took: begun.elapsed(),
        })
    }

    fn summary(&self) -> Summary {
        Summary {
            octets: self.octets,
            records: self.records,
            problems: self.problems,
            unreadable: self.collector.unreadable(),
            took: self.took,
            ..Summary::default()
        }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let gib = self.octets as f64 / f64::from(1_u32 << 30);
        let seconds = self.took.as_secs_f64();
        write!(
            f,
            "recovered {} records: {} messages, {} recipients; {gib:.3} GiB in {seconds:.3} s",
            self.records, self.messages, self.recipients
        )?;
        if gib > 0.0 {
            write!(f, " ({:.2} s per GiB)", seconds / gib)?;
        }
        if self.problems > 0 || self.unreadable > 0 {
            write!(
                f,
                "; {} damaged places, {} unreadable records",
                self.problems, self.unreadable
            )?;
        }
        Ok(())
    }
}
