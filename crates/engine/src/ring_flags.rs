//! The flag that glommio's rings lack, put in at link time.
//!
//! Stands under the executor: glommio's C library calls `__sys_io_uring_setup`, the linker turns that into the function
//! here (`build.rs`), and this one adds IORING_SETUP_COOP_TASKRUN, without which every completion interrupts the core
//! (14.3 µs a request instead of 7.3 µs). A kernel before 5.19 refuses the flag; then the ring is made without it.
//! Invariant: the call behaves as liburing's own in everything else, its failures included.

use std::cell::Cell;
use std::ffi::{c_int, c_uint};
use std::sync::atomic::{AtomicU64, Ordering};

/// IORING_SETUP_COOP_TASKRUN of `linux/io_uring.h`, since Linux 5.19: completions wait for the next entry into the
/// kernel instead of interrupting the task.
const COOP_TASKRUN: u32 = 1 << 8;

static RINGS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static RINGS_OF_THREAD: Cell<u64> = const { Cell::new(0) };
    /// Descriptors of this thread's rings, with or without the flag; -1 where there are fewer.
    static DESCRIPTORS: Cell<[c_int; RINGS_MAX]> = const { Cell::new([-1; RINGS_MAX]) };
}

/// Rings that are remembered per thread: an executor has three.
const RINGS_MAX: usize = 4;

/// The beginning of `struct io_uring_params`; the rest is not touched.
#[repr(C)]
struct ParamsHead {
    sq_entries: u32,
    cq_entries: u32,
    flags: u32,
}

/// Rings of this process that got the flag.
#[must_use]
pub fn rings() -> u64 {
    RINGS.load(Ordering::Relaxed)
}

/// Rings made on this thread that got the flag: an executor has three.
#[must_use]
pub fn rings_of_thread() -> u64 {
    RINGS_OF_THREAD.with(Cell::get)
}

/// Descriptors of the rings made on this thread.
pub(crate) fn descriptors_of_thread() -> impl Iterator<Item = c_int> {
    DESCRIPTORS.with(Cell::get).into_iter().filter(|ring| *ring >= 0)
}

fn remember(ring: c_int) {
    DESCRIPTORS.with(|known| {
        let mut rings = known.get();
        if let Some(free) = rings.iter_mut().find(|known| **known < 0 || **known == ring) {
            *free = ring;
        }
        known.set(rings);
    });
}

#[expect(
    unsafe_code,
    reason = "declares liburing's own function under the name that the linker gives it"
)]
// SAFETY: the signature is liburing's: entries and a pointer to the parameters, a descriptor or a negative error back.
unsafe extern "C" {
    fn __real___sys_io_uring_setup(entries: c_uint, params: *mut ParamsHead) -> c_int;
}

/// What liburing's calls end up in.
///
/// # Safety
/// `params` points to a whole, writable `struct io_uring_params`, as `io_uring_setup(2)` asks.
#[expect(unsafe_code, reason = "the linker finds the shim by its C name")]
// SAFETY: no other item has this name; it is liburing's with the linker's prefix.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap___sys_io_uring_setup(entries: c_uint, params: *mut ParamsHead) -> c_int {
    // SAFETY: the caller's pointer is valid for the whole structure, of which this is the beginning.
    let flags = unsafe { (*params).flags };
    // SAFETY: as above; nobody else holds the parameters during the call.
    unsafe { (*params).flags = flags | COOP_TASKRUN };
    // SAFETY: the arguments are the caller's, one flag apart.
    let descriptor = unsafe { __real___sys_io_uring_setup(entries, params) };
    if descriptor >= 0 {
        RINGS.fetch_add(1, Ordering::Relaxed);
        RINGS_OF_THREAD.with(|rings| rings.set(rings.get() + 1));
        remember(descriptor);
        return descriptor;
    }
    // SAFETY: as above. The kernel writes the parameters only when it succeeds.
    unsafe { (*params).flags = flags };
    // SAFETY: the arguments are the caller's own.
    let descriptor = unsafe { __real___sys_io_uring_setup(entries, params) };
    if descriptor >= 0 {
        remember(descriptor);
    }
    descriptor
}
