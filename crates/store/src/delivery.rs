//! What the sender's home hands to a recipient's home: enough to begin the delivery, and the PDU if it is at hand.

use crate::record::{Accept, AcceptRecipient, ArchivedAccept};
use base::MessageId;
use std::ops::Range;
use std::sync::Arc;

/// Octets of a stored PDU, or a range of them, shared between whoever reads or sends them. They lie in the buffer they
/// were received into, or were read from the disk into; nobody copies them.
#[derive(Clone, Debug)]
pub struct Octets {
    buffer: Arc<Vec<u8>>,
    range: Range<u32>,
}

impl Octets {
    /// All of a buffer.
    #[must_use]
    pub fn whole(buffer: Arc<Vec<u8>>) -> Octets {
        let end = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        Octets {
            buffer,
            range: 0..end,
        }
    }

    /// The octets from `from` to the end of these; `from` is an offset within these.
    #[must_use]
    pub fn after(&self, from: u32) -> Octets {
        let start = self.range.start.saturating_add(from).min(self.range.end);
        Octets {
            buffer: Arc::clone(&self.buffer),
            range: start..self.range.end,
        }
    }

    /// `length` octets from `start`, offsets within these.
    #[must_use]
    pub fn part(&self, start: u32, length: u32) -> Octets {
        let start = self.range.start.saturating_add(start).min(self.range.end);
        Octets {
            buffer: Arc::clone(&self.buffer),
            range: start..start.saturating_add(length).min(self.range.end),
        }
    }

    /// The octets.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.buffer
            .get(self.range.start as usize..self.range.end as usize)
            .unwrap_or(&[])
    }

    /// Octets that sharing these keeps in memory.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.buffer.capacity()
    }
}

/// What is still at hand of a stored PDU when its delivery begins: what a notification is written from.
#[derive(Clone, Debug)]
pub struct AtHand {
    /// The PDU, whole or as far as its content.
    pub octets: Octets,
    /// The message's size in octets, as it was accepted; nothing where it can be counted in the whole PDU.
    pub size_octets: Option<u32>,
}

/// One message for the recipients of one home.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Which message.
    pub message: MessageId,
    /// E.164 digits of the sender.
    pub sender: u64,
    /// Seconds since 1970 before which nobody is notified.
    pub deliver_at: u32,
    /// Seconds since 1970 when it ends.
    pub expiry: u32,
    /// `record::FLAG_…`.
    pub flags: u16,
    /// The recipients at that home, with their index in the message.
    pub recipients: Vec<DeliveryRecipient>,
    /// What is at hand of the stored PDU: saves the first notification a look-up.
    pub at_hand: Option<AtHand>,
}

/// One recipient of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryRecipient {
    /// Index in the message.
    pub index: u16,
    /// Number and token.
    pub recipient: AcceptRecipient,
}

impl Delivery {
    /// Of a message just accepted, without recipients yet.
    #[must_use]
    pub fn of(accept: &Accept) -> Delivery {
        Delivery {
            message: MessageId::from_bits(accept.message),
            sender: accept.sender,
            deliver_at: accept.deliver_at,
            expiry: accept.expiry,
            flags: accept.flags,
            recipients: Vec::new(),
            at_hand: None,
        }
    }

    /// Of a message read back, without recipients yet.
    #[must_use]
    pub fn of_archived(accept: &ArchivedAccept) -> Delivery {
        Delivery {
            message: MessageId::from_bits(accept.message.to_native()),
            sender: accept.sender.to_native(),
            deliver_at: accept.deliver_at.to_native(),
            expiry: accept.expiry.to_native(),
            flags: accept.flags.to_native(),
            recipients: Vec::new(),
            at_hand: None,
        }
    }
}
