//! The pushes of one SMSC that wait for a receipt, by the ids that it gave them.
//!
//! Shared by all links of an SMSC: a receipt comes over whichever is bound to receive. Invariants: each push that is
//! entered ends once, by a receipt, by time, or by giving way to a newer one when the table is full; a receipt that
//! comes before its submit_sm_resp is kept for it; sizes are bounded by [`Bounds`].

use std::collections::{BTreeMap, BTreeSet};

use base::{Monotonic, Msisdn};
use smallvec::SmallVec;

use super::backoff::after;
use super::limits;
use super::message_id::{FORMS, IdForm, MessageId};
use super::receipt::Receipt;
use crate::outcome::{Outcome, PushId};

/// The most that a table holds, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// See [`limits::RECEIPTS`].
    pub pushes_max: u32,
    /// See [`limits::EARLY`].
    pub early_max: u32,
    /// See [`limits::EARLY_KEPT`].
    pub early_ms: u32,
    /// See [`limits::LATE_KEPT`].
    pub late_ms: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            pushes_max: limits::RECEIPTS.default,
            early_max: limits::EARLY.default,
            early_ms: limits::EARLY_KEPT.default,
            late_ms: limits::LATE_KEPT.default,
        }
    }
}

/// A push that was taken.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'a> {
    /// Which.
    pub push: PushId,
    /// The phone: a receipt from another number is not its receipt.
    pub to: Msisdn,
    /// One for each segment.
    pub ids: &'a [MessageId],
    /// How long the SMSC tries, seconds.
    pub valid_for_s: u32,
}

/// An end.
pub type Ended = (PushId, Outcome);

#[derive(Debug)]
struct Open {
    to: Msisdn,
    ids: SmallVec<[MessageId; 1]>,
    until: Monotonic,
}

#[derive(Debug)]
struct Early {
    from: Option<Msisdn>,
    outcome: Outcome,
    until: Monotonic,
}

/// The table.
#[derive(Debug)]
pub struct Receipts {
    bounds: Bounds,
    form: IdForm,
    learnt: Option<IdForm>,
    open: BTreeMap<PushId, Open>,
    by_id: BTreeMap<MessageId, PushId>,
    ends: BTreeSet<(Monotonic, PushId)>,
    early: BTreeMap<MessageId, Early>,
    early_ends: BTreeSet<(Monotonic, MessageId)>,
}

impl Receipts {
    /// An empty table for an SMSC that writes ids in this form.
    #[must_use]
    pub fn new(form: IdForm, bounds: Bounds) -> Self {
        Self {
            bounds,
            form,
            learnt: None,
            open: BTreeMap::new(),
            by_id: BTreeMap::new(),
            ends: BTreeSet::new(),
            early: BTreeMap::new(),
            early_ends: BTreeSet::new(),
        }
    }

    /// Pushes that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Receipts that came early and wait for their push.
    #[must_use]
    pub fn early_len(&self) -> usize {
        self.early.len()
    }

    /// The form of ids: the one that was set, or what has been learnt.
    #[must_use]
    pub fn form(&self) -> IdForm {
        self.learnt.unwrap_or(self.form)
    }

    /// The forms to try: the one that was set; else all, what was learnt first.
    fn forms(&self) -> SmallVec<[IdForm; 4]> {
        if self.form != IdForm::Learn {
            return SmallVec::from_slice(&[self.form]);
        }
        let others = FORMS.into_iter().filter(|form| Some(*form) != self.learnt);
        self.learnt.into_iter().chain(others).collect()
    }

