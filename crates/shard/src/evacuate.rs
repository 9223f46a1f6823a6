//! Evacuation: what is still needed of a nearly empty segment is written anew at the end of the log, at a bounded pace.
//!
//! Part of retention: a sweep of `retain` goes through the steps messages, sends remembered, states, actions. Accept
//! records and sends are read back from the disk; states and actions are all in memory. Invariants: what is copied is
//! the record as it was; the old one is unpinned when the new one is appended, and its segment is freed only behind
//! everything appended by then; until it is, the message's ends are kept (`originals`).

use crate::brain::{Brain, Held};
use crate::fetch::Job;
use crate::retain::{MOVES_MAX, SWEEP_STEP, Step, Sweep, place_of};
use base::{MessageId, limits};
use journal::{AppendClass, SegmentSequence};
use meter::Counter;
use store::append::units;
use store::record::{ArchivedRemembered, KIND_REPEATS_ARRIVED, Remembered, Repeats, Source};
use store::{Octets, Spot};

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Has the messages read that are still needed, some at a time.
    pub(crate) fn move_messages(&mut self, sweep: &mut Sweep) -> bool {
        let bound = self.store.messages.bound();
        let end = sweep.position.saturating_add(SWEEP_STEP).min(bound);
        while sweep.position < end && self.retention.moves < MOVES_MAX {
            let message = self.store.messages.at(sweep.position).copied();
            sweep.position += 1;
            if let Some(message) = message
                && message.spot.segment == sweep.segment
                && message.open > 0
            {
                self.retention.moves += 1;
                self.read(message.id, Job::Move);
            }
        }
        sweep.is_waiting = self.retention.moves >= MOVES_MAX;
        if sweep.position == bound {
            sweep.is_waiting = self.retention.moves > 0;
            if !sweep.is_waiting {
                sweep.step = Step::MoveRemembered;
            }
        }
        true
    }

    /// The record of a message was read for moving: it is appended again, and its message's place changes.
    pub(crate) fn move_message(&mut self, message: MessageId, (kind, header): (u16, &Octets), pdu: &Octets) {
        self.retention.move_ended();
        let known = self.store.messages.find(message);
        let Some(original) = known
            .filter(|message| message.open > 0)
            .map(|message| message.spot)
        else {
            return;
        };
        let header = (kind, header.as_slice());
        match self.store.relocate(header, pdu.as_slice(), message) {
            Ok(copy) => {
                if copy.segment != original.segment {
                    self.retention.originals.note(message, original.segment);
                }
                self.meter.count(Counter::JournalRecords);
                self.meter
                    .add(Counter::OctetsEvacuated, pdu.as_slice().len() as u64);
            }
            // No room: the segment stays, and the next look comes back to it.
            Err(_) => self.retention.refused(),
        }
    }

    /// Copies the records of sends remembered out of an emptying segment, one at a time.
    pub(crate) fn move_remembered(&mut self, sweep: &mut Sweep) -> bool {
        let here = |(_, spot): &&(u32, Spot)| spot.segment == sweep.segment;
        let mut remembered = self.retention.remembered.iter().flatten();
        let Some(&(_, spot)) = remembered.find(here) else {
            sweep.step = Step::MoveStates;
            sweep.position = 0;
            return true;
        };
        self.retention.moves += 1;
        sweep.is_waiting = true;
        // It belongs to no message.
        self.read_at(MessageId::from_bits(0), spot, Job::MoveRemembered);
        true
    }

    /// A record of sends remembered was read for moving: those that may still be repeated are written anew.
    pub(crate) fn move_remembered_record(&mut self, old: Spot, (kind, header): (u16, &Octets)) {
        let source = match kind {
            KIND_REPEATS_ARRIVED => Source::Peer,
            _ => Source::Subscriber,
        };
        let oldest = self.remembered_since(source);
        let Ok(record) = Repeats::read(header.as_slice()) else {
            let segment = SegmentSequence(old.segment.into());
            let (record, tick) = ((MessageId::from_bits(0), old), self.wheel.current());
            return self.retention.move_failed(segment, record, tick);
        };
        let sends = record.sends.iter().map(ArchivedRemembered::to_native);
        let sends: Vec<Remembered> = sends.filter(|send| send.at > oldest).collect();
        self.retention.move_ended();
        let list = place_of(source);
        let place = self.retention.remembered[list]
            .iter()
            .position(|(_, spot)| *spot == old);
        // It may have grown old while it was read.
        let Some(place) = place else { return };
        if sends.is_empty() {
            self.retention.remembered[list].remove(place);
        } else {
            match self.store.remember(&Repeats { sends }, source) {
                Ok(new) => {
                    if let Some((_, spot)) = self.retention.remembered[list].get_mut(place) {
                        *spot = new;
                    }
                }
                // No room: the next step of the sweep comes back to it.
                Err(_) => {
                    self.retention.refused();
                    return;
                }
            }
        }
        self.store.unpin(old.segment, units(old.length));
    }

    /// Writes the states anew that stand in an emptying segment.
    pub(crate) fn move_states(&mut self, sweep: &mut Sweep) -> bool {
        let bound = self.store.recipients.bound();
        let end = sweep.position.saturating_add(SWEEP_STEP).min(bound);
        let mut moved = 0;
        while sweep.position < end && moved < limits::TURN_INPUTS_MAX {
            let number = sweep.position;
            if let Some(copy) = self.store.recipients.get(number).copied()
                && copy.pin_segment == sweep.segment
            {
                moved += 1;
                let moving = AppendClass::Relief;
                let appended = self.append_state_as(moving, (number, copy), (0, &[]), Held::Stepped(None));
                if appended.is_err() {
                    self.retention.refused();
                    return true;
                }
            }
            sweep.position += 1;
        }
        if sweep.position == bound {
            sweep.step = Step::MoveActions;
        }
        true
    }
}
