//! The harness: an engine with a fake brain on loopback, and a client that writes and reads whole octets.
//!
//! Stands where program and phones stand. The fake brain answers at once with what it was told, so that a test sees
//! which shard served whom; it may also keep its answers until it is told to let go. Invariants: every port is the
//! kernel's choice, every read has a deadline, nothing sleeps.

mod client;
mod fake;
mod keeper;

pub(crate) use client::{Client, get, post};
pub(crate) use fake::{Fake, Habit};
pub(crate) use keeper::{Keeper, settings as keeper_settings};

use base::{Msisdn, Partition, ShardId};
use engine::{DiskSeat, Engine, Listeners, Options, Running, ShardStart};
use meter::{Counter, ShardMeter};
use profile::Profile;
use std::net::SocketAddr;
use std::sync::Arc;

/// An engine under test.
pub(crate) struct Server {
    pub(crate) running: Running,
    pub(crate) meters: Vec<Arc<ShardMeter>>,
}

/// Loopback, any port.
pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// Starts with default options.
pub(crate) fn start(shards: u16, habit: &Habit) -> Server {
    start_with(shards, habit, Options::default(), Profile::default())
}

/// Starts with these options on loopback.
pub(crate) fn start_with(shards: u16, habit: &Habit, options: Options, profile: Profile) -> Server {
    let listeners = Listeners::bind(&[loopback()], shards).unwrap();
    start_on(listeners, shards, habit, options, profile)
}

/// Starts on these listeners.
pub(crate) fn start_on(
    listeners: Listeners,
    shards: u16,
    habit: &Habit,
    options: Options,
    profile: Profile,
) -> Server {
    let options = Options {
        group_buffers_octets: 64 << 10,
        ..options
    };
    let meters: Vec<Arc<ShardMeter>> = (0..shards).map(|_| Arc::default()).collect();
    let starts = meters
        .iter()
        .map(|meter| {
            let habit = habit.clone();
            ShardStart {
                mm4: None,
                meter: Arc::clone(meter),
                disk: DiskSeat::Absent,
                brain: move |shard| Fake::new(shard, habit),
            }
        })
        .collect();
    let running = Engine::start(options, listeners, Arc::new(profile), starts).unwrap();
    Server { running, meters }
}

impl Server {
    pub(crate) fn address(&self) -> SocketAddr {
        self.running.addresses()[0]
    }

    /// A connected client.
    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address())
    }

    /// A counter over all shards.
    pub(crate) fn counted(&self, counter: Counter) -> u64 {
        self.meters.iter().map(|meter| meter.counter(counter)).sum()
    }

    /// Drains and joins; everything must end well.
    pub(crate) fn end(mut self) {
        let drained = self.running.drain(std::time::Duration::from_secs(20));
        assert_eq!(drained, engine::Drained::Whole);
        self.running.join().unwrap();
    }
}

/// A subscriber whose home is that shard, the `nth` of them.
pub(crate) fn subscriber_of(shard: u16, shards: u16, nth: usize) -> Msisdn {
    (0..100_u32)
        .filter_map(|last| Msisdn::from_digits(format!("4477009000{last:02}").as_bytes()))
        .filter(|&subscriber| Partition::of(subscriber).home(shards) == ShardId(shard))
        .nth(nth)
        .unwrap()
}

/// Spins until the condition holds; for what only a counter tells. Fails after the client's patience.
pub(crate) fn until(what: &str, condition: impl Fn() -> bool) {
    #[expect(clippy::disallowed_methods, reason = "a test's deadline is real time")]
    let start = std::time::Instant::now();
    while !condition() {
        assert!(start.elapsed() < client::PATIENCE, "it never came to {what}");
        std::thread::yield_now();
    }
}
