//! What a decided step does to the records of one address.
//!
//! Under `feed`, behind `order`. Invariants: a changed binding is written into a free record, published by one store,
//! and only then is the old one given back; an address has at most one published record, and a rival only while it is
//! contested.

use super::rows::Row;
use super::{Event, Feed};
use crate::address::Key;
use crate::order::{Current, Ignored, Life, Previous, Step};
use crate::table::{Generation, Image, State};

/// An address in its present state.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub(super) key: Key,
    pub(super) hash: u64,
    pub(super) main: Option<u32>,
    pub(super) current: Current,
}

impl Feed {
    pub(super) fn image(&self, number: u32) -> Option<Image> {
        self.table.records.get(number as usize)?.read()
    }

    pub(super) fn claim(&self, number: u32) -> Option<(Life, Row, Image)> {
        let (row, image) = (*self.rows.of(number)?, self.image(number)?);
        Some((row.life(image.last_s), row, image))
    }

    pub(super) fn act(&mut self, at: &At, event: &Event, step: Step) -> Result<(), Ignored> {
        match step {
            Step::Take => self.bind(at, event, State::Held),
            Step::Suspend => self.bind(at, event, State::Contested),
            Step::Doubt => {
                if let Some(main) = at.main {
                    self.put_state(main, State::Contested);
                    if let Some(row) = self.rows.of_mut(main) {
                        row.previous = Previous::Ended(event.life.session);
                    }
                }
                Ok(())
            }
            Step::End => self.end(at, event),
            Step::Refresh => self.refresh(at, event),
            Step::Contest => self.contest(at, event),
            Step::RefreshContested => {
                self.refresh_claim(at, event);
                Ok(())
            }
            Step::Settle => {
                self.refresh_claim(at, event);
                let (own, other) = self.two_claims(at, event);
                let displaced = other.and_then(|other| self.rows.of(other)).map(|row| row.session);
                let previous = displaced.map_or(Previous::Unknown, Previous::Displaced);
                self.keep(at, own, previous)
            }
            Step::Yield => {
                let (_, other) = self.two_claims(at, event);
                self.keep(at, other, Previous::Ended(event.life.session))
            }
            Step::Note => {
                if let Some(row) = at.main.and_then(|main| self.rows.of_mut(main)) {
                    row.previous = Previous::Ended(event.life.session);
                }
                Ok(())
            }
            Step::Ignore(why) => Err(why),
        }
    }

    /// The event's session has the address, in `state`.
    fn bind(&mut self, at: &At, event: &Event, state: State) -> Result<(), Ignored> {
        let row = Row {
            session: event.life.session,
            previous: previous_of(&at.current, event),
            began_s_min: event.life.began_s_min,
            began_s_max: event.life.began_s_max,
            heard_s: event.heard_s,
            nas: event.nas,
            rival: None,
        };
        let generation = self.generation_next();
        let image = Image {
            state,
            key: at.key,
            generation,
            facts: event.facts,
            last_s: event.life.last_s,
        };
        self.publish(at, row, &image)
    }

    fn end(&mut self, at: &At, event: &Event) -> Result<(), Ignored> {
        let same = match at.current {
            Current::Held(life, _) => life.session == event.life.session,
            _ => false,
        };
        let Some((main, true)) = at.main.map(|main| (main, same)) else {
            // What a claim has told of its beginning stays known.
            let own = self.two_claims(at, event).0.and_then(|own| self.claim(own));
            let own = own.filter(|(life, _, _)| life.session == event.life.session);
            let life = own.map_or(event.life, |(life, _, _)| life.with(&event.life));
            return self.bind(at, &Event { life, ..*event }, State::Ended);
        };
        self.refresh_claim(at, event);
        self.put_state(main, State::Ended);
        Ok(())
    }

    /// The holder is still there; what is new of it is made known under the same generation.
    fn refresh(&mut self, at: &At, event: &Event) -> Result<(), Ignored> {
        let Some((main, (life, row, image))) = at.main.and_then(|main| Some((main, self.claim(main)?)))
        else {
            return Ok(());
        };
        let facts = if event.life.last_s >= life.last_s {
            event.facts.over(image.facts)
        } else {
            image.facts.over(event.facts)
        };
        self.refresh_claim(at, event);
        if facts == image.facts {
            return Ok(());
        }
        let grown = life.with(&event.life);
        let row = Row {
            began_s_min: grown.began_s_min,
            began_s_max: grown.began_s_max,
            heard_s: self.rows.of(main).map_or(row.heard_s, |row| row.heard_s),
            ..row
        };
        let image = Image {
            facts,
            last_s: grown.last_s,
            ..image
        };
        self.publish(at, row, &image)
    }

