//! Message size, as X-Mms-Message-Size states it and limits count it.
//!
//! Invariant: the subject's text and the data of all parts, without headers and framing (3GPP TS 23.140 clause
//! 7.1.1), counted from the part table alone.

use crate::pdu::SendReq;

/// Octets of the subject's text and of all parts' data. Errors: those of the part table, with offsets in the body.
pub fn message_size_octets(message: &SendReq<'_>) -> Result<u64, wsp::Error> {
    let subject = message.subject.map_or(0, |subject| subject.text.len());
    let subject = u64::try_from(subject).unwrap_or(u64::MAX);
    Ok(message.content.data_octets()?.saturating_add(subject))
}
