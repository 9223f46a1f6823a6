//! Retrieval: a GET by the identified recipient is answered with the message, as often as the endgame allows.
//!
//! The URL is no authority: its token is looked for among the asker's own copies only. The body goes out as it came in,
//! from the buffer it was received into or read into; only the head is written.

use crate::brain::Brain;
use crate::fetch::Job;
use crate::notify::{deferred_transaction_id, transaction_id};
use crate::request::{ReplyTo, Request};
use crate::{Answer, SentTicket};
use base::{MessageId, Msisdn, Reason};
use lifecycle::{End, Event, State};
use meter::{Counter, Stage};
use mms::{
    Content, ContentType, EncodedString, Originator, Pdu, PlmnText, RetrieveConf, RetrieveStatus, Version,
};
use store::recipients::MARK_GIVEN;
use store::record::{FLAG_FETCHED, FLAG_HIDDEN_SENDER, FLAG_LOWERED};
use store::{Octets, Recipient};

/// Content-Type of the sentence in a refusal: text/plain, constrained form (WSP well-known 0x03).
const TEXT_PLAIN: &[u8] = &[0x83];

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Answers a GET, at once or when the message has been read.
    pub(crate) fn retrieve(&mut self, request: &Request, subscriber: Msisdn) {
        let found = request
            .token
            .and_then(|token| self.store.copy_by_token(subscriber, token));
        let verdict = match found {
            None => Err(Reason::MessageNotFound),
            Some(number) => self.may_retrieve(number).map(|copy| (number, copy)),
        };
        let mut reply = request.reply_to;
        self.lap(&mut reply, Stage::Admit);
        match verdict {
            Err(reason) => {
                self.meter.count(Counter::RetrievalsRefused);
                let answer = self.unretrievable(reason);
                self.turn_down(reply, answer);
            }
            Ok((number, copy)) => {
                if let Some(copy) = self.store.recipients.get_mut(number) {
                    copy.fetching = copy.fetching.saturating_add(1);
                }
                let job = Job::Retrieve {
                    number,
                    message: copy.message,
                    reply,
                };
                self.obtain(copy.message, job);
            }
        }
    }

    fn may_retrieve(&self, number: u32) -> Result<Recipient, Reason> {
        let copy = *self.store.recipients.get(number).ok_or(Reason::MessageNotFound)?;
        match copy.state {
            State::Ended(End::Retrieved | End::Forwarded) => {
                let age_s = self.wall().0.saturating_sub(copy.until);
                let again = u64::from(age_s) * 1_000 < u64::from(self.profile.retrieve.again_ms);
                again.then_some(copy).ok_or(Reason::MessageNotFound)
            }
            State::Ended(End::Expired) => Err(Reason::MessageExpired),
            State::Ended(_) => Err(Reason::MessageNotFound),
            State::Fetched => Ok(copy),
            _ if self.wheel.current() >= self.tick_of(copy.until) && copy.fetching == 0 => {
                Err(Reason::MessageExpired)
            }
            _ => Ok(copy),
        }
    }

    /// The stored PDU is here: M-Retrieve.conf goes out.
    pub(crate) fn retrieve_with(
        &mut self,
        number: u32,
        message: MessageId,
        mut reply: ReplyTo,
        pdu: Result<Octets, Reason>,
    ) {
        self.lap(&mut reply, Stage::Fetch);
        let copy = self
            .store
            .recipients
            .get(number)
            .filter(|copy| copy.message == message)
            .copied();
        let answer = match (copy, pdu) {
            (None, _) => self.unretrievable(Reason::MessageNotFound),
            (Some(_), Err(reason)) => self.unretrievable(reason),
            (Some(copy), Ok(pdu)) => match self.retrieve_conf(&copy, &pdu) {
                None => self.unretrievable(Reason::Internal),
                Some((head, body)) => {
                    let mut answer = Answer::pdu(head, Some(body));
                    answer.sent = Some(SentTicket {
                        home: self.shard,
                        number,
                        message,
                    });
                    answer
                }
            },
        };
        if answer.sent.is_none() {
            self.meter.count(Counter::RetrievalsRefused);
            self.end_fetch(number, message, false);
            return self.turn_down(reply, answer);
        }
        if let Some(copy) = self.store.recipients.get_mut(number) {
            copy.marks |= MARK_GIVEN;
        }
        self.lap(&mut reply, Stage::Deliver);
        self.answer(reply, answer);
    }

    /// The last octet of a retrieval left, or its connection broke.
    pub(crate) fn take_sent(&mut self, ticket: SentTicket, whole: bool) {
        self.meter.count(if whole {
            Counter::RetrievalsServed
        } else {
            Counter::RetrievalsBroken
        });
        self.end_fetch(ticket.number, ticket.message, whole);
    }

    fn end_fetch(&mut self, number: u32, message: MessageId, whole: bool) {
        let copy = self
            .store
            .recipients
            .get_mut(number)
            .filter(|copy| copy.message == message);
        let Some(copy) = copy else { return };
        copy.fetching = copy.fetching.saturating_sub(1);
        if whole {
            copy.flags |= FLAG_FETCHED;
        }
        if whole || copy.fetching == 0 {
            self.apply(
                number,
                if whole {
                    Event::FetchWhole
                } else {
                    Event::FetchBroken
                },
                None,
            );
            self.fired.push_back(number);
        }
    }

    fn retrieve_conf(&self, copy: &Recipient, pdu: &Octets) -> Option<(Vec<u8>, Octets)> {
        let Ok(Pdu::SendReq(send)) = Pdu::read(pdu.as_slice()) else {
            return None;
        };
        let version = if copy.flags & FLAG_LOWERED != 0 {
            Version::V1_0
        } else {
            mms::version::WRITTEN_MAX
        };
        let date = send.date_unix_s.unwrap_or_else(|| u64::from(self.wall().0));
        let mut conf = RetrieveConf::new(version, date, send.content);
        let transaction = match copy.state {
            State::Deferred => deferred_transaction_id(copy.token),
            _ => transaction_id(copy.token),
        };
        let id = crate::answer::message_id(copy.message, &self.profile);
        let sender = PlmnText::new(copy.sender);
        conf.transaction_id = Some(&transaction);
        conf.message_id = Some(&id);
        if copy.flags & FLAG_HIDDEN_SENDER == 0 && copy.sender != 0 {
            conf.from = Some(Originator::Address(sender.address()));
        }
        conf.previously_sent = mms::Repeated::Wire(send.headers);
        conf.headers = send.headers;
        let mut head = Vec::with_capacity(send.content.offset + 128);
        conf.write(&mut head);
        Some((head, pdu.after(u32::try_from(send.content.offset).ok()?)))
    }

    /// M-Retrieve.conf that says why there is no message, with a sentence as its body for old clients.
    pub(crate) fn unretrievable(&self, reason: Reason) -> Answer {
        let row = reason.row();
        if reason == Reason::SenderUnidentified || reason == Reason::Draining || reason == Reason::Busy {
            return Answer::failed(reason);
        }
        let Ok(content_type) = ContentType::from_raw(TEXT_PLAIN) else {
            return Answer::failed(reason);
        };
        let content = Content::new(content_type, row.text.as_bytes());
        let mut conf = RetrieveConf::new(mms::version::WRITTEN_MAX, u64::from(self.wall().0), content);
        conf.retrieve_status = RetrieveStatus::try_from(row.retrieve_status).ok();
        conf.retrieve_text = Some(EncodedString::ascii(row.text.as_bytes()));
        let mut head = Vec::with_capacity(160);
        conf.write(&mut head);
        head.extend_from_slice(row.text.as_bytes());
        Answer::pdu(head, None)
    }
}
