//! Identifiers: of a message, of a recipient's retrieval, of a partition, of a shard.
//!
//! A [`MessageId`] names its owner: its top bits are the partition of the sender, so whoever holds an id knows
//! which shard keeps the accept record, after any change of the shard count. A [`Token`] is the secret part of a
//! retrieval URL: random, one per recipient, and no authority by itself.

use crate::number::Msisdn;
use std::fmt;

/// How many partitions the subscribers are spread over. Fixed for the life of a data directory (DESIGN §4):
/// the shard count may change, the partition of a number may not.
pub const PARTITIONS: u16 = 4_096;

/// Bits of a [`MessageId`] below its partition.
const SEQUENCE_BITS: u32 = 52;

/// Bits of the sequence that belong to one start of the process: 6.8 × 10¹⁰ messages before the next start's
/// range is reached, which the start after that then skips.
pub const EPOCH_SHIFT: u32 = 36;

/// One executor, one core, one open journal: counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardId(pub u16);

/// One of the [`PARTITIONS`] that subscribers are hashed into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(u16);

impl Partition {
    /// The partition of a subscriber. The mixing function (the finaliser of MurmurHash3, 64 bits) is part of the
    /// on-disk format: it decides which shard owns a message, so it is never changed.
    #[must_use]
    pub fn of(subscriber: Msisdn) -> Partition {
        let mut x = subscriber.digits();
        x ^= x >> 33;
        x = x.wrapping_mul(0xFF51_AFD7_ED55_8CCD);
        x ^= x >> 33;
        x = x.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
        x ^= x >> 33;
        Partition((x % u64::from(PARTITIONS)) as u16)
    }

    /// A partition by number, if there is one of that number.
    #[must_use]
    pub fn new(index: u16) -> Option<Partition> {
        (index < PARTITIONS).then_some(Partition(index))
    }

    /// 0 to 4,095.
    #[must_use]
    pub fn index(self) -> u16 {
        self.0
    }

    /// The shard that owns this partition while there are `shards` of them. Contiguous ranges, so that a map of
    /// the partitions can be printed on a line.
    #[must_use]
    pub fn home(self, shards: u16) -> ShardId {
        let shards = u32::from(shards.max(1));
        ShardId((u32::from(self.0) * shards / u32::from(PARTITIONS)) as u16)
    }
}

/// Names a message for ever: 12 bits of the sender's partition, 52 bits of a sequence that never repeats within
/// that partition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(u64);

impl MessageId {
    /// Puts an id together; sequence bits above 52 are dropped.
    #[must_use]
    pub fn new(partition: Partition, sequence: u64) -> MessageId {
        MessageId((u64::from(partition.0) << SEQUENCE_BITS) | (sequence & ((1 << SEQUENCE_BITS) - 1)))
    }

    /// From its stored form.
    #[must_use]
    pub fn from_bits(bits: u64) -> MessageId {
        MessageId(bits)
    }

    /// Its stored form.
    #[must_use]
    pub fn bits(self) -> u64 {
        self.0
    }

    /// The partition that owns the accept record.
    #[must_use]
    pub fn partition(self) -> Partition {
        Partition((self.0 >> SEQUENCE_BITS) as u16)
    }

    /// The sequence within the partition.
    #[must_use]
    pub fn sequence(self) -> u64 {
        self.0 & ((1 << SEQUENCE_BITS) - 1)
    }

    /// The Message-ID on the wire, before the `@`: 16 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_wire(self) -> [u8; 16] {
        let mut text = [0; 16];
        for (index, digit) in text.iter_mut().enumerate() {
            let nibble = (self.0 >> (60 - 4 * index)) & 0xF;
            *digit = b"0123456789abcdef"[nibble as usize];
        }
        text
    }

    /// Reads what [`to_wire`](Self::to_wire) writes, with or without a domain after `@` and `<`, `>` around it.
    #[must_use]
    pub fn from_wire(text: &[u8]) -> Option<MessageId> {
        let text = text.strip_prefix(b"<").unwrap_or(text);
        let digits = text.get(..16)?;
        if !matches!(text.get(16), None | Some(b'@' | b'>')) {
            return None;
        }
        let mut bits = 0_u64;
        for &digit in digits {
            bits = bits << 4 | u64::from((digit as char).to_digit(16)?);
        }
        Some(MessageId(bits))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageId({:016x})", self.0)
    }
}

/// Random bytes that nobody outside can foresee.
pub trait Entropy {
    /// Fills `bytes`.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// The secret of one recipient's retrieval URL: 96 random bits (DESIGN §8 asks for at least 96), written as 16
/// characters of the URL-safe base64 alphabet: a fixed length, and never a `=` at the end.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(pub [u8; 12]);

/// Characters of a token on the wire: 12 octets in base64 without padding.
pub const TOKEN_TEXT_LEN: usize = 16;

const TOKEN_ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl Token {
    /// Draws a new one.
    pub fn draw(entropy: &mut impl Entropy) -> Token {
        let mut bytes = [0; 12];
        entropy.fill(&mut bytes);
        Token(bytes)
    }

    /// As it stands in a URL.
    #[must_use]
    pub fn to_wire(self) -> [u8; TOKEN_TEXT_LEN] {
        let mut text = [0; TOKEN_TEXT_LEN];
        for (quad, three) in text.chunks_exact_mut(4).zip(self.0.chunks_exact(3)) {
            let bits = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
            for (index, character) in quad.iter_mut().enumerate() {
                *character = TOKEN_ALPHABET[(bits >> (18 - 6 * index) & 63) as usize];
            }
        }
        text
    }

    /// Reads the first 16 characters of `text`; what follows (a Transaction-ID that some phones append) is the
    /// caller's. `None` where they are not of the alphabet or too few.
    #[must_use]
    pub fn from_wire(text: &[u8]) -> Option<Token> {
        let mut bytes = [0; 12];
        let text = text.get(..TOKEN_TEXT_LEN)?;
        for (three, quad) in bytes.chunks_exact_mut(3).zip(text.chunks_exact(4)) {
            let mut bits = 0_u32;
            for &character in quad {
                bits = bits << 6 | u32::from(sextet(character)?);
            }
            three[0] = (bits >> 16) as u8;
            three[1] = (bits >> 8) as u8;
            three[2] = bits as u8;
        }
        Some(Token(bytes))
    }
}

fn sextet(character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => Some(character - b'A'),
        b'a'..=b'z' => Some(character - b'a' + 26),
        b'0'..=b'9' => Some(character - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}

impl fmt::Debug for Token {
    /// A token is a secret: only its first two octets are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

#[cfg(test)]
mod tests;
