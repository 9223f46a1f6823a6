//! The one writer of the map: accounting events in, bindings out.
//!
//! Between the owner (who receives accounting and keeps files) and the [`View`]s of the shards. Synchronous and without
//! I/O: what happened and what time it is come in; octets for the log come out. Invariants: bounded by [`Bounds`], all
//! allocated at start; an event is applied, and can be read by every shard, when [`Feed::apply`] returns, so a Start
//! is answered after that; what sessions do to each other is decided in [`crate::order`] alone.

mod act;
mod rows;
mod saved;
mod sweep;

pub use saved::Restored;

use crate::accounting::{Accounting, Change, SessionName};
use crate::address::Key;
use crate::nas::Nases;
use crate::order::{Current, Ignored, Life, Said, Step, decide};
use crate::subscriber::Facts;
use crate::table::{Generation, State, Table, View};
use base::{Monotonic, Now};
use rows::Rows;
use std::sync::Arc;

/// Sizes and times of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Addresses at most, over all realms; each takes about 145 octets.
    pub sessions_max: u32,
    /// Seconds without a word after which a session is forgotten: three times the interval of Interim-Updates
    /// (the usual lease of such maps).
    pub silent_s_max: u32,
    /// Seconds for which an ended session is remembered, so that its late Interims find it ended: longer than access
    /// servers go on trying.
    pub ended_s: u32,
    /// Octets of log that may wait for the owner; beyond it the log is given up and a snapshot asked for.
    pub log_octets_max: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            sessions_max: 1 << 20,
            silent_s_max: 3 * 3_600,
            ended_s: 3_600,
            log_octets_max: 16 << 20,
        }
    }
}

/// What an event did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Addresses that its session holds anew.
    pub bound: u32,
    /// Addresses whose session is known to be still there.
    pub refreshed: u32,
    /// Addresses that nobody holds any longer.
    pub ended: u32,
    /// Addresses that two claim now: an event for the operator.
    pub contested: u32,
    /// Why some address, or all, was left as it was.
    pub ignored: Option<Ignored>,
}

/// How the map is filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tallies {
    /// Addresses held by one session.
    pub held: u64,
    /// Addresses claimed by two.
    pub contested: u64,
    /// Addresses whose session ended and is remembered.
    pub ended: u64,
    /// Sessions forgotten for their silence, since start.
    pub silent: u64,
    /// Events refused for want of room, since start.
    pub full: u64,
}

/// Addresses of one session at most: IPv4, framed and delegated prefix, single IPv6 address.
const ADDRESSES_MAX: usize = 4;

/// Monotonic seconds are raised by this, so that a time before the start of the process can be told.
const HEARD_OFFSET_S: u32 = 1 << 31;

/// The writer.
#[derive(Debug)]
pub struct Feed {
    table: Arc<Table>,
    rows: Rows,
    nases: Nases,
    bounds: Bounds,
    /// The last one given, and the moment of the event that is applied.
    generation: Generation,
    moment: Monotonic,
    forgotten_s: u32,
    hand: u32,
    log: Vec<u8>,
    log_lost: bool,
    tallies: Tallies,
}

/// An event for one session, checked, as it is applied to each of its addresses.
#[derive(Clone, Copy, Debug)]
struct Event {
    change: Change,
    life: Life,
    nas: u16,
    facts: Facts,
    heard_s: u32,
}

impl Feed {
    /// An empty map. `seed` comes from the process's entropy, so that nobody outside can fill one place of the index.
    #[must_use]
    pub fn new(bounds: Bounds, seed: u64) -> Feed {
        let capacity = bounds.sessions_max.saturating_add(rows::SPARE);
        Feed {
            table: Arc::new(Table::new(capacity, seed)),
            rows: Rows::new(capacity),
            nases: Nases::default(),
            bounds,
            generation: Generation(0),
            moment: Monotonic(0),
            forgotten_s: 0,
            hand: 0,
            log: Vec::new(),
            log_lost: false,
            tallies: Tallies::default(),
        }
    }

    /// A reader.
    #[must_use]
    pub fn view(&self) -> View {
        View(Arc::clone(&self.table))
    }

    /// Takes other times; sizes stay as they were at the start.
    pub fn set_times(&mut self, bounds: &Bounds) {
        self.bounds.silent_s_max = bounds.silent_s_max;
        self.bounds.ended_s = bounds.ended_s;
    }

    /// How full it is.
    #[must_use]
    pub fn tallies(&self) -> Tallies {
        self.tallies
    }

    /// Octets of memory that it and all its readers share.
    #[must_use]
    pub fn memory_octets(&self) -> usize {
        self.table.index.octets() + size_of_val(&*self.table.records) + self.rows.octets()
    }

