//! Ring 2: access points: who is asking, by listener, address, session and headers.
//!
//! ```text
//!  settings ─→ access::compile ─→ Apns ── select(listener, peer, host, path) ─→ &Apn ─┐
//!                                                                                     ├─→ identify ─→ Identity
//!  RADIUS ─→ (owner) ─→ Accounting ─→ Feed ── publishes ─→ View ── find(realm, IP) ───┘        or Refusal
//!                                      └─→ images: snapshot and log, as octets
//! ```
//!
//! A header proves something only from an allow-listed gateway; without a rule nobody is served (DESIGN §8). One owner
//! writes the map of sessions through [`Feed`]; every shard reads it through a [`View`] without a lock. Each binding of
//! an address to a subscriber has a generation: an [`Identity`] carries it, and [`View::still_holds`] is asked just
//! before an answer leaves. Invariant: whatever can't be ordered or does not agree is refused, never guessed.
//!
//! Reading order: [`subscriber`] and [`address`] (words), [`accounting`] (what comes in), [`order`] (the rules between
//! sessions), [`table`] and [`feed`] (the map), [`moment`] (which was first), [`image`] (its octets), [`number`],
//! [`headers`], [`access`], [`mod@identify`].

#![forbid(unsafe_code)]

pub mod access;
pub mod accounting;
pub mod address;
pub mod feed;
pub mod headers;
pub mod identify;
pub mod image;
pub mod moment;
mod nas;
pub mod number;
pub mod order;
pub mod subscriber;
pub mod table;

pub use access::{Apn, Apns, Mode, Place};
pub use accounting::{Accounting, BearerRule, Change, NasName, SessionName};
pub use address::{Key, Realm};
pub use feed::{Bounds, Feed, Taken};
pub use headers::Headers;
pub use identify::{Identity, Refusal, identify};
pub use subscriber::{Facts, Imeisv, Imsi, Plmn};
pub use table::{Binding, Found, Generation, Session, View};
