//! `Plan → mail`: MM4_forward.REQ, written whole from the stored PDU (3GPP TS 23.140 §8.4.1; MM4 reference §2 to §4).
//!
//! Values in, octets out; no brain, no clock. Invariants: everything in a mail comes from the record and the profiles,
//! so the mail of a second try is the mail of the first; ids are ours and fixed by message, peer and copies; Bcc
//! recipients stand in the envelope alone.

mod dialect;

use super::passing::Passed;
use super::transaction::{Part, transaction_id};
use base::{MessageId, Msisdn, Reason};
use dialect::dialect;
use entity::Carriage;
use mm4::{
    Acknowledgement, Address, Application, Content, Expiry, ForwardReq, Id, Message, Terms, Transaction,
};
use mms::{Form, Pdu, PreviouslySent, RecipientKind, SendReq};
use profile::Peer;
use profile::peers::{Ack, Takes};
use route::takes::{self, takes_type};
use route::{Route, Routes};
use std::borrow::Cow;
use store::record::{FLAG_DELIVERY_REPORT, FLAG_HIDDEN_SENDER, FLAG_READ_REPORT, FLAG_SYSTEM_REPORT};
use store::via::PeerMark;

pub(crate) use dialect::{address, dialect as dialect_of, system_address};

/// Why there is no mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unwritten {
    /// The stored PDU could not be had now.
    Unread,
    /// The peer does not take such a message: its types, or its size.
    NotTaken,
    /// The content can't be written as a mail.
    Unwritable,
    /// There is no agreement between who brought it and who it goes to.
    Denied,
    /// An operator holds its peer back by now.
    HeldBack,
}

/// A mail with its envelope.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) from: String,
    pub(crate) recipients: Vec<String>,
    pub(crate) mail: Vec<u8>,
}

/// What a mail is written from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Letter<'a> {
    pub(crate) message: MessageId,
    pub(crate) peer: &'a Peer,
    /// The peer's sessions carry any octet, as far as is known.
    pub(crate) is_binary: bool,
    pub(crate) routes: &'a Routes,
    /// Ours, in ids.
    pub(crate) domain: &'a str,
    /// This system, by its domain for peers.
    pub(crate) system: &'a Address,
    /// E.164 digits.
    pub(crate) sender: u64,
    /// Of the copies: what was asked for is the same for all.
    pub(crate) flags: u16,
    /// Seconds since 1970 when its validity ends.
    pub(crate) until: u32,
    /// Of the envelope.
    pub(crate) recipients: &'a [Msisdn],
    /// Which copies of the message that is.
    pub(crate) part: Part,
    /// The stored M-Send.req.
    pub(crate) pdu: &'a [u8],
    /// Where it comes from, of a message that another operator brought.
    pub(crate) passed: Option<Passed<'a>>,
}

