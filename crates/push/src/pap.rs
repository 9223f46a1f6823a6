//! PAP 2.0: a push proxy gateway (Kannel's wapbox and others) instead of an SMSC, over HTTP.
//!
//! ```text
//!  POST /wappush   multipart/related ─┬─ application/xml: pap / push-message (address, deliver-before, push-id)
//!                                     └─ application/vnd.wap.mms-message: the PDU itself, without a WSP push header
//!  200 or 202      pap / push-response / response-result code="1001"
//!  later, POST to us: pap / resultnotification-message message-state="delivered"
//! ```
//!
//! Reading order: [`mod@write`], [`read`], [`status`] (codes and states as tables). WAP-247-PAP, from its public
//! text as implementations have it; the gateway does WSP and WDP. HTTP itself is `http1`'s: here are only bodies.
//!
//! Invariants: what a gateway sends is read within [`read::OCTETS_MAX`] and a bounded number of elements, without
//! resolving entities of its own; a repeated push has the same push-id, so a gateway that has it already says so
//! ([`status::DUPLICATE`]), which counts as taken.

pub mod read;
pub mod status;
pub mod write;

pub use read::{Answer, Notice, ReadError, read_answer, read_notice};
pub use write::{Push, write_notice_answer, write_push};

use crate::outcome::PushId;

/// Media type of control entities.
pub const CONTROL_TYPE: &str = "application/xml";
/// Media type of the content entity.
pub const CONTENT_TYPE: &str = "application/vnd.wap.mms-message";

/// The push-id of a push: its name in hexadecimal, at a domain of ours so that it is the world's only one.
#[must_use]
pub fn push_id(push: PushId, domain: &str) -> String {
    format!("{:016x}@{domain}", push.0)
}

/// The push that a push-id names; nothing if it is not one of ours.
#[must_use]
pub fn push_of(text: &str) -> Option<PushId> {
    let (digits, _domain) = text.split_once('@')?;
    let plain = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = u64::from_str_radix(digits, 16).ok().filter(|_| plain)?;
    Some(PushId(number))
}

#[cfg(test)]
mod tests;
