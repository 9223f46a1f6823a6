//! Nobody gets what is not theirs, sees who was copied blindly, or learns a number that was to be hidden.
//!
//! Threats of FEATURES §4: URLs that are guessed or passed on, Bcc, hidden senders. Judged on the octets that leave a
//! shard, as answers and as pushes.

use crate::book::Submission;
use crate::checkers::expect;
use crate::event::{Asked, Checker, Event, Scene};
use crate::phone::{got_of, note_of};
use mms::{Pdu, RecipientKind};
use std::collections::BTreeMap;
use store::record::State;

/// No leak.
#[derive(Debug, Default)]
pub(crate) struct Privacy {
    /// Whose each token is: message, number, the book's submission.
    tokens: BTreeMap<[u8; 12], (u64, u64, usize)>,
    submissions: BTreeMap<u64, usize>,
}

impl Checker for Privacy {
    fn name(&self) -> &'static str {
        "privacy"
    }

    fn take(&mut self, scene: &Scene<'_>, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::Accepted(accept, pdu) => {
                if let Ok(Pdu::SendReq(send)) = Pdu::read(pdu)
                    && let Some(number) = scene.book.find(accept.sender, send.transaction_id)
                {
                    self.submissions.insert(accept.message, number);
                    for one in &accept.recipients {
                        self.tokens
                            .insert(one.token, (accept.message, one.number, number));
                    }
                }
                Ok(())
            }
            Event::Said(question, answer) => {
                let Asked::Get(token) = question.asked else {
                    return Ok(());
                };
                let octets = crate::phone::pdu_of(answer);
                let Ok(Pdu::RetrieveConf(conf)) = Pdu::read(&octets) else {
                    return Ok(());
                };
                if conf.retrieve_status.is_some() {
                    return Ok(());
                }
                let owner = token.and_then(|token| self.tokens.get(&token.0)).copied();
                let Some((message, owner, number)) =
                    owner.filter(|(_, owner, _)| question.who == Some(*owner))
                else {
                    return Err(format!("{:?} gets what is {owner:?}'s", question.who));
                };
                let got = got_of(answer);
                let submission = scene.book.submission(number);
                expect(got.body == submission.content, || {
                    format!("{owner} gets other octets than were sent as {message:x}")
                })?;
                let blind = got.recipients.iter().any(|(kind, _)| *kind == RecipientKind::Bcc);
                expect(!blind, || format!("{owner} sees Bcc in {message:x}"))?;
                expect(!(submission.is_anonymous && got.from.is_some()), || {
                    format!("{owner} sees who sent {message:x}")
                })?;
                let head = &octets[..octets.len() - got.body.len()];
                judge_head(submission, owner, head).map_err(|what| format!("{message:x}: {what}"))
            }
            Event::Stepped(state, pdu) => self.judge_push(scene, state, pdu),
            _ => Ok(()),
        }
    }
}

impl Privacy {
    fn judge_push(&self, scene: &Scene<'_>, state: &State, pdu: &[u8]) -> Result<(), String> {
        let (Some(note), Some(number)) = (note_of(pdu, state.at), self.submissions.get(&state.message))
        else {
            return Ok(());
        };
        let submission = scene.book.submission(*number);
        let owner = self
            .tokens
            .get(&note.token.0)
            .map(|(message, owner, _)| (*message, *owner));
        expect(owner == Some((state.message, state.push_to)), || {
            format!("{} is notified of {owner:?}", state.push_to)
        })?;
        judge_head(submission, state.push_to, pdu).map_err(|what| format!("a notification: {what}"))
    }
}

/// No number may stand in a head that its reader is not to see.
fn judge_head(submission: &Submission, reader: u64, head: &[u8]) -> Result<(), String> {
    let is_open = |text: &String| submission.visible.contains(text) || *text == reader.to_string();
    let from = submission.from.to_string();
    let mut secrets: Vec<&String> = submission.hidden.iter().filter(|text| !is_open(text)).collect();
    // Who sends it on to themselves, or hides from themselves, hides nothing.
    if !submission.is_anonymous {
        secrets.retain(|text| **text != from);
    } else if !is_open(&from) && !submission.is_forward {
        secrets.push(&from);
    }
    // A message that is sent on carries who sent it before, who may be anybody.
    let secrets = secrets.into_iter().filter(|_| !submission.is_forward);
    for secret in secrets {
        let is_there = head
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        expect(!is_there, || format!("{reader} can read {secret}"))?;
    }
    Ok(())
}
