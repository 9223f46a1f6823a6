//! The real files as a medium: for the server started with faults by its test-only switch.
//!
//! Lies under [`crate::fault::FaultDisk`] in place of the engine's ring. Every call is carried out at once on the
//! calling thread, which a server under test may do and a real one never does.

use crate::fault::Medium;
use crate::files::{JournalFiles, WriteMode, operation_error};
use crate::operation::{Operation, OperationError, OperationId, Place, SegmentMark, SlotOrigin};
use crate::position::Slot;
use crate::recovery::JournalIdentity;
use crate::sidecar::SidecarDraft;
use std::sync::Arc;

/// The number is of no use where the answer is immediate.
const ID: OperationId = OperationId(0);

fn carry_out(files: &JournalFiles, operation: Operation<&[u8]>) -> Result<(), OperationError> {
    files.carry_out(&operation).map(drop)
}

impl Medium for JournalFiles {
    fn identity(&self) -> JournalIdentity {
        Self::identity(self)
    }

    fn write(&mut self, slot: Slot, offset: u32, bytes: &[u8]) -> Result<(), OperationError> {
        // Through the page cache: the faulty disk writes any length, and buffers of its tests are not aligned.
        self.write_at(slot, offset, bytes, WriteMode::Buffered)
            .map_err(|error| operation_error(&error))
    }

    fn prepare(&mut self, place: Place, mark: SegmentMark, origin: SlotOrigin) -> Result<(), OperationError> {
        carry_out(
            self,
            Operation::PrepareSegment {
                id: ID,
                place,
                mark,
                origin,
            },
        )
    }

    fn zero(&mut self, slot: Slot, offset: u32, octets: u32) -> Result<(), OperationError> {
        self.zero_at(slot, offset, octets)
            .map_err(|error| operation_error(&error))
    }

    fn free(&mut self, place: Place) -> Result<(), OperationError> {
        carry_out(self, Operation::FreeSegment { id: ID, place })
    }

    fn seal(&mut self, place: Place, draft: Option<&Arc<SidecarDraft>>) -> Result<(), OperationError> {
        let draft = draft.cloned();
        carry_out(self, Operation::SealSegment { id: ID, place, draft })
    }

    fn remove(&mut self, slot: Slot) -> Result<(), OperationError> {
        carry_out(self, Operation::RemoveSlot { id: ID, slot })
    }
}
