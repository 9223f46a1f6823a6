//! M-Forward.req: a recipient sends a message on without having downloaded it.
//!
//! The stored PDU is fetched, a new M-Send.req is composed over the same content octets, and goes the way of every
//! submission: rules, journal, answer. Previously-Sent-By and -Date grow by one (OMA MMS-ENC, M-Forward.req).

use crate::append::{Draft, Submission, Unappended};
use crate::brain::Brain;
use crate::fetch::Job;
use crate::parse::conf;
use crate::request::Request;
use base::{MessageId, Msisdn, Parcel, Reason, Token};
use lifecycle::{End, State};
use meter::Stage;
use mms::{Content, Counted, ForwardReq, Originator, Pdu, PlmnText, PreviouslySent, Repeated, SendReq};
use smallvec::SmallVec;
use store::record::{FLAG_HIDDEN_SENDER, FLAG_REPORT_DENIED};
use store::{Octets, Recipient};

/// A forwarding that waits for the stored PDU, or for room.
#[derive(Debug)]
pub(crate) struct Forwarding {
    pub(crate) submission: Submission,
    forwarder: Msisdn,
    copy: Recipient,
    /// The recipient denies the first sender's report.
    is_denied: bool,
    /// The M-Forward.req.
    request: Vec<u8>,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Begins a forwarding: its URL must name one of the asker's own copies.
    pub(crate) fn forward(&mut self, forward: &ForwardReq<'_>, request: &Request, subscriber: Msisdn) {
        let token = forward
            .content_location
            .rsplit(|&octet| octet == b'/')
            .next()
            .and_then(Token::from_wire);
        let number = token.and_then(|token| self.store.copy_by_token(subscriber, token));
        let found = number.and_then(|number| Some((number, *self.store.recipients.get(number)?)));
        let verdict = found
            .ok_or(Reason::MessageNotFound)
            .and_then(|(number, copy)| match copy.state {
                State::Ended(End::Retrieved | End::Forwarded) => Ok((number, copy)),
                State::Ended(End::Expired) => Err(Reason::MessageExpired),
                State::Ended(_) => Err(Reason::MessageNotFound),
                _ => Ok((number, copy)),
            });
        match verdict {
            Err(reason) => self.refuse_request(request, Some(reason)),
            Ok((number, copy)) => {
                let forwarded = Some((number, copy.message));
                let mut reply = request.reply_to;
                self.lap(&mut reply, Stage::Admit);
                let submission = Submission {
                    reply,
                    conf: conf(&request.body),
                    forwarded,
                };
                let body = request.body.to_vec();
                let forwarding = Forwarding {
                    submission,
                    forwarder: subscriber,
                    copy,
                    is_denied: forward.report_allowed == Some(false),
                    request: body,
                };
                self.obtain(copy.message, Job::Forward(Box::new(forwarding)));
            }
        }
    }

    /// The stored PDU is here: the new message is composed and submitted.
    pub(crate) fn forward_with(&mut self, mut forwarding: Forwarding, pdu: Result<Octets, Reason>) {
        self.lap(&mut forwarding.submission.reply, Stage::Fetch);
        let outcome = pdu.and_then(|pdu| self.compose(&forwarding, pdu.as_slice()));
        self.lap(&mut forwarding.submission.reply, Stage::Admit);
        let Forwarding {
            submission,
            forwarder,
            copy,
            is_denied,
            request,
        } = forwarding;
        match outcome {
            Err(reason) => {
                let answer = submission.conf.refused(reason);
                self.refuse(submission.reply, answer);
            }
            Ok((draft, pdu)) => {
                let forwarded = submission.forwarded;
                match self
                    .append(draft, Parcel::from(pdu), submission)
                    .map_err(|back| *back)
                {
                    Ok(()) if is_denied => self.deny_report(forwarded),
                    Ok(()) | Err((Unappended::Refused, _)) => {}
                    Err((Unappended::Later(_), submission)) => {
                        let again = Forwarding {
                            submission,
                            forwarder,
                            copy,
                            is_denied,
                            request,
                        };
                        self.postponed.push((copy.message, Job::Forward(Box::new(again))));
                    }
                }
            }
        }
    }

