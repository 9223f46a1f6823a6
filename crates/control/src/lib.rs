//! Ring 5: the admin plane: health, metrics and the lab's outbox, on a thread of its own.
//!
//! ```text
//!  shards ── counters, histograms ───────────────► /metrics, /v1/histograms, interval log
//!  links ── what their board shows ──────────────► /v1/push/links, /metrics
//!  shards, asked ────────────────────────────────► /v1/peers, /v1/audit, /metrics
//!  shards, ordered ◄────────────────────────────── /v1/peers/{peer}/{action}
//!  journals ── push records ─► follower ─► index ─► /v1/outbox/{msisdn}
//!  program ── phase ─────────────────────────────► /healthz, /readyz
//! ```
//!
//! Nothing in here is called by a shard, and nothing in here calls the engine: it reads what the others publish
//! (counters, the journals' durable ends) or asks through the program, so a slow or hostile operator costs no message.
//!
//! Invariants:
//! * Reading changes nothing: every request here is a GET, but those that have something done to a peer.
//! * Memory is bounded: connections, pushes kept, and the time of a wait are limits of [`Options`] and [`Live`].
//! * Whatever is held open, who comes gets in: idle connections give way, and the outbox's requests leave a quarter.
//! * Where a token is set, only `/healthz` and `/readyz` answer without it.
//!
//! Reading order: [`server`] (the thread), `api` (the requests), [`metrics`], `links`, `histograms`, [`outbox`].

#![forbid(unsafe_code)]

mod api;
mod histograms;
mod identity;
mod limited;
mod links;
pub mod metrics;
pub mod outbox;
mod peers;
mod places;
mod problem;
pub mod server;
mod state;

pub use histograms::Wake;
pub use histograms::log::IntervalLog;
pub use identity::Identity;
pub use links::{Link, Links};
pub use outbox::journals::{Journals, OldJournal, OpenJournal};
pub use outbox::source::{Next, Push, PushSource, Stretch};
pub use peers::{Deed, Desk, Doing, Peer, Peers, Undone, Wanted};
pub use server::{Control, Options, Served, listen};
pub use state::{Live, Phase};
