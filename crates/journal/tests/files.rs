//! The files half on a real file system: layout, lock, recovery after a kill, cursors, verify, both write modes.
//!
//! Each test has its own folder under the target's temporary one. Groups are written by this thread as the engine
//! would write them, through [`JournalFiles::carry_out`].
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic in a test's helper is a failed test"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use journal::{
    AlignedBuffer, AppendClass, AppendRefused, Cursor, Damage, Directory, DirectoryError, Epoch, Followed,
    Geometry, Journal, JournalFiles, JournalRole, Layout, Location, Lsn, MappedSegment, Preparer,
    ReadRefused, Record, Recovered, Recovery, Settings, SettingsDraft, Sidecar, WriteMode,
};

const SEGMENT: u32 = 1 << 20;

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("journal-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    path
}

fn layout(journals: u16) -> Layout {
    Layout {
        journals,
        geometry: Geometry::new(SEGMENT).unwrap(),
        partitions: 4096,
    }
}

fn settings() -> Settings {
    let small = SettingsDraft {
        segment_octets: SEGMENT,
        group_octets: 128 << 10,
        ..SettingsDraft::laptop()
    };
    Settings::new(small).unwrap()
}

/// A running journal: writer, files, preparer.
struct Server {
    directory: Directory,
    files: JournalFiles,
    journal: Journal<AlignedBuffer>,
    preparer: Preparer,
    waiting: usize,
    recovery: Recovery,
    found: Vec<(Lsn, Location, u64)>,
}

impl Server {
    fn start(path: &Path) -> Self {
        let directory = Directory::open(path, layout(1)).unwrap();
        let entry = *directory.manifest().open_journals().next().unwrap();
        let files = directory.journal(&entry).unwrap();
        let mut found = Vec::new();
        let mut take = |record: Recovered<'_>| found.push((record.lsn, record.location, record.key));
        let recovery = files.recover(&mut take).unwrap();
        let mut journal = Journal::new(settings(), recovery.resume(directory.epoch(), 11));
        for _ in 0..settings().buffers() {
            journal.give_buffer(AlignedBuffer::zeroed(128 << 10)).unwrap();
        }
        let preparer = Preparer::start(files.clone(), || {}, || {}).unwrap();
        let mut server = Self {
            directory,
            files,
            journal,
            preparer,
            waiting: 0,
            recovery,
            found,
        };
        server.settle();
        server
    }

    /// Carries out everything asked for, groups here, the rest on the preparer.
    fn settle(&mut self) {
        loop {
            while let Some(operation) = self.journal.poll_operation() {
                match self.preparer.submit(operation) {
                    Ok(()) => self.waiting += 1,
                    Err(group) => {
                        let result = self.files.carry_out(&group);
                        let journal::Operation::WriteGroup { id, buffer, .. } = group else {
                            panic!("a group")
                        };
                        self.journal.complete(id, result, Some(buffer)).unwrap();
                    }
                }
            }
            if self.waiting == 0 {
                return;
            }
            let answer = self.preparer.wait().unwrap();
            self.waiting -= 1;
            self.journal.complete(answer.id, answer.result, None).unwrap();
        }
    }

    fn append(&mut self, key: u64, octets: usize) -> (Lsn, Location) {
        let body = vec![key as u8; octets];
        for _ in 0..100 {
            let record = Record {
                kind: 3,
                key,
                header: &key.to_le_bytes(),
                body: &[&body],
            };
            match self.journal.append(AppendClass::New, record) {
                Ok(appended) => return (appended.lsn, appended.location),
                Err(AppendRefused::NoBuffer | AppendRefused::NoSegment) => self.settle(),
                Err(refused) => panic!("{refused}"),
            }
        }
        panic!("refused for ever");
    }
}

