//! The real source: push records of all journals, read behind their durable ends.
//!
//! Journals of earlier layouts are read once, from end to end, then the open ones are followed in turn. A push record
//! is a state record whose body is the pushed PDU (`store::record`). Invariants: what is given of a journal is in its
//! order; memory is bounded by the octets allowed, the oldest of a stretch being left out first; records that can't be
//! read are passed over and told on standard error.

use crate::outbox::source::{Next, Push, PushSource, Stretch};
use base::Msisdn;
use journal::{Cursor, Followed, JournalFiles, Lsn, Published, RecordView};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use store::record::{KIND_STATE, State};

/// A journal that a shard appends to.
#[derive(Debug)]
pub struct OpenJournal {
    /// Its durable end and its segments.
    pub published: Arc<Published>,
    /// Its files.
    pub files: JournalFiles,
}

/// A journal of an earlier layout.
#[derive(Debug)]
pub struct OldJournal {
    /// Its files.
    pub files: JournalFiles,
}

/// Follows journals.
#[derive(Debug)]
pub struct Journals {
    old: VecDeque<OldJournal>,
    open: Vec<Open>,
    /// Which open journal is looked at next, so that a busy one does not keep the others back.
    turn: usize,
    octets_max: u64,
}

/// An open journal and how far it was read.
#[derive(Debug)]
struct Open {
    published: Arc<Published>,
    files: JournalFiles,
    cursor: Cursor,
}

impl Journals {
    /// A source over these journals that keeps at most `octets_max` octets of pushes in one stretch.
    #[must_use]
    pub fn new(open: Vec<OpenJournal>, old: Vec<OldJournal>, octets_max: u64) -> Journals {
        let open = open.into_iter().map(|journal| Open {
            cursor: Cursor::new(Arc::clone(&journal.published), journal.files.clone(), Lsn(0)),
            published: journal.published,
            files: journal.files,
        });
        Journals {
            old: old.into(),
            open: open.collect(),
            turn: 0,
            octets_max,
        }
    }

    /// What the next open journal with something new has; nothing where none has.
    fn look(&mut self) -> io::Result<Option<Stretch>> {
        for _ in 0..self.open.len() {
            self.turn = (self.turn + 1) % self.open.len();
            let Some(open) = self.open.get_mut(self.turn) else {
                continue;
            };
            let journal = open.published.journal().0;
            if let Some(stretch) = follow(journal, &mut open.cursor, self.octets_max)? {
                return Ok(Some(stretch));
            }
        }
        Ok(None)
    }
}

impl PushSource for Journals {
    fn next(&mut self) -> io::Result<Next> {
        while let Some(journal) = self.old.pop_front() {
            if let Some(stretch) = read_whole(&journal.files, self.octets_max)? {
                return Ok(Next::Stretch(stretch));
            }
        }
        Ok(self.look()?.map_or(Next::Nothing, Next::Stretch))
    }

    fn rest(&mut self) {
        for open in &mut self.open {
            open.cursor = Cursor::new(
                Arc::clone(&open.published),
                open.files.clone(),
                open.cursor.position(),
            );
        }
    }
}

/// The next records of one journal; nothing where all durable ones were read.
fn follow(journal: u32, cursor: &mut Cursor, octets_max: u64) -> io::Result<Option<Stretch>> {
    let from = cursor.position().0;
    let mut taken = Taken::new(octets_max);
    let followed = cursor
        .follow(|record| taken.take(&record))
        .map_err(io::Error::other)?;
    match followed {
        Followed::UpToDate => return Ok(None),
        Followed::Records(_) => {}
        Followed::Gap { wanted } => {
            eprintln!(
                "outbox: journal {journal}: segments from {} on were freed before they were read",
                wanted.0
            );
        }
        Followed::Problem(problem) => eprintln!("outbox: journal {journal}: {}", problem.what),
    }
    Ok(Some(taken.stretch(journal, from, cursor.position().0)))
}

/// All of a journal that nobody appends to; nothing where it has no push.
fn read_whole(files: &JournalFiles, octets_max: u64) -> io::Result<Option<Stretch>> {
    let mut taken = Taken::new(octets_max);
    let mut end = 0;
    files.dump(|step| {
        if let Ok((_, record)) = step {
            end = record.lsn.0 + u64::from(record.location.length);
            taken.take(&record);
        }
    })?;
    let journal = files.identity().journal.0;
    Ok((!taken.pushes.is_empty()).then(|| taken.stretch(journal, 0, end)))
}

/// Pushes gathered for a stretch.
struct Taken {
    pushes: VecDeque<Push>,
    octets: u64,
    octets_max: u64,
}

impl Taken {
    fn new(octets_max: u64) -> Taken {
        Taken {
            pushes: VecDeque::new(),
            octets: 0,
            octets_max,
        }
    }

    fn take(&mut self, record: &RecordView<'_>) {
        let Some(number) = pushed_to(record) else { return };
        self.octets += record.body.len() as u64;
        self.pushes.push_back(Push {
            lsn: record.lsn.0,
            number,
            pdu: record.body.to_vec(),
        });
        while self.octets > self.octets_max
            && let Some(oldest) = self.pushes.pop_front()
        {
            self.octets -= oldest.pdu.len() as u64;
        }
    }

    fn stretch(self, journal: u32, from: u64, to: u64) -> Stretch {
        Stretch {
            journal,
            from,
            to,
            pushes: self.pushes.into(),
        }
    }
}

/// Whom a record's body was pushed to, if it is a push record.
fn pushed_to(record: &RecordView<'_>) -> Option<Msisdn> {
    if record.kind != KIND_STATE || record.body.is_empty() {
        return None;
    }
    let state = State::read(record.header).ok()?;
    Msisdn::from_bits(state.push_to.to_native())
}
