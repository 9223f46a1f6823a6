//! Acknowledged ⊆ stored ⊆ submitted, octet for octet; and what was stored is there after every start.
//!
//! R1 and R3. An Ok is judged at the moment it leaves the shard, so an answer that overtakes its record is caught
//! without a crash. A start must find every message that somebody waits for, and no message whose end it lacks.

use crate::book::Submission;
use crate::checkers::expect;
use crate::event::{Asked, Checker, Event, Scene};
use crate::phone::conf_of;
use crate::world::Found;
use base::Msisdn;
use mms::Pdu;
use std::collections::BTreeMap;
use store::record::Accept;

/// Acknowledged ⊆ stored ⊆ submitted.
#[derive(Debug, Default)]
pub(crate) struct Durability {
    /// The submission that each stored message came from.
    stored: BTreeMap<u64, usize>,
}

impl Checker for Durability {
    fn name(&self) -> &'static str {
        "durability"
    }

    fn take(&mut self, scene: &Scene<'_>, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::Accepted(accept, pdu) => {
                let number = self.judge(scene, accept, pdu)?;
                self.stored.insert(accept.message, number);
                Ok(())
            }
            Event::Said(question, answer) => {
                let Asked::Submission(number) = question.asked else {
                    return Ok(());
                };
                if answer.http_status != 200 {
                    return Ok(());
                }
                let conf = conf_of(answer);
                let Some(id) = conf.message.filter(|_| conf.status == 0x80) else {
                    return Ok(());
                };
                let stored = self.stored.get(&id.bits());
                expect(stored == Some(&number), || {
                    format!("{id} is answered Ok for submission {number}, and stored is {stored:?}")
                })
            }
            Event::Taken(number) => expect(self.stored.values().any(|stored| stored == number), || {
                format!("a peer hears 250 for submission {number}, which is not stored")
            }),
            Event::Started(found) => Durability::judge_start(scene, found),
            _ => Ok(()),
        }
    }
}

impl Durability {
    fn judge(&self, scene: &Scene<'_>, accept: &Accept, pdu: &[u8]) -> Result<usize, String> {
        let message = accept.message;
        let Ok(Pdu::SendReq(send)) = Pdu::read(pdu) else {
            return Err(format!("{message:x} is stored and cannot be read"));
        };
        let number = scene.book.find(accept.sender, send.transaction_id);
        let number = number.ok_or_else(|| format!("{message:x} is stored and was never submitted"))?;
        let submission = scene.book.submission(number);
        let known = self.stored.get(&message);
        expect(known.is_none_or(|known| *known == number), || {
            format!("{message:x} was submission {known:?} and is {number}")
        })?;
        expect(send.content.body == submission.content, || {
            format!("{message:x} does not have the content that was submitted")
        })?;
        expect(is_attempt(submission, pdu), || {
            format!("{message:x} differs from everything that was sent for it")
        })?;
        let mut stored: Vec<u64> = accept.recipients.iter().map(|one| one.number).collect();
        let mut wanted: Vec<u64> = numbers(submission).collect();
        stored.retain(|number| *number != 0);
        stored.sort_unstable();
        wanted.sort_unstable();
        wanted.dedup();
        // What is brought again is accepted for those alone who are not known to have it.
        let is_again = submission.is_brought
            && self
                .stored
                .iter()
                .any(|(known, of)| *of == number && *known != message)
            && !stored.is_empty()
            && stored.iter().all(|number| wanted.contains(number));
        expect(stored == wanted || is_again, || {
            format!("{message:x} is for {stored:?} instead of {wanted:?}")
        })
        .map(|()| number)
    }

    fn judge_start(scene: &Scene<'_>, found: &Found) -> Result<(), String> {
        let ledger = &scene.world.ledger;
        for (message, recipient) in ledger.open() {
            expect(found.accepts.contains_key(&message), || {
                format!("{message:x} is gone, and recipient {recipient} waits for it")
            })?;
        }
        for ((message, recipient), copy) in &ledger.copies {
            if copy.end.is_some() && found.accepts.contains_key(message) {
                let state = found.states.get(&(*message, *recipient)).map(|(_, state)| *state);
                expect(state.is_some_and(|state| state >= 0x80), || {
                    format!("the end of {message:x}/{recipient} is forgotten before its message: {state:?}")
                })?;
            }
        }
        Ok(())
    }
}

fn numbers(submission: &Submission) -> impl Iterator<Item = u64> {
    let all = submission.visible.iter().chain(&submission.hidden);
    all.filter_map(|text| Msisdn::from_digits(text.as_bytes()).map(Msisdn::digits))
}

/// Whether a stored PDU is one of those that were sent; Date is put in where the phone left it out (OMA MMS-ENC,
/// M-Send.req). What a forward is stored as is composed, and judged by its content alone.
fn is_attempt(submission: &Submission, pdu: &[u8]) -> bool {
    submission.is_forward
        || submission
            .attempts
            .iter()
            .any(|attempt| attempt == pdu || is_dated(attempt, pdu))
}

/// A Date field, with its code, has six octets.
const DATE_OCTETS: usize = 6;

fn is_dated(attempt: &[u8], stored: &[u8]) -> bool {
    if stored.len() != attempt.len() + DATE_OCTETS {
        return false;
    }
    let same = attempt.iter().zip(stored).take_while(|(sent, kept)| sent == kept);
    let at = same.count();
    // The field may begin with octets that stand behind it, too.
    let from = at.saturating_sub(DATE_OCTETS);
    (from..=at).any(|at| {
        stored[at..].starts_with(&[mms::field::DATE, 4]) && stored[at + DATE_OCTETS..] == attempt[at..]
    })
}