    /// X-Mms-Report-Allowed = No: the end of the copy that is sent on goes unreported.
    fn deny_report(&mut self, forwarded: Option<(u32, MessageId)>) {
        let Some((number, message)) = forwarded else {
            return;
        };
        if let Some(copy) = self.store.recipients.get_mut(number)
            && copy.message == message
            && !copy.state.is_ended()
        {
            copy.flags |= FLAG_REPORT_DENIED;
        }
    }

    fn compose(&self, forwarding: &Forwarding, stored: &[u8]) -> Result<(Draft, Vec<u8>), Reason> {
        let Ok(Pdu::SendReq(original)) = Pdu::read(stored) else {
            return Err(Reason::Internal);
        };
        let Ok(Pdu::ForwardReq(forward)) = Pdu::read(&forwarding.request) else {
            return Err(Reason::Internal);
        };
        let sender = PlmnText::new(forwarding.copy.sender);
        let sent_at = original.date_unix_s.unwrap_or_else(|| u64::from(self.wall().0));
        let mut previous: SmallVec<[PreviouslySent<'_>; 8]> = SmallVec::new();
        previous.extend(original.headers.items::<PreviouslySent<'_>>());
        let count = previous
            .iter()
            .map(|item| item.count())
            .max()
            .unwrap_or(0)
            .saturating_add(1);
        if forwarding.copy.flags & FLAG_HIDDEN_SENDER == 0 {
            previous.push(PreviouslySent::By(Counted {
                count,
                value: sender.address(),
            }));
        }
        previous.push(PreviouslySent::Date(Counted {
            count,
            value: sent_at,
        }));
        let content = Content::new(original.content.content_type, original.content.body);
        let mut send = SendReq::new(
            forward.transaction_id,
            forward.version,
            Originator::Insert,
            &[],
            content,
        );
        send.recipients = forward.recipients;
        send.date_unix_s = forward.date_unix_s.or_else(|| Some(u64::from(self.wall().0)));
        send.subject = original.subject;
        send.message_class = original.message_class;
        send.priority = original.priority;
        send.expiry = forward.expiry;
        send.delivery_time = forward.delivery_time;
        send.delivery_report = forward.delivery_report;
        send.read_report = forward.read_report;
        send.reply_charging = forward.reply_charging;
        send.application = original.application;
        send.content_class = original.content_class;
        send.drm_content = original.drm_content;
        send.previously_sent = Repeated::List(&previous);
        send.headers = original.headers;
        let mut pdu = Vec::with_capacity(stored.len() + forwarding.request.len() + 64);
        send.write(&mut pdu);
        pdu.extend_from_slice(original.content.body);
        // What is stored is what is judged: the composed PDU is read as if it had come in.
        let draft = match Pdu::read(&pdu) {
            Ok(Pdu::SendReq(composed)) => self.draft(&composed, forwarding.forwarder)?,
            _ => return Err(Reason::Internal),
        };
        Ok((draft, pdu))
    }

    /// Ends the copy of a recipient that is no number; its report names it as the sender did. Where that can't be read
    /// now, the schedule tries again, for as long as the message is valid.
    pub(crate) fn refuse_copy(&mut self, number: u32, pdu: Result<Octets, Reason>) {
        self.address.clear();
        let Some(copy) = self.store.recipients.get(number).copied() else {
            return;
        };
        if pdu.is_err() && self.wall().0 < copy.until {
            let due = self.next_attempt(copy.attempts.saturating_add(1));
            if let Some(copy) = self.store.recipients.get_mut(number) {
                copy.due = due;
            }
            return self.arm(number);
        }
        // A copy without a number is in no list; its `next` holds the field that names it.
        let field = copy.next as usize;
        if let Ok(pdu) = pdu
            && let Ok(Pdu::SendReq(send)) = Pdu::read(pdu.as_slice())
            && let Some(recipient) = send.recipients.iter().nth(field)
        {
            self.address.extend_from_slice(recipient.address.text.text);
        }
        self.apply(number, lifecycle::Event::Unroutable, None);
    }
}
