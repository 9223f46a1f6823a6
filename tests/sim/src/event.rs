//! What happens in a run, as the checkers hear of it, and what they may look at.
//!
//! Between the run and `checkers`. Events come in the order in which they happened; a record comes when it is durable.
//! Invariant: a checker sees only what an outside observer could (requests, answers, the log, the published view).

use crate::book::Book;
use crate::world::{Acted, Found, World};
use base::Token;
use mms::Pdu;
use shard::bearer::Kind;
use shard::{Answer, Answered, Doing, Receipt, SentTicket};
use store::record::{Accept, Action, State};

/// What a request asks, read by the simulation itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// M-Send.req or M-Forward.req, the book's number of it.
    Submission(usize),
    /// GET of this token.
    Get(Option<Token>),
    /// M-NotifyResp.ind: Transaction-ID and status.
    Response(Vec<u8>, u8),
    /// M-Acknowledge.ind: Transaction-ID.
    Acknowledge(Vec<u8>),
    /// Anything else.
    Other,
}

/// A request that reached the shards.
#[derive(Clone, Debug)]
pub struct Question {
    /// Who asks, according to the network.
    pub who: Option<u64>,
    /// What.
    pub asked: Asked,
}

impl Question {
    /// Reads what is asked.
    #[must_use]
    pub fn read(book: &Book, who: Option<u64>, is_get: bool, token: Option<Token>, body: &[u8]) -> Question {
        let asked = match Pdu::read(body) {
            _ if is_get => Asked::Get(token),
            Ok(Pdu::SendReq(send)) => submission(book, who, send.transaction_id),
            Ok(Pdu::ForwardReq(forward)) => submission(book, who, forward.transaction_id),
            Ok(Pdu::NotifyRespInd(response)) => {
                Asked::Response(response.transaction_id.to_vec(), response.status.octet())
            }
            Ok(Pdu::AcknowledgeInd(acknowledge)) => Asked::Acknowledge(acknowledge.transaction_id.to_vec()),
            _ => Asked::Other,
        };
        Question { who, asked }
    }
}

fn submission(book: &Book, who: Option<u64>, transaction: &[u8]) -> Asked {
    let found = who.and_then(|who| book.find(who, transaction));
    found.map_or(Asked::Other, Asked::Submission)
}

/// What is pushed, to the bearer's observer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The message.
    pub message: u64,
    /// The index of its recipient.
    pub recipient: u16,
    /// To which number it goes.
    pub to: u64,
    /// What it is.
    pub kind: Kind,
}

impl About {
    /// For a story.
    #[must_use]
    pub fn line(&self) -> String {
        let About {
            message,
            recipient,
            to,
            kind,
        } = self;
        format!("{kind:?} of {message:x}/{recipient} to {to}")
    }
}

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// A request reached its shard.
    Heard(&'a Question),
    /// A shard has answered; whether the phone hears it is another matter.
    Said(&'a Question, &'a Answer),
    /// A peer heard 250 for what it brought: the book's number.
    Taken(usize),
    /// A retrieval's last octet was taken by its phone, or its connection broke before.
    Sent(SentTicket, bool),
    /// A bearer answers a push.
    Answered(&'a About, Answered),
    /// A bearer says what became of a notification that it took.
    Receipted(&'a About, Receipt),
    /// An SMSC says that this phone is there.
    Reachable(u64),
    /// A peer speaks of a message that it was sent, for this number; the end that it means, or 0.
    Spoken(u64, u64, u8),
    /// An operator wants something done to a peer: the ticket, and a reason that no other has.
    Ordered(u32, Doing, &'a str),
    /// An operator is answered.
    Acted(u32, &'a Acted),
    /// A mail left for a peer: which, and its message, or none of a response or a report.
    Departed(&'a str, Option<u64>),
    /// The record of an operator's action is durable.
    Recorded(&'a Action),
    /// An accept record is durable, with its PDU.
    Accepted(&'a Accept, &'a [u8]),
    /// A state record is durable, with what it pushes.
    Stepped(&'a State, &'a [u8]),
    /// Everything has started again, with this on the disks.
    Started(&'a Found),
    /// A step is over.
    Step,
    /// From here on there are no faults, and phones behave.
    Calm,
    /// Faults stopped, phones behaved, and there was time enough for all that can be delivered.
    Settled,
    /// Every validity has passed.
    Over,
}

/// What checkers may look at.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The shards.
    pub world: &'a World,
    /// What phones have sent.
    pub book: &'a Book,
    /// The true time, seconds since 1970: shards may be told another.
    pub now_s: u64,
    /// By how many seconds the shards' own clocks may differ from it, at most.
    pub tolerance_s: u64,
    /// Octets of the largest connection, and what one may have.
    pub connection_octets: (u64, u64),
}

/// Watches a run.
pub trait Checker {
    /// Its name, for reports.
    fn name(&self) -> &'static str;

    /// Hears of an event; says what is wrong with it.
    ///
    /// # Errors
    /// What is wrong.
    fn take(&mut self, scene: &Scene<'_>, event: &Event<'_>) -> Result<(), String>;
}
