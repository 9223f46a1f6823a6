//! How a notification reaches a phone: WAP push over SMS (SMPP 3.4) or through a push proxy gateway (PAP 2.0).
//!
//! Ring 1, on top of `wsp` and `mms`. The shard's outbox hands over a PDU and a number; here it becomes octets for an
//! SMSC or a gateway, and what they answer becomes an [`Outcome`]. No I/O, no clock, no entropy of its own: octets,
//! [`base::Monotonic`] and a seed come in, octets and values go out.
//!
//! ```text
//!  M-Notification.ind ─ fit ─→ PDU ≤ 127 ─ wsp_push ─→ push ≤ 133 ─ wdp ─→ UDH 7 + 133 = 140 octets of one SMS
//!                                                          │
//!             choose (link of an SMSC, by prefix and load) ┤
//!                                                          ├─→ smpp::Session ⇄ SMSC      submit_sm, receipts
//!                                                          └─→ pap ⇄ gateway over http1  push-message, results
//!                                                                   │
//!                                     Outcome ←─────────────────────┘
//! ```
//!
//! Reading order: [`wsp_push`], [`wdp`], [`mod@fit`] (what is sent), [`outcome`] (what becomes of it),
//! [`mod@choose`] (which link), [`smpp`] (the session; its own reading order there), [`pap`], [`fuzz`].
//!
//! Invariants:
//! * No octet from a peer panics anything here, and every queue has a bound (`smpp::limits`).
//! * Each push that a session takes ends in exactly one outcome, or is handed back whole when the link is lost.
//! * All segments of a push go over one link, with one reference, in order.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]

pub mod choose;
pub mod fit;
pub mod fuzz;
#[cfg(test)]
mod hex;
pub mod outcome;
pub mod pap;
pub mod smpp;
pub mod wdp;
pub mod wsp_push;

pub use choose::{LinkId, LinkState, NoLink, Route, choose};
pub use fit::{Fitted, fit};
pub use outcome::{Outcome, PushId, Submission};
