//! Which of two sessions at one address is the later one, and what an event does: the rules of the map, without it.
//!
//! Asked by the feed for each event and address. An address has one holder at a time, so the lives of its sessions do
//! not overlap: a session with a known moment after one of another's is the later one, and has ended it. Accounting
//! comes late, twice and out of order, in whole seconds; what these moments do not order is not guessed.
//!
//! Invariants: pure; a session that is known to have ended does not come back; of two claims that can't be ordered
//! neither is served.
//!
//! | address   | Start, Interim of another session        | of the same              | its Stop     | Stop of another |
//! |-----------|------------------------------------------|--------------------------|--------------|-----------------|
//! | empty     | later than what was forgotten: take      | –                        | –            | ended           |
//! | held      | later: take; earlier: no; else contested | refresh                  | ended        | later: ended    |
//! | contested | later than both: take; else no           | refresh, compare again   | the later of | later: ended    |
//! |           |                                          |                          | both decides |                 |
//! | ended     | later: take; earlier: no; else contested | no; a later Start: take  | no           | later: ended    |
//!
//! A contested address may have one claim only: of a session of which it can't be told whether it is over. Its next
//! word, in a later second, settles that.

use crate::accounting::{Change, SessionName};

/// A session's known moments, in seconds by its access server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Its name.
    pub session: SessionName,
    /// It began at this second or later.
    pub began_s_min: u32,
    /// It began at this second or earlier. A Start says both; Acct-Session-Time is rounded, so they differ by one.
    pub began_s_max: u32,
    /// Its last known moment: of an event, or its end.
    pub last_s: u32,
}

/// How one session stands to another at the same address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// It is the later one; the other has ended.
    Later,
    /// It is the earlier one and has ended.
    Earlier,
    /// Their known moments are of the same second.
    Unordered,
    /// Each has a moment before one of the other's: somebody's clock or word is wrong.
    Contradictory,
}

impl Life {
    /// What an event says by itself. `lasted_s` is Acct-Session-Time.
    #[must_use]
    pub fn of_event(session: SessionName, change: Change, at_s: u32, lasted_s: Option<u32>) -> Life {
        let (began_s_min, began_s_max) = match (change, lasted_s) {
            (Change::Start, _) => (at_s, at_s),
            (_, Some(lasted_s)) => {
                let began_s = at_s.saturating_sub(lasted_s);
                (began_s.saturating_sub(1), began_s)
            }
            (_, None) => (0, at_s),
        };
        Life {
            session,
            began_s_min,
            began_s_max,
            last_s: at_s,
        }
    }

    /// How it stands to `other`: lives do not overlap, so one pair of moments decides, if no other pair contradicts.
    #[must_use]
    pub fn order(&self, other: &Life) -> Order {
        let after = self.last_s > other.began_s_max;
        let before = self.began_s_max < other.last_s;
        match (after, before) {
            (true, false) => Order::Later,
            (false, true) => Order::Earlier,
            (false, false) => Order::Unordered,
            (true, true) => Order::Contradictory,
        }
    }

    /// Both lives' moments, of one session.
    #[must_use]
    pub fn with(&self, other: &Life) -> Life {
        let min = self.began_s_min.max(other.began_s_min);
        let max = self.began_s_max.min(other.began_s_max);
        // A Start repeated without its time may come out a second apart: then what was known first stays.
        let (began_s_min, began_s_max) = if min <= max {
            (min, max)
        } else {
            (self.began_s_min, self.began_s_max)
        };
        Life {
            session: self.session,
            began_s_min,
            began_s_max,
            last_s: self.last_s.max(other.last_s),
        }
    }
}

/// The session before the present one, as far as it is remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Previous {
    /// None is.
    #[default]
    Unknown,
    /// Its Stop is known.
    Ended(SessionName),
    /// A later session took its place; its own Stop is not known.
    Displaced(SessionName),
}

/// What an address's state is before an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Current {
    /// Nothing is remembered; what was, had its last moment at this second or earlier.
    Empty {
        /// Seconds; 0 where nothing was forgotten.
        forgotten_s: u32,
    },
    /// A session holds it.
    Held(Life, Previous),
    /// Two claim it.
    Contested(Life, Life),
    /// A session held it and has ended.
    Ended(Life, Previous),
}

/// An event at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// `Start`, `Interim` or `Stop`.
    pub change: Change,
    /// Its session, with the moments that the event tells.
    pub life: Life,
    /// Whether it may be of the subscriber that the present session of the same name is of.
    pub agrees: bool,
    /// Seconds of silence after which a claim no longer counts against another.
    pub silent_s_max: u32,
}

/// What an event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Its session holds the address from now on: a new generation.
    Take,
    /// Its session is known to be still there.
    Refresh,
    /// Its session claims the address, too: neither is served.
    Contest,
    /// Of two claims, its session's stays; the event refreshes it.
    Settle,
    /// Of two claims, its session's is refreshed, and both stay.
    RefreshContested,
    /// Its session has ended, and with it whatever held the address.
    End,
    /// Its session has ended, and the other one of two claims holds.
    Yield,
    /// Its session claims the address, in place of one that has ended; it is not served before its next word.
    Suspend,
    /// Its session is known to have ended, and whether the present one had before can't be told: that is not served
    /// before its next word.
    Doubt,
    /// Its session is known to have ended; the present one stays.
    Note,
    /// Nothing.
    Ignore(Ignored),
}