#[test]
fn a_directory_has_one_writer_and_many_readers_of_a_stopped_one() {
    let path = folder("lock");
    assert!(matches!(
        Directory::open_stopped(&path),
        Err(DirectoryError::NoData(_))
    ));
    let first = Directory::open(&path, layout(2)).unwrap();
    assert_eq!((first.epoch(), first.manifest().journals.len()), (Epoch(1), 2));
    assert!(matches!(
        Directory::open(&path, layout(2)),
        Err(DirectoryError::Locked(_))
    ));
    assert!(matches!(
        Directory::open_stopped(&path),
        Err(DirectoryError::Locked(_))
    ));
    drop(first);
    let one = Directory::open_stopped(&path).unwrap();
    let two = Directory::open_stopped(&path).unwrap();
    assert!(matches!(
        Directory::open(&path, layout(2)),
        Err(DirectoryError::Locked(_))
    ));
    drop((one, two));
    assert_eq!(Directory::open(&path, layout(2)).unwrap().epoch(), Epoch(2));
    let manifest = path.join("manifest");
    let mut text = fs::read(&manifest).unwrap();
    text[30] ^= 1;
    fs::write(&manifest, text).unwrap();
    assert!(matches!(
        Directory::open(&path, layout(2)),
        Err(DirectoryError::Manifest { .. })
    ));
    fs::remove_dir_all(&path).unwrap();
}

#[test]
fn another_shard_count_adopts_the_old_journals_and_numbers_never_repeat() {
    let path = folder("layout");
    let ids = |directory: &Directory, role| -> Vec<u32> {
        let of_role = directory
            .manifest()
            .journals
            .iter()
            .filter(|entry| entry.role == role);
        of_role.map(|entry| entry.id.0).collect()
    };
    drop(Directory::open(&path, layout(2)).unwrap());
    let mut wider = Directory::open(&path, layout(3)).unwrap();
    assert_eq!(ids(&wider, JournalRole::Open), [2, 3, 4]);
    assert_eq!(ids(&wider, JournalRole::Adopted), [0, 1]);
    assert_eq!(wider.manifest().layout_epoch, 2);
    assert!(wider.retire(journal::JournalId(2)).is_err(), "it is open");
    wider.retire(journal::JournalId(0)).unwrap();
    drop(wider);
    let again = Directory::open(&path, layout(3)).unwrap();
    assert_eq!(
        (ids(&again, JournalRole::Open), ids(&again, JournalRole::Adopted)),
        (vec![2, 3, 4], vec![1])
    );
    assert_eq!(again.manifest().layout_epoch, 2, "the same layout is no change");
    fs::remove_dir_all(&path).unwrap();
}

#[test]
fn logs_without_their_last_manifest_are_refused_and_left_alone() {
    let path = folder("unnamed");
    let manifest = path.join("manifest");
    for journals in [1, 2] {
        let directory = Directory::open(&path, layout(journals)).unwrap();
        for entry in &directory.manifest().journals {
            directory.journal(entry).unwrap();
        }
        fs::copy(&manifest, path.join(format!("manifest-{journals}"))).unwrap();
    }
    let refused = || {
        let is_unnamed = |opened| matches!(opened, Err(DirectoryError::Unnamed(_)));
        assert!(is_unnamed(Directory::open_stopped(&path)));
        assert!(is_unnamed(Directory::open(&path, layout(1))));
        assert!(is_unnamed(Directory::open(&path, layout(2))));
    };
    fs::remove_file(&manifest).unwrap();
    refused();
    fs::copy(path.join("manifest-1"), &manifest).unwrap();
    refused();
    fs::copy(path.join("manifest-2"), &manifest).unwrap();
    Directory::open_stopped(&path).unwrap();
    for journal in ["journal-00000", "journal-00001", "journal-00002"] {
        assert!(path.join(journal).is_dir(), "{journal}");
    }
    fs::remove_dir_all(&path).unwrap();
}

