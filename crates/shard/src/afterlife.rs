//! Ended copies: how long each is kept, and what for.
//!
//! Behind `deliver`. An ended copy answers a retrieval that is repeated, takes a read report, owes reports; and it is
//! what recovery finds of the end. Invariants: it outlives its message's accept record ([`MARK_GONE`]), or a start
//! would deliver the message anew; one that was read outlives its own older states, for as long as a start would
//! believe from them that it may still be read.

use crate::brain::Brain;
use crate::debt::is_owing;
use journal::SegmentSequence;
use journal::planted::{Bug, is_planted};
use lifecycle::State;
use store::Recipient;
use store::recipients::MARK_GONE;
use store::record::{FLAG_FOREIGN_SENDER, is_reading_asked, may_be_read};

/// Milliseconds until it is looked at again whether the segments are gone that a copy waits for. Reason: segments come
/// free by the hour (`retrieve.again_s`).
const OLDER_AGAIN_MS: u64 = 3_600_000;

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
        let read = match may_be_read(copy.flags) {
            true => self.profile.retrieve.read_report_s,
            false => 0,
        };
        self.tick_of(copy.until.saturating_add(again.max(read)))
    }

    /// Whether a start might find a copy that was read as one that may still be: an older state of it may be on the
    /// disk, in any segment before that of the latest, which might be freed first. The next report would be told again.
    fn is_outlived(&self, copy: &Recipient) -> bool {
        let is_read = matches!(copy.state, State::Ended(end) if end.may_be_read())
            && is_reading_asked(copy.flags)
            && !may_be_read(copy.flags);
        let believed_s = self.profile.retrieve.read_report_s;
        let latest = SegmentSequence(copy.pin_segment.into());
        let mut segments = self.store.journal.segments();
        is_read
            && segments
                .next()
                .is_some_and(|oldest| oldest.place.segment < latest)
            && self.wheel.current() < self.tick_of(copy.until.saturating_add(believed_s))
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
        if !is_gone || !copy.state.is_ended() || is_owing(copy) {
            return;
        }
        if self.is_outlived(copy) {
            let due = self.tick_in(OLDER_AGAIN_MS);
            if let Some(copy) = self.store.recipients.get_mut(number) {
                copy.due = due;
            }
            return self.arm(number);
        }
        self.wheel.clear(&mut self.store.recipients, number);
        self.store.forget_copy(number);
    }
}
