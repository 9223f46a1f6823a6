//! The allocator of the programs, and how it is set.
//!
//! Beside `main`, in each program of this package. Invariant: memory that was touched once is kept; how much that may
//! be follows from the settings.

use mimalloc::MiMalloc;
use std::ffi::{c_int, c_long};

/// Per-thread heaps: one a shard, no lock between them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// `mi_option_purge_delay` of mimalloc 3's `mimalloc.h`: milliseconds until unused pages are given back, or never (-1).
const PURGE_DELAY: c_int = 15;

/// Keeps the allocator from giving pages back that the next message touches anew. A huge page is cleared at that, which
/// takes 0.1 ms, and in a virtual machine whose host has taken it meanwhile 5 to 14; it is a shard that waits.
#[expect(unsafe_code, reason = "the allocator's options have a C interface only")]
pub(crate) fn keep_pages() {
    // SAFETY: as declared in mimalloc's header, which is linked with the crate `mimalloc`.
    unsafe extern "C" {
        fn mi_option_set(option: c_int, value: c_long);
    }
    // SAFETY: a store of a number into the allocator's table of options; an unknown option is ignored there.
    unsafe { mi_option_set(PURGE_DELAY, -1) };
}
