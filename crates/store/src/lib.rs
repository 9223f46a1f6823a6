//! Ring 3: what the journal's octets mean, what is alive of them, and the receipt that all answers depend on.
//!
//! ```text
//!  shard ── Accept, State ──► Store ── header + body ──► journal ── groups ──► disk
//!    ▲                          │  messages, recipients, subscribers (in memory)
//!    └────── Durable<T> ◄───────┘  only once the group holding the record is on disk
//! ```
//!
//! Invariants:
//! * A [`Durable`] exists only for a record that is on disk. [`Store::ripen`] is the only maker.
//! * A record is pinned in its segment for as long as anything in memory stands on it: an accept record until all its
//!   recipients have ended, a recipient's latest state record until the accept record is gone from the disk.
//! * Who owns a message maps its id to its place; nobody else knows the place.
//!
//! Reading order: [`record`] (the disk), [`messages`], [`recipients`], [`subscribers`] (the memory), [`durable`] (the
//! receipt), [`append`] (the way in), [`recent`] (bodies at hand), [`recover`] (after a
//! start).

#![forbid(unsafe_code)]

pub mod append;
pub mod delivery;
pub mod durable;
pub mod index;
pub mod lists;
pub mod messages;
pub mod recent;
pub mod recipients;
pub mod record;
pub mod recover;
pub mod slab;
pub mod subscribers;
pub mod via;

pub use append::Store;
pub use delivery::{AtHand, Delivery, DeliveryRecipient, Octets};
pub use durable::{Durable, Pending};
pub use messages::{Message, Messages, Spot};
pub use recent::Recent;
pub use recipients::{Links, NONE, Recipient, Recipients};
pub use subscribers::{Subscriber, Subscribers};
