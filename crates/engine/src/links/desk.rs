//! The desk of a centre: what waits for a link, and what is under way there, with the answers owed for it.
//!
//! Between the shards and a centre's links. Invariants: each parcel is in one place, waiting or under way, until it
//! is answered; one whose time is over is answered `Late` instead of being sent; while the server ends nothing that
//! was not taken is answered, since it would only come again.

use super::{Links, Parcel};
use crate::hands::Hands;
use push::{Outcome, PushId, Submission};
use shard::{Answered, Receipt};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// Milliseconds between two looks for parcels whose time is over.
const LOOK_MS: u64 = 1_000;

/// See the module's comment.
pub(crate) struct Desk {
    hands: Rc<Hands>,
    centre: u16,
    waiting: RefCell<VecDeque<Parcel>>,
    under_way: RefCell<BTreeMap<PushId, (u16, u64)>>,
    looked_ms: Cell<u64>,
}

/// What an outcome was, for the counts of its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// It was taken.
    Taken,
    /// It was refused for good.
    Refused,
    /// It comes again since it was refused for pace.
    Throttled,
    /// It comes again since nothing was heard of it.
    Unanswered,
    /// A receipt.
    Receipt,
    /// Nothing that concerns anybody.
    Nothing,
}

impl Desk {
    pub(crate) fn new(hands: Rc<Hands>, centre: u16) -> Desk {
        Desk {
            hands,
            centre,
            waiting: RefCell::new(VecDeque::new()),
            under_way: RefCell::new(BTreeMap::new()),
            looked_ms: Cell::new(0),
        }
    }

    fn links(&self) -> Option<Rc<Links>> {
        self.hands.links()
    }

    /// Parcels that wait.
    pub(crate) fn waiting_len(&self) -> usize {
        self.waiting.borrow().len()
    }

    /// Takes a parcel in.
    pub(crate) fn wait(&self, parcel: Parcel) {
        self.waiting.borrow_mut().push_back(parcel);
    }

    /// The next one that is of use; those before it whose time is over are answered.
    pub(crate) fn next(&self) -> Option<Parcel> {
        let now_ms = self.hands.now_ms();
        loop {
            let parcel = self.waiting.borrow_mut().pop_front()?;
            if parcel.until_ms > now_ms {
                return Some(parcel);
            }
            self.late(&parcel);
        }
    }

    /// Puts one back that found no link.
    pub(crate) fn put_back(&self, parcel: Parcel) {
        self.waiting.borrow_mut().push_front(parcel);
    }

    /// Notes that a link has a parcel; what is left of it is its answer.
    pub(crate) fn begin(&self, parcel: Parcel) -> Submission {
        let mut submission = parcel.submission;
        // What it has waited is not the bearer's to try.
        let left_s = parcel
            .until_ms
            .saturating_sub(self.hands.now_ms())
            .div_ceil(1_000);
        submission.valid_for_s = submission
            .valid_for_s
            .min(u32::try_from(left_s).unwrap_or(u32::MAX));
        let entry = (parcel.route, parcel.until_ms);
        self.under_way.borrow_mut().insert(submission.id, entry);
        submission
    }

    /// Gives everything that waits to another centre of its route that is up; what has none stays.
    pub(crate) fn pass_on(&self) {
        let Some(links) = self.links() else { return };
        let mut kept = VecDeque::new();
        let all = std::mem::take(&mut *self.waiting.borrow_mut());
        for mut parcel in all {
            match links.other(parcel.route, self.centre) {
                Some(other) => {
                    parcel.centre = other;
                    links.forward(parcel);
                }
                None => kept.push_back(parcel),
            }
        }
        // What came in meanwhile stands behind.
        kept.append(&mut self.waiting.borrow_mut());
        *self.waiting.borrow_mut() = kept;
    }

    /// Answers what waits and whose time is over; looks once a second.
    pub(crate) fn expire(&self) {
        let now_ms = self.hands.now_ms();
        if now_ms < self.looked_ms.get().saturating_add(LOOK_MS) {
            return;
        }
        self.looked_ms.set(now_ms);
        let mut late = Vec::new();
        self.waiting.borrow_mut().retain(|parcel| {
            let is_late = parcel.until_ms <= now_ms;
            if is_late {
                late.push(parcel.clone());
            }
            !is_late
        });
        late.iter().for_each(|parcel| self.late(parcel));
    }

    /// Milliseconds on the engine's clock when [`Self::expire`] is to be asked; `None`: nothing waits.
    pub(crate) fn look_ms(&self) -> Option<u64> {
        (self.waiting_len() > 0).then(|| self.looked_ms.get().saturating_add(LOOK_MS))
    }

    fn late(&self, parcel: &Parcel) {
        self.answer(parcel.submission.id, parcel.route, Answered::Late);
    }

    fn answer(&self, push: PushId, route: u16, answered: Answered) {
        if let Some(links) = self.links() {
            links.answer(push, route, answered);
        }
    }

    /// What became of a push, at a link of this centre.
    pub(crate) fn settle(&self, push: PushId, outcome: Outcome) -> Settled {
        let known = self.under_way.borrow_mut().remove(&push);
        let (answered, settled) = match outcome {
            Outcome::Taken { .. } => (Answered::Taken, Settled::Taken),
            Outcome::UnknownSubscriber if known.is_some() => (Answered::UnknownSubscriber, Settled::Refused),
            Outcome::Rejected { .. } if known.is_some() => (Answered::Rejected, Settled::Refused),
            Outcome::Throttled(submission) => {
                return self.come_again(known, submission, Settled::Throttled);
            }
            Outcome::Unanswered(submission) | Outcome::LinkLost(submission) => {
                return self.come_again(known, submission, Settled::Unanswered);
            }
            Outcome::Delivered => return self.receipt(push, Receipt::Delivered),
            Outcome::UnknownSubscriber => return self.receipt(push, Receipt::UnknownSubscriber),
            // A phone that is barred, or a network that will not: the schedule asks again.
            Outcome::Absent { .. } | Outcome::Rejected { .. } => return self.receipt(push, Receipt::Absent),
            Outcome::Unreceipted => return Settled::Nothing,
        };
        if let Some((route, _)) = known {
            self.answer(push, route, answered);
        }
        settled
    }

    fn receipt(&self, push: PushId, receipt: Receipt) -> Settled {
        if let Some(links) = self.links() {
            links.receipt(push, receipt);
        }
        Settled::Receipt
    }

    fn come_again(&self, known: Option<(u16, u64)>, submission: Submission, settled: Settled) -> Settled {
        debug_assert!(known.is_some(), "a push is answered once");
        if let Some((route, until_ms)) = known {
            self.wait(Parcel {
                route,
                centre: self.centre,
                until_ms,
                submission,
            });
        }
        settled
    }
}
