//! Shards' meters, used again: their histograms are large, and a run starts shards by the dozen.
//!
//! Under `node` and `world`. A kernel's zero pages are free, those of memory that was used before are not. Invariant: a
//! counter counts from when its meter was taken; what is in the histograms is nobody's here.

use meter::{Counter, ShardMeter};
use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;

/// Meters kept: more shards than a run has at once.
const KEPT_MAX: usize = 8;

thread_local! {
    static SPARE: RefCell<Vec<Arc<ShardMeter>>> = const { RefCell::new(Vec::new()) };
}

/// A meter that counts from when it was taken.
#[derive(Debug)]
pub struct Meter {
    meter: Arc<ShardMeter>,
    begun: Vec<u64>,
}

impl Meter {
    /// A new one, or one that nobody uses any more.
    #[must_use]
    pub fn take() -> Meter {
        let spare = SPARE.with_borrow_mut(Vec::pop);
        let meter = spare.unwrap_or_default();
        let begun = Counter::ALL.map(|counter| meter.counter(counter)).to_vec();
        Meter { meter, begun }
    }

    /// What was counted since it was taken.
    #[must_use]
    pub fn counter(&self, counter: Counter) -> u64 {
        self.meter.counter(counter) - self.begun[counter as usize]
    }

    /// For the shard.
    #[must_use]
    pub fn shared(&self) -> Arc<ShardMeter> {
        Arc::clone(&self.meter)
    }
}

impl Deref for Meter {
    type Target = ShardMeter;

    fn deref(&self) -> &ShardMeter {
        &self.meter
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        SPARE.with_borrow_mut(|spare| {
            if spare.len() < KEPT_MAX {
                spare.push(Arc::clone(&self.meter));
            }
        });
    }
}
