//! Ring 2: whether a submission is taken, and on which terms. Pure: values in, verdict out; no codec, no clock.
//!
//! The shard takes a PDU apart and asks here; what comes back ([`Terms`], [`Recipients`]) is what the accept record is
//! made of. Invariants:
//! * If any recipient is admissible the submission is taken; each other one gets an end of its own (DESIGN §6).
//! * A limit on the whole (size, number of recipients) refuses the whole.
//! * One number is delivered to once, however many ways it was written.
//! * A shard that is behind refuses what is new, never what settles an earlier promise ([`shed`]).
//! * Nobody joins a queue before a listener in which he would wait too long ([`doorstep`]).

#![forbid(unsafe_code)]

pub mod doorstep;
pub mod recipients;
pub mod shed;
pub mod terms;

pub use doorstep::Doorstep;
pub use recipients::{Candidate, Recipients};
pub use shed::{Rank, Shed};
pub use terms::{Asked, Submission, Terms, When, fits, terms};
