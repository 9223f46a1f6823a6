//! What goes in at one side and comes out at the other: messages through a server into a sink, a bounded number
//! between.
//!
//! Over a driver and a sink. Invariants: a message counts when the sink has taken it; no more are between than the
//! bound, so what is measured is the whole way, not the beginning of a queue; both ends of a window are moments of one
//! clock.

use crate::sinks::Sink;
use crate::{BenchError, clock};
use std::time::Duration;

/// Messages between the driver and the sink. Reason: some hundred milliseconds' worth, so that groups, windows and
/// connections are full, and little beside what a window counts.
const BETWEEN_MAX: u64 = 1_000;

/// How long is driven at a time, and waited for the sink.
const SLICE: Duration = Duration::from_millis(5);
const PAUSE: Duration = Duration::from_micros(500);

/// A server that passes nothing on for so long is stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came out in a window.
#[derive(Clone, Copy, Debug)]
pub struct Passed {
    /// Messages that the sink took.
    pub messages: u64,
    /// How long it went.
    pub elapsed: Duration,
}

impl Passed {
    /// Messages a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.messages as f64 / self.elapsed.as_secs_f64()
    }
}

/// Drives for so long. `drive` drives for a slice at most and says how many messages have been sent since the
/// beginning.
///
/// # Errors
/// What the driver says, or that nothing comes out.
pub fn pass(
    time: Duration,
    sink: &Sink,
    mut drive: impl FnMut(Duration) -> Result<u64, BenchError>,
) -> Result<Passed, BenchError> {
    let (begun, before) = (clock(), sink.taken());
    let (mut last, mut moved) = (before, begun);
    let mut sent = drive(Duration::ZERO)?;
    loop {
        let (now, taken) = (clock(), sink.taken());
        if now.duration_since(begun) >= time {
            return Ok(Passed {
                messages: taken - before,
                elapsed: now.duration_since(begun),
            });
        }
        if taken != last {
            (last, moved) = (taken, now);
        } else if now.duration_since(moved) > PATIENCE {
            return Err(BenchError::broken("nothing comes out"));
        }
        if sent.saturating_sub(taken) < BETWEEN_MAX {
            sent = drive(SLICE)?;
        } else {
            std::thread::park_timeout(PAUSE);
        }
    }
}
