//! The sentences of what remains.

use super::{Remains, Waits};
use base::ShardId;
use shard::UnderWay;

fn check(remains: Remains, sentence: &str) {
    assert_eq!(remains.to_string(), sentence);
}

#[test]
fn what_remains_is_said_by_name() {
    let nothing = Remains::nothing(ShardId(1));
    assert!(nothing.is_nothing());
    check(nothing, "shard 1: nothing");
    check(Remains::silent(ShardId(0)), "shard 0: it does not answer");
    assert!(!Remains::silent(ShardId(0)).is_nothing());
    let remains = Remains {
        connections: 2,
        connection: Some(("127.0.0.1:4711".parse().unwrap(), Waits::Room)),
        brain: UnderWay {
            undurable: 3,
            ..UnderWay::default()
        },
        ..nothing
    };
    assert!(!remains.is_nothing());
    check(
        remains,
        "shard 1: 2 connections (127.0.0.1:4711 waits until its peer reads), 3 appends not on disk",
    );
}