#[test]
fn what_was_durable_is_there_after_every_start() {
    let path = folder("restart");
    let mut known = Vec::new();
    for start in 0..4u64 {
        let mut server = Server::start(&path);
        println!("writes: {}", server.directory.mode());
        assert_eq!(
            server.recovery.problems_total, 0,
            "{:?}",
            server.recovery.problems
        );
        let found: Vec<(Lsn, Location)> = server
            .found
            .iter()
            .map(|&(lsn, location, _)| (lsn, location))
            .collect();
        assert_eq!(found, known, "start {start}");
        if start > 0 {
            let sealed = server
                .recovery
                .segments
                .iter()
                .filter(|report| report.sidecar == Sidecar::Valid);
            assert!(
                sealed.count() as u64 >= start,
                "sealed segments are read from their sidecars"
            );
        }
        for key in 0..40 {
            known.push(server.append(start * 100 + key, 30_000));
        }
        server.settle();
        assert!(known.iter().all(|&(lsn, _)| lsn < server.journal.durable_lsn()));
        if start % 2 == 0 {
            server.journal.request_marker();
            server.settle();
        }
    }
    let stopped = Directory::open_stopped(&path).unwrap();
    let verdict = stopped.verify().unwrap();
    assert!(verdict.is_sound(), "{verdict:?}");
    assert_eq!(verdict.journals[0].records, 160);
    let files = stopped.journal(&stopped.manifest().journals[0]).unwrap();
    let mut dumped = Vec::new();
    files
        .dump(|found| {
            let (header, record) = found.unwrap();
            assert!(header.epoch >= Epoch(1) && record.body.len() == 30_000);
            dumped.push((record.lsn, record.location));
        })
        .unwrap();
    assert_eq!(dumped, known);
    // The tool finds damage and names it.
    let (_, location) = known[5];
    let slot = files.slot_path(journal::Slot(0));
    let mut bytes = fs::read(&slot).unwrap();
    bytes[location.offset as usize + 1000] ^= 1;
    fs::write(&slot, bytes).unwrap();
    let verdict = stopped.verify().unwrap();
    let problem = verdict.journals[0].problems[0];
    assert!(!verdict.is_sound());
    assert_eq!(
        (problem.what, problem.segment, problem.offset),
        (Damage::RecordBytes, location.segment, location.offset)
    );
    fs::remove_dir_all(&path).unwrap();
}

#[test]
fn a_cursor_sees_every_record_once_while_segments_fill_and_go() {
    let path = folder("cursor");
    let mut server = Server::start(&path);
    let published = Arc::clone(server.journal.published());
    let mut cursor = Cursor::new(published, server.files.clone(), Lsn(0));
    assert_eq!(
        cursor.follow(|_| panic!("nothing is there")).unwrap(),
        Followed::UpToDate
    );
    let mut seen = Vec::new();
    let mut written = Vec::new();
    let follow = |cursor: &mut Cursor, seen: &mut Vec<u64>| loop {
        let followed = cursor.follow(|record| {
            assert_eq!(record.header, record.key.to_le_bytes());
            seen.push(record.key);
        });
        match followed.unwrap() {
            Followed::UpToDate => return,
            Followed::Records(_) => {}
            other => panic!("{other:?}"),
        }
    };
    for key in 0..120 {
        server.append(key, 25_000);
        written.push(key);
        if key % 3 == 0 {
            server.settle();
        }
        if key % 10 == 0 {
            follow(&mut cursor, &mut seen);
        }
    }
    server.settle();
    follow(&mut cursor, &mut seen);
    assert_eq!(seen, written);
    // A reader that comes back later goes on where it was.
    let place = cursor.position();
    drop(cursor);
    server.append(500, 10);
    server.settle();
    let published = Arc::clone(server.journal.published());
    let mut again = Cursor::new(Arc::clone(&published), server.files.clone(), place);
    seen.clear();
    follow(&mut again, &mut seen);
    assert_eq!(seen, [500]);
    // One that comes back too late is told so.
    let segments: Vec<_> = server.journal.freeable().collect();
    assert!(segments.len() >= 2);
    let mut late = Cursor::new(
        published,
        server.files.clone(),
        settings().geometry().lsn(segments[0], 0),
    );
    for segment in &segments {
        server.journal.free(*segment).unwrap();
    }
    server.settle();
    assert_eq!(
        late.follow(|_| {}).unwrap(),
        Followed::Gap { wanted: segments[0] }
    );
    assert!(matches!(late.follow(|_| {}).unwrap(), Followed::Records(_)));
    fs::remove_dir_all(&path).unwrap();
}

