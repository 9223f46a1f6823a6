//! What the stage histograms cost a message: the carrying and marking of laps, and their recording; ns each.
//!
//! Run: `cargo run --release -p meter --example record_cost`. Beside the crate: nothing depends on it. The
//! stamps' own cost, ten a submission, is the engine's clock's (`engine::stamp`) and not in these figures.

use meter::{Class, Laps, ShardMeter, Stage, Stamp};
use std::hint::black_box;
use std::time::Instant;

/// Messages a run; long enough for the clock, short enough for a look.
const MESSAGES: u64 = 2_000_000;

/// The stages of a submission.
const STAGES: [Stage; 9] = [
    Stage::Accept,
    Stage::Queue,
    Stage::Parse,
    Stage::Admit,
    Stage::Append,
    Stage::Durable,
    Stage::Route,
    Stage::Deliver,
    Stage::Send,
];

#[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
fn now() -> Instant {
    Instant::now()
}

fn laps_of(n: u64) -> Laps {
    let mut laps = Laps::begin(Stamp(n), Class::Mm1Refused);
    let mut at = n;
    for (stage, gap) in STAGES
        .iter()
        .zip([40_000, 900, 700, 400, 9_000, 900_000, 300, 200, 8_000])
    {
        at += gap + n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % gap;
        laps.lap(*stage, Stamp(at));
    }
    laps.count_as(Class::Mm1Submit);
    laps
}

fn main() {
    let meter = ShardMeter::default();
    for run in 1..=5 {
        let began = now();
        for n in 0..MESSAGES {
            black_box(laps_of(black_box(n)));
        }
        let marking = began.elapsed();
        let began = now();
        for n in 0..MESSAGES {
            let laps = laps_of(black_box(n));
            meter.spans.record(&laps);
            if n % 8 == 0 {
                meter.spans.swap_if_wanted();
            }
        }
        let both = began.elapsed();
        let ns = |time: std::time::Duration| time.as_nanos() as f64 / MESSAGES as f64;
        println!(
            "run {run}: {:.1} ns marking 9 stages, {:.1} ns recording them and the total",
            ns(marking),
            ns(both) - ns(marking)
        );
    }
}
