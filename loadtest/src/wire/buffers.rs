//! The buffers that the kernel receives into, provided through a ring of their own.
//!
//! Under [`super::Wire`]. Invariants: a buffer is the kernel's or lent out, never both: [`Buffers::take`] is called
//! only for a buffer that a completion names, and it is put into the ring again by [`Buffers::give_back`] alone.

use io_uring::IoUring;
use io_uring::types::BufRingEntry;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::io;
use std::sync::atomic::{AtomicU16, Ordering};

/// The only group of buffers.
pub(super) const GROUP: u16 = 0;
/// Buffers of a thread: a power of two, as the ring wants; more than a batch of completions lends at once.
const COUNT: u16 = 1_024;
/// Octets of one: an answer is some hundred, a retrieved photograph is read in two or three.
const OCTETS: usize = 16 << 10;
/// The ring of entries begins on a page (io_uring_register(2)).
const PAGE: usize = 4_096;

/// The ring of entries and the memory they point to.
#[derive(Debug)]
pub(super) struct Buffers {
    entries: *mut BufRingEntry,
    layout: Layout,
    tail: u16,
    memory: Vec<Box<[u8]>>,
}

impl Buffers {
    /// Makes the buffers and registers them.
    pub(super) fn new(ring: &IoUring) -> io::Result<Buffers> {
        let octets = usize::from(COUNT) * size_of::<BufRingEntry>();
        let layout = Layout::from_size_align(octets, PAGE).map_err(io::Error::other)?;
        // SAFETY: the layout is not empty.
        let entries = unsafe { alloc_zeroed(layout) }.cast::<BufRingEntry>();
        if entries.is_null() {
            handle_alloc_error(layout);
        }
        let mut buffers = Buffers {
            entries,
            layout,
            tail: 0,
            memory: (0..COUNT).map(|_| Box::default()).collect(),
        };
        // SAFETY: the entries stay until `unregister`, which the ring's owner calls before it drops either.
        unsafe {
            ring.submitter()
                .register_buf_ring_with_flags(entries as u64, COUNT, GROUP, 0)?;
        }
        for id in 0..COUNT {
            // Not zeros, which the kernel would lay in at their first use: 5 ms for a huge page of a virtual machine.
            buffers.give_back(id, vec![1; OCTETS].into_boxed_slice());
        }
        Ok(buffers)
    }

    /// Lends the buffer that a completion names.
    pub(super) fn take(&mut self, id: u16) -> Box<[u8]> {
        std::mem::take(&mut self.memory[usize::from(id)])
    }

    /// Gives a buffer to the kernel.
    pub(super) fn give_back(&mut self, id: u16, mut memory: Box<[u8]>) {
        let place = usize::from(self.tail & (COUNT - 1));
        // SAFETY: `place` is below COUNT, so within the entries; the kernel does not read it before the tail passes
        // it.
        unsafe {
            let entry = &mut *self.entries.add(place);
            entry.set_addr(memory.as_mut_ptr() as u64);
            entry.set_len(OCTETS as u32);
            entry.set_bid(id);
        }
        self.memory[usize::from(id)] = memory;
        self.tail = self.tail.wrapping_add(1);
        // SAFETY: the tail lies in the first entry; the kernel reads it with acquire, so the entry is seen before it.
        unsafe {
            let tail = BufRingEntry::tail(self.entries).cast::<AtomicU16>();
            (*tail).store(self.tail, Ordering::Release);
        }
    }

    /// Takes the ring of entries from the kernel.
    pub(super) fn unregister(&mut self, ring: &IoUring) {
        // It fails only where it was never registered.
        let _ = ring.submitter().unregister_buf_ring(GROUP);
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout; the kernel has let go of it in `unregister`.
        unsafe { dealloc(self.entries.cast(), self.layout) };
    }
}