    /// Applies an event that was received before `now`.
    pub fn apply(&mut self, said: &Accounting<'_>, now: Now) -> Taken {
        let mut taken = Taken::default();
        self.moment = now.monotonic;
        if said.change == Change::Clear {
            self.clear(said, now, &mut taken);
            return taken;
        }
        let Some(nas) = self.nases.meet(said.realm, &said.nas) else {
            return self.refused(taken, Ignored::Full);
        };
        let (nas_name, cleared_s) = self
            .nases
            .of(nas)
            .map_or((0, 0), |nas| (nas.identifier ^ nas.address, nas.cleared_s));
        let Some(name) = said.session_name(nas_name) else {
            return self.refused(taken, Ignored::Nameless);
        };
        let change = said.meaning();
        if change != Change::Stop && cleared_s != 0 && said.at.0 <= cleared_s {
            return self.refused(taken, Ignored::Cleared);
        }
        let event = Event {
            change,
            life: Life::of_event(name, change, said.at.0, said.lasted_s),
            nas,
            facts: said.facts,
            heard_s: heard_s(now),
        };
        let (keys, count) = self.keys_of(said, change, name);
        if count == 0 {
            return self.refused(taken, Ignored::Nameless);
        }
        for key in keys.into_iter().take(count).flatten() {
            self.apply_at(key, &event, now, &mut taken);
        }
        taken
    }

    fn refused(&mut self, mut taken: Taken, why: Ignored) -> Taken {
        if why == Ignored::Full {
            self.tallies.full += 1;
        }
        taken.ignored = Some(why);
        taken
    }

    /// The addresses of the packet; those of the session where it names none, and both at its end.
    fn keys_of(
        &self,
        said: &Accounting<'_>,
        change: Change,
        name: SessionName,
    ) -> ([Option<Key>; ADDRESSES_MAX], usize) {
        let mut keys = [None; ADDRESSES_MAX];
        let mut count = 0;
        let known = (said.addresses.is_empty() || change == Change::Stop).then(|| {
            self.rows
                .of_session(name)
                .filter_map(|row| self.image(row).map(|image| image.key))
        });
        for key in said.addresses.iter().copied().chain(known.into_iter().flatten()) {
            if count < ADDRESSES_MAX && !keys.contains(&Some(key)) && key.realm() == said.realm {
                if let Some(place) = keys.get_mut(count) {
                    *place = Some(key);
                }
                count += 1;
            }
        }
        (keys, count)
    }

    fn apply_at(&mut self, key: Key, event: &Event, now: Now, taken: &mut Taken) {
        let hash = self.table.index.hash(key);
        let main = self.table.number_of(hash, key);
        let current = self.current(main);
        let said = Said {
            change: event.change,
            life: event.life,
            agrees: self.agrees(main, event),
            silent_s_max: self.bounds.silent_s_max,
        };
        let at = act::At {
            key,
            hash,
            main,
            current,
        };
        match decide(&current, &said) {
            Step::Ignore(why) => taken.ignored = Some(why),
            step => match self.act(&at, event, step) {
                Ok(()) => {
                    count(step, taken);
                    self.log_key(key, now);
                }
                Err(Ignored::Full) => *taken = self.refused(*taken, Ignored::Full),
                Err(why) => taken.ignored = Some(why),
            },
        }
    }

    fn agrees(&self, main: Option<u32>, event: &Event) -> bool {
        main.and_then(|main| self.image(main))
            .is_none_or(|image| image.facts.agree(&event.facts))
    }

    fn current(&self, main: Option<u32>) -> Current {
        let empty = Current::Empty {
            forgotten_s: self.forgotten_s,
        };
        let Some((life, row, image)) = main.and_then(|main| self.claim(main)) else {
            return empty;
        };
        match image.state {
            State::Held => Current::Held(life, row.previous),
            State::Ended => Current::Ended(life, row.previous),
            State::Contested => {
                let nobody = Life {
                    session: SessionName(0),
                    ..life
                };
                let rival = row.rival.and_then(|rival| self.claim(rival));
                Current::Contested(life, rival.map_or(nobody, |(life, _, _)| life))
            }
            State::Free | State::Rival => empty,
        }
    }

    fn generation_next(&mut self) -> Generation {
        self.generation = Generation::after(self.moment, self.generation);
        self.generation
    }
}

fn count(step: Step, taken: &mut Taken) {
    match step {
        Step::Take | Step::Settle | Step::Yield => taken.bound += 1,
        Step::Refresh | Step::RefreshContested => taken.refreshed += 1,
        Step::End => taken.ended += 1,
        Step::Contest | Step::Suspend | Step::Doubt => taken.contested += 1,
        Step::Note | Step::Ignore(_) => {}
    }
}

/// When something was heard, by the clock that does not jump.
fn heard_s(now: Now) -> u32 {
    let seconds = u32::try_from(now.monotonic.0 / 1_000).unwrap_or(u32::MAX);
    HEARD_OFFSET_S.saturating_add(seconds)
}

#[cfg(test)]
mod tests;