impl Letter<'_> {
    /// Writes the mail.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn write(&self) -> Result<Written, Unwritten> {
        let Ok(Pdu::SendReq(send)) = Pdu::read(self.pdu) else {
            return Err(Unwritten::Unwritable);
        };
        is_taken(&self.peer.takes, &send).map_err(|_| Unwritten::NotTaken)?;
        let carriage = match self.is_binary {
            true => Carriage::Binary,
            false => Carriage::SevenBit,
        };
        let dialect = dialect(self.peer, carriage);
        let transaction = transaction_id(self.message, PeerMark::of(&self.peer.name), self.part);
        let mail_id = format!("{transaction}@{}", self.domain);
        let forward = self.request(&send, dialect.version, [&transaction, &mail_id]);
        let mut mail = Vec::with_capacity(self.pdu.len() * 3 / 2 + 4_096);
        if let Some(passed) = &self.passed {
            passed.write_way(self.message, self.ours(), &mut mail);
        }
        Message::ForwardReq(Box::new(forward))
            .write(&dialect, &mut mail)
            .map_err(|_| Unwritten::Unwritable)?;
        let hides = self.flags & FLAG_HIDDEN_SENDER != 0;
        let sender = Msisdn::from_bits(self.sender).filter(|_| !hides);
        let reverse = sender.map_or_else(|| self.system.clone(), Address::of_subscriber);
        let theirs = self.peer.domains.first().map(String::as_str);
        let of_recipient = |&number: &Msisdn| dialect.address(&Address::of_subscriber(number), theirs);
        Ok(Written {
            from: dialect.address(&reverse, Some(self.ours())),
            recipients: self.recipients.iter().map(of_recipient).collect(),
            mail,
        })
    }

    /// Our domain for peers.
    fn ours(&self) -> &str {
        self.system.domain().unwrap_or(self.domain)
    }

    /// What the mail says.
    fn request<'s>(
        &'s self,
        send: &SendReq<'s>,
        version: mm4::Version,
        [transaction, mail_id]: [&'s str; 2],
    ) -> ForwardReq<'s> {
        let origin = self.passed.map(|passed| passed.origin);
        let message_id = origin.map_or_else(
            || Id::new(format!("{}@{}", self.message, self.domain).into_bytes()),
            |origin| Id::kept(origin.message_id.as_slice()),
        );
        let system = self.system.clone();
        let from = Msisdn::from_bits(self.sender)
            .map_or_else(|| system.clone(), |number| self.with_domain(number, self.ours()));
        let (to, cc) = self.headers(send);
        ForwardReq {
            transaction: Transaction {
                version,
                id: Id::new(transaction.as_bytes()),
                sender: Some(system.clone()),
                mail_id: Some(Id::new(mail_id.as_bytes())),
                date: send
                    .date_unix_s
                    .map(|at| base::WallSeconds(u32::try_from(at).unwrap_or(u32::MAX))),
            },
            message_id,
            acknowledgement: Acknowledgement {
                is_wanted: self.peer.ack == Ack::Res,
                originator_system: Some(system),
            },
            from,
            to,
            cc,
            subject: send.subject.map(dialect::text),
            terms: self.terms(send),
            // People's forwards alone are counted: a hub is none (MM4 reference §2).
            forward_counter: origin.map_or_else(
                || forwards(send),
                |origin| Some(origin.forwards).filter(|&count| count > 0),
            ),
            previously_sent: previously_sent(send),
            application: application(send),
            hub: mm4::Hub::default(),
            vasp: mm4::Vasp::default(),
            hops: 0,
            extra: self.passed.map_or_else(mm4::Extra::default, Passed::extra),
            content: Content::Canonical {
                content_type: send.content.content_type,
                body: send.content.body,
            },
        }
    }

    /// To and Cc as people see them, each number with the domain of who serves it (§4: the whole list).
    fn headers(&self, send: &SendReq<'_>) -> (Vec<Address>, Vec<Address>) {
        let (mut to, mut cc) = (Vec::new(), Vec::new());
        for recipient in send.recipients {
            let list = match recipient.kind {
                RecipientKind::To => &mut to,
                RecipientKind::Cc => &mut cc,
                RecipientKind::Bcc => continue,
            };
            list.push(self.shown(recipient.address));
        }
        (to, cc)
    }

    fn shown(&self, shown: mms::Address<'_>) -> Address {
        let number = match shown.form() {
            Form::Phone(digits) => {
                let mut text = Vec::new();
                if digits.is_international() {
                    text.push(b'+');
                }
                text.extend(digits.digits());
                self.routes.normalise(profile::Party::Local, &text)
            }
            _ => None,
        };
        match number {
            Some(number) => {
                let peer = match self.routes.lookup(number).route {
                    Route::Peer(id) => self.routes.peers().profile(id),
                    Route::Local | Route::Unknown | Route::Refused(_) => None,
                };
                let theirs = peer.and_then(|peer| peer.domains.first());
                let domain = theirs.map_or_else(|| self.ours(), String::as_str);
                self.with_domain(number, domain)
            }
            None => Address::new(dialect::text(shown.text)),
        }
    }

    fn with_domain(&self, number: Msisdn, domain: &str) -> Address {
        address(number, domain, self.peer.dialect.address_domain)
    }

    fn terms(&self, send: &SendReq<'_>) -> Terms<'static> {
        let is_asked = |flag, reports: bool| (self.flags & flag != 0 && reports).then_some(true);
        Terms {
            class: send.message_class.map(dialect::class),
            expiry: Some(Expiry::At(u64::from(self.until))),
            delivery_report: is_asked(FLAG_DELIVERY_REPORT, self.peer.reports.delivery)
                .filter(|_| self.flags & FLAG_SYSTEM_REPORT == 0),
            originator_delivery_report: self
                .passed
                .filter(|passed| passed.origin.is_system_report_wanted && self.peer.reports.delivery)
                .map(|_| true),
            read_reply: is_asked(FLAG_READ_REPORT, self.peer.reports.read),
            priority: send
                .priority
                .and_then(|priority| mm4::Priority::of_octet(priority.octet())),
            visibility: (self.flags & FLAG_HIDDEN_SENDER != 0).then_some(mm4::Visibility::Hide),
            content_class: send
                .content_class
                .and_then(|class| mm4::ContentClass::of_octet(class.octet())),
            drm_content: send.drm_content,
            adaptation_allowed: send.adaptation_allowed,
        }
    }
}

