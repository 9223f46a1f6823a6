//! Ring 0: the words that every other crate speaks.
//!
//! Identifiers, numbers, time, limits, timers and the one table of reasons. Nothing here does I/O, reads a
//! clock or allocates without being asked; whatever a crate further out needs of the outside world comes in as
//! a value ([`Now`]) or through a trait with one method ([`Clock`], [`Entropy`]).
//!
//! Reading order: [`number`] (who), [`id`] (what), [`time`] (when), [`limits`] and [`timers`] (how much, how
//! long), [`reason`] (why not), [`parcel`] (in which buffer).

#![forbid(unsafe_code)]

pub mod id;
pub mod limits;
pub mod number;
pub mod parcel;
pub mod reason;
pub mod time;
pub mod timers;

pub use id::{Entropy, MessageId, Partition, ShardId, Token};
pub use number::{Msisdn, NumberingPlan};
pub use parcel::Parcel;
pub use reason::{Blame, Reason, Retry};
pub use time::{Clock, Monotonic, Now, WallMs, WallSeconds};
