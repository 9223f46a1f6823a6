//! `Durable → Plan`: a message on disk is divided among the homes of its recipients.

use crate::Answer;
use crate::append::Accepted;
use crate::brain::{Brain, Held, Todo};
use crate::mail::Mail;
use crate::request::ReplyTo;
use base::{MessageId, ShardId};
use lifecycle::Event;
use meter::{Counter, Stage};
use smallvec::SmallVec;
use store::record::Accept;
use store::{AtHand, Delivery, DeliveryRecipient, Durable};

/// Who is to deliver what. Only `plan` makes one, and only of what is durable.
#[derive(Debug)]
pub(crate) struct Plan {
    parts: SmallVec<[(ShardId, Delivery); 1]>,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// The accept record is on disk: the sender hears Ok, and delivery begins.
    pub(crate) fn accepted(&mut self, durable: Durable<Held>) {
        self.meter.count(Counter::SendAccepted);
        let Some((mut to, answer)) = Answer::accepted(&durable, &self.profile) else {
            return;
        };
        self.lap(&mut to, Stage::Durable);
        let Held::Accepted(accepted) = durable.into_value() else {
            return;
        };
        let Accepted {
            delivery, forwarded, ..
        } = *accepted;
        if let Some((accept, pdu)) = delivery {
            self.deliver_accepted(&accept, &pdu, &mut to);
        }
        self.answer(to, answer);
        if forwarded.is_some() {
            self.meter.count(Counter::ForwardAccepted);
            self.end_forwarded(forwarded);
        }
    }

    /// Divides a message that is on disk, and hands each part to its home.
    pub(crate) fn deliver_accepted(&mut self, accept: &Accept, at_hand: &AtHand, to: &mut ReplyTo) {
        let plan = self.plan(accept, Some(at_hand));
        self.lap(to, Stage::Route);
        self.deliver(plan);
        self.lap(to, Stage::Deliver);
    }

    /// Ends the copy that was sent on; nothing happens where it has ended before.
    pub(crate) fn end_forwarded(&mut self, forwarded: Option<(u32, MessageId)>) {
        if let Some((number, message)) = forwarded {
            self.todo.push_back(Todo {
                number,
                message,
                event: Event::Forwarded,
            });
        }
    }

    /// Hands each part of a plan to its home.
    pub(crate) fn deliver(&mut self, plan: Plan) {
        for (home, delivery) in plan.parts {
            self.send_mail(home, Mail::Deliver(Box::new(delivery)));
        }
    }

    /// Divides a message. A recipient that is no number, or another operator's, stays with the message's owner.
    fn plan(&self, accept: &Accept, at_hand: Option<&AtHand>) -> Plan {
        let mut parts: SmallVec<[(ShardId, Delivery); 1]> = SmallVec::new();
        for (index, recipient) in (0_u16..).zip(&accept.recipients) {
            let home = self.place_of(MessageId::from_bits(accept.message), recipient.number);
            let place = parts
                .iter()
                .position(|(shard, _)| *shard == home)
                .unwrap_or_else(|| {
                    let mut delivery = Delivery::of(accept);
                    delivery.at_hand = at_hand.cloned();
                    parts.push((home, delivery));
                    parts.len() - 1
                });
            if let Some((_, delivery)) = parts.get_mut(place) {
                delivery.recipients.push(DeliveryRecipient {
                    index,
                    recipient: *recipient,
                });
            }
        }
        Plan { parts }
    }
}
