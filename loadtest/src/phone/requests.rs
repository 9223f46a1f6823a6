//! What the phones send, step by step.
//!
//! Called when a connection is free. Invariants: the submission's photograph is sent from where it lies; a repeated
//! submission is the same octets.

use super::Phones;
use super::life::{Step, Wrong};
use crate::clock::SECOND_NS;
use crate::driver::{Pace, Shape};
use crate::template::digits;
use mms::address::PlmnText;
use mms::{AcknowledgeInd, NotifyRespInd, Originator, ReadRecInd, ReadStatus, Status, Version};
use std::sync::Arc;

/// What the country of senders begins with.
const SENDER: &str = "+9991";
/// What the country of recipients begins with.
const RECIPIENT: &str = "+9992";
/// Pieces in which slow phones send: a quarter of a second's worth.
const PIECES_PER_S: u32 = 4;
/// Outbox requests wait so long at the server, in seconds: below its own limit, and below the answer's patience.
const WAIT_S: u64 = 10;

impl Phones {
    pub(super) fn write_request(&mut self, life: u32, step: Step, front: &mut Vec<u8>) -> Shape {
        match step {
            Step::Submit | Step::Duplicate | Step::Retry => self.write_submission(life, step, front),
            Step::Notification => {
                let life = self.lives.of(life);
                let after = self.subscribers.of(life.subscriber).recipient_after;
                poll(
                    front,
                    RECIPIENT,
                    life.numbers.recipient,
                    after,
                    WAIT_S.min(self.wait_s()),
                )
            }
            Step::Reports => {
                let life = self.lives.of(life);
                let after = self.subscribers.of(life.subscriber).sender_after;
                poll(
                    front,
                    SENDER,
                    life.numbers.sender,
                    after,
                    WAIT_S.min(self.wait_s()),
                )
            }
            Step::LookRecipient | Step::LookSender => {
                let number = self.number_of(life);
                let subscriber = self.subscribers.of(life);
                if step == Step::LookRecipient {
                    poll(front, RECIPIENT, number, subscriber.recipient_after, 0)
                } else {
                    poll(front, SENDER, number, subscriber.sender_after, 0)
                }
            }
            Step::Retrieve => {
                let kinds = Arc::clone(&self.plan.kinds);
                let life = self.lives.of(life);
                let personality = kinds.kind(life.kind).personality;
                let location = String::from_utf8_lossy(&life.location);
                let transaction = String::from_utf8_lossy(&life.transaction);
                let number = msisdn(RECIPIENT, life.numbers.recipient);
                personality.write_retrieval(front, &number, &location, &transaction);
                Shape {
                    is_last: personality.closes,
                    ..Shape::default()
                }
            }
            Step::Acknowledge => self.write_answer(life, front),
            Step::ReadReport => self.write_read_report(life, front),
        }
    }

    /// The number, without its mark, of a subscriber.
    pub(super) fn number_of(&self, subscriber: u32) -> u64 {
        let own = u64::from(subscriber) * u64::from(self.plan.threads) + u64::from(self.plan.thread);
        self.plan.base + own
    }

    fn wait_s(&self) -> u64 {
        u64::from(self.plan.scenario.patience_s).saturating_sub(1)
    }

    fn write_submission(&mut self, life: u32, step: Step, front: &mut Vec<u8>) -> Shape {
        let kinds = Arc::clone(&self.plan.kinds);
        let life = self.lives.of(life);
        let kind = kinds.kind(life.kind);
        kind.template.write(life.numbers, front);
        let octets = kind.template.octets();
        let pace = match life.wrong {
            Wrong::Slow if step == Step::Submit => {
                self.recorder.counts.slowed += 1;
                let per_s = self.plan.scenario.misbehaviour.slow_octets_per_s;
                let piece_octets = (per_s / PIECES_PER_S).max(1);
                Pace::Slow {
                    piece_octets,
                    gap_ns: SECOND_NS / u64::from(PIECES_PER_S),
                }
            }
            Wrong::Cut(share) if step == Step::Submit => {
                // Never the whole, never nothing.
                Pace::CutAt((octets * usize::from(share) / 256).clamp(1, octets - 1) as u32)
            }
            _ if kind.personality.expects_continue => Pace::Hold(kind.template.head_octets() as u32),
            _ => Pace::Whole,
        };
        Shape {
            body: Some(Arc::clone(kind.template.body())),
            tail: kind.template.tail(),
            pace,
            is_last: kind.personality.closes,
        }
    }

    /// M-NotifyResp.ind or M-Acknowledge.ind, as the phone's kind does.
    fn write_answer(&mut self, life: u32, front: &mut Vec<u8>) -> Shape {
        let kinds = Arc::clone(&self.plan.kinds);
        let life = self.lives.of(life);
        let personality = kinds.kind(life.kind).personality;
        let mut pdu = Vec::with_capacity(64);
        if personality.responds {
            NotifyRespInd::new(&life.transaction, Version::V1_2, Status::Retrieved).write(&mut pdu);
        } else {
            AcknowledgeInd::new(&life.transaction, Version::V1_2).write(&mut pdu);
        }
        let number = msisdn(RECIPIENT, life.numbers.recipient);
        personality.write_post(front, &number, pdu.len());
        front.extend_from_slice(&pdu);
        Shape {
            is_last: personality.closes,
            ..Shape::default()
        }
    }

    fn write_read_report(&mut self, life: u32, front: &mut Vec<u8>) -> Shape {
        let kinds = Arc::clone(&self.plan.kinds);
        let life = self.lives.of(life);
        let personality = kinds.kind(life.kind).personality;
        let to = PlmnText::new(9_991_000_000_000 + life.numbers.sender % 1_000_000_000);
        let mut pdu = Vec::with_capacity(96);
        let (id, status) = (&life.message_id, ReadStatus::Read);
        ReadRecInd::new(Version::V1_2, id, to.address(), Originator::Insert, status).write(&mut pdu);
        let number = msisdn(RECIPIENT, life.numbers.recipient);
        personality.write_post(front, &number, pdu.len());
        front.extend_from_slice(&pdu);
        Shape {
            is_last: personality.closes,
            ..Shape::default()
        }
    }
}

fn msisdn(mark: &str, number: u64) -> String {
    let mut text = mark.to_owned();
    text.extend(digits(number).map(char::from));
    text
}

fn poll(front: &mut Vec<u8>, mark: &str, number: u64, after: u64, wait_s: u64) -> Shape {
    let number = msisdn(mark.trim_start_matches('+'), number);
    let request =
        format!("GET /v1/outbox/{number}?after={after}&wait={wait_s} HTTP/1.1\r\nHost: admin\r\n\r\n");
    front.extend_from_slice(request.as_bytes());
    Shape::default()
}
