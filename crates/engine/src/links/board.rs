//! What links show of themselves: to the shards that choose among centres, and to operators.
//!
//! Written by each link's task, read by anybody, without a lock. Invariants: a cell has one writer; what is read may be
//! some microseconds old; a reading of several cells is no snapshot.

use push::smpp::Loss;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

/// How far a link is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LinkStage {
    /// Waiting before it is built, or again.
    #[default]
    Down = 0,
    /// Connecting or binding.
    Rising = 1,
    /// In use.
    Up = 2,
    /// In use, and asked by its centre for a pause.
    Paused = 3,
    /// Over: the server ends.
    Ended = 4,
}

impl LinkStage {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            LinkStage::Down => "down",
            LinkStage::Rising => "rising",
            LinkStage::Up => "up",
            LinkStage::Paused => "paused",
            LinkStage::Ended => "ended",
        }
    }

    fn of(octet: u8) -> LinkStage {
        match octet {
            1 => LinkStage::Rising,
            2 => LinkStage::Up,
            3 => LinkStage::Paused,
            4 => LinkStage::Ended,
            _ => LinkStage::Down,
        }
    }
}

/// One link as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// The centre's name.
    pub centre: String,
    /// Counted from 0 within it.
    pub link: usize,
    /// What it does: the kind of its bind, or `pap`.
    pub kind: &'static str,
    /// How far it is.
    pub stage: LinkStage,
    /// Segments, or pushes of a gateway, that may be unanswered.
    pub window: u32,
    /// Those that are.
    pub outstanding: u32,
    /// Segments a second that are allowed; 0 where there is no limit.
    pub rate_per_s: u32,
    /// Pushes that were taken in the last whole second with any.
    pub taken_per_s: u32,
    /// Pushes taken since the start.
    pub taken: u64,
    /// Refused for good.
    pub refused: u64,
    /// Refused for pace.
    pub throttled: u64,
    /// Handed back without an answer.
    pub unanswered: u64,
    /// Receipts that ended a push.
    pub receipts: u64,
    /// How often it was lost.
    pub lost: u64,
    /// Why, the last time; empty: never.
    pub error: String,
    /// Pushes that wait in front of the centre's links.
    pub waiting: u32,
}

impl LinkRow {
    pub(crate) fn new(centre: &str, link: usize, kind: &'static str) -> LinkRow {
        LinkRow {
            centre: centre.to_owned(),
            link,
            kind,
            stage: LinkStage::Down,
            window: 0,
            outstanding: 0,
            rate_per_s: 0,
            taken_per_s: 0,
            taken: 0,
            refused: 0,
            throttled: 0,
            unanswered: 0,
            receipts: 0,
            lost: 0,
            error: String::new(),
            waiting: 0,
        }
    }
}

/// What is counted of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    Taken = 0,
    Refused = 1,
    Throttled = 2,
    Unanswered = 3,
    Receipts = 4,
    Lost = 5,
}

const COUNTS: usize = 6;

/// Why a link was lost, in 64 bits: what, and a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Why(u64);

impl Why {
    /// A gateway's HTTP status or PAP code; 0: it could not be reached or did not answer.
    pub(crate) fn gateway(code: u32) -> Why {
        Why(9 << 32 | u64::from(code))
    }

    pub(crate) fn link(loss: Loss) -> Why {
        Why(match loss {
            Loss::Peer => 1 << 32,
            Loss::BindRefused(status) => 2 << 32 | u64::from(status),
            Loss::Refused(status) => 3 << 32 | u64::from(status),
            Loss::Silent => 4 << 32,
            Loss::Garbled => 5 << 32,
            Loss::Unbound => 6 << 32,
            Loss::Retired => 0,
        })
    }

    fn text(self) -> String {
        let code = self.0 as u32;
        let name = |code: u32| push::smpp::status::row_of(code).map_or("", |row| row.name);
        match self.0 >> 32 {
            1 => "the connection did not come up, or ended".to_owned(),
            2 => format!("the bind was refused with {code:#x} {}", name(code)),
            3 => format!("a submission was refused with {code:#x} {}", name(code)),
            4 => "no answer in time".to_owned(),
            5 => "octets that are no SMPP".to_owned(),
            6 => "the SMSC has unbound".to_owned(),
            9 if code == 0 => "the gateway could not be reached, or did not answer".to_owned(),
            9 => format!("the gateway answered {code}"),
            _ => String::new(),
        }
    }
}

