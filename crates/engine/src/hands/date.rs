//! The time as the edges write it, formatted once a second.
//!
//! Part of `hands`. Invariant: the wall clock is read once a turn, by the loop of turns; here it is only followed.

use super::Hands;
use base::Now;

impl Hands {
    /// The time for `Date`, formatted once a second.
    pub(crate) fn http_date(&self, now_ms: u64) -> [u8; 29] {
        let unix_s = now_ms.saturating_add(self.wall_offset_ms.get()) / 1_000;
        let (formatted_s, date) = self.date.get();
        if formatted_s == unix_s {
            return date;
        }
        let date = http1::response::http_date(unix_s);
        self.date.set((unix_s, date));
        date
    }

    /// Notes how far the clocks are apart, once a turn.
    pub(crate) fn note_clocks(&self, now: Now) {
        self.wall_offset_ms
            .set(now.wall.0.saturating_sub(now.monotonic.0));
    }
}
