//! Whether more may join those who stand before a listener: by how long they would wait there.
//!
//! Asked by whoever lets connections in, before he does. The kernel keeps who has connected and is not let in yet, in
//! one queue that is served in order; where it has room for thousands and the shard lets in two thousand a second, who
//! is let in has waited for seconds before anything of ours could measure it. How long that takes is how many stand
//! there, over how many were let in a second while somebody stood there: so it is known when somebody joins, not when
//! he is through. Above `overload.target_ms` nobody may join, until it is half of that: what is let in may wait for
//! its turn once more, for half of `overload.slo_ms`, and is to be answered within the whole. Pure: counts and times
//! come in, a verdict goes out.
//!
//! Invariants: where nobody stands the door is open, whatever was before; nobody is kept out before the pace is known;
//! who stands there already is never sent away.

use base::Monotonic;
use profile::Overload;

/// Windows of the pace in `overload.interval_ms`. Until the first is over everybody may join, so it is short; and no
/// shorter, since a shard that begins to be busy lets in more than it will answer. With four, a queue of 4,096 ran full
/// once in half a minute (a fifth of a core, 16,000 SYNs a second); with two, it did not.
const WINDOWS_PER_INTERVAL: u32 = 2;

/// Times `overload.interval_ms` for which a pace is good, should nobody stand there meanwhile: under overload the queue
/// is empty for moments, since SYNs that were not heard come again together, a second later.
const PACE_INTERVALS: u32 = 10;

/// Milliseconds in a second.
const SECOND_MS: u64 = 1_000;

/// What is known of those who stand before one listener.
#[derive(Clone, Copy, Debug, Default)]
pub struct Doorstep {
    /// Since when somebody stands there and is counted, and how many were let in since.
    counted_since: Option<Monotonic>,
    let_in: u32,
    pace: Option<Pace>,
    is_shut: bool,
}

/// How many are let in while somebody stands there.
#[derive(Clone, Copy, Debug)]
struct Pace {
    per_s: u64,
    measured: Monotonic,
}

impl Doorstep {
    /// At this moment so many stand there, and so many were let in since the last time; whether nobody may join them.
    pub fn observe(&mut self, now: Monotonic, standing: u32, let_in: u32, limits: &Overload) -> bool {
        let kept_ms = u64::from(limits.interval_ms.saturating_mul(PACE_INTERVALS));
        self.pace = self.pace.filter(|pace| now.since(pace.measured) <= kept_ms);
        if standing == 0 {
            // Who lets everybody in is as fast as they come, which says nothing of how fast he can be.
            let pace = self.pace;
            *self = Doorstep {
                pace,
                ..Doorstep::default()
            };
            return false;
        }
        self.measure(now, let_in, limits);
        let Some(pace) = self.pace else {
            self.is_shut = false;
            return false;
        };
        let delay_ms = u64::from(standing) * SECOND_MS / pace.per_s.max(1);
        let target_ms = u64::from(limits.target_ms);
        // Once shut, until it is worth while to open again.
        let borne_ms = if self.is_shut { target_ms / 2 } else { target_ms };
        self.is_shut = delay_ms > borne_ms;
        self.is_shut
    }

    /// Whether nobody may join, as of the last time.
    #[must_use]
    pub fn is_shut(&self) -> bool {
        self.is_shut
    }

    fn measure(&mut self, now: Monotonic, let_in: u32, limits: &Overload) {
        let Some(since) = self.counted_since else {
            self.counted_since = Some(now);
            return;
        };
        self.let_in = self.let_in.saturating_add(let_in);
        let counted_ms = now.since(since);
        if counted_ms < u64::from(limits.interval_ms / WINDOWS_PER_INTERVAL).max(1) {
            return;
        }
        let window_per_s = u64::from(self.let_in) * SECOND_MS / counted_ms;
        // They are let in by handfuls: the last four windows or so are one pace.
        let per_s = self
            .pace
            .map_or(window_per_s, |pace| (pace.per_s * 3 + window_per_s) / 4);
        self.pace = Some(Pace { per_s, measured: now });
        self.counted_since = Some(now);
        self.let_in = 0;
    }
}

#[cfg(test)]
mod tests;
