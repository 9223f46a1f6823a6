//! What the engine times: each request's stages, each turn.
//!
//! Stands outside the engine, where the control plane stands: it orders swaps, wakes the shards, and reads.

use crate::harness::{Habit, Server, get, post, start, subscriber_of, until};
use meter::{Counter, Gathered, Gauge, Stage};
use std::sync::atomic::Ordering;

/// Everything that was recorded since the last time.
fn gathered(server: &Server) -> Vec<Gathered> {
    let wake = server.running.waker();
    server.meters.iter().for_each(|meter| meter.spans.order_swap());
    wake();
    until("the swap of every shard", || {
        server.meters.iter().all(|meter| meter.spans.is_swapped())
    });
    server
        .meters
        .iter()
        .flat_map(|meter| meter.spans.gather())
        .collect()
}

fn count_and_sum(gathered: &[Gathered], wanted: impl Fn(Stage) -> bool) -> (u64, u64) {
    let wanted = gathered.iter().filter(|one| wanted(one.stage));
    wanted.fold((0, 0), |(count, sum_ns), one| {
        let more: u64 = one.cells.iter().map(|(_, n)| n).sum();
        (count + more, sum_ns + one.sum_ns)
    })
}

/// Served here or on another shard, pipelined or not, refused by the edge itself: once each, and the parts tile.
#[test]
fn every_answer_is_recorded_once_and_its_stages_tile() {
    for shards in [1, 2] {
        let server = start(shards, &Habit::default());
        let mut client = server.client();
        for round in 0..10_usize {
            let number = subscriber_of((round % usize::from(shards)) as u16, shards, 0).to_string();
            let mut burst = post("/mmsc", &number, &vec![b'x'; 1 + round * 3_000]);
            burst.extend(get("/abc", &number).into_bytes());
            burst.extend(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
            client.write(burst);
            (0..3).for_each(|_| drop(client.reply()));
        }
        drop(client);
        // A connection's last record is made just after its octets left: its end is seen behind it.
        until("the connection's end", || {
            server
                .meters
                .iter()
                .all(|meter| meter.gauge(Gauge::ConnectionsOpen) == 0)
        });
        let gathered = gathered(&server);
        let (count, total_ns) = count_and_sum(&gathered, |stage| stage == Stage::Total);
        assert_eq!(count, server.counted(Counter::HttpRequests));
        assert_eq!(count, 30);
        let (_, parts_ns) = count_and_sum(&gathered, |stage| stage != Stage::Total);
        assert_eq!(parts_ns, total_ns, "the stages tile");
        let accepted = count_and_sum(&gathered, |stage| stage == Stage::Accept);
        let sent = count_and_sum(&gathered, |stage| stage == Stage::Send);
        assert_eq!((accepted.0, sent.0), (30, 30));
        server.end();
    }
}

/// The canary of the stall detector.
#[test]
fn a_turn_that_stalls_is_counted() {
    let habit = Habit::default();
    let server = start(1, &habit);
    let mut client = server.client();
    habit.stall_ms.store(50, Ordering::SeqCst);
    let number = subscriber_of(0, 1, 0).to_string();
    client.write(post("/mmsc", &number, b"x"));
    drop(client.reply());
    until("a stalled turn", || server.counted(Counter::TurnsStalled) > 0);
    until("a turn at work", || server.counted(Counter::TurnsOverlong) > 0);
    until("its time", || {
        server.meters[0].gauge(Gauge::TurnWorst) >= 49_000_000
    });
    drop(client);
    server.end();
}
