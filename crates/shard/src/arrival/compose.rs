//! MM4_forward.REQ to the canonical M-Send.req, once, at the edge.
//!
//! The mapping of headers is one to one (MM4 reference §2 and §3); the content is `entity`'s to convert. Invariants:
//! what is stored is what is judged, since the PDU is read again as if it had come in; recipients of the envelope alone
//! decide who gets it, To and Cc are only shown; nobody is shown who stands in the envelope alone.

use super::origin::origin;
use super::{Envelope, Forward, read};
use admit::{Asked, When};
use base::{Msisdn, Reason, limits};
use mm4::{Address, Expiry, ForwardReq, MessageClass, Visibility};
use mms::{
    ApplicationIds, Content, ContentClass, ContentType, Counted, EncodedString, Originator, Pdu, PlmnText,
    PreviouslySent, Priority, Recipient, RecipientKind, Repeated, SendReq, SenderVisibility, Version,
};
use profile::Party;

/// Octets of a PDU's head beside subject and addresses, for the first allocation.
const HEAD_OCTETS: usize = 256;

/// Converts what was judged.
pub(super) fn compose(request: &ForwardReq<'_>, envelope: &Envelope<'_>) -> Result<Forward, Reason> {
    let sender = read::sender(request, envelope)?;
    let (mut content_type, mut body) = (Vec::with_capacity(64), Vec::new());
    let converted = request.content.canonical(&mut content_type, &mut body);
    converted.map_err(|_| Reason::MessageCorrupt)?;
    let pdu = write(request, envelope, sender, (&content_type, &body))?;
    let Ok(Pdu::SendReq(send)) = Pdu::read(&pdu) else {
        return Err(Reason::MessageCorrupt);
    };
    let size_octets = mms::message_size_octets(&send).map_err(|_| Reason::MessageCorrupt)?;
    let content_offset = u32::try_from(send.content.offset).map_err(|_| Reason::ContentTooLarge)?;
    Ok(Forward {
        content_offset,
        size_octets: u32::try_from(size_octets).map_err(|_| Reason::ContentTooLarge)?,
        sender,
        recipients: envelope.recipients.to_vec(),
        asked: asked(request, envelope),
        expiry: expiry(request, envelope),
        origin: origin(request, envelope)?,
        pdu,
    })
}

fn write(
    request: &ForwardReq<'_>,
    envelope: &Envelope<'_>,
    sender: Msisdn,
    (content_type, body): (&[u8], &[u8]),
) -> Result<Vec<u8>, Reason> {
    let from = PlmnText::new(sender.digits());
    let shown = Shown::of(request, envelope)?;
    let recipients = shown.recipients();
    let previous = previous(request, envelope);
    let terms = &request.terms;
    let content = ContentType::from_raw(content_type).map_err(|_| Reason::MessageCorrupt)?;
    let mut send = SendReq::new(
        request.message_id.bare(),
        Version::V1_2,
        Originator::Address(from.address()),
        &recipients,
        Content::new(content, body),
    );
    let date = request.transaction.date.unwrap_or(envelope.now);
    send.date_unix_s = Some(u64::from(date.0));
    send.subject = request.subject.as_deref().map(encoded);
    send.message_class = terms.class.as_ref().map(class);
    send.priority = terms
        .priority
        .and_then(|priority| Priority::try_from(priority.octet()).ok());
    send.sender_visibility = terms
        .visibility
        .and_then(|visibility| SenderVisibility::try_from(visibility.octet()).ok());
    send.delivery_report = terms.delivery_report;
    send.read_report = terms.read_reply;
    send.content_class = terms
        .content_class
        .and_then(|class| ContentClass::try_from(class.octet()).ok());
    send.drm_content = terms.drm_content;
    send.adaptation_allowed = terms.adaptation_allowed;
    send.application = ApplicationIds {
        applic_id: request.application.applic_id.as_deref().map(str::as_bytes),
        reply_applic_id: request.application.reply_applic_id.as_deref().map(str::as_bytes),
        aux_applic_info: request.application.aux_applic_info.as_deref().map(str::as_bytes),
    };
    let previous: Vec<PreviouslySent<'_>> = previous.iter().flat_map(Previous::items).collect();
    send.previously_sent = Repeated::List(&previous);
    let mut pdu = Vec::with_capacity(HEAD_OCTETS + shown.octets() + body.len());
    send.write(&mut pdu);
    pdu.extend_from_slice(body);
    Ok(pdu)
}

/// Addresses as phones are shown them.
struct Shown(Vec<(RecipientKind, Vec<u8>)>);

impl Shown {
    /// To and Cc; where the mail shows nobody, the envelope's recipients in Bcc, which nobody is shown.
    fn of(request: &ForwardReq<'_>, envelope: &Envelope<'_>) -> Result<Shown, Reason> {
        let to = request.to.iter().map(|address| (RecipientKind::To, address));
        let cc = request.cc.iter().map(|address| (RecipientKind::Cc, address));
        let named: Vec<_> = to
            .chain(cc)
            .map(|(kind, address)| (kind, text(address, envelope)))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        if named.len() > usize::from(limits::RECIPIENTS_MAX) {
            return Err(Reason::RecipientsTooMany);
        }
        if !named.is_empty() {
            return Ok(Shown(named));
        }
        let hidden = envelope.recipients.iter().map(|number| {
            let text = PlmnText::new(number.digits()).address().text.text.to_vec();
            (RecipientKind::Bcc, text)
        });
        Ok(Shown(hidden.collect()))
    }

