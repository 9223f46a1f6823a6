//! Replacement, one step after another; under load it is tested in `tests/replacement.rs`.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

#[test]
fn readers_see_what_was_published_last() {
    let mut publisher = Publisher::new(Arc::new(1));
    let (mut early, mut late) = (publisher.reader(), publisher.reader());
    assert_eq!(**early.current(), 1);
    publisher.publish(Arc::new(2)).unwrap();
    publisher.publish(Arc::new(3)).unwrap();
    assert_eq!((**early.current(), **late.current()), (3, 3));
    assert_eq!(*publisher.current(), 3);
    assert_eq!(**publisher.reader().current(), 3);
}

#[test]
fn a_borrowed_snapshot_stays_while_it_is_replaced() {
    let mut publisher = Publisher::new(Arc::new(1));
    let mut reader = publisher.reader();
    let held = reader.current();
    publisher.publish(Arc::new(2)).unwrap();
    assert_eq!(**held, 1);
    assert_eq!(**reader.current(), 2);
}

/// Says which thread dropped it.
#[derive(Debug)]
struct Dropped(Arc<AtomicUsize>, thread::ThreadId);

impl Drop for Dropped {
    fn drop(&mut self) {
        assert_eq!(
            thread::current().id(),
            self.1,
            "a reader must not free a snapshot"
        );
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn snapshots_are_freed_by_the_publisher_alone() {
    let freed = Arc::new(AtomicUsize::new(0));
    let snapshot = || Arc::new(Dropped(Arc::clone(&freed), thread::current().id()));
    let mut publisher = Publisher::new(snapshot());
    let mut reader = publisher.reader();
    for replaced in 1..=3 {
        publisher.publish(snapshot()).unwrap();
        assert_eq!(
            freed.load(Ordering::Relaxed),
            replaced - 1,
            "the reader holds one"
        );
        reader = thread::spawn(move || {
            reader.current();
            reader
        })
        .join()
        .unwrap();
        assert_eq!(publisher.reclaim(), 0);
        assert_eq!(freed.load(Ordering::Relaxed), replaced);
    }
}

#[test]
fn what_readers_hold_is_bounded_and_a_refused_snapshot_changes_nothing() {
    let mut publisher = Publisher::new(Arc::new(0));
    let mut idle: Vec<Reader<usize>> = Vec::new();
    for version in 1..=RETIRED_MAX {
        let mut reader = publisher.reader();
        reader.current();
        idle.push(reader);
        publisher.publish(Arc::new(version)).unwrap();
    }
    let NotTaken(refused) = publisher.publish(Arc::new(99)).expect_err("eight are held");
    assert_eq!((*refused, *publisher.current()), (99, RETIRED_MAX));
    assert_eq!(**idle[0].current(), RETIRED_MAX);
    publisher.publish(refused).unwrap();
    assert_eq!(**idle[0].current(), 99);
    drop(idle);
    assert_eq!(publisher.reclaim(), 0);
}
