//! Where pushes come from: the journals, read behind their durable ends.
//!
//! First in the outbox's flow. The seam for tests: the real source follows journals, theirs is a list.

use base::Msisdn;
use std::io;

/// One push record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Where its record begins in its journal; within its stretch, rising.
    pub lsn: u64,
    /// Whom it is for.
    pub number: Msisdn,
    /// What was pushed: the PDU alone.
    pub pdu: Vec<u8>,
}

/// What was read of one journal in one go: all its push records with `from <= lsn < to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Which journal; ids are never used again.
    pub journal: u32,
    /// Where it begins: the end of this journal's stretch before, or the oldest that is still there.
    pub from: u64,
    /// Where it ends.
    pub to: u64,
    /// The pushes in it.
    pub pushes: Vec<Push>,
}

/// What a source has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// More of one journal.
    Stretch(Stretch),
    /// All that is durable has been given.
    Nothing,
}

/// Gives the push records of all journals, each journal in its order, from the oldest that is still there.
pub trait PushSource: Send {
    /// The next stretch; never waits for one.
    ///
    /// # Errors
    /// What the disk says. The outbox stops then; the server goes on.
    fn next(&mut self) -> io::Result<Next>;

    /// Nobody asks for a while: lets go of what keeps journals from being freed. It goes on where it was.
    fn rest(&mut self);
}
