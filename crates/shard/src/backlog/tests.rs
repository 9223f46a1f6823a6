//! The order of what waits, and its bounds.

use super::{Backlog, Queued, Waiting};
use crate::request::{Method, ReplyTo, Request};
use base::{Monotonic, ShardId, limits};
use meter::{Class, Laps, Stamp};

const SEND_REQ: &[u8] = b"\x8c\x80\x98T\x00";
const FORWARD_REQ: &[u8] = b"\x8c\x89\x98T\x00";
const NOTIFY_RESP: &[u8] = b"\x8c\x83\x98T\x00";

fn queued(since: u64, slot: u32, body: &[u8]) -> Queued {
    let reply_to = ReplyTo {
        shard: ShardId(0),
        slot,
        generation: 0,
        laps: Laps::begin(Stamp(0), Class::Mm1Refused),
    };
    Queued::request(
        Monotonic(since),
        Box::new(Request {
            reply_to,
            subscriber: None,
            method: if body.is_empty() {
                Method::Get
            } else {
                Method::Post
            },
            token: None,
            body: body.to_vec().into(),
            oversize: None,
            refusal: None,
        }),
    )
}

fn slot(queued: &Queued) -> u32 {
    match &queued.what {
        Waiting::Request(request) => request.reply_to.slot,
        Waiting::Arrival(arrival) => arrival.reply_to.slot,
    }
}

fn order(backlog: &mut Backlog) -> Vec<u32> {
    std::iter::from_fn(|| backlog.pop())
        .map(|queued| slot(&queued))
        .collect()
}

#[test]
fn what_settles_goes_first_and_new_ones_are_not_starved() {
    let mut backlog = Backlog::default();
    for slot in 0..3 {
        let body = if slot == 1 { FORWARD_REQ } else { SEND_REQ };
        assert!(backlog.push(queued(u64::from(slot), slot, body)).is_ok());
    }
    for slot in 10..25 {
        let body = if slot % 2 == 0 { NOTIFY_RESP } else { &[] };
        assert!(backlog.push(queued(u64::from(slot), slot, body)).is_ok());
    }
    assert_eq!(backlog.oldest_since(), Some(Monotonic(0)));
    let expected = [
        10, 11, 12, 13, 14, 15, 16, 0, 17, 18, 19, 20, 21, 22, 23, 1, 24, 2,
    ];
    assert_eq!(order(&mut backlog), expected);
    assert!(backlog.is_empty());
}

#[test]
fn what_is_put_back_is_next_and_the_late_go_from_the_front() {
    let mut backlog = Backlog::default();
    for slot in 0..4 {
        assert!(backlog.push(queued(10 * u64::from(slot), slot, SEND_REQ)).is_ok());
    }
    let first = backlog.pop().map(|queued| backlog.put_back(queued));
    assert!(first.is_some());
    let late =
        |backlog: &mut Backlog, before| backlog.pop_late(Monotonic(before)).map(|queued| slot(&queued));
    assert_eq!(late(&mut backlog, 0), None);
    assert_eq!(late(&mut backlog, 11), Some(0));
    assert_eq!(late(&mut backlog, 11), Some(1));
    assert_eq!(late(&mut backlog, 11), None);
    assert_eq!(backlog.beginning_since(), Some(Monotonic(20)));
    assert_eq!(order(&mut backlog), [2, 3]);
}

#[test]
fn each_class_has_its_bound() {
    let mut backlog = Backlog::default();
    for _ in 0..limits::BACKLOG_REQUESTS_MAX {
        assert!(backlog.push(queued(0, 0, SEND_REQ)).is_ok());
    }
    assert!(backlog.push(queued(0, 7, SEND_REQ)).is_err());
    assert!(backlog.push(queued(0, 8, NOTIFY_RESP)).is_ok());
    assert_eq!(backlog.pop().map(|queued| slot(&queued)), Some(8));
}
