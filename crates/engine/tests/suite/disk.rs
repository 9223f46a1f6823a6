//! The disk: what was answered is on it, whichever way it takes writes, and can be read back through the ring.
//!
//! With the harness's keeping brain and a real data directory in a folder of the test's own. Invariant: every body that
//! was answered is found by recovery, in order; nothing else is.

use crate::harness::{Client, Keeper, keeper_settings, loopback};
use engine::{DiskSeat, Drained, Engine, Listeners, Options, Running, ShardStart};
use journal::{Directory, JournalFiles, Layout, Recovered, Resume, WriteMode};
use meter::{Counter, ShardMeter};
use profile::Profile;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A folder of this test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("engine-disk-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind in the folder for temporary files harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn open(folder: &Folder, mode: Option<WriteMode>) -> (Directory, JournalFiles) {
    let layout = Layout {
        journals: 1,
        geometry: keeper_settings().geometry(),
        partitions: u32::from(base::id::PARTITIONS),
    };
    let directory = Directory::open(&folder.0, layout).unwrap();
    let entry = directory.manifest().journals[0];
    let files = directory.journal(&entry).unwrap();
    let files = match mode {
        None => files,
        Some(mode) => JournalFiles::open(folder.0.join("journal-00000"), files.identity(), mode).unwrap(),
    };
    (directory, files)
}

fn start(seat: DiskSeat, directory: &Directory) -> (Running, Arc<ShardMeter>) {
    let resume = Resume::fresh(directory.manifest().journals[0].id, directory.epoch(), 7);
    let meter: Arc<ShardMeter> = Arc::default();
    let start = ShardStart {
        mm4: None,
        meter: Arc::clone(&meter),
        disk: seat,
        brain: move |_| Keeper::new(resume),
    };
    let listeners = Listeners::bind(&[loopback()], 1).unwrap();
    let profile = Arc::new(Profile::default());
    let running = Engine::start(Options::default(), listeners, profile, vec![start]).unwrap();
    (running, meter)
}

fn end(mut running: Running) {
    assert_eq!(running.drain(Duration::from_secs(20)), Drained::Whole);
    running.join().unwrap();
}

/// The lengths of all bodies on the disk, in log order.
fn recovered(files: &JournalFiles) -> Vec<u32> {
    let mut bodies = Vec::new();
    let recovery = files
        .recover(&mut |record: Recovered<'_>| bodies.push(record.body_octets))
        .unwrap();
    assert!(recovery.problems.is_empty(), "{:?}", recovery.problems);
    bodies
}

/// Bodies of many sizes, several segments' worth.
fn keep_and_read_back(client: &mut Client) -> Vec<u32> {
    let mut kept = Vec::new();
    for round in 0..150_u32 {
        let octets = round * 997 % 120_000 + 1;
        let body = vec![round as u8; octets as usize];
        let reply = client.post("/", "+447700900001", &body);
        assert_eq!(reply.text(), "kept");
        kept.push(octets);
        if round % 10 == 0 {
            assert!(client.get("/", "+447700900001").body == body, "round {round}");
        }
    }
    kept
}

fn check(name: &str, mode: Option<WriteMode>) {
    let folder = Folder::new(name);
    let (directory, files) = open(&folder, mode);
    let (running, meter) = start(DiskSeat::Files(files.clone()), &directory);
    let mut client = Client::connect(running.addresses()[0]);
    let kept = keep_and_read_back(&mut client);
    assert!(meter.counter(Counter::DiskWrites) >= 150);
    assert_eq!(meter.counter(Counter::DiskReads), 15);
    drop(client);
    end(running);
    assert_eq!(recovered(&files), kept);
}

#[test]
fn what_was_answered_is_on_the_disk_and_read_back() {
    check("as-probed", None);
}

#[test]
fn the_same_through_the_page_cache() {
    check("buffered", Some(WriteMode::Buffered));
}

#[test]
fn a_lull_writes_the_marker_group() {
    let folder = Folder::new("lull");
    let (directory, files) = open(&folder, None);
    let (running, meter) = start(DiskSeat::Files(files), &directory);
    let mut client = Client::connect(running.addresses()[0]);
    let before = meter.counter(Counter::DiskWrites);
    assert_eq!(client.post("/", "+447700900001", b"x").text(), "kept");
    // The record's group and the marker's; the lull may have come before this thread looks.
    crate::harness::until("the marker", || meter.counter(Counter::DiskWrites) >= before + 2);
    drop(client);
    end(running);
}

#[cfg(feature = "fault")]
#[test]
fn a_disk_with_faults_sits_in_the_same_place() {
    let folder = Folder::new("faulty");
    let (directory, files) = open(&folder, None);
    let plan = "forget:seed=7,slow=3,reorder=1".parse().unwrap();
    let (running, _) = start(DiskSeat::Faulty(files.clone(), plan), &directory);
    let mut client = Client::connect(running.addresses()[0]);
    let kept: Vec<u32> = (1..40).collect();
    for &octets in &kept {
        assert_eq!(
            client
                .post("/", "+447700900001", &vec![1; octets as usize])
                .text(),
            "kept"
        );
    }
    drop(client);
    end(running);
    assert_eq!(recovered(&files), kept);
}
