//! The lab's bearer: pushes are kept for who asks for them (DESIGN §9, `push = outbox`).
//!
//! It is a view of the journals' push records, so it survives a kill and reading changes nothing:
//!
//! ```text
//!  PushSource (one stretch of one journal at a time) ─► follow ─► order (which SEQ) ─► index (number → pushes) ─► api
//! ```
//!
//! Reading the journals back costs what writing them cost, so it is done only while somebody asks: a request wakes the
//! follower, which catches up with what is durable before the request is answered. It keeps nothing in the log: a push
//! whose segment was emptied and freed before anybody asked is never shown (that it was sent stands in the record of
//! its copy). A log with room for what goes on between two requests shows all.
//!
//! A number's pushes stand in several journals (its notifications in its home's, reports about what it sent in its
//! recipients' homes'), and journals have no common clock; so the order in which stretches were first read *is* the
//! order, and [`order`] keeps it on disk.
//!
//! Reading order: [`source`], [`journals`], [`order`], [`index`], `looks`, [`follow`].

pub mod follow;
pub mod index;
pub mod journals;
pub(crate) mod looks;
pub mod order;
pub mod source;
