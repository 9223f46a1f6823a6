//! A data directory with as many short lives of messages as wanted, written by the journal's own writer.
//!
//! For the test of `trace`, and for the bench of it. Invariants: three records a message (accepted, notified,
//! retrieved), 20 messages a second from the time [`BEGINNING`]; headers are the store's own, and as long as a
//! server's; bodies are short, except of the messages in each journal's newest segment, which alone is read whole; the
//! numbers are fictional.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test that panics is a failed test"
)]

use base::{MessageId, Msisdn, Partition};
use journal::{
    AlignedBuffer, AppendClass, AppendRefused, Directory, Geometry, Journal, JournalFiles, Layout, Operation,
    Record, Recovered, Settings, SettingsDraft,
};
use lifecycle::{End, State as Life};
use mms::{DeliveryInd, PlmnText, Status, Version};
use std::path::Path;
use store::record::{Accept, AcceptRecipient, FLAG_DELIVERY_REPORT, KIND_ACCEPT, KIND_STATE, State};

/// When the first message is accepted: seconds since 1970.
pub(crate) const BEGINNING: u32 = 1_000_000_000;

/// Messages accepted in one second.
const MESSAGES_PER_SECOND: u64 = 20;

/// How much of what.
#[derive(Clone, Copy)]
pub(crate) struct Fill {
    pub(crate) journals: u16,
    pub(crate) segment_octets: u32,
    pub(crate) messages: u64,
    /// Every so many messages one is of [`frequent`]; 0: none.
    pub(crate) frequent_every: u64,
    /// Of the messages, so many are photographs: the last ones, in segments that begin with them.
    pub(crate) photographs: u64,
}

/// Octets of a photograph.
static PHOTOGRAPH: [u8; 30_000] = [0x2A; 30_000];

impl Fill {
    /// The sender of the message with this index: each of a million sends in turn, or who sends much.
    pub(crate) fn sender(&self, index: u64) -> Msisdn {
        match self.is_frequent(index) {
            true => frequent(),
            false => sender(index),
        }
    }

    /// Whether who sends much sends the message with this index.
    pub(crate) fn is_frequent(&self, index: u64) -> bool {
        self.frequent_every > 0 && index.is_multiple_of(self.frequent_every)
    }

    fn is_photograph(&self, index: u64) -> bool {
        index + self.photographs >= self.messages
    }
}

/// Who sends much.
pub(crate) fn frequent() -> Msisdn {
    Msisdn::from_bits(15_550_300_000_000).unwrap()
}

struct Shard {
    files: JournalFiles,
    journal: Journal<AlignedBuffer>,
}

/// The id of the message with this index.
pub(crate) fn message(index: u64) -> MessageId {
    MessageId::new(Partition::of(sender(index)), index)
}

/// Its sender, where that is not who sends much: each of a million sends in turn.
pub(crate) fn sender(index: u64) -> Msisdn {
    Msisdn::from_bits(15_550_100_000_000 + index % 1_000_000).unwrap()
}

/// Its recipient.
pub(crate) fn recipient(index: u64) -> Msisdn {
    Msisdn::from_bits(15_550_200_000_000 + index * 7 % 1_000_003).unwrap()
}

/// Fills a folder that is not there yet.
pub(crate) fn fill(folder: &Path, fill: Fill) {
    let layout = Layout {
        journals: fill.journals,
        geometry: Geometry::new(fill.segment_octets).unwrap(),
        partitions: u32::from(base::id::PARTITIONS),
    };
    let directory = Directory::open(folder, layout).unwrap();
    let entries: Vec<_> = directory.manifest().open_journals().copied().collect();
    let mut shards: Vec<Shard> = entries
        .iter()
        .map(|entry| Shard::open(&directory, entry, fill))
        .collect();
    for index in 0..fill.messages {
        if index + fill.photographs == fill.messages {
            shards.iter_mut().for_each(Shard::turn_over);
        }
        let home = (index % u64::from(fill.journals)) as usize;
        shards[home].live(index, &fill);
    }
    for shard in &mut shards {
        shard.journal.request_marker();
        shard.settle();
    }
}

