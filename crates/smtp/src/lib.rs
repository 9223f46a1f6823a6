//! SMTP without a socket: server and client sessions of MM4, after RFC 5321.
//!
//! A server session stands right behind `accept` of MM4: octets come in from the caller's socket, envelopes and pieces
//! of a message go out to the owner, whose answers become replies. A client session carries messages to a peer.
//!
//! ```text
//!  server: socket ─→ receive_buffer ─→ received ─→ step ─→ Mail | Recipient | Data ──→ reply ─→ unsent ─→ sent
//!                                                    ├───→ Body(&[u8]) … End ────────→ reply (when durable)
//!                                                    ├───→ Discard | Abandoned (forget the transaction)
//!                                                    └───→ NeedMore | Send | Wait | StartTls | Finish | Closed
//!
//!  Greeting ─→ Command ─→ Question ─→ Text ──→ Question(End) ─→ Command …          (any but Closed)
//!                 │  ╰──→ Handshake     ╰────→ Chunk … Chunk ─────────╯                   │
//!                 ╰─────→ Chunk (dropped)                                    Finishing ─→ Lingering ─→ Closed
//!
//!  client: begin(Message) ─→ unsent ─→ sent ─→ received ─→ step ─→ Body ─→ body(&[u8]) … ─→ Done(Outcome) ─→ Ready
//!                                                            └───→ NeedMore | StartTls | Closed
//!
//!  Greeting ─→ Hello ─→ Ready ─→ Envelope ─→ Body ─→ End ─→ Ready … Quitting ─→ Closed
//!              ↑   ╰─→ StartTls ─→ Handshake ╮ ╰─→ Resetting ─→ Ready
//!              ╰─────────────────────────────╯
//! ```
//!
//! Reading order: `limits` and `timers` (every bound), `reason` (every refusal), `reply`, `address`, `line` (where a
//! line ends), `command`, `text` (where a message ends), `server`, `client`, `fuzz`.
//!
//! Invariants:
//! * No octet panics it, and its memory never exceeds [`Limits::session_octets_max`].
//! * Only CR LF `.` CR LF ends a text; a CR or LF that stands alone ends the connection (CVE-2023-51764 to 51766).
//! * What comes out does not depend on how the octets were cut into reads, but for peers that do not wait for an
//!   answer that they must wait for; those are refused when they are seen.
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

mod address;
pub mod client;
mod command;
pub mod fuzz;
mod input;
mod limits;
mod line;
mod message;
mod output;
mod reason;
mod reply;
pub mod server;
mod text;
mod timers;

pub use address::{Address, AddressMalformed};
pub use limits::Limits;
pub use message::BodyKind;
pub use reason::{Extent, Reason};
pub use reply::{Enhanced, Reply};
pub use timers::{Deadline, Timer, Timers};
