//! How slow a peer may be: deadlines out of limits and counts.
//!
//! Beside the machine, pure. Invariant: each deadline is finite, and a trickle of octets can't push a body's beyond
//! `body_ms_max`.

use crate::limits::Limits;

/// When a body began and when it was last heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BodyTimes {
    pub(crate) started_ms: u64,
    pub(crate) heard_ms: u64,
}

impl BodyTimes {
    /// A body that begins now.
    pub(crate) const fn starting(now_ms: u64) -> Self {
        Self {
            started_ms: now_ms,
            heard_ms: now_ms,
        }
    }

    /// The earliest of: the least rate on average, silence, the whole time.
    pub(crate) fn deadline_ms(self, octets: u64, limits: &Limits) -> u64 {
        let earned_ms = duration_ms(octets, limits.body_octets_per_s_min);
        let by_rate = self
            .started_ms
            .saturating_add(limits.body_grace_ms)
            .saturating_add(earned_ms);
        let by_silence = self.heard_ms.saturating_add(limits.body_stall_ms);
        let by_total = self.started_ms.saturating_add(limits.body_ms_max);
        by_rate.min(by_silence).min(by_total)
    }
}

/// When an answer with a body of `octets` must have left.
pub(crate) fn send_deadline_ms(octets: u64, now_ms: u64, limits: &Limits) -> u64 {
    let needed_ms = duration_ms(octets, limits.send_octets_per_s_min);
    now_ms
        .saturating_add(limits.send_grace_ms)
        .saturating_add(needed_ms)
}

/// The time that `octets` may take at the least rate, in milliseconds.
fn duration_ms(octets: u64, octets_per_s: u32) -> u64 {
    octets
        .saturating_mul(1000)
        .checked_div(u64::from(octets_per_s))
        .unwrap_or(u64::MAX)
}