/// Whether a peer takes a message, by its types and its size (§6: before it is sent).
///
/// # Errors
/// [`Reason::ContentTooLarge`], [`Reason::ContentRefused`], or [`Reason::MessageCorrupt`] where its parts can't be
/// read.
pub(crate) fn is_taken(takes: &Takes, send: &SendReq<'_>) -> Result<(), Reason> {
    let octets = mms::message_size_octets(send).map_err(|_| Reason::MessageCorrupt)?;
    if takes::counted(octets, takes.size_basis) > u64::from(takes.size_octets_max) {
        return Err(Reason::ContentTooLarge);
    }
    let is_type_taken = |name: &[u8]| takes_type(takes, &String::from_utf8_lossy(name));
    let content_type = send.content.content_type;
    let are_taken = match content_type.is_multipart() {
        true => wsp::Multipart::read(send.content.body)
            .map_err(|_| Reason::MessageCorrupt)?
            .map_while(Result::ok)
            .all(|part| part.content_type.is_multipart() || is_type_taken(part.content_type.media.name())),
        false => is_type_taken(content_type.media.name()),
    };
    match are_taken {
        true => Ok(()),
        false => Err(Reason::ContentRefused),
    }
}

/// How often people sent it on.
fn forwards(send: &SendReq<'_>) -> Option<u32> {
    let counts = send
        .headers
        .items::<PreviouslySent<'_>>()
        .map(|item| item.count());
    counts
        .max()
        .and_then(|count| u32::try_from(count).ok())
        .filter(|&count| count > 0)
}

/// Who sent it before. MM1 counts from 1, the header from 0 (RFC 4356 §2.1.3.2).
fn previously_sent(send: &SendReq<'_>) -> Vec<mm4::PreviouslySent> {
    let mut previous: Vec<mm4::PreviouslySent> = Vec::new();
    for item in send.headers.items::<PreviouslySent<'_>>() {
        let number = u32::try_from(item.count().saturating_sub(1)).unwrap_or(u32::MAX);
        let at = previous
            .iter()
            .position(|entry| entry.number == number)
            .unwrap_or_else(|| {
                previous.push(mm4::PreviouslySent {
                    number,
                    sender: None,
                    sent_at: None,
                });
                previous.len() - 1
            });
        if let Some(entry) = previous.get_mut(at) {
            match item {
                PreviouslySent::By(by) => entry.sender = Some(Address::new(dialect::text(by.value.text))),
                PreviouslySent::Date(date) => entry.sent_at = Some(date.value),
            }
        }
    }
    previous
}

fn application<'a>(send: &SendReq<'a>) -> Application<'a> {
    let text = |octets: Option<&'a [u8]>| octets.map(String::from_utf8_lossy);
    Application {
        applic_id: text(send.application.applic_id),
        reply_applic_id: text(send.application.reply_applic_id),
        aux_applic_info: text(send.application.aux_applic_info).map(|text: Cow<'a, str>| text),
    }
}
