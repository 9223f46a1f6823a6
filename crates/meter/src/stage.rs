//! The table of stages: how the life of a request is cut, and what a request is counted as.
//!
//! Read by whoever marks a border (the edge, the brain) and by the exports. Invariants: each border is the end of one
//! stage and the start of the next, so the stages of a request tile its life: their sum is its total, exactly. A stage
//! that a request does not pass is not recorded for it; one that it passes twice is recorded once, with the sum.
//!
//! `accept` begins when the request's first octets were received (or, for one that came behind another, when the answer
//! to that one was sent); every other stage begins where the one before it ended. Each ends when:
//!
//! | stage | ends when |
//! |---|---|
//! | accept | the request is whole, framed, its asker known, and handed to the asker's home |
//! | queue | the turn takes it up; trips between shards and waits for room in the log count here |
//! | parse | its PDU is read, or refused |
//! | admit | the rules, or the asker's own copies, have said yes or no |
//! | fetch | the stored PDU that the answer needs is in memory: the recent ones, the disk, another shard |
//! | append | its record stands in the open group |
//! | durable | the group is on disk, and the turn that heard so has come to it |
//! | route | its recipients are divided among their homes |
//! | deliver | each part is handed to its home; of a retrieval, M-Retrieve.conf is written |
//! | send | the answer's last octet is handed to the kernel |
//!
//! `total` is from the first of these moments to the last.
//!
//! Times of a turn's other work lie in `queue` (before a request's own) and in `send` (after it).

/// What a request is counted as: interface, kind of peer, transaction. Interfaces to come add rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Class {
    /// Refused on MM1, whatever it was; every request is, until it is understood.
    Mm1Refused,
    /// M-Send.req taken, or answered as its first.
    Mm1Submit,
    /// M-Forward.req taken.
    Mm1Forward,
    /// A GET answered with the message.
    Mm1Retrieve,
    /// M-NotifyResp.ind, M-Acknowledge.ind, M-Read-Rec.ind.
    Mm1Respond,
    /// Refused on MM4 at the end of a mail.
    Mm4Refused,
    /// MM4_forward.REQ taken, or answered as its first.
    Mm4Forward,
}

/// The labels of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labels {
    /// `mm1`, `mm4`; later `mm7`, `push`.
    pub interface: &'static str,
    /// Who is on the other side: `phone`, `mmsc`.
    pub peer: &'static str,
    /// What was asked for: `submit`, `forward`, `retrieve`, `respond`, `refused`.
    pub transaction: &'static str,
}

const fn labels(interface: &'static str, peer: &'static str, transaction: &'static str) -> Labels {
    Labels {
        interface,
        peer,
        transaction,
    }
}

impl Class {
    /// How many there are.
    pub const COUNT: usize = Class::ALL.len();
    /// All, in the order of their numbers.
    pub const ALL: [Class; 7] = [
        Class::Mm1Refused,
        Class::Mm1Submit,
        Class::Mm1Forward,
        Class::Mm1Retrieve,
        Class::Mm1Respond,
        Class::Mm4Refused,
        Class::Mm4Forward,
    ];

    /// Its labels in the exports.
    #[must_use]
    pub fn labels(self) -> Labels {
        match self {
            Class::Mm1Refused => labels("mm1", "phone", "refused"),
            Class::Mm1Submit => labels("mm1", "phone", "submit"),
            Class::Mm1Forward => labels("mm1", "phone", "forward"),
            Class::Mm1Retrieve => labels("mm1", "phone", "retrieve"),
            Class::Mm1Respond => labels("mm1", "phone", "respond"),
            Class::Mm4Refused => labels("mm4", "mmsc", "refused"),
            Class::Mm4Forward => labels("mm4", "mmsc", "forward"),
        }
    }
}

/// A stretch of a request's life; see the table above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    /// Received.
    Accept,
    /// Waiting for its turn.
    Queue,
    /// Read.
    Parse,
    /// Judged.
    Admit,
    /// What it needs is fetched.
    Fetch,
    /// Recorded.
    Append,
    /// Waiting for the disk.
    Durable,
    /// Divided.
    Route,
    /// Handed over.
    Deliver,
    /// Answered.
    Send,
    /// All of it.
    Total,
}

impl Stage {
    /// How many there are, `Total` included.
    pub const COUNT: usize = Stage::ALL.len();
    /// How many tile a life: all but `Total`.
    pub const PARTS: usize = Stage::COUNT - 1;
    /// All, in the order of a life.
    pub const ALL: [Stage; 11] = [
        Stage::Accept,
        Stage::Queue,
        Stage::Parse,
        Stage::Admit,
        Stage::Fetch,
        Stage::Append,
        Stage::Durable,
        Stage::Route,
        Stage::Deliver,
        Stage::Send,
        Stage::Total,
    ];

    /// Its name in the exports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stage::Accept => "accept",
            Stage::Queue => "queue",
            Stage::Parse => "parse",
            Stage::Admit => "admit",
            Stage::Fetch => "fetch",
            Stage::Append => "append",
            Stage::Durable => "durable",
            Stage::Route => "route",
            Stage::Deliver => "deliver",
            Stage::Send => "send",
            Stage::Total => "total",
        }
    }
}
