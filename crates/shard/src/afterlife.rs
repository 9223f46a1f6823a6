//! Ended copies: how long each is kept, and what for.
//!
//! Behind `deliver`. An ended copy answers a retrieval that is repeated, takes a read report, owes reports; and it is
//! what recovery finds of the end. Invariant: it outlives its message's accept record ([`MARK_GONE`]), or a start would
//! deliver the message anew.

use crate::brain::Brain;
use crate::debt::is_owing;
use journal::planted::{Bug, is_planted};
use lifecycle::State;
use store::recipients::MARK_GONE;
use store::record::{FLAG_FOREIGN_SENDER, is_reading_asked, may_be_read};

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// The tick until which an ended copy may still be asked for: by a repeated retrieval, or by a read report.
    pub(crate) fn kept_until(&self, number: u32) -> u32 {
        let Some(copy) = self.store.recipients.get(number) else {
            return 0;
        };
        if !matches!(copy.state, State::Ended(end) if end.may_be_read()) {
            return self.tick_in(0);
        }
        let again = self.profile.retrieve.again_ms / 1_000;
        let read = match is_reading_asked(copy.flags) {
            true => self.profile.retrieve.read_report_s,
            false => 0,
        };
        self.tick_of(copy.until.saturating_add(again.max(read)))
    }

    /// Forgets an ended copy, unless its accept record is still on the disk: then its end must stay, too, or recovery
    /// would begin the delivery anew. [`Mail::Gone`] brings it here again.
    pub(crate) fn retire(&mut self, number: u32) {
        let Some(copy) = self.store.recipients.get(number) else {
            return;
        };
        let is_foreign = copy.flags & FLAG_FOREIGN_SENDER != 0;
        if is_foreign && copy.marks & MARK_GONE == 0 && may_be_read(copy.flags) {
            let copy = *copy;
            return self.reading_is_over(number, &copy);
        }
        let is_gone = copy.marks & MARK_GONE != 0 || is_planted(Bug::Resurrection);
        if is_gone && copy.state.is_ended() && !is_owing(copy) {
            self.wheel.clear(&mut self.store.recipients, number);
            self.store.forget_copy(number);
        }
    }
}
