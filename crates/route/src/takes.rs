//! Whether a party takes a message: types, size, recipients.
//!
//! Asked before something is sent to a peer, or taken for it. Invariant: a limit is counted as the peer counts it;
//! what is estimated (the header of a whole mail) is estimated too large rather than too small.

use base::Reason;
use profile::peers::{SizeBasis, Takes};

/// Octets of a line of base64, its line end included, and of the content in it (RFC 2045 §6.8: 76 characters).
const LINE_OCTETS: u64 = 78;
const LINE_CONTENT_OCTETS: u64 = 57;

/// Octets of a mail beside its parts' content: MM4 headers, part headers, boundaries. Those of real mails are 1 to 2
/// KiB.
const HEADER_OCTETS: u64 = 4 << 10;

/// What is to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// Media types of the parts, without parameters, in any case.
    pub types: &'a [&'a str],
    /// Octets of the parts as they are.
    pub octets: u64,
    /// Recipients of this mail.
    pub recipients: u16,
}

/// Octets of `octets` of content as a limit of that basis counts them. 1.46 MB are 2 MB in base64, as operators
/// publish.
#[must_use]
pub fn counted(octets: u64, basis: SizeBasis) -> u64 {
    let base64 = octets.div_ceil(LINE_CONTENT_OCTETS).saturating_mul(LINE_OCTETS);
    match basis {
        SizeBasis::Binary => octets,
        SizeBasis::Base64 => base64,
        SizeBasis::Whole => base64.saturating_add(HEADER_OCTETS),
    }
}

/// Octets of content, as they are, that a limit lets through at most.
#[must_use]
pub fn content_octets_max(takes: &Takes) -> u64 {
    let limit = u64::from(takes.size_octets_max);
    match takes.size_basis {
        SizeBasis::Binary => limit,
        SizeBasis::Base64 => limit / LINE_OCTETS * LINE_CONTENT_OCTETS,
        SizeBasis::Whole => limit.saturating_sub(HEADER_OCTETS) / LINE_OCTETS * LINE_CONTENT_OCTETS,
    }
}

/// Octets of a head, and how many octets of a mail one of content is at most (quoted-printable), for [`may_fit`].
const HEAD_OCTETS_MAX: u64 = 64 << 10;
const OCTETS_PER_OCTET_MAX: u64 = 3;

/// Whether a mail of so many octets may hold a message that a party takes; what may not certainly doesn't.
#[must_use]
pub fn may_fit(takes: &Takes, mail_octets: u64) -> bool {
    let content = mail_octets.saturating_sub(HEAD_OCTETS_MAX) / OCTETS_PER_OCTET_MAX;
    content <= content_octets_max(takes)
}

/// Whether a party that takes these media ranges takes a type.
#[must_use]
pub fn takes_type(takes: &Takes, media_type: &str) -> bool {
    takes
        .content_types
        .iter()
        .any(|range| match range.split_once('/') {
            Some(("*", _)) => true,
            Some((kind, "*")) => media_type
                .split_once('/')
                .is_some_and(|(own, _)| own.eq_ignore_ascii_case(kind)),
            _ => range.eq_ignore_ascii_case(media_type),
        })
}

/// Whether a party takes a message.
///
/// # Errors
/// [`Reason::ContentRefused`], [`Reason::ContentTooLarge`] or [`Reason::RecipientsTooMany`]; the last one can be
/// mended by spreading them over several mails.
pub fn takes(takes: &Takes, content: &Content<'_>) -> Result<(), Reason> {
    if !content
        .types
        .iter()
        .all(|media_type| takes_type(takes, media_type))
    {
        return Err(Reason::ContentRefused);
    }
    if counted(content.octets, takes.size_basis) > u64::from(takes.size_octets_max) {
        return Err(Reason::ContentTooLarge);
    }
    if content.recipients > takes.recipients_max {
        return Err(Reason::RecipientsTooMany);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
