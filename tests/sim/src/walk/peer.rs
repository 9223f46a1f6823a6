//! Another operator's MMSC: it brings messages, and brings them again where it is not sure that they were taken.
//!
//! Beside the crowd, at the border between the edge of MM4 and the shards: what is brought is what the edge makes of a
//! mail. Invariants: what is brought stands in the book before; what was answered 250 is on the disk by then.

use super::Walk;
use super::crowd::dialled;
use super::doing::phone;
use crate::book::Submission;
use crate::event::Event;
use crate::phone::number;
use crate::swarm::PHONES;
use admit::{Asked, When};
use base::Retry;
use mms::{
    Address, Content as Parts, ContentType, Originator, Pdu, PlmnText, Recipient, RecipientKind, SendReq,
    Version,
};
use shard::Content;
use shard::arrival::{Arrival, Forward, What};
use std::sync::Arc;
use store::record::Origin;

/// Its subscribers' numbers begin here.
pub(super) const FOREIGN: u64 = 15_550_100_000;

/// Its profile's name.
pub(super) const PEER: &str = "peer";

/// A third operator's profile, and where its subscribers' numbers begin.
pub(super) const FAR: &str = "far";
pub(super) const FURTHER: u64 = 15_550_200_000;

impl Walk {
    /// The peer brings something new, or something again.
    pub(super) fn bring(&mut self) {
        if !self.unsure_mails.is_empty() && self.one_in(2) {
            let at = self.dice(self.unsure_mails.len() as u64) as usize;
            let number = self.unsure_mails.swap_remove(at);
            self.coverage.count("act: a peer brings a message again");
            return self.mail(number);
        }
        self.coverage.count("act: a peer brings a message");
        let from = FOREIGN + self.dice(4);
        let first = self.dice(PHONES);
        let visible: Vec<String> = (0..=self.dice(3))
            .map(|nth| {
                self.passed_to(nth)
                    .unwrap_or_else(|| phone((first + nth) % PHONES))
            })
            .collect();
        let book_number = self.book.len();
        let transaction = format!("peer-{book_number}");
        let mut content = format!("<{book_number}>").into_bytes();
        let octets =
            [10, 500, 5_000, 40_000][crate::swarm::choose(&mut self.world.dice, &self.swarm.contents)];
        content.resize(content.len() + octets, b'.');
        let written: Vec<String> = visible.iter().map(|text| dialled(text)).collect();
        let to: Vec<&str> = written.iter().map(String::as_str).collect();
        let pdu = message_of(from, &transaction, &to, &content);
        let number = self.book.enter(Submission {
            from,
            transaction,
            visible,
            hidden: Vec::new(),
            is_anonymous: false,
            content,
            is_brought: true,
            is_forward: false,
            forwards: None,
            attempts: vec![pdu],
            ids: Vec::new(),
        });
        self.mail(number);
    }

    /// A subscriber of the third operator, now and then where there is one: another for each place of a mail.
    fn passed_to(&mut self, nth: u64) -> Option<String> {
        let is_far = self.one_in(self.swarm.passes);
        self.coverage
            .add("act: a peer brings a message for another peer", u64::from(is_far));
        is_far.then(|| (FURTHER + nth).to_string())
    }

    /// Hands what the edge made of a mail to the shards.
    fn mail(&mut self, book_number: usize) {
        let submission = self.book.submission(book_number);
        let pdu = submission.attempts[0].clone();
        let Ok(Pdu::SendReq(send)) = Pdu::read(&pdu) else {
            unreachable!("a peer's message is an M-Send.req");
        };
        let size_octets = mms::message_size_octets(&send).expect("a size") as u32;
        let content_offset = send.content.offset as u32;
        let asked = match book_number % 3 {
            0 => Asked::default(),
            1 => Asked(Asked::DELIVERY_REPORT),
            _ => Asked(Asked::DELIVERY_REPORT | Asked::READ_REPORT),
        };
        let forward = Forward {
            content_offset,
            size_octets,
            sender: number(&submission.from.to_string()),
            recipients: submission.visible.iter().map(|to| number(to)).collect(),
            asked,
            expiry: book_number.is_multiple_of(2).then_some(When::Relative(3_600)),
            origin: Origin {
                peer: PEER.to_owned(),
                message_id: submission.transaction.clone().into_bytes(),
                transaction_id: submission.transaction.clone().into_bytes(),
                version: [6, 10, 0],
                is_answer_wanted: is_answered(book_number),
                ..Origin::default()
            },
            pdu,
        };
        self.tell(|| format!("a peer brings submission {book_number}"));
        let slot = self.world.bring(|reply_to| Arrival {
            reply_to,
            peer: Arc::from(PEER),
            what: What::Forward(Box::new(forward)),
        });
        self.mails.insert(slot, book_number);
    }

    /// Hears what became of what was brought.
    pub(super) fn take_verdicts(&mut self) {
        let slots: Vec<u32> = self.mails.keys().copied().collect();
        for slot in slots {
            let Some(answer) = self.world.answers.remove(&slot) else {
                continue;
            };
            let Some(book_number) = self.mails.remove(&slot) else {
                continue;
            };
            match answer.content {
                Content::Verdict(Ok(())) => {
                    self.coverage.count("outcome: mail answered 250");
                    self.heard.brought.insert(book_number);
                    self.hear(&Event::Taken(book_number));
                    // The 250 may be lost on its way.
                    if self.one_in(3) {
                        self.unsure_mails.push(book_number);
                    }
                }
                Content::Verdict(Err(reason)) => {
                    self.coverage.refusal(reason.row().text);
                    let what = format!("a peer's submission {book_number} is refused: {reason:?}");
                    self.tell(|| what.clone());
                    if reason.row().retry == Retry::Never {
                        self.court.find("admission", what);
                    }
                    self.unsure_mails.push(book_number);
                }
                other => self
                    .court
                    .find("admission", format!("a mail is answered {other:?}")),
            }
        }
    }

    /// The process is gone: nobody knows what became of what was under way.
    pub(super) fn lose_mails(&mut self) {
        let mails = std::mem::take(&mut self.mails);
        self.unsure_mails.extend(mails.into_values());
    }
}

/// Whether a number is the third operator's.
#[must_use]
pub fn is_further(number: u64) -> bool {
    number / 100 == FURTHER / 100
}

/// Whether the peer wants a response to this submission.
pub(super) fn is_answered(book_number: usize) -> bool {
    !book_number.is_multiple_of(2)
}

/// Writes the M-Send.req that another operator's message is kept as.
fn message_of(from: u64, transaction: &str, to: &[&str], body: &[u8]) -> Vec<u8> {
    let from = PlmnText::new(from);
    let recipients: Vec<Recipient<'_>> = to
        .iter()
        .map(|text| Recipient {
            kind: RecipientKind::To,
            address: Address::ascii(text.as_bytes()),
        })
        .collect();
    // text/plain, constrained form.
    let content_type = ContentType::from_raw(&[0x83]).expect("a type");
    let mut pdu = Vec::new();
    SendReq::new(
        transaction.as_bytes(),
        Version::V1_2,
        Originator::Address(from.address()),
        &recipients,
        Parts::new(content_type, body),
    )
    .write(&mut pdu);
    pdu.extend_from_slice(body);
    pdu
}
