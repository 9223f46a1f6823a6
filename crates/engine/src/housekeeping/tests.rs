//! Which cores are left, and that a thread is moved off the core that it would inherit.

use super::Housekeeping;
use crate::preflight;

#[test]
fn what_is_left_by_the_shards() {
    for (allowed, shards, cores) in [
        (vec![0, 1, 2, 3], vec![0, 1], vec![2, 3]),
        (vec![4, 6], vec![6], vec![4]),
        // No core to spare: anywhere.
        (vec![0, 1], vec![0, 1], vec![0, 1]),
        // Shards that are not pinned leave all.
        (vec![0, 1], vec![], vec![0, 1]),
        (vec![], vec![], vec![]),
    ] {
        let found = Housekeeping::beside(&allowed, &shards);
        assert_eq!(*found.cores, *cores, "{allowed:?} less {shards:?}");
    }
}

#[test]
fn a_thread_settles_on_them_and_steps_back() {
    let allowed = preflight::cores();
    let (first, rest) = allowed.split_first().unwrap();
    let housekeeping = Housekeeping::beside(&allowed, &[*first]);
    let thread = std::thread::spawn(move || {
        housekeeping.settle();
        (preflight::cores(), nice())
    });
    let (cores, nice) = thread.join().unwrap();
    // A machine of one core has no other.
    let left = if rest.is_empty() { &allowed } else { rest };
    assert_eq!(cores, left);
    assert!(nice >= 10, "{nice}");
}

/// The calling thread's nice value.
fn nice() -> i64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    let behind_name = stat.rsplit_once(')').unwrap().1;
    behind_name.split_whitespace().nth(16).unwrap().parse().unwrap()
}
