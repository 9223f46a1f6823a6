//! A mapped segment whose file is cut short: the process names it and stops with code 1.
//!
//! The test starts itself again as a child that installs the handler and then reads beyond the cut.
#![expect(clippy::unwrap_used, reason = "a panic in a test's helper is a failed test")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use journal::{
    AlignedBuffer, AppendClass, Directory, Geometry, Journal, Layout, Location, MappedSegment, Operation,
    Record, Recovered, Settings, SettingsDraft,
};

const CHILD: &str = "RINGPOST_TEST_SIGBUS_FOLDER";
const SEGMENT: u32 = 1 << 20;

/// Writes two groups and answers the place of the second record.
fn write(path: &Path) -> Location {
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
    let settings = Settings::new(draft).unwrap();
    let mut journal = Journal::new(settings, recovery.resume(directory.epoch(), 3));
    files.make_ready(&mut journal).unwrap();
    assert!(journal.octets_left() > 0);
    journal.give_buffer(AlignedBuffer::zeroed(128 << 10)).unwrap();
    let mut locations = Vec::new();
    for key in 0..2 {
        let record = Record {
            kind: 1,
            key,
            header: &[],
            body: &[&[1; 20_000]],
        };
        locations.push(journal.append(AppendClass::State, record).unwrap().location);
        while let Some(operation) = journal.poll_operation() {
            let (id, result) = (operation.id(), files.carry_out(&operation));
            let buffer = match operation {
                Operation::WriteGroup { buffer, .. } => Some(buffer),
                _ => None,
            };
            journal.complete(id, result, buffer).unwrap();
        }
    }
    locations[1]
}

/// The child: maps, cuts the file, reads.
fn child(path: &Path) {
    let location = write(path);
    journal::install_sigbus_handler().unwrap();
    let directory = Directory::open_stopped(path).unwrap();
    let files = directory.journal(&directory.manifest().journals[0]).unwrap();
    let place = journal::Place {
        slot: journal::Slot(0),
        segment: location.segment,
    };
    let mapped = MappedSegment::open_stopped(&files, place).unwrap();
    assert_eq!(mapped.read(location).unwrap().key, 1);
    File::options()
        .write(true)
        .open(files.slot_path(place.slot))
        .unwrap()
        .set_len(8192)
        .unwrap();
    let found = mapped.read(location);
    // Not reached: the read above ends the process.
    println!("read {found:?}");
}

#[test]
fn a_segment_cut_short_under_a_map_is_named() {
    if let Ok(path) = std::env::var(CHILD) {
        return child(Path::new(&path));
    }
    let path =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("journal-sigbus-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    let program = std::env::current_exe().unwrap();
    let name = "a_segment_cut_short_under_a_map_is_named";
    let output = Command::new(program)
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, &path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("fatal: journal 0 segment 1 cannot be read"),
        "{said}"
    );
    assert!(
        !String::from_utf8_lossy(&output.stdout).contains("read Ok"),
        "it went on"
    );
    fs::remove_dir_all(&path).unwrap();
}
