//! Ring 4: the hands of the shards. Sockets, disk, timers and the mesh; the only user of glommio.
//!
//! ```text
//!            one executor per shard, pinned to a core
//!  listeners ─► accept ─► edge (a task per connection) ─┐            ┌─► slots ─► edge ─► socket
//!  other shards ═► mesh ════════════════════════════════╪═► inputs ─► turn ─► effects ─╪═► mesh ═► other shards
//!  disk completions, timers, orders ────────────────────┤   (brain)  ├─► disk
//!  links to SMSCs, gateways: answers, receipts ─────────┘            └─► links
//! ```
//!
//! Invariants:
//! * Tasks move bytes and completions; only the loop of turns calls the brain, and nothing decides but the
//!   brain.
//! * Nothing blocks: receiving and sending try first and then wait in the ring, the mesh has room by
//!   accounting, what must block (preparing segments) runs on a thread of its own.
//! * Everything is bounded: connections, octets of bodies, requests between shards, inputs of a turn, time of
//!   each wait.
//! * One request is outstanding per connection; its answer may come from any shard and leaves in order.
//!
//! Reading order: [`listeners`], [`inherited`] and `successor` (the next process), [`mod@preflight`], `running`
//! (start, reload, drain, hand-over), `executor` (the loop), `hands` (what the tasks share), `accept`, `porch`, `edge`
//! (phones and other operators), `mm4`, [`identity`], `slots` (answers and deadlines), `mesh`, `disk`, `buffers`,
//! [`links`] (to SMSCs and gateways), `peers` (to other operators); beside them `inbox` and `orders` (threads that are
//! no shard), `pulse`, [`ring_flags`], [`clock`], [`entropy`].

mod accept;
mod alarm;
mod buffers;
mod cancel;
pub mod clock;
mod disk;
mod edge;
pub mod entropy;
mod executor;
mod hands;
mod handshake;
mod housekeeping;
pub mod identity;
mod inbox;
pub mod inherited;
mod lent;
pub mod links;
pub mod listeners;
mod mesh;
mod mind;
mod mm4;
mod options;
mod orders;
mod peers;
mod porch;
pub mod preflight;
mod pulse;
mod refusals;
mod remains;
pub mod ring_flags;
mod running;
mod slots;
mod stall;
mod successor;

pub use buffers::GroupBuffer;
pub use clock::{KernelClock, stamp};
pub use disk::DiskSeat;
pub use edge::mm4::pace::Paces;
pub use entropy::{NoSeed, seed};
pub use identity::{Access, Origin};
pub use inherited::{InheritError, Inherited, RADIUS};
pub use links::{Authorization, Board, Centres, LinkRow, LinkStage, PapPlan, SmscPlan};
pub use listeners::{Door, Doors, ListenError, Listeners, Seat, seats};
pub use mind::Mind;
pub use mm4::{MAIL_ANSWER_MS_MAX, Mm4};
pub use options::{OnShardEnd, Options, Pinning, RING_DEPTH};
pub use peers::names;
pub use peers::{NotActed, PeerBoard, ToPeers};
pub use preflight::{Machine, Needs, Problem, preflight};
pub use remains::{Remains, Waits};
pub use running::{Drained, Engine, NotObeyed, Running, ShardFailed, ShardStart, StartError};
pub use successor::{NoSuccessor, Successor};