impl Shard {
    fn open(directory: &Directory, entry: &journal::JournalEntry, fill: Fill) -> Shard {
        let group_octets = (fill.segment_octets / 8).min(4 << 20);
        let draft = SettingsDraft {
            segment_octets: fill.segment_octets,
            group_octets,
            segments_max: 4_096,
            ..SettingsDraft::laptop()
        };
        let settings = Settings::new(draft).unwrap();
        let files = directory.journal(entry).unwrap();
        let recovery = files.recover(&mut |_: Recovered<'_>| {}).unwrap();
        let mut journal = Journal::new(settings, recovery.resume(directory.epoch(), 11));
        for _ in 0..settings.buffers() {
            journal
                .give_buffer(AlignedBuffer::zeroed(group_octets as usize))
                .unwrap();
        }
        Shard { files, journal }
    }

    /// Carries out everything that the journal asks for.
    fn settle(&mut self) {
        while let Some(operation) = self.journal.poll_operation() {
            let id = operation.id();
            let result = self.files.carry_out(&operation);
            let buffer = match operation {
                Operation::WriteGroup { buffer, .. } => Some(buffer),
                _ => None,
            };
            self.journal.complete(id, result, buffer).unwrap();
        }
    }

    fn append(&mut self, kind: u16, message: MessageId, header: &[u8], body: &[u8]) {
        let record = Record {
            kind,
            key: message.bits(),
            header,
            body: &[body],
        };
        loop {
            match self.journal.append(AppendClass::State, record) {
                Ok(_) => return,
                Err(AppendRefused::NoBuffer | AppendRefused::NoSegment) => self.settle(),
                Err(refused) => unreachable!("{refused}"),
            }
        }
    }

    /// Goes on in another segment.
    fn turn_over(&mut self) {
        self.settle();
        self.journal.turn_over().unwrap();
        self.settle();
    }

    fn live(&mut self, index: u64, fill: &Fill) {
        let id = message(index);
        let at = BEGINNING + (index / MESSAGES_PER_SECOND) as u32;
        let (sender, recipient) = (fill.sender(index), recipient(index));
        let accept = Accept {
            message: id.bits(),
            sender: sender.digits(),
            accepted_at: at,
            deliver_at: at,
            expiry: at + 604_800,
            flags: FLAG_DELIVERY_REPORT,
            content_offset: 60,
            size_octets: 40,
            repeat_key: index,
            recipients: vec![AcceptRecipient {
                number: recipient.digits(),
                token: [7; 12],
                field: 0,
            }],
        };
        let body = match fill.is_photograph(index) {
            true => &PHOTOGRAPH[..],
            false => &PHOTOGRAPH[..100],
        };
        self.append(KIND_ACCEPT, id, &accept.to_octets(), body);
        let mut state = State {
            message: id.bits(),
            number: recipient.digits(),
            sender: sender.digits(),
            push_to: recipient.digits(),
            sequence: 1,
            until: accept.expiry,
            at,
            flags: FLAG_DELIVERY_REPORT,
            recipient: 0,
            token: [7; 12],
            state: Life::Notified.to_octet(),
            attempts: 1,
        };
        self.append(KIND_STATE, id, &state.to_octets(), &[0x2A; 100]);
        let (to, mut report) = (PlmnText::new(recipient.digits()), Vec::new());
        let wire = id.to_wire();
        DeliveryInd::new(
            Version::V1_2,
            &wire,
            to.address(),
            u64::from(at),
            Status::Retrieved,
        )
        .write(&mut report);
        state = State {
            push_to: sender.digits(),
            sequence: 2,
            state: Life::Ended(End::Retrieved).to_octet(),
            ..state
        };
        self.append(KIND_STATE, id, &state.to_octets(), &report);
    }
}
