//! The entry points of fuzzers and tests: hostile octets through both machines, cut in hostile ways.
//!
//! Beside the flow; ordinary functions, so that plain seeded programs and cargo-fuzz drive the same checks. Reading
//! order: `serve` (an owner of a server's session), `carry` (a client and a server back to back).
//! Invariant: they panic exactly when a machine breaks one of its promises.

mod carry;
mod serve;

pub use carry::{carry, client, round_trip};
pub use serve::{Cut, Received, Verdict, accept_all, connection, exchanges, serve};

use crate::limits::Limits;

/// Small limits, so that short inputs reach every one of them.
pub const LIMITS: Limits = Limits {
    receive_octets: 256,
    command_line_octets_max: 96,
    command_skip_octets_max: 300,
    output_octets_max: 1_024,
    message_octets_max: 400,
    drain_octets_max: 700,
    text_line_octets_max: 80,
    header_octets_max: 160,
    header_lines_max: 6,
    recipients_max: 3,
    transactions_max: 4,
    errors_max: 5,
    idle_commands_max: 6,
    reply_octets_max: 512,
    reply_text_octets_max: 64,
    linger_octets_max: 64,
};

const _: () = assert!(LIMITS.relations_hold());
