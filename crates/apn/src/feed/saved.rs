//! The map to octets and back: what the owner writes to files, off the datapath.
//!
//! Under `feed`, by the frames of `image`. Invariants: the log holds every changed address after its change; a snapshot
//! that is made piecemeal is whole together with the log from its beginning on; times come back as ages, so that a
//! clock that was set meanwhile ends nothing early.

use super::act::At;
use super::rows::Row;
use super::{Feed, heard_s};
use crate::address::Key;
use crate::image::{Frame, Frames, Saved, SavedState};
use crate::order::Current;
use crate::table::{Generation, Image, State};
use base::{Now, WallSeconds};

/// What was read of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Frames taken.
    pub frames: u64,
    /// Addresses left out: silent for too long, or no room.
    pub dropped: u64,
    /// Octets up to the first that is no whole frame: where a torn log is cut.
    pub octets: u64,
}

impl Feed {
    /// Moves what was logged since to the end of `out`. False where some was given up for want of room: then a
    /// snapshot must be made for the log to be of use again.
    pub fn take_log(&mut self, out: &mut Vec<u8>) -> bool {
        out.append(&mut self.log);
        !std::mem::take(&mut self.log_lost)
    }

    /// Appends the frames of up to `rows` records from record `from` on; returns where to go on, `None` at the end.
    /// Start a new log file before the first call; load the snapshot, then that log.
    #[must_use]
    pub fn snapshot(&self, from: u32, rows: u32, now: Now, out: &mut Vec<u8>) -> Option<u32> {
        if from == 0 {
            out.extend_from_slice(&Frame::Forgotten(self.forgotten_s).encode());
            for nas in self.nases.iter().filter(|nas| nas.cleared_s != 0) {
                let nas_frame = Frame::Cleared {
                    nas: [nas.identifier, nas.address],
                    at_s: nas.cleared_s,
                };
                out.extend_from_slice(&nas_frame.encode());
            }
        }
        let end = from.saturating_add(rows.max(1)).min(self.rows.len());
        for number in from..end {
            self.save(number, now, out);
        }
        (end < self.rows.len()).then_some(end)
    }

    /// Takes the frames of a snapshot, then of its log. Into an empty map, before any event. Sessions that were last
    /// heard of more than `age_s_max` ago are left out.
    pub fn restore(&mut self, octets: &[u8], age_s_max: u32, now: Now) -> Restored {
        let mut restored = Restored::default();
        self.moment = now.monotonic;
        let mut frames = Frames::new(octets);
        for frame in frames.by_ref() {
            restored.frames += 1;
            match frame {
                Frame::Forgotten(at_s) => self.forgotten_s = self.forgotten_s.max(at_s),
                Frame::Alive(_) => {}
                Frame::Cleared { nas, at_s } => {
                    let number = self.nases.meet_hashed(nas[0], nas[1]);
                    if let Some(nas) = number.and_then(|number| self.nases.of_mut(number)) {
                        nas.cleared_s = nas.cleared_s.max(at_s);
                    }
                }
                Frame::Claim(saved) => {
                    let age_s = now.wall.seconds().since(saved.heard);
                    if age_s > age_s_max || !self.restore_claim(&saved, heard_s(now).saturating_sub(age_s)) {
                        restored.dropped += 1;
                        self.forgotten_s = self.forgotten_s.max(saved.last_s);
                    }
                }
            }
        }
        restored.octets = frames.offset() as u64;
        restored
    }

    fn restore_claim(&mut self, saved: &Saved, heard_s: u32) -> bool {
        let Some(nas) = self.nases.meet_hashed(saved.nas[0], saved.nas[1]) else {
            return false;
        };
        let hash = self.table.index.hash(saved.key);
        let main = self.table.number_of(hash, saved.key);
        let row = Row {
            session: saved.session,
            previous: saved.previous,
            began_s_min: saved.began_s_min,
            began_s_max: saved.began_s_max,
            heard_s,
            nas,
            rival: None,
        };
        let image = Image {
            state: match saved.state {
                SavedState::Held => State::Held,
                SavedState::Contested => State::Contested,
                SavedState::Ended => State::Ended,
                SavedState::Rival => State::Rival,
            },
            key: saved.key,
            generation: self.restored_generation(saved.generation),
            facts: saved.facts,
            last_s: saved.last_s,
        };
        if image.state == State::Rival {
            return self.restore_rival(main, row, &image);
        }
        let current = Current::Empty { forgotten_s: 0 };
        let at = At {
            key: saved.key,
            hash,
            main,
            current,
        };
        self.publish(&at, row, &image).is_ok()
    }

    /// A binding from before the start keeps its moment, so that a connection that waited is judged as it was before.
    /// One whose moment was not kept, or is still to come (it is of before the machine's own start), counts as new.
    fn restored_generation(&mut self, saved: Generation) -> Generation {
        let newest = Generation::after(self.moment, Generation(0));
        let generation = match saved {
            Generation(0) => newest,
            saved => saved.min(newest),
        };
        self.generation = self.generation.max(generation);
        generation
    }

    fn restore_rival(&mut self, main: Option<u32>, row: Row, image: &Image) -> bool {
        let Some(main) = main else { return false };
        if !self.make_room() {
            return false;
        }
        let rival = self.rows.take(row);
        if let Some(record) = rival.and_then(|rival| self.table.records.get(rival as usize)) {
            record.write(image);
        }
        if let Some(row) = self.rows.of_mut(main) {
            row.rival = rival;
        }
        rival.is_some()
    }

    pub(super) fn log_key(&mut self, key: Key, now: Now) {
        let Some(main) = self.table.number_of(self.table.index.hash(key), key) else {
            return;
        };
        if self.log.len() >= self.bounds.log_octets_max {
            self.log.clear();
            self.log_lost = true;
        }
        let mut log = std::mem::take(&mut self.log);
        self.save(main, now, &mut log);
        self.log = log;
    }

    pub(super) fn log_frame(&mut self, frame: &Frame) {
        self.log.extend_from_slice(&frame.encode());
    }

    /// The frames of a published record; none for others, whose frames stand with it.
    fn save(&self, number: u32, now: Now, out: &mut Vec<u8>) {
        let Some(state) = self.image(number).and_then(|image| match image.state {
            State::Held => Some(SavedState::Held),
            State::Contested => Some(SavedState::Contested),
            State::Ended => Some(SavedState::Ended),
            State::Free | State::Rival => None,
        }) else {
            return;
        };
        self.save_as(number, state, now, out);
        if let Some(rival) = self.rows.of(number).and_then(|row| row.rival) {
            self.save_as(rival, SavedState::Rival, now, out);
        }
    }

    fn save_as(&self, number: u32, state: SavedState, now: Now, out: &mut Vec<u8>) {
        let Some((life, row, image)) = self.claim(number) else {
            return;
        };
        let nas = self
            .nases
            .of(row.nas)
            .map_or([0; 2], |nas| [nas.identifier, nas.address]);
        let age_s = heard_s(now).saturating_sub(row.heard_s);
        let saved = Saved {
            key: image.key,
            state,
            session: row.session,
            previous: row.previous,
            began_s_min: row.began_s_min,
            began_s_max: row.began_s_max,
            last_s: life.last_s,
            heard: WallSeconds(now.wall.seconds().0.saturating_sub(age_s)),
            facts: image.facts,
            nas,
            generation: image.generation,
        };
        out.extend_from_slice(&Frame::Claim(saved).encode());
    }
}
