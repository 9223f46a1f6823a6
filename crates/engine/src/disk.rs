//! Carrying out what the brain asks of the disk, and bringing the completions back as inputs.
//!
//! Beside the turn. Groups are written and bodies read through the shard's own ring; what takes long (filling,
//! sealing, freeing) goes to the preparer's thread of the journal, whose answers come by an inbox. Invariants: every
//! operation is answered exactly once; an answer says only what the kernel said: a group that is answered Ok is on
//! stable storage (O_DSYNC); a written buffer is replaced by a fresh one of the same size.

use crate::buffers::GroupBuffer;
use crate::hands::Hands;
use crate::housekeeping::Housekeeping;
use crate::inbox;
use file::SlotFile;
use journal::{JournalFiles, Operation, OperationError, OperationId, Preparer, ReadRange, Slot};
use meter::Counter;
use shard::Input;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

#[cfg(feature = "fault")]
mod faulty;
mod file;

/// Slot files that are kept open, the one least used first to go. Reason: the segment being written, and those that
/// bodies are read from while their recipients are quick to fetch.
const FILES_OPEN_MAX: usize = 32;

/// Where a shard's disk operations go.
#[derive(Debug)]
pub enum DiskSeat {
    /// To the files of its journal.
    Files(JournalFiles),
    /// To the same files through a disk that fails as planned; reads are carried out on the real files.
    #[cfg(feature = "fault")]
    Faulty(JournalFiles, journal::fault::FaultPlan),
    /// Nowhere: each fails. For brains without a journal, which ask for none.
    Absent,
}

/// A shard's disk.
pub(crate) struct Disk {
    shared: Option<Rc<Shared>>,
    #[cfg(feature = "fault")]
    faulty: Option<Rc<faulty::Faulty>>,
    hands: Rc<Hands>,
}

/// What the operations in flight hold on to.
struct Shared {
    hands: Rc<Hands>,
    files: JournalFiles,
    preparer: Preparer,
    open: RefCell<Vec<(Slot, Rc<SlotFile>)>>,
    in_flight: Cell<usize>,
}

impl Disk {
    /// A disk on this seat; starts the preparer's thread.
    ///
    /// # Errors
    /// Where the thread or its bell can't be had.
    pub(crate) fn new(
        seat: DiskSeat,
        hands: Rc<Hands>,
        housekeeping: &Housekeeping,
    ) -> std::io::Result<Disk> {
        #[cfg(feature = "fault")]
        let (faulty, seat) = match seat {
            DiskSeat::Faulty(files, plan) => {
                let faulty = faulty::Faulty::start(plan, files.clone(), &hands, housekeeping)?;
                (Some(faulty), DiskSeat::Files(files))
            }
            other => (None, other),
        };
        let shared = match seat {
            DiskSeat::Files(files) => Some(Shared::new(files, &hands, housekeeping)?),
            _ => None,
        };
        Ok(Disk {
            shared,
            #[cfg(feature = "fault")]
            faulty,
            hands,
        })
    }

    /// Begins an operation.
    pub(crate) fn carry_out(&self, operation: Operation<GroupBuffer>) {
        #[cfg(feature = "fault")]
        if let Some(faulty) = &self.faulty {
            return faulty.carry_out(operation);
        }
        let Some(shared) = &self.shared else {
            return absent(&self.hands, operation);
        };
        shared.in_flight.set(shared.in_flight.get() + 1);
        let shared = Rc::clone(shared);
        match operation {
            Operation::WriteGroup {
                id,
                place,
                offset,
                length,
                buffer,
            } => {
                shared.hands.meter.count(Counter::DiskWrites);
                let group = Group {
                    id,
                    slot: place.slot,
                    offset,
                    length,
                    buffer,
                };
                glommio::spawn_local(async move { shared.write(group).await }).detach();
            }
            rare => shared.prepare(rare),
        }
    }

    /// Begins a read.
    pub(crate) fn read(&self, ticket: u32, slot: Slot, range: ReadRange) {
        let Some(shared) = &self.shared else {
            let octets = None;
            return self.hands.push(Input::Read { ticket, octets });
        };
        shared.hands.meter.count(Counter::DiskReads);
        shared.in_flight.set(shared.in_flight.get() + 1);
        let shared = Rc::clone(shared);
        glommio::spawn_local(async move {
            let octets = shared.read(slot, range).await;
            shared.in_flight.set(shared.in_flight.get() - 1);
            shared.hands.push(Input::Read { ticket, octets });
        })
        .detach();
    }

