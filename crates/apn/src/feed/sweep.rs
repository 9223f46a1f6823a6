//! Forgetting: sessions that fell silent, ended ones whose time is over, and access servers that were cleared.
//!
//! Under `feed`; asked for by the owner now and then, some rows at a time. Invariants: what is forgotten leaves the
//! second of its last moment behind, and nothing that is not later is believed of an address that is empty; rows are
//! visited in turn, so each is within one round.

use super::{Event, Feed, Taken, heard_s};
use crate::accounting::{Accounting, Change};
use crate::image::Frame;
use crate::order::Life;
use crate::table::State;
use base::Now;

/// Rows looked at for an ended one when the map is full.
const SCAN_MAX: u32 = 1_024;

impl Feed {
    /// Looks at the next `rows` records and forgets what is due; tells how many addresses were.
    pub fn sweep(&mut self, now: Now, rows: u32) -> u32 {
        let heard = heard_s(now);
        let before = self.forgotten_s;
        let mut count = 0;
        for _ in 0..rows.min(self.rows.len()) {
            let number = self.hand_next();
            let Some((_, row, image)) = self.claim(number) else {
                continue;
            };
            let silent_s = heard.saturating_sub(row.heard_s);
            match image.state {
                State::Ended if silent_s > self.bounds.ended_s => self.forget(number),
                State::Held if silent_s > self.bounds.silent_s_max => {
                    self.tallies.silent += 1;
                    self.forget(number);
                }
                State::Contested if self.both_silent(number, heard) => self.forget(number),
                _ => continue,
            }
            count += 1;
        }
        if self.forgotten_s != before {
            self.log_frame(&Frame::Forgotten(self.forgotten_s));
        }
        count
    }

    fn hand_next(&mut self) -> u32 {
        let number = self.hand;
        self.hand = (number + 1) % self.rows.len().max(1);
        number
    }

    fn both_silent(&self, number: u32, heard_s: u32) -> bool {
        let silent = |number: u32| {
            self.rows
                .of(number)
                .is_none_or(|row| heard_s.saturating_sub(row.heard_s) > self.bounds.silent_s_max)
        };
        let rival = self.rows.of(number).and_then(|row| row.rival);
        silent(number) && rival.is_none_or(silent)
    }

    fn forget(&mut self, number: u32) {
        let Some((life, row, image)) = self.claim(number) else {
            return;
        };
        let mut last_s = life.last_s;
        self.table.index.remove(self.table.index.hash(image.key), number);
        if let Some(rival) = row.rival {
            last_s = last_s.max(self.claim(rival).map_or(0, |(life, _, _)| life.last_s));
            self.retire(rival);
        }
        self.retire(number);
        self.forgotten_s = self.forgotten_s.max(last_s);
    }

    /// Room for one more address: an ended one is forgotten before its time if need be.
    pub(super) fn make_room(&mut self) -> bool {
        if self.rows.has_room() {
            return true;
        }
        for _ in 0..SCAN_MAX.min(self.rows.len()) {
            let number = self.hand_next();
            if self
                .image(number)
                .is_some_and(|image| image.state == State::Ended)
            {
                self.forget(number);
                let forgotten_s = self.forgotten_s;
                self.log_frame(&Frame::Forgotten(forgotten_s));
                return true;
            }
        }
        false
    }

    /// Ends every session of an access server that came up or goes down: as if each had been stopped. Looks at all
    /// rows: some 50 ms for two million, off the datapath.
    pub(super) fn clear(&mut self, said: &Accounting<'_>, now: Now, taken: &mut Taken) {
        let cleared = self.nases.clear(said.realm, &said.nas, said.at.0);
        for nas in &cleared {
            if let Some(nas) = self.nases.of(*nas) {
                let frame = Frame::Cleared {
                    nas: [nas.identifier, nas.address],
                    at_s: nas.cleared_s,
                };
                self.log_frame(&frame);
            }
        }
        for number in 0..self.rows.len() {
            let Some((life, row, image)) = self.claim(number) else {
                continue;
            };
            let lives = matches!(image.state, State::Held | State::Contested | State::Rival);
            if lives && cleared.contains(&row.nas) && life.last_s <= said.at.0 {
                let stop = Event {
                    change: Change::Stop,
                    life: Life {
                        last_s: said.at.0,
                        ..life
                    },
                    nas: row.nas,
                    facts: Default::default(),
                    heard_s: heard_s(now),
                };
                self.apply_at(image.key, &stop, now, taken);
            }
        }
    }
}
