//! What the writer alone knows of each record: sessions' names, moments, access servers, and which records are free.
//!
//! Under `feed`, beside the shared records and by the same numbers. Invariants: a record is free or a row of one
//! session; freed ones come last, so that a reader that is behind finds them unchanged for long; memory is bounded.

use crate::accounting::SessionName;
use crate::order::{Life, Previous};
use hashbrown::HashTable;
use std::collections::VecDeque;

/// Records kept back for changes to addresses that are known, which need the new one before the old one is free.
pub(super) const SPARE: u32 = 64;

/// One row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) session: SessionName,
    pub(super) previous: Previous,
    pub(super) began_s_min: u32,
    pub(super) began_s_max: u32,
    /// Monotonic; see `heard_s`.
    pub(super) heard_s: u32,
    pub(super) nas: u16,
    /// Of a contested address: the record of the other claim.
    pub(super) rival: Option<u32>,
}

impl Row {
    const FREE: Row = Row {
        session: SessionName(0),
        previous: Previous::Unknown,
        began_s_min: 0,
        began_s_max: 0,
        heard_s: 0,
        nas: 0,
        rival: None,
    };

    pub(super) fn life(&self, last_s: u32) -> Life {
        Life {
            session: self.session,
            began_s_min: self.began_s_min,
            began_s_max: self.began_s_max,
            last_s,
        }
    }
}

#[derive(Debug)]
pub(super) struct Rows {
    rows: Box<[Row]>,
    free: VecDeque<u32>,
    sessions: HashTable<u32>,
}

impl Rows {
    pub(super) fn new(capacity: u32) -> Rows {
        Rows {
            rows: vec![Row::FREE; capacity as usize].into_boxed_slice(),
            free: (0..capacity).collect(),
            sessions: HashTable::with_capacity(capacity as usize),
        }
    }

    pub(super) fn len(&self) -> u32 {
        self.rows.len() as u32
    }

    pub(super) fn of(&self, number: u32) -> Option<&Row> {
        self.rows.get(number as usize)
    }

    pub(super) fn of_mut(&mut self, number: u32) -> Option<&mut Row> {
        self.rows.get_mut(number as usize)
    }

    /// Whether there is room for an address that is not known yet.
    pub(super) fn has_room(&self) -> bool {
        self.free.len() > SPARE as usize
    }

    /// Whether there is room for a second claim to one that is known.
    pub(super) fn has_spare(&self) -> bool {
        self.free.len() > SPARE as usize / 2
    }

    /// Takes a free record for `row`.
    pub(super) fn take(&mut self, row: Row) -> Option<u32> {
        let number = self.free.pop_front()?;
        *self.rows.get_mut(number as usize)? = row;
        let rows = &self.rows;
        self.sessions
            .insert_unique(row.session.0, number, |number| name_of(rows, *number));
        Some(number)
    }

    /// Gives a record back.
    pub(super) fn give(&mut self, number: u32) {
        let name = name_of(&self.rows, number);
        if let Ok(found) = self.sessions.find_entry(name, |other| *other == number) {
            found.remove();
        }
        if let Some(row) = self.rows.get_mut(number as usize) {
            *row = Row::FREE;
        }
        self.free.push_back(number);
    }

    /// The records of a session.
    pub(super) fn of_session(&self, name: SessionName) -> impl Iterator<Item = u32> {
        self.sessions
            .iter_hash(name.0)
            .copied()
            .filter(move |number| name_of(&self.rows, *number) == name.0)
    }

    pub(super) fn octets(&self) -> usize {
        // A hash table keeps an octet of control beside each of its places, and an eighth of them free.
        size_of_val(&*self.rows)
            + self.free.capacity() * size_of::<u32>()
            + self.sessions.capacity() * (size_of::<u32>() + 1) * 8 / 7
    }
}

fn name_of(rows: &[Row], number: u32) -> u64 {
    rows.get(number as usize).map_or(0, |row| row.session.0)
}
