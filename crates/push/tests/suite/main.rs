//! The suite of `push`: walks of a session, a model SMSC, properties, real pushes, and Wireshark as the judge.
//!
//! Beside the unit tests, which have the golden octets. Reading order: `smsc` (an SMSC's octets, written by
//! `rusmpp-core`), `walk` and `walks`, `model` and `random_walk`, `properties`, `corpus`, `tshark`.

#![expect(clippy::unwrap_used, reason = "a test's steps fail the test")]

mod corpus;
mod model;
mod properties;
mod random_walk;
mod smsc;
mod tshark;
mod walk;
mod walks;