/// One link's cell.
#[derive(Debug)]
struct Cell {
    row: LinkRow,
    place: usize,
    may_submit: bool,
    stage: AtomicU8,
    outstanding: AtomicU32,
    waiting: AtomicU32,
    /// The second of the engine's clock in the upper half, pushes taken in it in the lower; then those of the last.
    second: AtomicU64,
    last: AtomicU32,
    counts: [AtomicU64; COUNTS],
    error: AtomicU64,
}

/// All links.
#[derive(Debug, Default)]
pub struct Board {
    cells: Vec<Cell>,
}

impl Board {
    pub(crate) fn add(&mut self, place: usize, row: LinkRow, may_submit: bool) {
        self.cells.push(Cell {
            row,
            place,
            may_submit,
            stage: AtomicU8::new(0),
            outstanding: AtomicU32::new(0),
            waiting: AtomicU32::new(0),
            second: AtomicU64::new(0),
            last: AtomicU32::new(0),
            counts: Default::default(),
            error: AtomicU64::new(0),
        });
    }

    /// The number of a centre's first cell.
    pub(crate) fn first(&self, place: usize) -> usize {
        self.cells.iter().take_while(|cell| cell.place < place).count()
    }

    /// Whether a centre has a link that could submit now.
    pub(crate) fn is_up(&self, place: u16) -> bool {
        let mut cells = self.cells.iter().filter(|cell| cell.place == usize::from(place));
        cells.any(|cell| {
            let stage = LinkStage::of(cell.stage.load(Ordering::Relaxed));
            cell.may_submit && matches!(stage, LinkStage::Up | LinkStage::Paused)
        })
    }

    pub(crate) fn set_stage(&self, cell: usize, stage: LinkStage) {
        if let Some(cell) = self.cells.get(cell) {
            cell.stage.store(stage as u8, Ordering::Relaxed);
        }
    }

    pub(crate) fn set_load(&self, cell: usize, outstanding: usize, waiting: usize) {
        if let Some(cell) = self.cells.get(cell) {
            let cut = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
            cell.outstanding.store(cut(outstanding), Ordering::Relaxed);
            cell.waiting.store(cut(waiting), Ordering::Relaxed);
        }
    }

    pub(crate) fn set_error(&self, cell: usize, why: Why) {
        if let Some(cell) = self.cells.get(cell)
            && why.0 != 0
        {
            cell.error.store(why.0, Ordering::Relaxed);
        }
    }

    /// Counts one; a push that was taken at `now_ms` also for the rate.
    pub(crate) fn count(&self, cell: usize, what: Count, now_ms: u64) {
        let Some(cell) = self.cells.get(cell) else { return };
        if let Some(count) = cell.counts.get(what as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        if what == Count::Taken {
            let now_s = now_ms / 1_000;
            let known = cell.second.load(Ordering::Relaxed);
            if known >> 32 == now_s {
                cell.second.store(known + 1, Ordering::Relaxed);
            } else {
                cell.last.store(known as u32, Ordering::Relaxed);
                cell.second.store(now_s << 32 | 1, Ordering::Relaxed);
            }
        }
    }

    /// Every link, by centre.
    #[must_use]
    pub fn rows(&self) -> Vec<LinkRow> {
        self.cells.iter().map(Cell::read).collect()
    }
}

impl Cell {
    fn read(&self) -> LinkRow {
        let count = |what: Count| {
            self.counts
                .get(what as usize)
                .map_or(0, |count| count.load(Ordering::Relaxed))
        };
        let last = self.last.load(Ordering::Relaxed);
        let current = self.second.load(Ordering::Relaxed) as u32;
        LinkRow {
            stage: LinkStage::of(self.stage.load(Ordering::Relaxed)),
            outstanding: self.outstanding.load(Ordering::Relaxed),
            waiting: self.waiting.load(Ordering::Relaxed),
            taken_per_s: if last == 0 { current } else { last },
            taken: count(Count::Taken),
            refused: count(Count::Refused),
            throttled: count(Count::Throttled),
            unanswered: count(Count::Unanswered),
            receipts: count(Count::Receipts),
            lost: count(Count::Lost),
            error: Why(self.error.load(Ordering::Relaxed)).text(),
            ..self.row.clone()
        }
    }
}

#[cfg(test)]
mod tests;
