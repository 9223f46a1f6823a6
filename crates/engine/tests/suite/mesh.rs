//! Between shards: saturation is refused and nothing hangs, and a parked shard is always woken.
//!
//! The canary of the wake-ups: each request here is alone, so a wake that got lost would leave its reader waiting until
//! its deadline.

use crate::harness::{Habit, get, post, start, start_with, subscriber_of, until};
use base::limits::REQUESTS_OUTSTANDING_MAX;
use engine::Options;
use meter::Counter;
use profile::Profile;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[test]
fn a_lone_request_to_a_parked_shard_is_answered_every_time() {
    let spins = [Duration::ZERO, Duration::from_micros(50)];
    for spin_before_park in spins {
        let options = Options {
            spin_before_park,
            ..Options::default()
        };
        let server = start_with(2, &Habit::default(), options, Profile::default());
        let mut client = server.client();
        let numbers = [0, 1].map(|home| subscriber_of(home, 2, 0).to_string());
        for round in 0..2_000 {
            let number = &numbers[round % 2];
            let reply = client.get("/", number);
            assert!(reply.text().contains(number.as_str()));
        }
        assert_eq!(server.counted(Counter::RequestsForwarded), 1_000);
        drop(client);
        server.end();
    }
}

#[test]
fn without_credit_a_post_is_refused_by_the_own_brain_and_a_get_with_503_and_nothing_hangs() {
    let habit = Habit::default();
    habit.holding.store(true, Ordering::SeqCst);
    let server = start(2, &habit);
    let numbers = [0, 1].map(|home| subscriber_of(home, 2, 0).to_string());
    // The kernel spreads the connections; of those on shard 0 there are more than the link has credit for.
    let total = 3 * REQUESTS_OUTSTANDING_MAX;
    let mut clients: Vec<_> = (0..total).map(|_| server.client()).collect();
    for (index, client) in clients.iter_mut().enumerate() {
        let number = &numbers[1];
        client.write(if index % 2 == 0 {
            post("/", number, b"x")
        } else {
            get("/", number).into_bytes()
        });
    }
    // Every request is either held by a brain or was answered 503 (a GET without credit).
    until("every request read", || {
        server.counted(Counter::HttpRequests) == total as u64
    });
    assert!(
        server.counted(Counter::RequestsRefusedBusy) > 0,
        "some connections fell to the other shard"
    );
    habit.holding.store(false, Ordering::SeqCst);
    let (mut served, mut refused_in_pdu, mut refused_in_http) = (0, 0, 0);
    for client in &mut clients {
        let reply = client.reply();
        match reply.status {
            503 => refused_in_http += 1,
            200 if reply.text().contains("refusal=Some(Busy)") => refused_in_pdu += 1,
            200 => served += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!(served + refused_in_pdu + refused_in_http, total);
    assert!(
        refused_in_pdu > 0 && refused_in_http > 0,
        "{refused_in_pdu} {refused_in_http}"
    );
    let forwarded = server.counted(Counter::RequestsForwarded);
    assert_eq!(
        forwarded, REQUESTS_OUTSTANDING_MAX as u64,
        "exactly the credit was used"
    );
    // The credit came back: the same again works.
    for client in &mut clients {
        let reply = client.get("/", &numbers[1]);
        assert_eq!((reply.status, reply.text().contains("refusal=None")), (200, true));
    }
    drop(clients);
    server.end();
}

#[test]
fn many_connections_over_three_shards_get_their_own_answers() {
    let server = start(3, &Habit::default());
    let mut clients: Vec<_> = (0..60).map(|_| server.client()).collect();
    for round in 0..20 {
        for (index, client) in clients.iter_mut().enumerate() {
            let number = subscriber_of((index % 3) as u16, 3, round % 5).to_string();
            for path in ["/a", "/b", "/c"] {
                client.write(get(path, &number));
            }
        }
        for (index, client) in clients.iter_mut().enumerate() {
            let home = index % 3;
            let number = subscriber_of(home as u16, 3, round % 5).to_string();
            for _ in 0..3 {
                let reply = client.reply();
                assert!(
                    reply
                        .text()
                        .starts_with(&format!("shard={home} who={number} GET")),
                    "{}",
                    reply.text()
                );
            }
        }
    }
    drop(clients);
    server.end();
}