#[test]
fn a_mapped_segment_holds_its_lease_and_reads_only_what_is_there() {
    let path = folder("mapped");
    let mut server = Server::start(&path);
    let placed: Vec<(Lsn, Location)> = (0..60).map(|key| server.append(key, 30_000)).collect();
    server.settle();
    let location = placed[3].1;
    let published = Arc::clone(server.journal.published());
    let mapped = MappedSegment::open(&server.files, published.lease(location.segment).unwrap()).unwrap();
    let record = mapped.read(location).unwrap();
    assert_eq!((record.key, record.body), (3, [3u8; 30_000].as_slice()));
    assert!(server.journal.free(location.segment).is_err(), "leased");
    let longer = Location {
        length: location.length + 1,
        ..location
    };
    assert_eq!(mapped.read(longer), Err(ReadRefused::NotThere));
    let outside = Location {
        offset: SEGMENT - 16,
        ..location
    };
    assert_eq!(mapped.read(outside), Err(ReadRefused::Outside));
    let elsewhere = Location {
        segment: journal::SegmentSequence(99),
        ..location
    };
    assert_eq!(mapped.read(elsewhere), Err(ReadRefused::NotThere));
    assert!(mapped.scan().count() > 5);
    drop(mapped);
    server.journal.free(location.segment).unwrap();
    server.settle();
    assert_eq!(server.journal.poll_freed(), Some(location.segment));
    assert!(published.lease(location.segment).is_none());
    fs::remove_dir_all(&path).unwrap();
}

#[test]
fn both_write_modes_are_durable_and_the_probe_chooses() {
    let path = folder("modes");
    fs::create_dir_all(&path).unwrap();
    let probed = journal::probe_write_mode(&path).unwrap();
    println!("{} allows {probed}", path.display());
    let shm = Path::new("/dev/shm");
    if shm.is_dir() {
        println!("/dev/shm allows {}", journal::probe_write_mode(shm).unwrap());
    }
    assert!(
        matches!(journal::probe_write_mode(&path.join("missing")), Err(error) if error.raw_os_error() == Some(2))
    );
    let identity = journal::JournalIdentity {
        journal: journal::JournalId(1),
        geometry: layout(1).geometry,
    };
    for mode in [probed, WriteMode::Buffered] {
        let files = JournalFiles::open(path.join(format!("{mode:?}")), identity, mode).unwrap();
        let resume = journal::Resume::fresh(identity.journal, Epoch(1), 5);
        let mut journal: Journal<AlignedBuffer> = Journal::new(settings(), resume);
        journal.give_buffer(AlignedBuffer::zeroed(128 << 10)).unwrap();
        let mut appended = 0;
        for _ in 0..20 {
            let record = Record {
                kind: 1,
                key: 1,
                header: &[],
                body: &[&[7; 5000]],
            };
            appended += u64::from(journal.append(AppendClass::New, record).is_ok());
            while let Some(operation) = journal.poll_operation() {
                let result = files.carry_out(&operation);
                let id = operation.id();
                let buffer = match operation {
                    journal::Operation::WriteGroup { buffer, .. } => Some(buffer),
                    _ => None,
                };
                journal.complete(id, result, buffer).unwrap();
            }
        }
        let recovery = files.recover(&mut |_: Recovered<'_>| {}).unwrap();
        assert!(
            appended >= 19 && recovery.records == appended,
            "{mode}: {appended} {recovery:?}"
        );
    }
    fs::remove_dir_all(&path).unwrap();
}

#[test]
fn a_file_that_vanished_is_missed() {
    let path = folder("missing");
    let mut server = Server::start(&path);
    for key in 0..60 {
        server.append(key, 30_000);
    }
    server.settle();
    let gone = server.files.slot_path(journal::Slot(0));
    drop(server);
    fs::remove_file(gone).unwrap();
    let stopped = Directory::open_stopped(&path).unwrap();
    let verdict = stopped.verify().unwrap();
    assert_eq!(verdict.journals[0].problems[0].what, Damage::SlotMissing);
    assert!(!verdict.is_sound());
    fs::remove_dir_all(&path).unwrap();
}
