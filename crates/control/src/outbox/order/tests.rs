//! Numbers rise, stay over restarts, survive torn files and forgotten halves.

use super::{ENTRY_OCTETS, Order};
use std::fs;
use std::path::PathBuf;

/// The order's file of one test; its folder is gone with it.
struct Place(PathBuf);

impl Place {
    fn file(&self) -> PathBuf {
        self.0.join("order")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn place(name: &str) -> Place {
    let folder = std::env::temp_dir().join(format!("ringpost-order-{}-{name}", std::process::id()));
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    Place(folder)
}

#[test]
fn stretches_of_two_journals_get_rising_numbers_that_stay() {
    let place = place("rise");
    let path = place.file();
    let stretches: &[(u32, u64, u64)] = &[
        (0, 0, 4_096),
        (1, 0, 8_192),
        (0, 4_096, 8_192),
        (0, 8_192, 12_288),
        (1, 65_536, 69_632),
    ];
    let mut order = Order::open(&path).unwrap();
    let mut seen = Vec::new();
    for &(journal, from, to) in stretches {
        assert_eq!(order.seq(journal, from), None, "not before it is written");
        order.extend(journal, from, to).unwrap();
        seen.push((journal, from, order.seq(journal, from).unwrap()));
        seen.push((journal, to - 8, order.seq(journal, to - 8).unwrap()));
    }
    assert!(seen.windows(2).all(|pair| pair[0].2 < pair[1].2), "{seen:?}");
    assert_eq!(order.seq(1, 8_192), None, "in no stretch");
    assert_eq!((order.end(0), order.end(1), order.end(2)), (12_288, 69_632, 0));

    let again = Order::open(&path).unwrap();
    for (journal, lsn, seq) in seen {
        assert_eq!(again.seq(journal, lsn), Some(seq));
    }
    assert_eq!(
        (again.entries.len(), again.seq_next),
        (order.entries.len(), order.seq_next)
    );
}

#[test]
fn a_stretch_that_is_known_in_part_gets_numbers_for_the_rest() {
    let place = place("part");
    let mut order = Order::open(&place.file()).unwrap();
    order.extend(3, 0, 4_096).unwrap();
    let known = order.seq(3, 4_088).unwrap();
    order.extend(5, 0, 4_096).unwrap();
    order.extend(3, 0, 8_192).unwrap();
    assert_eq!(order.seq(3, 4_088), Some(known));
    assert!(order.seq(3, 4_096).unwrap() > order.seq(5, 4_088).unwrap());
    let next = order.seq_next;
    order.extend(3, 0, 8_192).unwrap();
    assert_eq!(order.seq_next, next, "nothing new, no numbers");
}

#[test]
fn neighbours_of_one_journal_join() {
    let place = place("join");
    let mut order = Order::open(&place.file()).unwrap();
    for group in 0..100 {
        order.extend(0, group * 4_096, (group + 1) * 4_096).unwrap();
    }
    assert_eq!(order.entries.len(), 1);
    assert_eq!(order.seq(0, 99 * 4_096), Some(1 + 99 * 512));
}

#[test]
fn a_torn_or_spoilt_entry_ends_the_file_and_what_is_appended_then_counts() {
    for spoil in 0..2 {
        let place = place(&format!("torn{spoil}"));
        let path = place.file();
        let mut order = Order::open(&path).unwrap();
        order.extend(0, 0, 4_096).unwrap();
        order.extend(1, 0, 4_096).unwrap();
        let kept = order.seq(0, 8).unwrap();
        let mut octets = fs::read(&path).unwrap();
        match spoil {
            0 => octets.truncate(ENTRY_OCTETS + 5),
            _ => octets[ENTRY_OCTETS + 3] ^= 1,
        }
        fs::write(&path, &octets).unwrap();
        let mut order = Order::open(&path).unwrap();
        assert_eq!((order.seq(0, 8), order.seq(1, 8)), (Some(kept), None));
        order.extend(1, 0, 8_192).unwrap();
        let seq = order.seq(1, 8);
        assert!(seq.is_some());
        assert_eq!(Order::open(&path).unwrap().seq(1, 8), seq);
    }
}

#[test]
fn over_the_limit_the_older_half_is_forgotten_for_good() {
    let place = place("limit");
    let path = place.file();
    let mut order = Order::open_with(&path, 8).unwrap();
    for group in 0..8 {
        order
            .extend((group % 2) as u32, group * 4_096, (group + 1) * 4_096)
            .unwrap();
    }
    let kept = order.seq(1, 7 * 4_096).unwrap();
    assert_eq!(order.seq_min(), 1);
    order.extend(0, 8 * 4_096, 9 * 4_096).unwrap();
    assert!(order.seq_min() > 1 && order.seq_min() <= kept);
    assert_eq!((order.seq(0, 0), order.seq(1, 7 * 4_096)), (None, Some(kept)));
    order.extend(0, 0, 4_096).unwrap();
    assert_eq!(order.seq(0, 0), None, "forgotten stays forgotten");
    let again = Order::open_with(&path, 8).unwrap();
    assert_eq!(
        (again.seq(0, 0), again.seq(1, 7 * 4_096), again.seq_next),
        (None, Some(kept), order.seq_next)
    );
    assert!(fs::metadata(&path).unwrap().len() < 8 * ENTRY_OCTETS as u64);
}
