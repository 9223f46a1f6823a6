//! What a change of the shard count writes anew: nothing twice, however often it is cut off, and nothing too old.

use super::*;
use crate::record::AcceptRecipient;
use journal::{Location, Lsn, SegmentSequence};

const NOW: u32 = 1_700_000_000;
const SENDER: u64 = 447_700_900_001;

const LAYOUT: Layout = Layout {
    shards: 2,
    epoch: 3,
    now: WallSeconds(NOW),
    dedup_s: 3_600,
    repeats_s: 3_600,
    read_report_s: 3_600,
    again_s: 0,
};

fn accept(message: u64) -> Accept {
    Accept {
        message,
        sender: SENDER,
        accepted_at: NOW - 60,
        deliver_at: 0,
        expiry: NOW + 600,
        flags: 0,
        content_offset: 20,
        size_octets: 40,
        repeat_key: message,
        recipients: vec![AcceptRecipient {
            number: 447_700_900_002,
            token: [7; 12],
            field: 0,
        }],
    }
}

fn rejected(message: u64) -> State {
    State {
        message,
        number: 447_700_900_002,
        sender: SENDER,
        push_to: 0,
        sequence: 1,
        until: NOW - 30,
        at: NOW - 30,
        flags: 0,
        recipient: 0,
        token: [7; 12],
        state: lifecycle::State::Ended(lifecycle::End::Rejected).to_octet(),
        attempts: 1,
    }
}

fn send(message: u64, at: u32) -> Remembered {
    Remembered {
        sender: SENDER,
        key: message,
        message,
        at,
    }
}

/// Takes a record; each stands somewhere else.
fn take(collector: &mut Collector, source: Source, kind: u16, header: &[u8]) {
    let offset = 4_096 + 512 * u32::try_from(collector.remembered.len() + collector.accepts.len()).unwrap();
    collector.take(
        source,
        Recovered {
            lsn: Lsn(0),
            location: Location {
                segment: SegmentSequence(1),
                offset,
                length: 400,
            },
            kind,
            key: 0,
            header,
            body_octets: 0,
        },
    );
}

fn remember(collector: &mut Collector, source: Source, sends: &[Remembered]) {
    let repeats = Repeats {
        sends: sends.to_vec(),
    };
    take(collector, source, KIND_REPEATS, &repeats.to_octets());
}

fn sends(collector: &Collector) -> Vec<u64> {
    let survivors = collector.survivors(LAYOUT);
    survivors.sends.iter().map(|(_, _, send)| send.message).collect()
}

const OLD: Source = Source::Adopted(0);
const OTHER_OLD: Source = Source::Adopted(1);
const NEW: Source = Source::Open(ShardId(0));

#[test]
fn a_send_is_written_once_however_many_journals_tell_of_it() {
    let mut collector = Collector::default();
    remember(&mut collector, OLD, &[send(1, NOW - 60), send(2, NOW - 60)]);
    remember(&mut collector, OTHER_OLD, &[send(2, NOW - 60), send(3, NOW - 60)]);
    assert_eq!(sends(&collector), [1, 2, 3]);
}

/// What an attempt has written that was cut off, the next one need not write.
#[test]
fn a_send_that_an_open_journal_has_is_not_written_again() {
    let mut collector = Collector::default();
    remember(&mut collector, OLD, &[send(1, NOW - 60), send(2, NOW - 60)]);
    remember(&mut collector, NEW, &[send(1, NOW - 60)]);
    assert_eq!(sends(&collector), [2]);
}

#[test]
fn a_send_that_nobody_may_repeat_is_not_written() {
    let mut collector = Collector::default();
    remember(&mut collector, OLD, &[send(1, NOW - 3_600), send(2, NOW - 3_599)]);
    assert_eq!(sends(&collector), [2]);
}

/// Of a message that is copied, or was, the record says it; of one that has ended, the send is all that is kept.
#[test]
fn the_send_of_a_message_is_written_where_its_record_is_not() {
    let mut collector = Collector::default();
    take(&mut collector, OLD, KIND_ACCEPT, &accept(1).to_octets());
    take(&mut collector, NEW, KIND_ACCEPT, &accept(2).to_octets());
    take(&mut collector, OLD, KIND_ACCEPT, &accept(3).to_octets());
    take(&mut collector, OLD, KIND_STATE, &rejected(3).to_octets());
    assert_eq!(sends(&collector), [3]);
    let survivors = collector.survivors(LAYOUT);
    // The first message and the end of the third.
    assert_eq!(survivors.records.len(), 2);
}
