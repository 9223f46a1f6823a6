//! RADIUS accounting (RFC 2866, 2869, 3162, 3GPP TS 29.061): who holds which address, as the packet core tells it.
//!
//! Ring 1: datagrams to borrowed views, and back; no socket, no clock. Hostile octets give an [`Error`] with its
//! offset, never a panic. Invariant: nothing is believed before [`Packet::verify`] passed with the secret of the
//! address that the datagram came from; the caller owns that table.
//!
//! ```text
//!  0      1    2      4                20
//!  | code | id | length | authenticator | attribute: type | length | value … |
//!    4 = Accounting-Request               26: | vendor 10415 | type | length | value |
//!    5 = Accounting-Response
//!
//!  datagram → Packet::read → verify(secret) → Duplicates::meet → Accounting::read → (rules) → Answer::write
//! ```
//!
//! Reading order: [`packet`], [`attribute`], [`accounting`] with [`vendor`], [`authenticator`], [`mod@write`],
//! [`duplicate`].

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

pub mod accounting;
pub mod attribute;
pub mod authenticator;
pub mod duplicate;
pub mod error;
pub mod fuzz;
pub mod packet;
pub mod vendor;
pub mod write;

pub use accounting::{Accounting, Ipv6Prefix, Status};
pub use attribute::{Attribute, Attributes};
pub use authenticator::Forged;
pub use duplicate::{Duplicates, Meeting};
pub use error::{Error, ErrorKind};
pub use packet::{Code, Packet};
pub use vendor::ThreeGpp;
pub use write::{Answer, Full, Writer};
