//! An allocator that counts, for programs that say what a message allocates.
//!
//! Beside the flow; only `counted` and `memory` use it, so that no timed server pays for it. Invariants: every call is
//! passed on to the product's allocator unchanged; counters are relaxed and exact once the threads rest.

use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// The allocator.
#[derive(Debug)]
pub struct Counting;

static INNER: MiMalloc = MiMalloc;
static CALLS: AtomicU64 = AtomicU64::new(0);
static OCTETS: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicI64 = AtomicI64::new(0);

/// What was counted since the program began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls that gave memory: allocations and reallocations.
    pub calls: u64,
    /// Octets that they asked for.
    pub octets: u64,
    /// Octets held now, as asked for: without the allocator's own rounding.
    pub live: i64,
}

/// Reads the counters.
#[must_use]
pub fn counts() -> Counts {
    Counts {
        calls: CALLS.load(Ordering::Relaxed),
        octets: OCTETS.load(Ordering::Relaxed),
        live: LIVE.load(Ordering::Relaxed),
    }
}

fn count(octets: usize, live: i64) {
    CALLS.fetch_add(1, Ordering::Relaxed);
    OCTETS.fetch_add(octets as u64, Ordering::Relaxed);
    LIVE.fetch_add(live, Ordering::Relaxed);
}

#[expect(unsafe_code, reason = "an allocator that counts must be an allocator")]
// SAFETY: every call is passed on unchanged, and counting touches only atomics, which need no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), layout.size() as i64);
        // SAFETY: as for this call.
        unsafe { INNER.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), layout.size() as i64);
        // SAFETY: as for this call.
        unsafe { INNER.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, octets: usize) -> *mut u8 {
        count(octets, octets as i64 - layout.size() as i64);
        // SAFETY: as for this call.
        unsafe { INNER.realloc(pointer, layout, octets) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as i64, Ordering::Relaxed);
        // SAFETY: as for this call.
        unsafe { INNER.dealloc(pointer, layout) }
    }
}
