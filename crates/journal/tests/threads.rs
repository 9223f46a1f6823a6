//! Readers on other threads beside a writer that fills, frees and recycles under them.
//!
//! Leases are what keeps a view true: a reader that holds one sees the segment that it asked for, byte for byte, while
//! the writer uses the other files again and again.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic in a test's helper is a failed test"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use journal::{
    AlignedBuffer, AppendClass, AppendRefused, Cursor, Directory, Followed, Geometry, Journal, JournalFiles,
    Layout, Lsn, MappedSegment, Operation, Record, Recovered, SegmentSequence, Settings, SettingsDraft,
};

const SEGMENT: u32 = 1 << 20;
const RECORDS: u64 = 1_500;

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

fn body(key: u64) -> Vec<u8> {
    vec![(key % 251) as u8; 12_000]
}

/// Follows to the end; answers the keys seen and the gaps told.
fn read_all(mut cursor: Cursor, written: &AtomicBool) -> (Vec<u64>, u64) {
    let (mut keys, mut gaps) = (Vec::new(), 0);
    loop {
        let done = written.load(Ordering::Acquire);
        let followed = cursor.follow(|record| {
            assert_eq!(record.body, body(record.key), "record {}", record.key);
            keys.push(record.key);
        });
        match followed.unwrap() {
            Followed::UpToDate if done => return (keys, gaps),
            Followed::UpToDate => std::thread::yield_now(),
            Followed::Records(_) => {}
            Followed::Gap { .. } => gaps += 1,
            Followed::Problem(problem) => panic!("{problem}"),
        }
    }
}

/// Takes leases on whatever is there and reads it whole, again and again.
fn read_leased(journal: &Arc<journal::Published>, files: &JournalFiles, written: &AtomicBool) -> u64 {
    let mut reads = 0;
    while !written.load(Ordering::Acquire) {
        let Some(next) = journal.segment_from(SegmentSequence(1)) else {
            continue;
        };
        let sealed = journal.geometry().segment(journal.durable_lsn()) > next.segment;
        let Some(lease) = journal.lease(next.segment).filter(|_| sealed) else {
            continue;
        };
        let mapped = MappedSegment::open(files, lease).unwrap();
        for step in mapped.scan() {
            let journal::Step::Group(group) = step else {
                panic!("{step:?}")
            };
            assert!(group.records().all(|record| record.body == body(record.key)));
        }
        reads += 1;
    }
    reads
}

/// A fresh journal with buffers.
fn start(path: &Path) -> (Directory, JournalFiles, Journal<AlignedBuffer>) {
    let layout = Layout {
        journals: 1,
        geometry: Geometry::new(SEGMENT).unwrap(),
        partitions: 1,
    };
    let directory = Directory::open(path, layout).unwrap();
    let files = directory.journal(&directory.manifest().journals[0]).unwrap();
    let recovery = files.recover(&mut |_: Recovered<'_>| {}).unwrap();
    let draft = SettingsDraft {
        segment_octets: SEGMENT,
        group_octets: 128 << 10,
        ..SettingsDraft::laptop()
    };
    let mut journal: Journal<AlignedBuffer> = Journal::new(
        Settings::new(draft).unwrap(),
        recovery.resume(directory.epoch(), 3),
    );
    for _ in 0..4 {
        journal.give_buffer(AlignedBuffer::zeroed(128 << 10)).unwrap();
    }
    (directory, files, journal)
}

#[test]
fn readers_are_never_shown_another_segments_bytes() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("journal-threads-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    let (_directory, files, mut journal) = start(&path);
    let (written, freed) = (AtomicBool::new(false), AtomicU64::new(0));
    let published = Arc::clone(journal.published());
    std::thread::scope(|scope| {
        let cursor = Cursor::new(Arc::clone(&published), files.clone(), Lsn(0));
        let reader = scope.spawn(|| read_all(cursor, &written));
        let leaser = scope.spawn(|| read_leased(&published, &files, &written));
        for key in 0..RECORDS {
            let body = body(key);
            let record = Record {
                kind: 1,
                key,
                header: &[],
                body: &[&body],
            };
            loop {
                match journal.append(AppendClass::State, record) {
                    Ok(_) => break,
                    Err(AppendRefused::NoBuffer | AppendRefused::NoSegment) => {}
                    Err(refused) => panic!("{refused}"),
                }
                settle(&files, &mut journal);
                let freeable = journal.freeable().next();
                if let Some(segment) = freeable {
                    // A lease may be taken between looking and closing: then the next round finds it gone.
                    let _ = journal.free(segment);
                }
                while journal.poll_freed().is_some() {
                    freed.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        settle(&files, &mut journal);
        written.store(true, Ordering::Release);
        let (keys, gaps) = reader.join().unwrap();
        let reads = leaser.join().unwrap();
        assert!(
            keys.windows(2).all(|pair| pair[0] < pair[1]),
            "each once, in order"
        );
        assert!(
            keys.len() as u64 == RECORDS || gaps > 0,
            "{} of {RECORDS}, {gaps} gaps",
            keys.len()
        );
        println!(
            "{} keys, {gaps} gaps, {reads} leased reads, {freed:?} freed",
            keys.len()
        );
    });
    assert!(freed.load(Ordering::Relaxed) > 5, "files were used again");
    fs::remove_dir_all(&path).unwrap();
}
