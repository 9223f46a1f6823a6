//! HTTP/1.0 and 1.1 without a socket: the framing of MM1 and MM7 on one connection, after RFC 9112.
//!
//! It stands right behind `accept`: octets come in from the caller's socket, owned [`Request`]s go out to the shard,
//! and [`Connection::respond`] writes the head of each answer.
//!
//! ```text
//!  socket ─→ receive_buffer ─→ received ─→ step ─→ NeedMore | Continue100 | Request | Refuse | Wait | Closed
//!    ↑                                                              │          │
//!    └───────────────── sent ←── head and body ←── respond ←────────┘          └─→ refusal.write ─→ sent ─→ linger
//! ```
//!
//! Reading order: `limits` (every bound), `reason` (every refusal), `scan` (where a head ends, and the strictness that
//! the tokeniser lacks), `request_line`, `head`, `framing` (one length for a body, or none), `chunk`, `body`, `input`,
//! `phase` (the states), `step` (what is said), `pace` (deadlines), `connection` (the machine), `response`, `client`
//! (the other side, for simulated phones and tests), `fuzz`.
//!
//! Invariants:
//! * No octet panics it, and its memory never exceeds [`Limits::connection_octets_max`].
//! * What comes out does not depend on how the octets were cut into reads (only [`Step::Continue100`] does).
//! * One request is outstanding: the next is not parsed before the answer to this one was sent.
//! * A message whose length could be read in two ways is refused, and the connection ends with the refusal.
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

mod body;
mod chunk;
pub mod client;
mod connection;
mod framing;
pub mod fuzz;
mod head;
mod input;
mod limits;
mod pace;
mod phase;
mod reason;
mod request;
mod request_line;
pub mod response;
mod scan;
mod step;

pub use connection::Connection;
pub use framing::Persistence;
pub use head::Head;
pub use limits::{FIELDS_CEILING, Limits, RECEIVE_OCTETS_CEILING};
pub use phase::diagram;
pub use reason::{Reason, Refusal};
pub use request::Request;
pub use request_line::{Form, Method, Version};
pub use response::Response;
pub use step::{Close, NoRequestOutstanding, Step};

/// The interim answer that [`Step::Continue100`] asks for (RFC 9110 §15.2.1).
pub const CONTINUE_100: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
