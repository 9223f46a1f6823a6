//! Ring 2: what the operator decided, compiled to an immutable snapshot.
//!
//! A [`Profile`] is made whole from settings or not at all, carries a version, and is never changed: a reload makes
//! another one, which each shard takes at the start of a turn. Rules read it; nothing on the datapath parses text.

#![forbid(unsafe_code)]

mod local;
mod prefix;
mod snapshot;

pub use local::LocalRanges;
pub use prefix::{NotAPrefix, Prefix};
pub use snapshot::{Identity, Mm1, Notify, Profile, Retrieve, Shared};
