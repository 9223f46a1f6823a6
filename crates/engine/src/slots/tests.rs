//! Tests of the places: limit, generations, answers, and the wheel's laziness.

use super::{SlotId, Slots, TICK_MS, TICKS};
use crate::remains::Waits;
use meter::{Class, Laps, Stamp};
use shard::{Answer, Content};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 4_711);

/// Counts how often it was woken.
#[derive(Default)]
struct Bell(AtomicU32);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn answer(http_status: u16) -> Answer {
    Answer {
        http_status,
        content: Content::Empty,
        retry_after_s: None,
        close: false,
        sent: None,
    }
}

/// Laps that began at this moment.
fn laps(began: u64) -> Laps {
    Laps::begin(Stamp(began), Class::Mm1Refused)
}

fn nudged(slots: &mut Slots, id: SlotId) -> bool {
    slots
        .poll_nudge(id, Waits::Octets, &Context::from_waker(Waker::noop()))
        .is_ready()
}

#[test]
fn the_limit_is_kept_and_places_come_back() {
    let mut slots = Slots::new(2);
    let first = slots.open(PEER).unwrap();
    let second = slots.open(PEER).unwrap();
    assert!(slots.open(PEER).is_none());
    assert_ne!(first.index, second.index);
    slots.close(first);
    assert_eq!(slots.open_count(), 1);
    let third = slots.open(PEER).unwrap();
    assert_eq!(third.index, first.index);
    assert_ne!(third.generation, first.generation);
    slots.close(first);
    assert_eq!(slots.open_count(), 2, "an old name closes nothing");
}

#[test]
fn an_answer_wakes_its_connection_and_no_later_one() {
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let context = Context::from_waker(&waker);
    let mut slots = Slots::new(1);
    let old = slots.open(PEER).unwrap();
    assert!(slots.poll_answer(old, &context).is_pending());
    slots.close(old);
    let new = slots.open(PEER).unwrap();
    assert!(slots.poll_answer(new, &context).is_pending());
    slots.deliver(old, laps(0), answer(500));
    assert_eq!(bell.0.load(Ordering::Relaxed), 0);
    slots.deliver(new, laps(32), answer(200));
    assert_eq!(bell.0.load(Ordering::Relaxed), 1);
    let Poll::Ready(Some((passed, delivered))) = slots.poll_answer(new, &context) else {
        panic!("the answer is there");
    };
    assert_eq!(delivered.http_status, 200);
    assert_eq!(passed, laps(32), "its laps come with it");
}

#[test]
fn a_deadline_nudges_once_when_it_has_come_and_not_before() {
    for deadline_ms in [1, TICK_MS, 1_000, TICK_MS * TICKS + 5, 10 * TICK_MS * TICKS] {
        let mut slots = Slots::new(1);
        let id = slots.open(PEER).unwrap();
        slots.set_deadline(id, deadline_ms);
        let mut now_ms = 0;
        while now_ms < deadline_ms {
            slots.turn_wheel(now_ms);
            assert!(!nudged(&mut slots, id), "deadline {deadline_ms} at {now_ms}");
            now_ms += TICK_MS / 2;
        }
        slots.turn_wheel(deadline_ms + 2 * TICK_MS);
        assert!(nudged(&mut slots, id), "deadline {deadline_ms}");
        assert!(!nudged(&mut slots, id), "once");
        assert!(!slots.has_deadlines());
    }
}

#[test]
fn a_deadline_that_moved_away_is_kept_lazily_and_a_nearer_one_at_once() {
    let mut slots = Slots::new(1);
    let id = slots.open(PEER).unwrap();
    slots.set_deadline(id, 1_000);
    slots.set_deadline(id, 5_000);
    slots.turn_wheel(2_000);
    assert!(!nudged(&mut slots, id));
    slots.set_deadline(id, 3_000);
    slots.turn_wheel(3_000 + TICK_MS);
    assert!(nudged(&mut slots, id));
}

#[test]
fn a_deadline_set_after_a_long_silence_is_kept() {
    let mut slots = Slots::new(1);
    let id = slots.open(PEER).unwrap();
    let start_ms = 1_000_000_007;
    slots.set_deadline(id, start_ms + 200);
    slots.turn_wheel(start_ms + TICK_MS);
    assert!(!nudged(&mut slots, id));
    slots.turn_wheel(start_ms + 200 + TICK_MS);
    assert!(nudged(&mut slots, id));
}

#[test]
fn a_closed_place_is_never_nudged_by_its_old_deadline() {
    let mut slots = Slots::new(1);
    let old = slots.open(PEER).unwrap();
    slots.set_deadline(old, 100);
    slots.close(old);
    let new = slots.open(PEER).unwrap();
    slots.turn_wheel(1_000);
    assert!(!nudged(&mut slots, new));
}

#[test]
fn a_connection_is_told_of_by_its_peer_and_what_it_waits_for() {
    let mut slots = Slots::new(2);
    assert_eq!(slots.one(), None);
    let first = slots.open(PEER).unwrap();
    assert_eq!(slots.one(), Some((PEER, Waits::Octets)));
    let context = Context::from_waker(Waker::noop());
    assert!(slots.poll_answer(first, &context).is_pending());
    assert_eq!(slots.one(), Some((PEER, Waits::Answer)));
    assert!(slots.poll_nudge(first, Waits::Room, &context).is_pending());
    assert_eq!(slots.one(), Some((PEER, Waits::Room)));
    assert!(
        slots
            .poll_nudge(first, Waits::Acknowledgement, &context)
            .is_pending()
    );
    assert_eq!(slots.one(), Some((PEER, Waits::Acknowledgement)));
    slots.close(first);
    assert_eq!(slots.one(), None);
}
