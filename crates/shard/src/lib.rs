//! Ring 4: the brain of one core, as a synchronous turn.
//!
//! ```text
//!            inputs                      one turn                              effects
//!  Request, Arrival ──► parse → admit → append ┄ (disk) ┄► route → deliver ──► Answer
//!  Mail from shards ──► (deliver, fetch, ended, gone)                     ──► Mail to shards
//!  Disk completion ───► what became durable releases what waited for it   ──► Disk operation
//!  Sent, time ────────► (the life of a recipient)                         ──► Push to the bearer
//!  Answered, Receipt ─► (the same)
//! ```
//!
//! A [`Brain`] decides and never does: [`Brain::turn`] takes what has come in and the time, and leaves effects for the
//! hands (`engine`, or the simulator) to carry out. No socket, file, clock or thread is in here, so that the simulator
//! runs the production code.
//!
//! Invariants:
//! * A success answer is made from a `&store::Durable` covering its record; there is no other way to make one.
//! * A subscriber's requests, limits, mailbox and reports are decided on one shard, their home, without a lock.
//! * Between shards only [`Mail`] passes; a mail is kept until the other shard has answered it.
//! * Every queue here is bounded by a limit of `base::limits`, or by the number of waiting recipients.
//!
//! Reading order: [`request`], [`arrival`] and [`answer`] (what comes and goes), [`mail`] (between shards), [`brain`]
//! (the loop), what waits (`backlog`, `held`) and what is refused for it (`shedding`), then the stages `serve`,
//! `parse`, `admission`, `append`, `arrive` (what peers bring), `route`, `deliver`; what phones do: `notify`,
//! `retrieve`, `respond`, `forward`, `report`; what bearers do: [`bearer`], `notified`, `debt`; what goes to peers:
//! [`relay`]; what keeps it going: `fetch`, `post`, `timers`, `afterlife`, `retain`, `freeing`, `evacuate`, `left`,
//! `originals`, [`restore`].

#![forbid(unsafe_code)]

mod admission;
mod afterlife;
pub mod answer;
mod append;
pub mod arrival;
mod arrive;
mod backlog;
pub mod bearer;
pub mod brain;
mod debt;
mod deliver;
mod evacuate;
mod fetch;
mod forward;
mod freeing;
mod held;
mod left;
pub mod mail;
mod notified;
mod notify;
mod originals;
mod parse;
mod post;
pub mod relay;
mod report;
pub mod request;
mod respond;
pub mod restore;
mod retain;
mod retrieve;
mod route;
mod serve;
mod shedding;
pub mod steady;
pub mod timers;
mod under_way;

pub use answer::{Answer, Body, Content, SentTicket};
pub use arrival::Arrival;
pub use bearer::{Answered, Push, Receipt};
pub use brain::{Brain, Options};
pub use mail::Mail;
pub use relay::{Act, NotDone, Part, PeerRow, PeerState, Refusal, Relay, Relayed, Verdict};
pub use request::{Method, ReplyTo, Request};
pub use under_way::UnderWay;

use base::{Msisdn, ShardId};
use push::PushId;
use std::sync::Arc;
pub use store::record::{Action, Doing};
pub use store::via::PeerMark;

/// What the hands bring to a turn. `B` is the hands' kind of disk buffer.
pub enum Input<B> {
    /// A whole request, from a connection of this shard or forwarded by another.
    Request(Box<Request>),
    /// A whole mail of another operator's MMSC, from a connection of this shard or forwarded by another.
    Arrival(Box<Arrival>),
    /// Mail from another shard.
    Mail {
        /// Who sent it.
        from: ShardId,
        /// What it says.
        mail: Mail,
    },
    /// A disk operation came to its end.
    Disk {
        /// Which.
        id: journal::OperationId,
        /// Octets written, or why not.
        result: Result<u32, journal::OperationError>,
        /// Its buffer, if it had one.
        buffer: Option<B>,
    },
    /// A read came to its end: the octets asked for, or nothing where it failed.
    Read {
        /// From [`Effect::Read`].
        ticket: u32,
        /// The octets.
        octets: Option<Vec<u8>>,
    },
    /// The last octet of an answer that asked for it left, or its connection broke before.
    Sent {
        /// From [`Answer::sent`].
        ticket: SentTicket,
        /// Whether everything left.
        whole: bool,
    },
    /// The bearer's answer to a push of this shard; one for each [`Effect::Push`].
    Answered {
        /// From [`Push::id`].
        push: PushId,
        /// From [`Push::route`].
        route: u16,
        /// What it says.
        answered: Answered,
    },
    /// What became known of a push that was taken.
    Receipt {
        /// From [`Push::id`].
        push: PushId,
        /// What.
        receipt: Receipt,
    },
    /// An SMSC says that this phone, which was absent, is there.
    Reachable(Msisdn),
    /// A mail to another operator came to its end.
    Relayed(Box<Relayed>),
    /// An operator wants something done to a peer; at the shard that is the peer's home.
    Act(Box<Act>),
    /// New settings, taken from here on.
    Profile(Arc<profile::Profile>),
    /// Refuse what is new from now on; finish what is under way.
    Drain,
}

/// What a turn wants done.
pub enum Effect<B> {
    /// Send this to the connection that asked; where `to.shard` is another shard, the hands carry it there.
    Answer {
        /// Which connection.
        to: ReplyTo,
        /// What to say.
        answer: Answer,
    },
    /// Send this mail to another operator, and say what became of it. Bounded by `RELAYS_MAX`, and for each peer by its
    /// profile.
    Relay(Box<Relay>),
    /// Tell the operator who wanted something done that it was, or why it was not. One for each [`Input::Act`].
    Acted {
        /// From [`Act::ticket`].
        ticket: u32,
        /// What is on disk and holds on every shard.
        outcome: Result<Arc<Action>, NotDone>,
    },
    /// Give this to another shard. Bounded by `MESH_CREDIT`: the hands always have room for it.
    Mail {
        /// Whom.
        to: ShardId,
        /// What.
        mail: Mail,
    },
    /// Give this to the bearer and bring its answer. Of each route at most `PUSHES_OUTSTANDING_MAX` are unanswered.
    Push(Box<Push>),
    /// A buffer that a request came in is done with: it may be received into again.
    Spent(Vec<u8>),
    /// Carry this out on the disk and bring its completion.
    Disk(journal::Operation<B>),
    /// Read these octets of a segment's file and bring them. The segment stays in place meanwhile.
    Read {
        /// To bring them with.
        ticket: u32,
        /// The file.
        slot: journal::Slot,
        /// Which octets of it.
        range: journal::ReadRange,
    },
}