    /// Operations on their way.
    pub(crate) fn in_flight(&self) -> u32 {
        let count = self.shared.as_ref().map_or(0, |shared| shared.in_flight.get());
        #[cfg(feature = "fault")]
        let count = count + self.faulty.as_ref().map_or(0, |faulty| faulty.in_flight());
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Closes the files, at the shard's end.
    pub(crate) async fn close(self) {
        let Some(shared) = self.shared else { return };
        let open = std::mem::take(&mut *shared.open.borrow_mut());
        for (_, file) in open {
            if let Some(file) = Rc::into_inner(file) {
                file.close().await;
            }
        }
    }
}

/// A group on its way to the disk.
struct Group {
    id: OperationId,
    slot: Slot,
    offset: u32,
    length: u32,
    buffer: GroupBuffer,
}

impl Shared {
    /// Starts the preparer's thread and listens for its answers.
    fn new(
        files: JournalFiles,
        hands: &Rc<Hands>,
        housekeeping: &Housekeeping,
    ) -> std::io::Result<Rc<Shared>> {
        // One entry is enough: it says "look", and the preparer keeps the answers.
        let (bell, answers) = inbox::inbox(1)?;
        let housekeeping = housekeeping.clone();
        let wake = move || {
            // A full inbox says "look" already.
            let _ = bell.send(());
        };
        let preparer = Preparer::start(files.clone(), move || housekeeping.settle(), wake)?;
        let shared = Rc::new(Shared {
            hands: Rc::clone(hands),
            files,
            preparer,
            open: RefCell::new(Vec::new()),
            in_flight: Cell::new(0),
        });
        answers.serve(&shared, |shared, ()| shared.take_answers());
        Ok(shared)
    }

    async fn write(&self, group: Group) {
        let Group {
            id,
            slot,
            offset,
            length,
            buffer,
        } = group;
        let group_octets = buffer.as_ref().len();
        let result = match self.file(slot).await {
            Ok(file) => file.write(buffer, length, offset).await,
            Err(error) => Err(error),
        };
        let buffer = Some(GroupBuffer::allocate(group_octets));
        self.complete(id, result, buffer);
    }

    async fn read(&self, slot: Slot, range: ReadRange) -> Option<Vec<u8>> {
        let file = self.file(slot).await.ok()?;
        file.read(range).await
    }

    fn prepare(&self, operation: Operation<GroupBuffer>) {
        let id = operation.id();
        if let Operation::PrepareSegment {
            place: journal::Place { slot, .. },
            ..
        }
        | Operation::RemoveSlot { slot, .. } = &operation
        {
            // The slot's file may be another one after it.
            self.open.borrow_mut().retain(|(held, _)| held != slot);
        }
        if self.preparer.submit(operation).is_err() {
            // The preparer's thread is gone: the journal has to stop as after any other failure.
            self.complete(id, Err(OperationError::Io(libc::EIO)), None);
        }
    }

    fn take_answers(&self) {
        while let Some(answer) = self.preparer.poll() {
            self.complete(answer.id, answer.result, None);
        }
    }

    fn complete(&self, id: OperationId, result: Result<u32, OperationError>, buffer: Option<GroupBuffer>) {
        self.in_flight.set(self.in_flight.get() - 1);
        self.hands.push(Input::Disk { id, result, buffer });
    }

    /// The slot's file, opened where it is not.
    async fn file(&self, slot: Slot) -> Result<Rc<SlotFile>, OperationError> {
        if let Some(file) = self.open_already(slot) {
            return Ok(file);
        }
        let opened = Rc::new(SlotFile::open(&self.files.slot_path(slot), self.files.mode()).await?);
        // Another operation may have opened it meanwhile: then this one goes when it is done.
        let mut open = self.open.borrow_mut();
        if open.len() >= FILES_OPEN_MAX {
            open.remove(0);
        }
        open.push((slot, Rc::clone(&opened)));
        Ok(opened)
    }

    fn open_already(&self, slot: Slot) -> Option<Rc<SlotFile>> {
        let mut open = self.open.borrow_mut();
        let at = open.iter().rposition(|(held, _)| *held == slot)?;
        let entry = open.remove(at);
        let file = Rc::clone(&entry.1);
        open.push(entry);
        Some(file)
    }
}

fn absent(hands: &Hands, operation: Operation<GroupBuffer>) {
    let id = operation.id();
    let buffer = match operation {
        Operation::WriteGroup { buffer, .. } => Some(buffer),
        _ => None,
    };
    let result = Err(OperationError::Io(libc::ENODEV));
    hands.push(Input::Disk { id, result, buffer });
}
