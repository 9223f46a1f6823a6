//! Files of sessions: which are believed, which are torn, which are damaged.

use super::*;
use crate::recorder::Recorder;
use apn::{Accounting, BearerRule, Bounds, Change, Facts, Feed, Key, NasName, Realm};
use base::{Msisdn, Now, WallMs};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};

static FOLDERS: AtomicU32 = AtomicU32::new(0);

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ringpost-files-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const NOW: Now = Now {
    wall: WallMs(1_700_000_000_000),
    monotonic: base::Monotonic(0),
};

fn feed() -> Feed {
    Feed::new(
        Bounds {
            sessions_max: 64,
            ..Bounds::default()
        },
        1,
    )
}

/// A session begins at the address; its frames.
fn start(feed: &mut Feed, last: u8) -> Vec<u8> {
    let keys = [Key::address(Realm(1), IpAddr::from([10, 0, 0, last]))];
    let said = Accounting {
        change: Change::Start,
        realm: Realm(1),
        nas: NasName {
            identifier: Some(b"ggsn"),
            address: None,
            source: IpAddr::from([192, 0, 2, 1]),
        },
        session_id: &[last],
        addresses: &keys,
        facts: Facts {
            msisdn: Msisdn::from_digits(b"447700900001"),
            ..Facts::default()
        },
        at: WallSeconds(1_000),
        lasted_s: None,
        bearers: BearerRule::Stop,
        session_stop: false,
    };
    feed.apply(&said, NOW);
    let mut log = Vec::new();
    assert!(feed.take_log(&mut log));
    log
}

/// A folder with a snapshot of one address and a log of two more.
fn kept() -> (Folder, Recorder) {
    let folder = Folder::new();
    let mut feed = feed();
    start(&mut feed, 1);
    let mut recorder = Recorder::begin(&folder.0, 1).unwrap();
    while !recorder.step(&feed, NOW).unwrap() {}
    for last in [2, 3] {
        recorder.append(&start(&mut feed, last)).unwrap();
    }
    (folder, recorder)
}

/// How many addresses a start finds; none where the files are not believed.
fn found(folder: &Folder) -> Option<u64> {
    match load(&folder.0).unwrap().found {
        Found::Whole(files) => {
            let mut feed = feed();
            for octets in files {
                feed.restore(&octets, 10_000, NOW);
            }
            Some(feed.tallies().held)
        }
        Found::Damaged(_) => None,
        Found::Nothing => Some(0),
    }
}

/// Changes a file.
fn change(path: PathBuf, act: impl FnOnce(&mut Vec<u8>)) {
    let mut octets = fs::read(&path).unwrap();
    act(&mut octets);
    fs::write(&path, octets).unwrap();
}

#[test]
fn snapshot_and_log_are_one_map() {
    let (folder, mut recorder) = kept();
    assert_eq!(found(&folder), Some(3));
    // A snapshot that was not finished changes nothing; one that was takes the place of all before.
    recorder.roll().unwrap();
    let mut whole = feed();
    let frames = start(&mut whole, 4);
    recorder.append(&frames).unwrap();
    assert_eq!(found(&folder), Some(4));
    while !recorder.step(&whole, NOW).unwrap() {}
    assert_eq!(found(&folder), Some(1));
    let left = fs::read_dir(&folder.0).unwrap().count();
    assert_eq!((left, load(&folder.0).unwrap().next), (2, 3));
}

#[test]
fn nothing_was_ever_kept_in_an_empty_folder() {
    let folder = Folder::new();
    let kept = load(&folder.0).unwrap();
    assert!(matches!(kept.found, Found::Nothing) && kept.next == 1);
}

#[test]
fn a_torn_end_of_the_last_log_is_cut() {
    for octets in [1, 127, 129, 255] {
        let (folder, _) = kept();
        change(log_path(&folder.0, 1), |log| log.truncate(log.len() - octets));
        let lost = octets.div_ceil(FRAME_OCTETS) as u64;
        assert_eq!(found(&folder), Some(3 - lost), "{octets}");
    }
    let (folder, _) = kept();
    change(log_path(&folder.0, 1), |log| log.extend_from_slice(&[0; 4_096]));
    assert_eq!(found(&folder), Some(3));
}

#[test]
fn damage_is_never_repaired() {
    let (folder, _) = kept();
    let damaged = |path: PathBuf, octets: usize| {
        for at in 0..octets {
            change(path.clone(), |file| file[at] ^= 0x40);
            assert_eq!(found(&folder), None, "{} octet {at}", path.display());
            change(path.clone(), |file| file[at] ^= 0x40);
        }
    };
    let octets = |path: &Path| fs::read(path).unwrap().len();
    let (snapshot, log) = (snapshot_path(&folder.0, 1), log_path(&folder.0, 1));
    damaged(snapshot.clone(), octets(&snapshot));
    // Of the log every octet but those of its last frame, which can't be told from a torn end.
    damaged(log.clone(), octets(&log) - FRAME_OCTETS);
    assert_eq!(found(&folder), Some(3));
    for octets in [1, FRAME_OCTETS, 3 * FRAME_OCTETS] {
        let (folder, _) = kept();
        change(snapshot_path(&folder.0, 1), |snapshot| {
            snapshot.truncate(snapshot.len() - octets)
        });
        assert_eq!(found(&folder), None, "snapshot without {octets}");
    }
    let (folder, _) = kept();
    fs::remove_file(log_path(&folder.0, 1)).unwrap();
    assert_eq!(found(&folder), None, "no log");
    let (folder, _) = kept();
    fs::remove_file(snapshot_path(&folder.0, 1)).unwrap();
    assert_eq!(found(&folder), None, "no snapshot");
    // A log before the last has no torn end.
    let (folder, mut recorder) = kept();
    recorder.roll().unwrap();
    change(log_path(&folder.0, 1), |log| log.truncate(log.len() - 1));
    assert_eq!(found(&folder), None, "a torn log in the middle");
    let (folder, mut recorder) = kept();
    recorder.roll().unwrap();
    recorder.roll().unwrap();
    fs::remove_file(log_path(&folder.0, 2)).unwrap();
    assert_eq!(found(&folder), None, "a log in the middle is missing");
}

#[test]
fn files_of_other_numbers_are_not_taken_for_this_ones() {
    let (folder, _) = kept();
    let (other, mut recorder) = kept();
    recorder.roll().unwrap();
    fs::copy(log_path(&other.0, 2), log_path(&folder.0, 1)).unwrap();
    assert_eq!(found(&folder), None);
}

#[test]
fn a_log_says_until_when_somebody_listened() {
    let (folder, mut recorder) = kept();
    let later = Now {
        wall: WallMs(1_700_000_500_000),
        ..NOW
    };
    recorder.note_alive(later).unwrap();
    let Found::Whole(files) = load(&folder.0).unwrap().found else {
        panic!("not whole")
    };
    assert_eq!(last_alive(&files), WallSeconds(1_700_000_500));
}