/// Why an event does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// Its session is known to have ended.
    Ended,
    /// A later session holds or held the address.
    Superseded,
    /// It can't be ordered with what is known; the address is not served by it.
    Unordered,
    /// It is older than what was forgotten, so its end may be among that.
    Forgotten,
    /// Its access server was cleared since.
    Cleared,
    /// It names no session, or no address and no session that is known.
    Nameless,
    /// The map is full.
    Full,
}

/// Decides.
#[must_use]
pub fn decide(current: &Current, said: &Said) -> Step {
    match current {
        Current::Empty { forgotten_s } if said.life.last_s <= *forgotten_s => {
            Step::Ignore(Ignored::Forgotten)
        }
        Current::Empty { .. } if said.change == Change::Stop => Step::End,
        Current::Empty { .. } => Step::Take,
        Current::Held(holder, _) if holder.session == said.life.session => held_same(holder, said),
        Current::Held(holder, previous) => held_other(holder, *previous, said),
        Current::Contested(one, other) if one.session == said.life.session => contested(one, other, said),
        Current::Contested(one, other) if other.session == said.life.session => contested(other, one, said),
        Current::Contested(one, other) => third(one, other, said),
        Current::Ended(last, _) if last.session == said.life.session => match said.change {
            Change::Start if said.life.last_s > last.last_s => Step::Take,
            _ => Step::Ignore(Ignored::Ended),
        },
        Current::Ended(last, previous) => ended_other(last, *previous, said),
    }
}

fn held_same(holder: &Life, said: &Said) -> Step {
    match said.change {
        // The Stop of an earlier session whose name is in use again.
        Change::Stop if said.life.last_s < holder.began_s_min => Step::Ignore(Ignored::Superseded),
        Change::Stop => Step::End,
        _ if said.agrees => Step::Refresh,
        // The same name for another subscriber: the access server began to count anew.
        _ if said.life.last_s > holder.last_s => Step::Take,
        _ => Step::Ignore(Ignored::Superseded),
    }
}

fn held_other(holder: &Life, previous: Previous, said: &Said) -> Step {
    let mut life = said.life;
    match previous {
        Previous::Ended(session) if session == life.session && said.change != Change::Stop => {
            let anew = said.change == Change::Start && life.last_s > holder.last_s;
            return if anew {
                Step::Take
            } else {
                Step::Ignore(Ignored::Ended)
            };
        }
        // It is known to have begun before the holder did.
        Previous::Displaced(session) if session == life.session && said.change != Change::Start => {
            life.began_s_max = life.began_s_max.min(holder.began_s_min.saturating_sub(1));
        }
        _ => {}
    }
    match (life.order(holder), said.change) {
        (Order::Later, Change::Stop) => Step::End,
        (Order::Later, _) => Step::Take,
        // The end of one in the second of the other's only moment: which of them is over can't be told.
        (Order::Unordered, Change::Stop) => Step::Doubt,
        (_, Change::Stop) => Step::Note,
        (Order::Earlier, _) => Step::Ignore(Ignored::Superseded),
        (Order::Unordered | Order::Contradictory, _) => Step::Contest,
    }
}

/// `own` is the claim of the event's session.
fn contested(own: &Life, other: &Life, said: &Said) -> Step {
    let grown = own.with(&said.life);
    if said.change == Change::Stop {
        if said.life.last_s < own.began_s_min {
            return Step::Ignore(Ignored::Superseded);
        }
        return match grown.order(other) {
            Order::Earlier => Step::Yield,
            Order::Contradictory if other.began_s_min > own.began_s_max => Step::Yield,
            _ => Step::End,
        };
    }
    let silent = other.last_s.saturating_add(said.silent_s_max) < said.life.last_s;
    match grown.order(other) {
        Order::Later => Step::Settle,
        _ if silent => Step::Settle,
        _ => Step::RefreshContested,
    }
}

fn third(one: &Life, other: &Life, said: &Said) -> Step {
    let later = |claim: &Life| said.life.order(claim) == Order::Later;
    match (later(one) && later(other), said.change) {
        (true, Change::Stop) => Step::End,
        (true, _) => Step::Take,
        (false, _) => Step::Ignore(Ignored::Unordered),
    }
}

fn ended_other(last: &Life, previous: Previous, said: &Said) -> Step {
    let known_ended = previous == Previous::Ended(said.life.session);
    if known_ended && said.change != Change::Stop {
        let anew = said.change == Change::Start && said.life.last_s > last.last_s;
        return if anew {
            Step::Take
        } else {
            Step::Ignore(Ignored::Ended)
        };
    }
    match (said.life.order(last), said.change) {
        (Order::Later, Change::Stop) => Step::End,
        (_, Change::Stop) => Step::Note,
        // The only one that lives, whatever began when.
        (Order::Later, _) | (Order::Contradictory, Change::Interim) => Step::Take,
        (Order::Earlier, _) => Step::Ignore(Ignored::Superseded),
        (Order::Unordered, _) => Step::Suspend,
        (Order::Contradictory, _) => Step::Ignore(Ignored::Unordered),
    }
}

#[cfg(test)]
mod tests;
