//! Where a mail comes from, as it is kept: what answers, reports and the mails of a hub are made of.
//!
//! Beside `compose`, which converts what the mail says. Invariants: ids are kept as they came; of a mail that goes on
//! to another operator every header is kept that is its message's or tells its way, or the mail is refused: a header
//! that was lost could be the one that ends a circle.

use super::{Envelope, TRACE};
use base::{Reason, limits};
use mm4::{Content, Field, ForwardReq, Id};
use route::Route;
use store::record::Origin;

/// Octets of headers that are kept for who comes after. Reason: with the longest ids and a hundred recipients a
/// record's header stays within its limit.
const HEADER_OCTETS_MAX: usize = 16 << 10;

/// Octets of an id or address that is kept. Reason: those of captures are below 100; RFC 5321 allows 256.
pub(super) const TEXT_OCTETS_MAX: usize = 512;

const _: () = assert!(
    HEADER_OCTETS_MAX + 4 * TEXT_OCTETS_MAX + limits::RECIPIENTS_MAX as usize * 104
        <= limits::RECORD_HEADER_OCTETS_MAX as usize,
    "the header of an arrival's record fits"
);

/// Octets that a header takes in a record beside its name and value.
const PAIR_OCTETS: usize = 16;

/// Headers that are known here, and of which nothing but a hub makes any use.
const PASSED_ON: &[Field] = &[
    Field::MmsipAddress,
    Field::ForwardRoute,
    Field::ReturnRoute,
    Field::OriginatorRecipientAddress,
    Field::VaspId,
    Field::VasId,
    Field::ServiceCode,
    Field::ChargedPartyId,
];

/// What is kept of a mail's origin.
pub(super) fn origin(request: &ForwardReq<'_>, envelope: &Envelope<'_>) -> Result<Origin, Reason> {
    let system = request
        .acknowledgement
        .reply_to(request.transaction.sender.as_ref());
    let version = request.transaction.version;
    Ok(Origin {
        peer: envelope.peer()?.name.clone(),
        domain: kept(request.from.domain().unwrap_or_default())?.to_ascii_lowercase(),
        message_id: kept_id(&request.message_id)?,
        transaction_id: kept_id(&request.transaction.id)?,
        system: kept(system.map_or("", |system| &system.text))?.to_owned(),
        version: [version.major, version.minor, version.technical],
        is_answer_wanted: request.acknowledgement.is_wanted,
        is_system_report_wanted: request.terms.originator_delivery_report == Some(true),
        hops: u16::try_from(request.hops).unwrap_or(u16::MAX),
        forwards: request.forward_counter.unwrap_or(0),
        headers: headers(request, envelope)?,
    })
}

/// Headers for who comes after, those of the mail's way first.
fn headers(request: &ForwardReq<'_>, envelope: &Envelope<'_>) -> Result<Vec<(String, Vec<u8>)>, Reason> {
    let goes_on = goes_on(envelope);
    let mut headers = Vec::new();
    let mut octets = 0;
    let mut keep = |name: &str, value: &[u8]| {
        octets += name.len() + value.len() + PAIR_OCTETS;
        let fits = octets <= HEADER_OCTETS_MAX;
        if fits {
            headers.push((name.to_owned(), value.to_vec()));
        }
        match fits || !goes_on {
            true => Ok(()),
            false => Err(Reason::HeadTooLarge),
        }
    };
    if let (true, Content::Mime(entity)) = (goes_on, &request.content) {
        for header in entity.headers {
            let is_passed_on = Field::of(header.name).is_some_and(|field| PASSED_ON.contains(&field));
            if is_passed_on || header.is("Received") {
                keep(&String::from_utf8_lossy(header.name), &header.value())?;
            }
        }
    }
    for (name, value) in request.extra.iter() {
        keep(&name, &value)?;
    }
    Ok(headers)
}

/// Whether another operator serves one of the recipients.
fn goes_on(envelope: &Envelope<'_>) -> bool {
    let mut recipients = envelope.recipients.iter();
    recipients.any(|&number| matches!(envelope.routes.lookup(number).route, Route::Peer(_)))
}

/// Whether a header tells a mail's way, and is no part of its message.
pub(crate) fn is_of_way(name: &str) -> bool {
    [TRACE, "Received"]
        .iter()
        .any(|own| own.eq_ignore_ascii_case(name))
}

/// A text that is short enough to be kept: one cut off would name something else.
fn kept(text: &str) -> Result<&str, Reason> {
    match text.len() <= TEXT_OCTETS_MAX {
        true => Ok(text),
        false => Err(Reason::MessageCorrupt),
    }
}

fn kept_id(id: &Id<'_>) -> Result<Vec<u8>, Reason> {
    match id.raw().len() <= TEXT_OCTETS_MAX {
        true => Ok(id.raw().to_vec()),
        false => Err(Reason::MessageCorrupt),
    }
}
