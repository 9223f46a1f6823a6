//! A repeated send makes no second message and is answered with the first one's Message-ID.
//!
//! R4. Phones rewrite Date on each retry, retries cross crashes and changes of the shard count. A message is remembered
//! for `mm1.dedup_s`; later its send is a new one.

use crate::checkers::expect;
use crate::event::{Asked, Checker, Event, Scene};
use crate::phone::conf_of;
use crate::walk::is_further;
use mms::Pdu;
use std::collections::BTreeMap;

/// One submission, one message.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    /// Messages of each submission: id and when it was accepted.
    messages: BTreeMap<usize, BTreeMap<u64, u32>>,
}

/// Whether every recipient that a message shares with a later one was refused by another operator, which its own
/// operator was told: then it was never taken.
fn is_refused(scene: &Scene<'_>, message: u64, later: u64) -> bool {
    let ledger = &scene.world.ledger;
    let accepts = &ledger.accepts;
    let Some((first, later)) = accepts.get(&message).zip(accepts.get(&later)) else {
        return false;
    };
    let mut shared = (0_u16..)
        .zip(&first.recipients)
        .filter(|(_, one)| later.recipients.iter().any(|other| other.number == one.number));
    shared.all(|(index, one)| {
        let copy = ledger.copies.get(&(message, index));
        is_further(one.number) && copy.is_some_and(|copy| copy.is_refused())
    })
}

impl Checker for Repeats {
    fn name(&self) -> &'static str {
        "repeats"
    }

    fn take(&mut self, scene: &Scene<'_>, event: &Event<'_>) -> Result<(), String> {
        // Twice: both times may be off, one ahead and one behind.
        let profile = &scene.world.shape.profile;
        let window_s = u64::from(profile.mm1.dedup_s) - 2 * scene.tolerance_s;
        match event {
            Event::Accepted(accept, pdu) => {
                let Ok(Pdu::SendReq(send)) = Pdu::read(pdu) else {
                    return Ok(());
                };
                let Some(number) = scene.book.find(accept.sender, send.transaction_id) else {
                    return Ok(());
                };
                let window_s = match scene.book.submission(number).is_brought {
                    true => u64::from(profile.mm4.repeats_s) - 2 * scene.tolerance_s,
                    false => window_s,
                };
                let messages = self.messages.entry(number).or_default();
                messages.insert(accept.message, accept.accepted_at);
                let near = messages.iter().find(|(id, at)| {
                    **id != accept.message
                        && u64::from(at.abs_diff(accept.accepted_at)) < window_s
                        // Either may be the first: records are written anew.
                        && !(**at <= accept.accepted_at && is_refused(scene, **id, accept.message))
                        && !(accept.accepted_at <= **at && is_refused(scene, accept.message, **id))
                });
                expect(near.is_none(), || {
                    format!(
                        "submission {number} is stored as {near:x?} and as {:x}",
                        accept.message
                    )
                })
            }
            Event::Said(question, answer) if answer.http_status == 200 => {
                let Asked::Submission(number) = question.asked else {
                    return Ok(());
                };
                let conf = conf_of(answer);
                let Some(id) = conf.message.filter(|_| conf.status == 0x80) else {
                    return Ok(());
                };
                let messages = self.messages.get(&number);
                let latest = messages.and_then(|messages| messages.iter().next_back());
                let is_latest = latest.is_none_or(|(latest, at)| {
                    *latest == id.bits() || scene.now_s.saturating_sub(u64::from(*at)) >= window_s
                });
                expect(is_latest, || {
                    format!("submission {number} was {latest:x?} and is answered with {id}")
                })
            }
            _ => Ok(()),
        }
    }
}
