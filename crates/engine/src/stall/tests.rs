//! A turn counts as stalled above the limit, not at it, and as overlong where it worked for so long; the worst is kept.

use super::{Began, STALL_NS, Took, Watch};
use crate::clock::thread_time;
use meter::{Counter, Gauge, ShardMeter};
use std::io::Read;
use std::os::unix::net::UnixStream;

#[test]
fn only_what_is_longer_than_the_limit_is_a_stall() {
    let (meter, mut watch) = (ShardMeter::default(), Watch::default());
    for (clock_ns, own_ns, stalled, overlong, worst_ns) in [
        (1_000, 1_000, 0, 0, 1_000),
        (STALL_NS, STALL_NS, 0, 0, STALL_NS),
        (STALL_NS + 1, STALL_NS, 1, 0, STALL_NS + 1),
        (2_000, 1_000, 1, 0, STALL_NS + 1),
        (50_000_000, 1_000, 2, 0, 50_000_000),
        (STALL_NS + 2, STALL_NS + 1, 3, 1, 50_000_000),
    ] {
        watch.note(Took { clock_ns, own_ns }, &meter);
        assert_eq!(meter.counter(Counter::TurnsStalled), stalled, "{clock_ns}");
        assert_eq!(meter.counter(Counter::TurnsOverlong), overlong, "{clock_ns}");
        assert_eq!(meter.gauge(Gauge::TurnWorst), worst_ns, "{clock_ns}");
    }
}

/// Who waits uses no time of its own, however long it takes.
#[test]
fn a_turn_that_waits_is_not_overlong() {
    let (meter, mut watch) = (ShardMeter::default(), Watch::default());
    let (mut silent, _peer) = UnixStream::pair().expect("a pair of sockets");
    let limit = std::time::Duration::from_nanos(4 * STALL_NS);
    silent.set_read_timeout(Some(limit)).expect("a limit");
    let began = Began::now();
    let _ = silent.read(&mut [0]);
    watch.turn_ended(began, &meter);
    assert_eq!(meter.counter(Counter::TurnsStalled), 1);
    assert_eq!(meter.counter(Counter::TurnsOverlong), 0);
}

/// The canary: who works for longer is found out.
#[test]
fn a_turn_that_works_for_too_long_is_overlong() {
    let (meter, mut watch) = (ShardMeter::default(), Watch::default());
    let began = Began::now();
    while thread_time().0 - began.own.0 <= STALL_NS {
        std::hint::spin_loop();
    }
    watch.turn_ended(began, &meter);
    assert_eq!(meter.counter(Counter::TurnsOverlong), 1);
}
