//! What an append costs beside the copy and the checksum that it cannot do without.
//!
//! Run with `cargo run --release -p journal --example append_cost`; prints nanoseconds a record of 30 KB, median and
//! range of eleven rounds, for the journal and for memcpy + crc32c alone, taken in turn on the same buffers. No disk:
//! groups are answered at once. Part of no check; figures are quoted from its output.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a measurement reads the clock and may panic"
)]

use std::hint::black_box;
use std::time::Instant;

use journal::{
    AlignedBuffer, AppendClass, Epoch, Journal, JournalId, Operation, Record, Resume, Settings, SettingsDraft,
};

const BODY_OCTETS: usize = 30_000;
const HEADER_OCTETS: usize = 200;
const RECORDS: u64 = 20_000;
const ROUNDS: usize = 11;
const GROUP_OCTETS: u32 = 4 << 20;

/// Appends `RECORDS` records from changing sources; answers nanoseconds a record.
fn journal_round(journal: &mut Journal<AlignedBuffer>, source: &[u8]) -> f64 {
    let header = [7u8; HEADER_OCTETS];
    let start = Instant::now();
    for key in 0..RECORDS {
        let at = (key as usize * 4096) % (source.len() - BODY_OCTETS);
        let body = &source[at..at + BODY_OCTETS];
        let record = Record {
            kind: 1,
            key,
            header: &header,
            body: &[body],
        };
        while journal.append(AppendClass::State, record).is_err() {
            answer(journal);
        }
        if key % 16 == 15 {
            answer(journal);
        }
    }
    start.elapsed().as_nanos() as f64 / RECORDS as f64
}

/// Answers everything asked for at once; frees what is sealed.
fn answer(journal: &mut Journal<AlignedBuffer>) {
    let sealed = journal.freeable().next();
    if let Some(segment) = sealed {
        journal.free(segment).unwrap();
    }
    while let Some(operation) = journal.poll_operation() {
        let id = operation.id();
        let (octets, buffer) = match operation {
            Operation::WriteGroup { length, buffer, .. } => (length, Some(buffer)),
            _ => (0, None),
        };
        journal.complete(id, Ok(octets), buffer).unwrap();
    }
    while journal.poll_freed().is_some() {}
}

/// The floor: the same bytes copied and summed, into one buffer, as the journal uses one when answered at once.
fn floor_round(buffer: &mut AlignedBuffer, source: &[u8]) -> f64 {
    let header = [7u8; HEADER_OCTETS];
    let start = Instant::now();
    let mut filled = 0;
    for key in 0..RECORDS {
        let at = (key as usize * 4096) % (source.len() - BODY_OCTETS);
        if filled + HEADER_OCTETS + BODY_OCTETS > 16 * 31_000 {
            filled = 0;
        }
        let target = &mut buffer.as_mut()[filled..filled + HEADER_OCTETS + BODY_OCTETS];
        target[..HEADER_OCTETS].copy_from_slice(&header);
        target[HEADER_OCTETS..].copy_from_slice(&source[at..at + BODY_OCTETS]);
        black_box(crc32c::crc32c(target));
        filled += HEADER_OCTETS + BODY_OCTETS;
    }
    start.elapsed().as_nanos() as f64 / RECORDS as f64
}

fn report(name: &str, mut rounds: Vec<f64>) {
    rounds.sort_by(f64::total_cmp);
    println!(
        "{name}: {:.0} ns a record (range {:.0} to {:.0})",
        rounds[ROUNDS / 2],
        rounds[0],
        rounds[ROUNDS - 1]
    );
}

fn main() {
    let draft = SettingsDraft {
        group_octets: GROUP_OCTETS,
        segments_max: 32,
        ..SettingsDraft::laptop()
    };
    let settings = Settings::new(draft).unwrap();
    let mut journal = Journal::new(settings, Resume::fresh(JournalId(1), Epoch(1), 1));
    for _ in 0..settings.buffers() {
        journal
            .give_buffer(AlignedBuffer::zeroed(GROUP_OCTETS as usize))
            .unwrap();
    }
    answer(&mut journal);
    let source: Vec<u8> = (0..64u32 << 20).map(|at| (at ^ (at >> 8)) as u8).collect();
    let mut buffer = AlignedBuffer::zeroed(GROUP_OCTETS as usize);
    let (mut journal_rounds, mut floor_rounds) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        journal_rounds.push(journal_round(&mut journal, &source));
        floor_rounds.push(floor_round(&mut buffer, &source));
    }
    report("journal append", journal_rounds);
    report("memcpy + crc32c", floor_rounds);
}
