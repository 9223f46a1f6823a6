//! Places of connections: who holds one, and who gives way to somebody who comes when there is none left.
//!
//! Between the listener and the API. A connection on which nothing is being answered may go at any time: its peer opens
//! another one, as HTTP has it (RFC 9112 §9.3). So whoever comes is let in at once, unless every place is that of a
//! request under way; of those which may take long, the outbox's, there are never so many ([`waits_max`]).
//! Invariants: places held are at most `places_max`; the connection that has been idle longest goes first, one that is
//! being answered never; as many are told to go as wait to come in, no more.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::sync::Notify;

#[expect(
    clippy::disallowed_types,
    reason = "off the datapath: the listener, connections and requests share the table"
)]
type Lock<T> = std::sync::Mutex<T>;

/// How many requests of one kind may wait where there are so many places: three of four, so that a quarter is always
/// left to what is answered at once; one where there is one place.
#[must_use]
pub(crate) fn waits_max(places_max: usize) -> usize {
    places_max.saturating_sub(places_max.div_ceil(4)).max(1)
}

/// See the module's comment.
#[derive(Debug)]
pub(crate) struct Places {
    places_max: usize,
    table: Lock<Table>,
    /// A place was given back, or its connection fell idle.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    seats: BTreeMap<u64, Seat>,
    /// Seats by when they fell idle.
    idle: BTreeMap<u64, u64>,
    /// Seats that were told to go and have not gone yet.
    leaving: usize,
}

#[derive(Debug, Default)]
struct Seat {
    /// Requests that are being answered.
    answering: u32,
    /// Its place among the idle ones.
    idle_since: Option<u64>,
    is_to_go: bool,
    waker: Option<Waker>,
}

impl Places {
    pub(crate) fn new(places_max: usize) -> Arc<Places> {
        Arc::new(Places {
            places_max: places_max.max(1),
            table: Lock::default(),
            changed: Notify::new(),
        })
    }

    /// Waits for a place. One caller at a time.
    pub(crate) async fn enter(self: &Arc<Places>) -> Place {
        loop {
            if let Some(place) = self.try_enter() {
                return place;
            }
            self.changed.notified().await;
        }
    }

    /// A place, or nobody's yet: then the one that has been idle longest is told to go, if there is one.
    fn try_enter(self: &Arc<Places>) -> Option<Place> {
        let mut table = self.table();
        if table.seats.len() < self.places_max {
            let key = table.next();
            table.seats.insert(key, Seat::default());
            table.rest(key);
            return Some(Place(Known {
                places: Arc::clone(self),
                key,
            }));
        }
        if table.leaving == 0
            && let Some((_, key)) = table.idle.pop_first()
        {
            table.leaving += 1;
            let seat = table.seats.get_mut(&key)?;
            seat.idle_since = None;
            seat.is_to_go = true;
            if let Some(waker) = seat.waker.take() {
                waker.wake();
            }
        }
        None
    }

    /// The table, locked. A thread that panicked with it left it whole: nothing in here calls anybody else.
    fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn next(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// From now on nothing is being answered there.
    fn rest(&mut self, key: u64) {
        let since = self.next();
        if let Some(seat) = self.seats.get_mut(&key)
            && !seat.is_to_go
        {
            seat.idle_since = Some(since);
            self.idle.insert(since, key);
        }
    }
}

/// A place, held until it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Known);

/// A place that somebody else holds.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    places: Arc<Places>,
    key: u64,
}

impl Place {
    /// For those who answer on it.
    pub(crate) fn known(&self) -> Known {
        self.0.clone()
    }

    /// Whether its holder is to go; else the caller is woken when it is.
    pub(crate) fn poll_leave(&self, context: &Context<'_>) -> Poll<()> {
        match self.0.places.table().seats.get_mut(&self.0.key) {
            Some(seat) if !seat.is_to_go => {
                seat.waker = Some(context.waker().clone());
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = self.0.places.table();
        if let Some(seat) = table.seats.remove(&self.0.key) {
            table.leaving -= usize::from(seat.is_to_go);
            seat.idle_since.map(|since| table.idle.remove(&since));
        }
        drop(table);
        self.0.places.changed.notify_one();
    }
}

impl Known {
    /// A request is being answered there, until what is returned is dropped.
    #[must_use]
    pub(crate) fn answering(&self) -> Answering {
        let mut table = self.places.table();
        if let Some(seat) = table.seats.get_mut(&self.key) {
            seat.answering += 1;
            let since = seat.idle_since.take();
            since.map(|since| table.idle.remove(&since));
        }
        Answering(self.clone())
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Answering(Known);

impl Drop for Answering {
    fn drop(&mut self) {
        let mut table = self.0.places.table();
        let Some(seat) = table.seats.get_mut(&self.0.key) else {
            return;
        };
        seat.answering -= 1;
        if seat.answering == 0 {
            table.rest(self.0.key);
        }
        drop(table);
        self.0.places.changed.notify_one();
    }
}

#[cfg(test)]
mod tests;
