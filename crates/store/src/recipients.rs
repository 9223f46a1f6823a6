//! At the recipient's home: every copy that waits, and every ended one that a late report or repeated retrieval may
//! still ask for. 72 octets each.
//!
//! A copy is reached by its number (timers, tickets), by its message (mail, read reports), while it waits along its
//! subscriber's list (answers, retrievals, the place of the next notification), and once it has ended by its token
//! (retrievals again): waiting ones, of which there may be millions, are in no index of tokens.
//! Invariant: a copy that waits is in exactly one subscriber's list (or none, where its recipient is no number or
//! another operator's), one that has ended in none; and each in the timer wheel at most once.

use crate::index::Index;
use crate::record::FLAG_RELAYED;
use crate::slab::Slab;
use base::{MessageId, Token};
use lifecycle::State;

/// No entry: the end of a list.
pub const NONE: u32 = u32::MAX;

/// One recipient's copy.
#[derive(Clone, Copy, Debug)]
pub struct Recipient {
    /// Of which message.
    pub message: MessageId,
    /// E.164 digits of its sender: where reports go.
    pub sender: u64,
    /// The secret of its retrieval URL; of one that goes to a peer the way, see [`crate::via`].
    pub token: Token,
    /// Seconds since 1970 when its validity ends; once ended, when it ended.
    pub until: u32,
    /// Tick of the next attempt, or of the next thing to decide.
    pub due: u32,
    /// Its links in the timer wheel.
    pub timer: Links,
    /// Number of its subscriber's entry, or [`NONE`].
    pub subscriber: u32,
    /// Next copy of the same subscriber.
    pub next: u32,
    /// Segment that its latest state record pins; 0: none yet.
    pub pin_segment: u32,
    /// Octets pinned there, in units of 16.
    pub pin_units: u16,
    /// Counts its state records.
    pub sequence: u16,
    /// `record::FLAG_…`.
    pub flags: u16,
    /// Index in its message.
    pub index: u16,
    /// Where it stands.
    pub state: State,
    /// Notifications pushed.
    pub attempts: u8,
    /// `MARK_…`: what is true only until the next start.
    pub marks: u8,
    /// Retrievals under way.
    pub fetching: u8,
}

/// It was given to its phone, whatever came of it; or may have been before this start.
pub const MARK_GIVEN: u8 = 1;
/// Its message's accept record is gone from the disk.
pub const MARK_GONE: u8 = 1 << 1;
/// A notification is being made.
pub const MARK_NOTIFYING: u8 = 1 << 2;
/// It is being written anew, out of an emptying segment.
pub const MARK_MOVING: u8 = 1 << 3;
/// Its notification is at the bearer, or waits for room there.
pub const MARK_PUSHING: u8 = 1 << 4;
/// It waits in the queue of the peer that it goes to.
pub const MARK_QUEUED: u8 = 1 << 5;
/// It is in a mail to that peer.
pub const MARK_FLYING: u8 = 1 << 6;
/// Its phone was absent for the last notification, whose attempt will be made once more: receipts of others are old.
pub const MARK_ABSENT: u8 = 1 << 7;

/// Links of the timer wheel, kept in the entry so that a timer costs no allocation.
#[derive(Clone, Copy, Debug)]
pub struct Links {
    /// Tick it is set for; 0: not in the wheel.
    pub at: u32,
    /// The one before, or [`NONE`].
    pub previous: u32,
    /// The one after, or [`NONE`].
    pub next: u32,
}

impl Default for Links {
    fn default() -> Links {
        Links {
            at: 0,
            previous: NONE,
            next: NONE,
        }
    }
}

/// The table.
#[derive(Debug, Default)]
pub struct Recipients {
    slab: Slab<Recipient>,
    by_message: Index,
    by_token: Index,
    hasher: ahash::RandomState,
    /// Of those in the table, which have not ended.
    waiting: u32,
}

impl Recipients {
    /// How many there are, ended ones included.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.slab.len()
    }

    /// How many have not ended, those that other operators are to take included.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.waiting
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slab.is_empty()
    }

    /// The bound of a sweep over [`get`](Self::get).
    #[must_use]
    pub fn bound(&self) -> u32 {
        self.slab.bound()
    }

    /// The copy of this number.
    #[must_use]
    #[inline]
    pub fn get(&self, number: u32) -> Option<&Recipient> {
        self.slab.get(number)
    }

    /// The copy of this number, to change. Its message must stay the same, and so must its token, unless it is a way.
    #[inline]
    pub fn get_mut(&mut self, number: u32) -> Option<&mut Recipient> {
        self.slab.get_mut(number)
    }

    /// Puts a copy in and gives its number.
    pub fn insert(&mut self, recipient: Recipient) -> u32 {
        let number = self.slab.insert(recipient);
        let (slab, hasher) = (&self.slab, &self.hasher);
        self.by_message
            .insert(hasher.hash_one(recipient.message), number, |other| {
                slab.get(other).map_or(0, |other| hasher.hash_one(other.message))
            });
        if !recipient.state.is_ended() {
            self.waiting += 1;
        } else if recipient.flags & FLAG_RELAYED == 0 {
            self.keep_token(number, recipient.token);
        }
        number
    }

    /// A copy has ended, whose state says so by now: it waits no more, and from here on it is found by its token, if
    /// it has one. Called once for each.
    pub fn end(&mut self, number: u32) {
        self.waiting -= 1;
        let copy = self.get(number).filter(|copy| copy.flags & FLAG_RELAYED == 0);
        if let Some(token) = copy.map(|copy| copy.token) {
            self.keep_token(number, token);
        }
    }

    fn keep_token(&mut self, number: u32, token: Token) {
        let (slab, hasher) = (&self.slab, &self.hasher);
        self.by_token.insert(hasher.hash_one(token), number, |other| {
            slab.get(other).map_or(0, |other| hasher.hash_one(other.token))
        });
    }

    /// Takes a copy out.
    pub fn remove(&mut self, number: u32) -> Option<Recipient> {
        let recipient = self.slab.remove(number)?;
        self.waiting -= u32::from(!recipient.state.is_ended());
        self.by_message
            .remove(self.hasher.hash_one(recipient.message), number);
        self.by_token
            .remove(self.hasher.hash_one(recipient.token), number);
        Some(recipient)
    }

    /// The ended copy with this token.
    #[must_use]
    pub fn find_ended(&self, token: Token) -> Option<u32> {
        let matches = |number: u32| self.get(number).is_some_and(|copy| copy.token == token);
        self.by_token.find(self.hasher.hash_one(token), matches)
    }

    /// The copy of this recipient of a message.
    #[must_use]
    pub fn find(&self, message: MessageId, index: u16) -> Option<u32> {
        self.of_message(message)
            .find(|&number| self.get(number).is_some_and(|copy| copy.index == index))
    }

    /// All copies of a message at this shard.
    pub fn of_message(&self, message: MessageId) -> impl Iterator<Item = u32> + '_ {
        self.by_message
            .of_hash(self.hasher.hash_one(message))
            .filter(move |&number| self.get(number).is_some_and(|copy| copy.message == message))
    }
}