    /// Moves the moments of the claim that is the event's session's.
    fn refresh_claim(&mut self, at: &At, event: &Event) {
        let (Some(own), _) = self.two_claims(at, event) else {
            return;
        };
        let Some((life, _, _)) = self.claim(own) else {
            return;
        };
        let grown = life.with(&event.life);
        if let Some(row) = self.rows.of_mut(own) {
            row.began_s_min = grown.began_s_min;
            row.began_s_max = grown.began_s_max;
            row.heard_s = row.heard_s.max(event.heard_s);
        }
        if let Some(record) = self.table.records.get(own as usize) {
            record.put_last(grown.last_s);
        }
    }

    /// The record of the event's session, and the other one.
    fn two_claims(&self, at: &At, event: &Event) -> (Option<u32>, Option<u32>) {
        let main = at.main.and_then(|main| self.rows.of(main));
        let rival = main.and_then(|row| row.rival);
        if main.is_some_and(|row| row.session == event.life.session) {
            (at.main, rival)
        } else {
            (rival, at.main)
        }
    }

    /// A second claim: from now on neither is served.
    fn contest(&mut self, at: &At, event: &Event) -> Result<(), Ignored> {
        if !self.rows.has_spare() && !self.make_room() {
            return Err(Ignored::Full);
        }
        let rival = self.rows.take(Row {
            session: event.life.session,
            previous: Previous::Unknown,
            began_s_min: event.life.began_s_min,
            began_s_max: event.life.began_s_max,
            heard_s: event.heard_s,
            nas: event.nas,
            rival: None,
        });
        let generation = self.generation_next();
        if let Some(record) = rival.and_then(|rival| self.table.records.get(rival as usize)) {
            record.write(&Image {
                state: State::Rival,
                key: at.key,
                generation,
                facts: event.facts,
                last_s: event.life.last_s,
            });
        }
        if let Some(main) = at.main {
            if let Some(row) = self.rows.of_mut(main) {
                row.rival = rival;
            }
            self.put_state(main, State::Contested);
        }
        Ok(())
    }

    /// Of two claims, `claim` holds from now on; without one the address is as if ended.
    fn keep(&mut self, at: &At, claim: Option<u32>, previous: Previous) -> Result<(), Ignored> {
        let Some((_, row, image)) = claim.and_then(|claim| self.claim(claim)) else {
            if let Some(main) = at.main {
                self.put_state(main, State::Ended);
            }
            return Ok(());
        };
        let generation: Generation = self.generation_next();
        let row = Row {
            previous,
            rival: None,
            ..row
        };
        let image = Image {
            state: State::Held,
            generation,
            ..image
        };
        self.publish(at, row, &image)
    }

    /// Writes a record for the address and makes it the published one; what was is given back.
    pub(super) fn publish(&mut self, at: &At, row: Row, image: &Image) -> Result<(), Ignored> {
        if at.main.is_none() && !(self.make_room() && self.table.admit_length(at.key.bits())) {
            return Err(Ignored::Full);
        }
        let number = self.rows.take(row).ok_or(Ignored::Full)?;
        if let Some(record) = self.table.records.get(number as usize) {
            record.write(image);
        }
        self.tally(image.state, 1);
        match at.main {
            Some(main) => {
                self.table.index.replace(at.hash, main, number);
                let rival = self.rows.of(main).and_then(|row| row.rival);
                self.retire(main);
                if let Some(rival) = rival.filter(|rival| row.rival != Some(*rival)) {
                    self.retire(rival);
                }
            }
            None => self.table.index.insert(at.hash, number),
        }
        Ok(())
    }

    /// Gives a record back that is no longer published.
    pub(super) fn retire(&mut self, number: u32) {
        if let Some(image) = self.image(number) {
            self.tally(image.state, -1);
        }
        if let Some(record) = self.table.records.get(number as usize) {
            record.put_state(State::Free);
        }
        self.rows.give(number);
    }

    pub(super) fn put_state(&mut self, number: u32, state: State) {
        if let Some(image) = self.image(number) {
            self.tally(image.state, -1);
        }
        self.tally(state, 1);
        if let Some(record) = self.table.records.get(number as usize) {
            record.put_state(state);
        }
    }

    fn tally(&mut self, state: State, change: i64) {
        let cell = match state {
            State::Held => &mut self.tallies.held,
            State::Contested => &mut self.tallies.contested,
            State::Ended => &mut self.tallies.ended,
            State::Free | State::Rival => return,
        };
        *cell = cell.saturating_add_signed(change);
    }
}

fn previous_of(current: &Current, event: &Event) -> Previous {
    match *current {
        Current::Empty { .. } => Previous::Unknown,
        Current::Held(life, previous) | Current::Ended(life, previous)
            if life.session == event.life.session =>
        {
            previous
        }
        Current::Held(life, _) | Current::Contested(life, _) => Previous::Displaced(life.session),
        Current::Ended(life, _) => Previous::Ended(life.session),
    }
}
