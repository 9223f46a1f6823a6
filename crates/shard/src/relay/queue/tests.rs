//! The queue of one peer: windows, rate, hold, breaker, each by itself.

use super::{Hold, Next, Queue, Share};
use base::{MessageId, Monotonic, Partition};
use profile::peers::Pace;

const NOW: Monotonic = Monotonic(1_000_000);

fn message(number: u64) -> MessageId {
    MessageId::new(Partition::default(), number)
}

fn queue(messages_per_s_max: u32, connections_max: u16, outstanding_max: u32) -> Queue {
    let pace = Pace {
        messages_per_s_max,
        connections_max,
        outstanding_max,
        arrivals_per_s_max: 1,
    };
    let mut queue = Queue::new("alpha".into(), Share::of(&pace, 1));
    (1..=20).for_each(|number| queue.push(message(number)));
    queue
}

/// Begins whatever may begin now; how many that were.
fn begin_all(queue: &mut Queue, now: Monotonic) -> usize {
    let mut begun = 0;
    while let Next::Begin(_) = queue.next(now) {
        queue.begin(now, false);
        begun += 1;
    }
    begun
}

#[test]
fn connections_bound_what_is_under_way() {
    let mut queue = queue(1_000_000, 3, 1_000);
    assert_eq!(begin_all(&mut queue, NOW), 3);
    assert_eq!(queue.next(NOW), Next::Idle);
    queue.end();
    assert_eq!(queue.next(NOW), Next::Begin(message(4)));
}

#[test]
fn the_window_bounds_what_has_no_response() {
    let mut queue = queue(1_000_000, 10, 4);
    assert_eq!(begin_all(&mut queue, NOW), 4);
    for number in 1..=4 {
        queue.end();
        queue.await_response(message(number));
    }
    assert_eq!(queue.next(NOW), Next::Idle);
    // What is sent again has its place.
    queue.push_front(message(2));
    assert_eq!(queue.next(NOW), Next::Begin(message(2)));
    queue.drop_front();
    queue.response_settled(message(3));
    assert_eq!(queue.next(NOW), Next::Begin(message(5)));
}

#[test]
fn two_copies_of_a_message_hold_one_place_until_both_are_settled() {
    let mut queue = queue(1_000_000, 10, 1);
    queue.await_response(message(30));
    queue.await_response(message(30));
    queue.response_settled(message(30));
    assert_eq!((queue.unanswered(), queue.next(NOW)), (1, Next::Idle));
    queue.response_settled(message(30));
    queue.response_settled(message(30));
    assert_eq!(queue.unanswered(), 0);
}

/// In any second no more mails than the profile says, and a tenth of them more where nothing was sent before.
#[test]
fn the_rate_holds() {
    let mut queue = queue(20, 1_000, 1_000);
    let mut begun = 0;
    for ms in 0..1_000 {
        let now = Monotonic(NOW.0 + ms);
        begun += begin_all(&mut queue, now);
        (0..queue.flying()).for_each(|_| queue.end());
        if let Next::At(at) = queue.next(now) {
            assert!(at > now && at.0 <= now.0 + 50);
        }
        queue.push(message(100 + ms));
    }
    assert!((20..=23).contains(&begun), "{begun}");
}

#[test]
fn shards_share_a_peer() {
    let pace = Pace {
        messages_per_s_max: 100,
        connections_max: 3,
        outstanding_max: 1_000,
        arrivals_per_s_max: 1,
    };
    let share = Share::of(&pace, 4);
    assert_eq!(
        (share.connections, share.window, share.interval_us),
        (1, 250, 40_000)
    );
}

#[test]
fn a_held_peer_is_not_sent_to() {
    let mut queue = queue(100, 3, 10);
    queue.hold = Hold::Held;
    assert_eq!(queue.next(NOW), Next::Idle);
    queue.hold = Hold::None;
    assert_eq!(queue.next(NOW), Next::Begin(message(1)));
}

#[test]
fn an_unreachable_peer_is_probed_by_one() {
    let mut queue = queue(1_000_000, 5, 100);
    for _ in 0..3 {
        queue.breaker.lost(NOW, NOW, 0);
    }
    assert_eq!(queue.next(NOW), Next::At(NOW + 1_000));
    assert_eq!(begin_all(&mut queue, NOW + 1_000), 1);
    queue.breaker.answered();
    assert_eq!(begin_all(&mut queue, NOW + 1_000), 4);
}

#[test]
fn order_is_kept_and_nothing_waits_twice_behind_itself() {
    let mut queue = queue(100, 3, 10);
    queue.push(message(20));
    assert_eq!(queue.waiting(), 20);
    queue.begin(NOW, true);
    assert_eq!(queue.front(), Some(message(1)));
    queue.push_front(message(1));
    assert_eq!(queue.waiting(), 20);
}
