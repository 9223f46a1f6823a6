//! After warm-up an append allocates nothing, nor does a group's way to the disk and back.
//!
//! Alone in its program, since it counts every allocation of the process' test thread.
#![expect(clippy::unwrap_used, reason = "a panic in a test's helper is a failed test")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use journal::{
    AlignedBuffer, AppendClass, Epoch, Journal, JournalId, Operation, Record, Resume, Settings, SettingsDraft,
};

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[expect(unsafe_code, reason = "an allocator that counts must be an allocator")]
// SAFETY: every call is passed on unchanged; counting touches only a thread's own cell, which needs no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that ends may have lost its cell; it counts no more.
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: as for this call.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as for this call.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn answer(journal: &mut Journal<AlignedBuffer>) {
    let sealed = journal.freeable().next();
    if let Some(segment) = sealed {
        journal.free(segment).unwrap();
    }
    while let Some(operation) = journal.poll_operation() {
        let id = operation.id();
        let (octets, buffer) = match operation {
            Operation::WriteGroup { length, buffer, .. } => (length, Some(buffer)),
            _ => (0, None),
        };
        journal.complete(id, Ok(octets), buffer).unwrap();
    }
    while journal.poll_freed().is_some() {}
}

fn appends(journal: &mut Journal<AlignedBuffer>, count: u64) -> u64 {
    let body = [5u8; 30_000];
    let before = COUNT.with(Cell::get);
    for key in 0..count {
        let record = Record {
            kind: 1,
            key,
            header: &[1; 100],
            body: &[&body[..10], &body[10..]],
        };
        while journal.append(AppendClass::State, record).is_err() {
            answer(journal);
        }
        if key % 7 == 0 {
            answer(journal);
        }
    }
    COUNT.with(Cell::get) - before
}

#[test]
fn an_append_allocates_nothing() {
    let draft = SettingsDraft {
        segment_octets: 1 << 20,
        group_octets: 128 << 10,
        ..SettingsDraft::laptop()
    };
    let settings = Settings::new(draft).unwrap();
    let mut journal = Journal::new(settings, Resume::fresh(JournalId(1), Epoch(1), 1));
    for _ in 0..settings.buffers() {
        journal.give_buffer(AlignedBuffer::zeroed(128 << 10)).unwrap();
    }
    answer(&mut journal);
    // The canary: what allocates is counted.
    let before = COUNT.with(Cell::get);
    drop(std::hint::black_box(vec![1u8; 10]));
    assert_eq!(COUNT.with(Cell::get) - before, 1);
    // Segments change, are sealed, freed and recycled on the way, some hundred times.
    let warm_up = appends(&mut journal, 100);
    assert_eq!(
        appends(&mut journal, 5_000),
        0,
        "after a warm-up of {warm_up} allocations"
    );
}
