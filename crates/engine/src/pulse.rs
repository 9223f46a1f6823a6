//! A shard's pulse: a timer that is always set, so that no executor sleeps for good on tasks that could run.
//!
//! Beside the executor. glommio 0.9 looks for a reason to yield before it runs the first task of a round (its
//! preemption timer, 100 ms, or a bell that rang meanwhile). Where there is one it takes the round for empty, and
//! parks: what was woken lies until the next event. A thread that gets no processor for that long meets it, about once
//! in a thousand starts on a busy machine; with no connection yet there is no next event, and the start never ended.
//! Invariant: one task on each executor, from its first moment to its last; it does nothing else, a turn least of all.

use std::time::Duration;

/// Between two beats. Reason: as long as a sleep on what could run may go on, well below what anybody waits for; fifty
/// wakes a second took seven thousandths of a slow core (a build for tests, beside others; without them, nothing).
const BEAT: Duration = Duration::from_millis(20);

/// Beats until the executor ends.
pub(crate) async fn beat() {
    loop {
        glommio::timer::sleep(BEAT).await;
    }
}
