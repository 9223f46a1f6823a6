//! Ring 2: what the operator decided, compiled to an immutable snapshot.
//!
//! ```text
//!  settings.rs (the table) ─┬─→ default file, JSON schema, manual page
//!  a TOML file ─→ parse ────┴─→ Settings ─→ lab::refusals? ─→ compile ─→ Profile
//! ```
//!
//! A [`Profile`] is made whole from settings or not at all, carries a version, and is never changed: a reload makes
//! another one, which each shard takes at the start of a turn. Rules read it; nothing on the datapath parses text.
//! Nothing in here reads a file: text comes in.
//!
//! Reading order: [`settings`] (the table), [`table`], [`kind`] and [`value`] (what a row says),
//! [`peer`] (other operators in the file), [`mod@parse`], [`relation`], [`lab`], [`mod@compile`], [`Profile`],
//! [`peers`] (operators, compiled), [`pushing`] (where notifications go).

#![forbid(unsafe_code)]

pub mod apn;
pub mod centre;
pub mod compile;
pub mod kind;
pub mod lab;
mod local;
mod number_source;
pub mod parse;
pub mod peer;
pub mod peers;
mod prefix;
pub mod pushing;
pub mod relation;
pub mod render;
pub mod settings;
mod snapshot;
pub mod table;
pub mod value;

pub use apn::{ApnEntry, RadiusEntry};
pub use centre::{PapEntry, SmscEntry};
pub use compile::{compile, reloaded};
pub use local::LocalRanges;
pub use number_source::{NotASource, NumberForm, NumberScope, NumberSource};
pub use parse::{Fault, parse, parse_entry};
pub use peers::{Party, Peer, PeerId, Peers};
pub use prefix::{NotAPrefix, Prefix};
pub use pushing::{Bearer, Push, PushRoute};
pub use settings::{LISTS, Settings, TABLE};
pub use snapshot::{Identity, Mm1, Mm4, Notify, Overload, Profile, Retrieve, Shared};
