//! MM4_forward.REQ: a message on its way to the recipient's MMSC.
//!
//! Read by the receiving side, made and written by the sending one. Invariants: transaction, message id, originator and
//! at least one of To and Cc are there; the recipients of this mail are those of the SMTP envelope, To and Cc are the
//! whole list as people see it (MM4 reference §4).

use std::borrow::Cow;

use entity::date;

use crate::address::Address;
use crate::content::Content;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind};
use crate::extra::Extra;
use crate::field::Field;
use crate::head::Head;
use crate::id::Id;
use crate::message::Operation;
use crate::transaction::{Acknowledgement, Application, Transaction};
use crate::value::{ContentClass, Expiry, MessageClass, PreviouslySent, Priority, Visibility};
use crate::write::Writer;

/// How many previous senders are read. Reason: a message that was forwarded more often is refused as a loop.
const PREVIOUS_MAX: usize = 64;

/// What the originator asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms<'a> {
    /// X-Mms-Message-Class; absent is Personal.
    pub class: Option<MessageClass<'a>>,
    /// X-Mms-Expiry.
    pub expiry: Option<Expiry>,
    /// X-Mms-Delivery-Report: the user wants one.
    pub delivery_report: Option<bool>,
    /// X-Mms-Originator-R/S-Delivery-Report (Rel-6): the originating MMSC wants one.
    pub originator_delivery_report: Option<bool>,
    /// X-Mms-Read-Reply.
    pub read_reply: Option<bool>,
    /// X-Mms-Priority; absent is Normal.
    pub priority: Option<Priority>,
    /// X-Mms-Sender-Visibility. From names the originator all the same: the recipient's MMSC hides it.
    pub visibility: Option<Visibility>,
    /// X-Mms-Content-Class (Rel-6).
    pub content_class: Option<ContentClass>,
    /// X-Mms-Drm-Content (Rel-6).
    pub drm_content: Option<bool>,
    /// X-Mms-Adaptation-Allowed (Rel-6).
    pub adaptation_allowed: Option<bool>,
}

/// Routing between hubs (Rel-6 and inter-connect).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hub<'a> {
    /// X-Mms-MMSIP-Address.
    pub mmsip_address: Option<Cow<'a, str>>,
    /// X-Mms-Forward-Route: systems on the way there.
    pub forward_route: Vec<Address>,
    /// X-Mms-Return-Route: systems on the way back.
    pub return_route: Vec<Address>,
    /// X-Mms-Originator-Recipient-Address.
    pub originator_recipient: Option<Cow<'a, str>>,
}

/// Who pays, of a service's message (vendor).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vasp<'a> {
    /// X-Mms-VASP-ID.
    pub vasp_id: Option<Cow<'a, str>>,
    /// X-Mms-VAS-ID.
    pub vas_id: Option<Cow<'a, str>>,
    /// X-Mms-Service-Code.
    pub service_code: Option<Cow<'a, str>>,
    /// X-Mms-Charged-Party-ID.
    pub charged_party_id: Option<Cow<'a, str>>,
}

/// MM4_forward.REQ.
#[derive(Debug, Clone, PartialEq)]
pub struct ForwardReq<'a> {
    /// The exchange.
    pub transaction: Transaction<'a>,
    /// The message, as the originating MMSC named it. A relay does not change it.
    pub message_id: Id<'a>,
    /// Whether and where a response is wanted.
    pub acknowledgement: Acknowledgement,
    /// Who sent the message.
    pub from: Address,
    /// To, as people see it.
    pub to: Vec<Address>,
    /// Cc, as people see it.
    pub cc: Vec<Address>,
    /// Subject, decoded.
    pub subject: Option<Cow<'a, str>>,
    /// What the originator asked for.
    pub terms: Terms<'a>,
    /// X-Mms-Forward-Counter: how often the message was forwarded by people.
    pub forward_counter: Option<u32>,
    /// Who sent it before, by rising number.
    pub previously_sent: Vec<PreviouslySent>,
    /// Addressing of applications.
    pub application: Application<'a>,
    /// Routing between hubs.
    pub hub: Hub<'a>,
    /// Service data.
    pub vasp: Vasp<'a>,
    /// How many relays the mail has passed (Received), for loops. Not written.
    pub hops: usize,
    /// Everything else.
    pub extra: Extra<'a>,
    /// What is sent.
    pub content: Content<'a>,
}

impl<'a> ForwardReq<'a> {
    pub(crate) fn read(head: &Head<'a>) -> Result<Self, Error> {
        let (to, cc) = (head.addresses(Field::To), head.addresses(Field::Cc));
        // A list of hidden recipients is a To without members; no To at all is an error.
        if head.header(Field::To).is_none() && head.header(Field::Cc).is_none() {
            return Err(ErrorKind::Missing(Field::To).into());
        }
        Ok(Self {
            transaction: Transaction::read(head)?,
            message_id: head.mandatory_id(Field::MessageId)?,
            acknowledgement: Acknowledgement::read(head),
            from: head.mandatory_address(Field::From)?,
            to,
            cc,
            subject: head.decoded(Field::Subject),
            terms: Terms::read(head),
            forward_counter: head
                .text(Field::ForwardCounter)
                .and_then(|text| text.trim().parse().ok()),
            previously_sent: previously_sent(head),
            application: Application::read(head),
            hub: Hub {
                mmsip_address: head.decoded(Field::MmsipAddress),
                forward_route: head.addresses(Field::ForwardRoute),
                return_route: head.addresses(Field::ReturnRoute),
                originator_recipient: head.decoded(Field::OriginatorRecipientAddress),
            },
            vasp: Vasp {
                vasp_id: head.decoded(Field::VaspId),
                vas_id: head.decoded(Field::VasId),
                service_code: head.decoded(Field::ServiceCode),
                charged_party_id: head.decoded(Field::ChargedPartyId),
            },
            hops: head.hops,
            extra: Extra::of(head.entity.headers),
            content: Content::Mime(head.entity),
        })
    }

