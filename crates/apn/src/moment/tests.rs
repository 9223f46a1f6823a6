//! A model of the kernel's clocks: what is told of a connection against when it was established, at each microsecond.

use super::*;

/// The fine clock is microseconds; a tick is shown from its beginning on.
struct Kernel {
    tick_us: u64,
    /// Where the first tick begins.
    phase_us: u64,
}

impl Kernel {
    fn ticks(&self, us: u64) -> u64 {
        us.saturating_sub(self.phase_us) / self.tick_us
    }

    /// Floored to milliseconds, as everybody reads it.
    fn coarse(&self, us: u64) -> Monotonic {
        Monotonic((self.phase_us + self.ticks(us) * self.tick_us) / 1_000)
    }

    /// As the kernel converts ticks to milliseconds: rounded up where it has to be.
    fn age_ms(&self, from_us: u64, to_us: u64) -> u32 {
        let ticks = self.ticks(to_us) - self.ticks(from_us);
        (ticks * self.tick_us).div_ceil(1_000) as u32
    }

    fn tick_ms(&self) -> u32 {
        self.tick_us.div_ceil(1_000) as u32
    }
}

/// The generation of what was applied at that moment.
fn bound(us: u64) -> Generation {
    Generation::after(Monotonic(us / 1_000), Generation(0))
}

const BEGIN_US: u64 = 5_000_000;

fn kernels() -> impl Iterator<Item = Kernel> {
    let lengths = [1_000, 3_333, 4_000, 10_000];
    lengths.into_iter().flat_map(|tick_us| {
        let phases = (0..tick_us).step_by(331);
        phases.map(move |phase_us| Kernel { tick_us, phase_us })
    })
}

/// Whatever it waited, whatever tick lies between the edge's two readings.
#[test]
fn what_was_established_before_a_binding_is_never_later() {
    for kernel in kernels() {
        for established_us in (BEGIN_US..BEGIN_US + 12_000).step_by(97) {
            for (waited_us, between_us) in [(0, 0), (50, 900), (4_100, 0), (30_000, 11_000), (3_000_000, 10)]
            {
                let read_us = established_us + waited_us;
                let age_ms = kernel.age_ms(established_us, read_us + between_us);
                let told = established(kernel.coarse(read_us), age_ms, kernel.tick_ms());
                for later_us in [1, 400, 1_000, 9_000] {
                    assert!(
                        bound(established_us + later_us) > told,
                        "{established_us} {later_us}"
                    );
                }
            }
        }
    }
}

/// From the moment that the answer may leave on.
#[test]
fn what_is_established_after_the_answer_is_later() {
    for kernel in kernels() {
        for applied_us in (BEGIN_US..BEGIN_US + 12_000).step_by(97) {
            let tellable = tellable_at(Monotonic(applied_us / 1_000), kernel.tick_ms());
            let answered_us = (applied_us..)
                .step_by(50)
                .find(|us| kernel.coarse(*us) >= tellable)
                .unwrap();
            // Three ticks at most: accounting waits some milliseconds for its answer.
            assert!(answered_us - applied_us <= 4 * kernel.tick_us + 8_000);
            for (after_us, waited_us, between_us) in [(0, 0, 0), (20, 0, kernel.tick_us), (700, 25_000, 999)]
            {
                let established_us = answered_us + after_us;
                let read_us = established_us + waited_us;
                let age_ms = kernel.age_ms(established_us, read_us + between_us);
                let told = established(kernel.coarse(read_us), age_ms, kernel.tick_ms());
                assert!(bound(applied_us) <= told, "{applied_us} {after_us} {waited_us}");
            }
        }
    }
}

/// The canary: ticks that are taken for exact would take an earlier holder's connection for the new one's.
#[test]
fn without_the_doubt_it_would_be_wrong() {
    let wrong = kernels().any(|kernel| {
        let established_us = BEGIN_US + kernel.tick_us - 1;
        let read_us = established_us + 40_000;
        let exact = kernel.coarse(read_us).0 - u64::from(kernel.age_ms(established_us, read_us));
        let naive = Generation::before(Monotonic(exact + u64::from(kernel.tick_ms())));
        bound(established_us + 1) <= naive
    });
    assert!(wrong);
}

#[test]
fn what_is_older_than_the_clock_is_before_everything() {
    assert_eq!(established(Monotonic(5), u32::MAX, 4), Generation(0));
}
