//! The receipt: proof, in the type system, that a record is on disk.
//!
//! An append gives a [`Pending`], which holds what is to happen afterwards and can't be opened. Only
//! [`crate::Store::ripen`] turns it into a [`Durable`], and only a `&Durable` opens the way to an answer of success.

use journal::Lsn;
use std::collections::VecDeque;

/// Something that waits for its record to be on disk.
#[derive(Debug)]
pub struct Pending<T> {
    /// What it waits for lies below this: durable when everything below is.
    end: Lsn,
    value: T,
}

/// Something whose record is on disk.
#[derive(Debug)]
pub struct Durable<T> {
    value: T,
}

impl<T> Pending<T> {
    /// Waits for the record that begins here.
    pub(crate) fn record(begin: Lsn, value: T) -> Pending<T> {
        Pending::behind(Lsn(begin.0 + 1), value)
    }

    /// Waits for everything below `end`; at the beginning of a log that is nothing.
    pub(crate) fn behind(end: Lsn, value: T) -> Pending<T> {
        Pending { end, value }
    }

    /// Puts something else in the place of what waits; the record waited for stays the same.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Pending<U> {
        Pending {
            end: self.end,
            value: change(self.value),
        }
    }

    /// Gives the wait up, as after a failed write: what waited comes back, without any proof.
    #[must_use]
    pub fn abandon(self) -> T {
        self.value
    }
}

impl<T> Durable<T> {
    /// What waited.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Ends the proof and gives what waited.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }
}

/// Takes the first of `waiting` whose record lies below `durable`. The queue is in log order, since it is filled at
/// append; so the first one that is not ripe ends the search, and acknowledgement follows the log.
pub(crate) fn ripen<T>(waiting: &mut VecDeque<Pending<T>>, durable: Lsn) -> Option<Durable<T>> {
    // A durable LSN is exclusive: everything below it is on disk, and never a part of a record.
    if waiting.front()?.end <= durable {
        return waiting
            .pop_front()
            .map(|pending| Durable { value: pending.value });
    }
    None
}
