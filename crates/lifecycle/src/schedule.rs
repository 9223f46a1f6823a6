//! When the next notification goes out: the operator's schedule, varied at random, and never past the expiry.

use base::WallSeconds;

/// Seconds until the attempt after attempt number `attempts` (1 is the first one). The last entry of the schedule
/// repeats. `noise` is 16 random bits; the wait is varied by up to `jitter_percent` each way, so that phones that
/// came back together do not call back together.
#[must_use]
pub fn wait_s(schedule_s: &[u32], attempts: u8, jitter_percent: u8, noise: u16) -> u32 {
    let index = usize::from(attempts.saturating_sub(1)).min(schedule_s.len().saturating_sub(1));
    let wait = u64::from(schedule_s.get(index).copied().unwrap_or(u32::MAX));
    let spread = wait * u64::from(jitter_percent.min(100)) / 100;
    let shifted = wait - spread + spread * 2 * u64::from(noise) / u64::from(u16::MAX);
    u32::try_from(shifted).unwrap_or(u32::MAX)
}

/// The validity a message gets: what the sender asked for, within the operator's bounds; the longest when the sender
/// asked for none.
#[must_use]
pub fn expiry(asked: Option<WallSeconds>, now: WallSeconds, least_s: u32, longest_s: u32) -> WallSeconds {
    let longest = now + longest_s;
    asked
        .unwrap_or(longest)
        .min(longest)
        .max(now + least_s.min(longest_s))
}
