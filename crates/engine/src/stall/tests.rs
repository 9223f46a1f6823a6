//! A turn counts as stalled above the limit, not at it; the worst one is kept.

use super::{STALL_NS, Watch};
use meter::{Counter, Gauge, ShardMeter, Stamp};

#[test]
fn only_what_is_longer_than_the_limit_is_a_stall() {
    let (meter, mut watch) = (ShardMeter::default(), Watch::default());
    for (took_ns, stalled, worst_ns) in [
        (1_000, 0, 1_000),
        (STALL_NS, 0, STALL_NS),
        (STALL_NS + 1, 1, STALL_NS + 1),
        (2_000, 1, STALL_NS + 1),
        (50_000_000, 2, 50_000_000),
    ] {
        watch.turn_took(Stamp(77), Stamp(77 + took_ns), &meter);
        assert_eq!(meter.counter(Counter::TurnsStalled), stalled, "{took_ns}");
        assert_eq!(meter.gauge(Gauge::TurnWorst), worst_ns, "{took_ns}");
    }
}