    /// Enters a push. Gives what ends by it: the push itself when its receipt was here before, the oldest when the
    /// table was full.
    pub fn enter(&mut self, taken: Taken<'_>, now: Monotonic) -> SmallVec<[Ended; 2]> {
        let mut ended = SmallVec::new();
        self.remove(taken.push);
        if self.open.len() >= usize::try_from(self.bounds.pushes_max).unwrap_or(usize::MAX)
            && let Some(&(_, oldest)) = self.ends.first()
        {
            self.remove(oldest);
            ended.push((oldest, Outcome::Unreceipted));
        }
        let valid_ms = u64::from(taken.valid_for_s).saturating_mul(1_000);
        let until = after(now, valid_ms.saturating_add(u64::from(self.bounds.late_ms)));
        let mut ids: SmallVec<[MessageId; 1]> = SmallVec::new();
        for id in taken.ids {
            self.by_id.insert(id.clone(), taken.push);
            // One id for all segments: then there is one receipt.
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        self.ends.insert((until, taken.push));
        let to = taken.to;
        self.open.insert(taken.push, Open { to, ids, until });
        for id in taken.ids {
            if let Some(outcome) = self.take_early(id, taken.to)
                && let Some(end) = self.settle(taken.push, id, outcome)
            {
                ended.push(end);
                break;
            }
        }
        ended
    }

    /// Takes a receipt; gives the push that ends by it. One that fits no push is kept, in case its submit_sm_resp is
    /// still to come.
    pub fn receipt(&mut self, receipt: &Receipt<'_>, now: Monotonic) -> Option<Ended> {
        let outcome = receipt.outcome()?;
        let id = MessageId::read(receipt.id)?;
        match self.find(&id, receipt.from) {
            Some((push, id)) => self.settle(push, &id, outcome),
            None => {
                self.keep(id, receipt.from, outcome, now);
                None
            }
        }
    }

    /// Ends one push whose receipt is overdue; to be asked again until it gives nothing.
    pub fn expire(&mut self, now: Monotonic) -> Option<Ended> {
        while let Some((until, id)) = self.early_ends.first().cloned()
            && until <= now
        {
            self.early_ends.pop_first();
            self.early.remove(&id);
        }
        let &(until, push) = self.ends.first()?;
        if until > now {
            return None;
        }
        self.remove(push);
        Some((push, Outcome::Unreceipted))
    }

    /// When [`Self::expire`] is to be asked next.
    #[must_use]
    pub fn deadline(&self) -> Option<Monotonic> {
        let early = self.early_ends.first().map(|(until, _)| *until);
        let open = self.ends.first().map(|(until, _)| *until);
        early.into_iter().chain(open).min()
    }

    /// The push that a receipt speaks of. Two spellings may name two messages: the number must agree, then what was
    /// learnt decides; a form that alone matches is learnt, and unlearnt by the next that alone matches otherwise.
    fn find(&mut self, id: &MessageId, from: Option<Msisdn>) -> Option<(PushId, MessageId)> {
        let mut found: SmallVec<[(IdForm, PushId, MessageId); 3]> = SmallVec::new();
        for form in self.forms() {
            let Some(id) = id.in_response(form) else { continue };
            let Some(&push) = self.by_id.get(&id) else {
                continue;
            };
            let agrees = |open: &Open| from.is_none_or(|from| from == open.to);
            let is_new = found.iter().all(|(_, _, other)| *other != id);
            if is_new && self.open.get(&push).is_some_and(agrees) {
                found.push((form, push, id));
            }
        }
        if let [(form, _, id_found)] = found.as_slice()
            && self.form == IdForm::Learn
            && is_telling(id, id_found, *form)
        {
            self.learnt = Some(*form);
        }
        let (_, push, id) = found.into_iter().next()?;
        Some((push, id))
    }

    /// One segment is settled: the push ends by the first that fails, or when all are delivered.
    fn settle(&mut self, push: PushId, id: &MessageId, outcome: Outcome) -> Option<Ended> {
        let open = self.open.get_mut(&push)?;
        if outcome == Outcome::Delivered && open.ids.len() > 1 {
            open.ids.retain(|other| other != id);
            self.by_id.remove(id);
            return None;
        }
        self.remove(push);
        Some((push, outcome))
    }

    fn remove(&mut self, push: PushId) {
        let Some(open) = self.open.remove(&push) else {
            return;
        };
        self.ends.remove(&(open.until, push));
        for id in &open.ids {
            // An SMSC that counts anew may have given the id to a later push.
            if self.by_id.get(id) == Some(&push) {
                self.by_id.remove(id);
            }
        }
    }

    fn keep(&mut self, id: MessageId, from: Option<Msisdn>, outcome: Outcome, now: Monotonic) {
        if let Some(before) = self.early.remove(&id) {
            self.early_ends.remove(&(before.until, id.clone()));
        }
        if self.early.len() >= usize::try_from(self.bounds.early_max).unwrap_or(usize::MAX)
            && let Some((_, oldest)) = self.early_ends.pop_first()
        {
            self.early.remove(&oldest);
        }
        let until = after(now, self.bounds.early_ms);
        self.early_ends.insert((until, id.clone()));
        self.early.insert(id, Early { from, outcome, until });
    }

    fn take_early(&mut self, id: &MessageId, to: Msisdn) -> Option<Outcome> {
        let agrees = |early: &Early| early.from.is_none_or(|from| from == to);
        let mut spelt = self.forms().into_iter().filter_map(|form| id.in_receipt(form));
        let id = spelt.find(|id| self.early.get(id).is_some_and(agrees))?;
        let early = self.early.remove(&id)?;
        self.early_ends.remove(&(early.until, id));
        Some(early.outcome)
    }
}

/// Whether a match says anything about the form: ids that are written alike in both bases do not.
fn is_telling(in_receipt: &MessageId, in_response: &MessageId, form: IdForm) -> bool {
    let other = match form {
        IdForm::Same => FORMS
            .iter()
            .skip(1)
            .all(|&form| in_receipt.in_response(form).as_ref() != Some(in_response)),
        _ => in_receipt != in_response,
    };
    other && in_receipt.octets().len() > 1
}

#[cfg(test)]
mod tests;
