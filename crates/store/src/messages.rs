//! At the sender's home: where each accept record lies, how many of its recipients have not ended, and what a repeat of
//! its send would look like.
//!
//! The owner alone maps a message to its place, so that a record can be moved to another segment without telling
//! anybody. An entry stays for as long as the sender may repeat the send, even when its record is long freed: then it
//! has no place ([`Spot::NOWHERE`]). Of a message that a peer brought each recipient has an entry: the first is the
//! message's own, the others have ids of their own and nobody open, and serve for repeats alone. 48 octets a message,
//! and two indexes that hold only numbers.

use crate::index::Index;
use crate::record::{Accept, Remembered, Source};
use crate::slab::Slab;
use base::MessageId;

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Which.
    pub id: MessageId,
    /// E.164 digits of who sent it; 0 where the same is no repeat.
    pub sender: u64,
    /// `record::Accept::repeat_key`.
    pub repeat_key: u64,
    /// Seconds since 1970 when it was accepted.
    pub accepted_at: u32,
    /// Where its accept record lies.
    pub spot: Spot,
    /// Recipients that have not ended.
    pub open: u16,
    /// Reads under way; the record must not be freed meanwhile.
    pub reads: u16,
    /// Of an arrival, which of its recipients this entry is of; its message is so many ids before.
    pub index: u16,
    /// Who brought it: that decides how long it is remembered.
    pub source: Source,
}

impl Message {
    /// Of a record that stands at `spot`, with so many recipients that have not ended.
    #[must_use]
    pub fn of(accept: &Accept, spot: Spot, open: u16, source: Source) -> Message {
        Message {
            id: MessageId::from_bits(accept.message),
            sender: accept.sender,
            repeat_key: accept.repeat_key,
            accepted_at: accept.accepted_at,
            spot,
            open,
            reads: 0,
            index: 0,
            source,
        }
    }

    /// The message that this entry is of: itself, or that of another recipient.
    #[must_use]
    pub fn base(&self) -> MessageId {
        MessageId::from_bits(self.id.bits() - u64::from(self.index))
    }

    /// The entries of the other recipients of an arrival, whose keys these are, the first one's included.
    pub fn others(self, keys: &[u64]) -> impl Iterator<Item = Message> {
        (1_u16..)
            .zip(keys.iter().skip(1))
            .map(move |(index, &repeat_key)| Message {
                id: MessageId::from_bits(self.id.bits() + u64::from(index)),
                repeat_key,
                open: 0,
                index,
                ..self
            })
    }

    /// A send remembered without its record.
    #[must_use]
    pub fn remembered(send: &Remembered, source: Source) -> Message {
        Message {
            id: MessageId::from_bits(send.message),
            sender: send.sender,
            repeat_key: send.key,
            accepted_at: send.at,
            spot: Spot::NOWHERE,
            open: 0,
            reads: 0,
            index: 0,
            source,
        }
    }

    /// What is to be remembered of it when its record is gone.
    #[must_use]
    pub fn to_remember(&self) -> Remembered {
        Remembered {
            sender: self.sender,
            key: self.repeat_key,
            message: self.id.bits(),
            at: self.accepted_at,
        }
    }
}

const _: () = assert!(
    size_of::<Option<Message>>() == 48,
    "as said above, ten million times"
);

/// A place in this shard's journal, small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Low 32 bits of the segment's sequence number: 64 MiB × 2³² is more than is ever written.
    pub segment: u32,
    /// Octets from the start of the segment.
    pub offset: u32,
    /// Octets of the record.
    pub length: u32,
}

impl Spot {
    /// The record was freed. No segment has the number 0.
    pub const NOWHERE: Spot = Spot {
        segment: 0,
        offset: 0,
        length: 0,
    };

    /// From the journal's words.
    #[must_use]
    pub fn new(location: journal::Location) -> Spot {
        debug_assert!(
            location.segment.0 <= u64::from(u32::MAX),
            "segment numbers fit 32 bits"
        );
        Spot {
            segment: location.segment.0 as u32,
            offset: location.offset,
            length: location.length,
        }
    }

    /// In the journal's words.
    #[must_use]
    pub fn location(self) -> journal::Location {
        journal::Location {
            segment: journal::SegmentSequence(u64::from(self.segment)),
            offset: self.offset,
            length: self.length,
        }
    }
}

/// The table.
#[derive(Debug, Default)]
pub struct Messages {
    slab: Slab<Message>,
    by_id: Index,
    by_repeat: Index,
    hasher: ahash::RandomState,
}

impl Messages {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.slab.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slab.is_empty()
    }

    /// The bound of a sweep over [`at`](Self::at).
    #[must_use]
    pub fn bound(&self) -> u32 {
        self.slab.bound()
    }

    /// The message of this number, for a sweep.
    #[must_use]
    pub fn at(&self, number: u32) -> Option<&Message> {
        self.slab.get(number)
    }

    /// Puts a message in.
    pub fn insert(&mut self, message: Message) {
        let number = self.slab.insert(message);
        let (slab, hasher) = (&self.slab, &self.hasher);
        self.by_id.insert(hasher.hash_one(message.id), number, |other| {
            slab.get(other).map_or(0, |other| hasher.hash_one(other.id))
        });
        self.by_repeat
            .insert(hasher.hash_one(message.repeat_key), number, |other| {
                slab.get(other)
                    .map_or(0, |other| hasher.hash_one(other.repeat_key))
            });
    }

    /// Finds a message.
    #[must_use]
    pub fn find(&self, id: MessageId) -> Option<&Message> {
        self.slab.get(self.number(id)?)
    }

    /// Finds a message, to change it; id and key must stay.
    pub fn find_mut(&mut self, id: MessageId) -> Option<&mut Message> {
        self.slab.get_mut(self.number(id)?)
    }

    /// The latest message whose send had this key, by this sender.
    #[must_use]
    pub fn find_repeat(&self, sender: u64, key: u64) -> Option<&Message> {
        self.find_keyed(key, Some(sender))
    }

    /// The latest message that a recipient's key is of; by this sender, where one is named.
    #[must_use]
    pub fn find_keyed(&self, key: u64, sender: Option<u64>) -> Option<&Message> {
        self.by_repeat
            .of_hash(self.hasher.hash_one(key))
            .filter_map(|number| self.slab.get(number))
            .filter(|message| {
                message.repeat_key == key && sender.is_none_or(|sender| message.sender == sender)
            })
            .max_by_key(|message| message.id)
    }

    /// A recipient of a message was not taken after all: the same for it is no repeat.
    pub fn forget_repeat(&mut self, message: MessageId, index: u16) {
        let id = MessageId::from_bits(message.bits() + u64::from(index));
        let Some(number) = self.number(id) else { return };
        let Some(entry) = self.slab.get_mut(number) else {
            return;
        };
        // Nobody's.
        entry.sender = 0;
        let hash = self.hasher.hash_one(entry.repeat_key);
        self.by_repeat.remove(hash, number);
    }

    /// Takes a message out.
    pub fn remove(&mut self, id: MessageId) -> Option<Message> {
        let number = self.number(id)?;
        let message = self.slab.remove(number)?;
        self.by_id.remove(self.hasher.hash_one(id), number);
        self.by_repeat
            .remove(self.hasher.hash_one(message.repeat_key), number);
        Some(message)
    }

    fn number(&self, id: MessageId) -> Option<u32> {
        let matches = |number: u32| self.slab.get(number).is_some_and(|message| message.id == id);
        self.by_id.find(self.hasher.hash_one(id), matches)
    }
}
