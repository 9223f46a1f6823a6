//! The one timer of a loop of turns: it follows the brain's next deadline.
//!
//! Beside the executor. Invariant: a deadline that moves away costs nothing; the timer that is set already fires early
//! once and is set anew.

use base::Monotonic;
use glommio::timer::Timer;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// A timer that may be set.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    set: Option<(Monotonic, Timer)>,
}

impl Alarm {
    /// Ready when the deadline has come; without one, never. `now` is asked only where the deadline could have come or
    /// the timer must be set.
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
        deadline: Option<Monotonic>,
        now: impl Fn() -> Monotonic,
    ) -> Poll<()> {
        let Some(deadline) = deadline else {
            return Poll::Pending;
        };
        loop {
            if let Some((at, timer)) = &mut self.set
                && *at <= deadline
            {
                if Pin::new(timer).poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.set = None;
            }
            let left_ms = deadline.since(now());
            if left_ms == 0 {
                return Poll::Ready(());
            }
            self.set = Some((deadline, Timer::new(Duration::from_millis(left_ms))));
        }
    }
}
