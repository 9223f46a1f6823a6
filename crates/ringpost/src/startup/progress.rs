//! Tells the operator how far recovery is: a line a second on standard error, and a line for each damaged place.
//!
//! Beside the scan. Invariant: it changes nothing and costs nothing worth mentioning: the clock is read once a segment.

use journal::{Progress, Recovered, Recovery, RecoveryVisitor};
use std::time::{Duration, Instant};

/// At most this often.
const EVERY: Duration = Duration::from_secs(1);

/// A visitor that passes records on and tells of progress.
pub(super) struct Teller<F> {
    take: F,
    told: Instant,
    octets: u64,
}

impl<F: FnMut(Recovered<'_>)> Teller<F> {
    pub(super) fn new(take: F) -> Teller<F> {
        #[expect(clippy::disallowed_methods, reason = "progress is told in real time")]
        let told = Instant::now();
        Teller {
            take,
            told,
            octets: 0,
        }
    }

    /// Octets of segments walked or passed over.
    pub(super) fn octets(&self) -> u64 {
        self.octets
    }
}

impl<F: FnMut(Recovered<'_>)> RecoveryVisitor for Teller<F> {
    fn record(&mut self, record: Recovered<'_>) {
        (self.take)(record);
    }

    fn progress(&mut self, progress: Progress) {
        self.octets = progress.octets_done;
        if self.told.elapsed() >= EVERY {
            self.told += EVERY;
            eprintln!(
                "recovering {}: {} of {} segments, {} MiB",
                progress.journal,
                progress.segments_done,
                progress.segments,
                progress.octets_done >> 20
            );
        }
    }
}

/// Names each damaged place.
pub(super) fn tell_problems(recovery: &Recovery) {
    for problem in &recovery.problems {
        eprintln!("{}: {problem}", recovery.journal);
    }
}