    /// Appends the mail. Errors: those of the conversion of the content.
    pub fn write(&self, dialect: &Dialect<'_>, out: &mut Vec<u8>) -> Result<(), entity::Error> {
        let mut writer = Writer::new(dialect, out);
        writer.addresses(Field::From, [&self.from], dialect.domain_from);
        if self.to.is_empty() && self.cc.is_empty() {
            writer.put(Field::To, b"undisclosed-recipients:;");
        }
        writer.addresses(Field::To, &self.to, dialect.domain_to);
        writer.addresses(Field::Cc, &self.cc, dialect.domain_to);
        writer.mail(&self.transaction);
        writer.text(Field::Subject, self.subject.as_deref());
        writer.request(&Operation::Forward, &self.transaction, &self.message_id);
        writer.acknowledgement(&self.acknowledgement);
        self.terms.write(&mut writer);
        let counter = self.forward_counter.map(|counter| counter.to_string());
        writer.name(Field::ForwardCounter, counter.as_deref());
        for previous in &self.previously_sent {
            write_previous(previous, &mut writer);
        }
        writer.application(&self.application);
        writer.text(Field::MmsipAddress, self.hub.mmsip_address.as_deref());
        writer.addresses(Field::ForwardRoute, &self.hub.forward_route, None);
        writer.addresses(Field::ReturnRoute, &self.hub.return_route, None);
        writer.text(
            Field::OriginatorRecipientAddress,
            self.hub.originator_recipient.as_deref(),
        );
        writer.text(Field::VaspId, self.vasp.vasp_id.as_deref());
        writer.text(Field::VasId, self.vasp.vas_id.as_deref());
        writer.text(Field::ServiceCode, self.vasp.service_code.as_deref());
        writer.text(Field::ChargedPartyId, self.vasp.charged_party_id.as_deref());
        writer.extra(&self.extra);
        self.content.write(dialect.carriage, out)
    }
}

impl<'a> Terms<'a> {
    fn read(head: &Head<'a>) -> Self {
        let text = |field| head.text(field);
        Self {
            class: text(Field::MessageClass).and_then(MessageClass::read),
            expiry: text(Field::Expiry).and_then(|text| Expiry::read(&text)),
            delivery_report: head.flag(Field::DeliveryReport),
            originator_delivery_report: head.flag(Field::OriginatorDeliveryReport),
            read_reply: head.flag(Field::ReadReply),
            priority: text(Field::Priority).and_then(|text| Priority::read(&text)),
            visibility: text(Field::SenderVisibility).and_then(|text| Visibility::read(&text)),
            content_class: text(Field::ContentClass).and_then(|text| ContentClass::read(&text)),
            drm_content: head.flag(Field::DrmContent),
            adaptation_allowed: head.flag(Field::AdaptationAllowed),
        }
    }

    fn write(&self, writer: &mut Writer<'_, '_>) {
        writer.text(Field::MessageClass, self.class.as_ref().map(MessageClass::name));
        writer.name(Field::Expiry, self.expiry.map(Expiry::text).as_deref());
        writer.flag(Field::DeliveryReport, self.delivery_report);
        writer.flag(Field::OriginatorDeliveryReport, self.originator_delivery_report);
        writer.flag(Field::ReadReply, self.read_reply);
        writer.name(Field::Priority, self.priority.map(Priority::name));
        writer.name(Field::SenderVisibility, self.visibility.map(Visibility::name));
        writer.name(Field::ContentClass, self.content_class.map(ContentClass::name));
        writer.flag(Field::DrmContent, self.drm_content);
        writer.flag(Field::AdaptationAllowed, self.adaptation_allowed);
    }
}

/// `n, address` and `n, date`, joined by n (RFC 4356 §2.1.3.2).
fn previously_sent(head: &Head<'_>) -> Vec<PreviouslySent> {
    let mut previous: Vec<PreviouslySent> = Vec::new();
    for field in [Field::PreviouslySentBy, Field::PreviouslySentDate] {
        if head.header(field).is_none() {
            continue;
        }
        for header in head.all(field).take(PREVIOUS_MAX) {
            let text = header.text();
            let Some((number, value)) = text.split_once(',') else {
                continue;
            };
            let Ok(number) = number.trim().parse::<u32>() else {
                continue;
            };
            let index = previous
                .iter()
                .position(|entry| entry.number == number)
                .unwrap_or_else(|| {
                    previous.push(PreviouslySent {
                        number,
                        sender: None,
                        sent_at: None,
                    });
                    previous.len().saturating_sub(1)
                });
            if let Some(entry) = previous.get_mut(index) {
                match field {
                    Field::PreviouslySentBy => entry.sender = Address::read(value),
                    _ => entry.sent_at = date::read(value.trim()),
                }
            }
        }
    }
    previous.sort_by_key(|entry| entry.number);
    previous
}

fn write_previous(previous: &PreviouslySent, writer: &mut Writer<'_, '_>) {
    let number = previous.number;
    if let Some(sender) = &previous.sender {
        let address = writer.dialect.address(sender, None);
        writer.put(Field::PreviouslySentBy, format!("{number}, {address}").as_bytes());
    }
    if let Some(seconds) = previous.sent_at {
        let date = date::write(seconds, date::Zone::Gmt);
        writer.put(Field::PreviouslySentDate, format!("{number}, {date}").as_bytes());
    }
}

#[cfg(test)]
mod tests;
