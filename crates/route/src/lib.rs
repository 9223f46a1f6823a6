//! Ring 2: where a number is served, who may send there, and who is asking. Values in, verdicts out.
//!
//! ```text
//!  settings ─→ profile::Peers ─┐
//!                              ├─→ Routes (one immutable snapshot) ─→ Publisher ──┬─→ Reader of shard 0
//!  ported.csv ─→ Loader ─→ Ported ┘                                               └─→ Reader of shard n
//!
//!  a number ─→ override ─→ ported ─→ longest range ─→ ours, if no range was declared ─→ Unknown
//! ```
//!
//! Nothing here reads a file, a clock or a socket: files of ported numbers come in as octets. Invariants:
//! * A snapshot is compiled whole or not at all; what it was compiled from has been checked, so a look-up can't fail.
//! * A look-up neither locks nor allocates: one table of eight octets a slot, one trie of digits.
//! * A reader never sees an older snapshot after a newer one, nor parts of two; it never frees one.
//!
//! Reading order: [`Routes`] (the look-up), [`numbers`] and [`trie`] (what it reads), [`ported`] (files),
//! [`publish`] (replacement under load), [`trust`] (who may), [`takes`] (limits of a peer), [`explain`].

#![forbid(unsafe_code)]

pub mod explain;
pub mod numbers;
pub mod ported;
pub mod publish;
mod routes;
pub mod takes;
pub mod trie;
pub mod trust;

pub use ported::{Loader, Ported, RowFault};
pub use publish::{Publisher, Reader};
pub use routes::{Found, PeerGone, Route, Routes, Rule};
