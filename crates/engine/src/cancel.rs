//! Taking a pending accept back from the kernel, so that it takes no connection which somebody else is to have.
//!
//! Used once per listener, at a shard's end. An accept that is under way in a ring takes the next connection even
//! though nobody waits for its result any more: that connection would be served by nobody. IORING_REGISTER_SYNC_CANCEL
//! ends it at once, and its completion then says which of the two came first. Invariant: only operations on the named
//! descriptor in this thread's rings are ended. A kernel before 6.0 can't; there the accept's future is dropped, and
//! one connection per listener may be cut.

use crate::ring_flags::descriptors_of_thread;
use std::os::fd::RawFd;

/// IORING_REGISTER_SYNC_CANCEL of `linux/io_uring.h`, since Linux 6.0.
const REGISTER_SYNC_CANCEL: libc::c_uint = 24;

/// IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_FD: every operation on the descriptor.
const ALL_OF_DESCRIPTOR: u32 = 1 | 1 << 1;

/// `struct io_uring_sync_cancel_reg`.
#[repr(C)]
#[derive(Default)]
struct SyncCancel {
    user_data: u64,
    descriptor: i32,
    flags: u32,
    /// Seconds and nanoseconds to wait for an operation that is running right now; none does for long.
    timeout: [i64; 2],
    opcode: u8,
    pad: [u8; 7],
    pad_more: [u64; 3],
}

/// Ends what this thread's rings have under way on a descriptor; whether the kernel can do that at all.
pub(crate) fn cancel(descriptor: RawFd) -> bool {
    let mut can = true;
    for ring in descriptors_of_thread() {
        let argument = SyncCancel {
            descriptor,
            flags: ALL_OF_DESCRIPTOR,
            ..SyncCancel::default()
        };
        // SAFETY: the ring is one of this thread's, open as long as its executor; the argument is a whole structure
        // that the kernel only reads.
        #[expect(unsafe_code, reason = "there is no other way into glommio's rings")]
        let refused = unsafe {
            libc::syscall(
                libc::SYS_io_uring_register,
                ring,
                REGISTER_SYNC_CANCEL,
                &raw const argument,
                1_u32,
            )
        } < 0;
        if refused {
            let errno = std::io::Error::last_os_error().raw_os_error();
            // Nothing found, or found running: the kernel knows the call.
            can &= matches!(errno, Some(libc::ENOENT | libc::EALREADY | libc::ETIME));
        }
    }
    can
}