    fn recipients(&self) -> Vec<Recipient<'_>> {
        self.0
            .iter()
            .map(|(kind, text)| Recipient {
                kind: *kind,
                address: mms::Address::ascii(text),
            })
            .collect()
    }

    fn octets(&self) -> usize {
        self.0.iter().map(|(_, text)| text.len() + 2).sum()
    }
}

/// An address as MM1 writes it: a number in E.164, where it can be brought to it; else as the peer wrote it, without
/// the domain that a number has only between systems.
fn text(address: &Address, envelope: &Envelope<'_>) -> Vec<u8> {
    let number = address.dialled().and_then(|dialled| {
        envelope
            .routes
            .normalise(Party::Peer(envelope.peer), dialled.as_bytes())
    });
    if let Some(number) = number {
        return PlmnText::new(number.digits()).address().text.text.to_vec();
    }
    let plain = match address.form {
        mm4::Form::Number | mm4::Form::Code => address.local(),
        _ => &address.text,
    };
    let is_plain = |octet: &u8| (b' '..=b'~').contains(octet);
    let octets = plain.bytes().filter(is_plain);
    octets.take(limits::ADDRESS_OCTETS_MAX).collect()
}

/// A text in the simplest form that holds it.
fn encoded(text: &str) -> EncodedString<'_> {
    match text.is_ascii() {
        true => EncodedString::ascii(text.as_bytes()),
        false => EncodedString::utf8(text),
    }
}

fn class<'a>(class: &'a MessageClass<'_>) -> mms::MessageClass<'a> {
    match class {
        MessageClass::Personal => mms::MessageClass::Personal,
        MessageClass::Advertisement => mms::MessageClass::Advertisement,
        MessageClass::Informational => mms::MessageClass::Informational,
        MessageClass::Auto => mms::MessageClass::Auto,
        MessageClass::Token(token) => mms::MessageClass::Token(token.as_bytes()),
    }
}

/// One of those who sent the message before. MM4 counts from 0 (RFC 4356), MM1 from 1.
struct Previous {
    count: u64,
    sender: Option<Vec<u8>>,
    sent_at: Option<u64>,
}

impl Previous {
    fn items(&self) -> impl Iterator<Item = PreviouslySent<'_>> {
        let count = self.count;
        let by = self.sender.as_deref().map(|sender| {
            let value = mms::Address::ascii(sender);
            PreviouslySent::By(Counted { count, value })
        });
        let date = self
            .sent_at
            .map(|value| PreviouslySent::Date(Counted { count, value }));
        by.into_iter().chain(date)
    }
}

fn previous(request: &ForwardReq<'_>, envelope: &Envelope<'_>) -> Vec<Previous> {
    let senders = request.previously_sent.iter().map(|previous| Previous {
        count: u64::from(previous.number) + 1,
        sender: previous.sender.as_ref().map(|sender| text(sender, envelope)),
        sent_at: previous.sent_at,
    });
    senders.collect()
}

fn asked(request: &ForwardReq<'_>, envelope: &Envelope<'_>) -> Asked {
    let terms = &request.terms;
    // Reports that the peer would not take are not owed to it.
    let exchanged = envelope.peer().map(|peer| peer.reports).ok();
    let takes = |is_taken: Option<bool>| is_taken.unwrap_or(false);
    let by_user = terms.delivery_report == Some(true);
    let by_system = terms.originator_delivery_report == Some(true);
    let mut asked = 0;
    for (bit, is_asked) in [
        (
            Asked::DELIVERY_REPORT,
            (by_user || by_system) && takes(exchanged.map(|reports| reports.delivery)),
        ),
        (Asked::SYSTEM_REPORT, by_system && !by_user),
        (
            Asked::READ_REPORT,
            terms.read_reply == Some(true) && takes(exchanged.map(|reports| reports.read)),
        ),
        (Asked::HIDING, terms.visibility == Some(Visibility::Hide)),
        (Asked::CLASS_AUTO, terms.class == Some(MessageClass::Auto)),
    ] {
        asked |= if is_asked { bit } else { 0 };
    }
    Asked(asked)
}

/// When it ends. Seconds count from its submission, which was not in the future.
fn expiry(request: &ForwardReq<'_>, envelope: &Envelope<'_>) -> Option<When> {
    let submitted = request.transaction.date.unwrap_or(envelope.now).min(envelope.now);
    Some(match request.terms.expiry? {
        Expiry::At(at) => When::Absolute(at),
        Expiry::In(seconds) => When::Absolute(u64::from(submitted.0).saturating_add(seconds)),
    })
}
