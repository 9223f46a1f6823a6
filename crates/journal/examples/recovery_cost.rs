//! How long recovery takes for a GiB of log, scanned and by sidecars.
//!
//! Run with `cargo run --release -p journal --example recovery_cost -- FOLDER`; writes 1 GiB of records of 30 KB into
//! FOLDER (64 MiB segments), then recovers three times with sidecars and three times without, and prints seconds and
//! the write rate through O_DSYNC, one group at a time. The page cache is as the run leaves it. Part of no check.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a measurement reads the clock and may panic"
)]

use std::path::Path;
use std::time::Instant;

use journal::{
    AlignedBuffer, AppendClass, Directory, Journal, JournalFiles, Layout, Operation, Record, Recovered,
    Settings, SettingsDraft,
};

const RECORDS: u64 = 35_000;

fn settle(files: &JournalFiles, journal: &mut Journal<AlignedBuffer>) {
    while let Some(operation) = journal.poll_operation() {
        let (id, result) = (operation.id(), files.carry_out(&operation));
        let buffer = match operation {
            Operation::WriteGroup { buffer, .. } => Some(buffer),
            _ => None,
        };
        journal.complete(id, result, buffer).unwrap();
    }
}

fn recover(files: &JournalFiles, what: &str) {
    let start = Instant::now();
    let recovery = files.recover(&mut |_: Recovered<'_>| {}).unwrap();
    let octets: u64 = recovery
        .segments
        .iter()
        .map(|report| u64::from(report.end.end))
        .sum();
    let seconds = start.elapsed().as_secs_f64();
    let per_gib = seconds * f64::from(1 << 30) / octets as f64;
    println!(
        "{what}: {} records, {octets} octets, {seconds:.3} s, {per_gib:.3} s a GiB",
        recovery.records
    );
    assert_eq!(recovery.problems_total, 0);
}

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    let settings = Settings::new(SettingsDraft {
        segments_max: 32,
        ..SettingsDraft::laptop()
    })
    .unwrap();
    let layout = Layout {
        journals: 1,
        geometry: settings.geometry(),
        partitions: 4096,
    };
    let directory = Directory::open(Path::new(&folder), layout).unwrap();
    let files = directory.journal(&directory.manifest().journals[0]).unwrap();
    let recovery = files.recover(&mut |_: Recovered<'_>| {}).unwrap();
    let mut journal = Journal::new(settings, recovery.resume(directory.epoch(), 1));
    for _ in 0..settings.buffers() {
        journal.give_buffer(AlignedBuffer::zeroed(4 << 20)).unwrap();
    }
    let body = [9u8; 30_000];
    let start = Instant::now();
    for key in 0..RECORDS {
        let record = Record {
            kind: 1,
            key,
            header: &[1; 200],
            body: &[&body],
        };
        while journal.append(AppendClass::State, record).is_err() {
            settle(&files, &mut journal);
        }
        if key % 64 == 63 {
            settle(&files, &mut journal);
        }
    }
    settle(&files, &mut journal);
    let rate = RECORDS as f64 / start.elapsed().as_secs_f64();
    println!(
        "written: {rate:.0} records/s, filling of files and sidecars included, {}",
        directory.mode()
    );
    for _ in 0..3 {
        recover(&files, "with sidecars");
    }
    for report in &files.recover(&mut |_: Recovered<'_>| {}).unwrap().segments {
        let _ = std::fs::remove_file(files.sidecar_path(report.place.segment));
    }
    for _ in 0..3 {
        recover(&files, "scanned");
    }
}
