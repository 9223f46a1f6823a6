//! Segment files in memory: the medium of tests and the simulator.
//!
//! Lies under [`crate::fault::FaultDisk`]; [`MemoryMedium::recover`] reads it as a start would. Invariant: it holds
//! exactly the bytes that the real files would.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::fault::Medium;
use crate::frame::{claim_block, free_block};
use crate::operation::{OperationError, Place, SegmentMark, SlotOrigin};
use crate::position::{BLOCK_OCTETS, SegmentSequence, Slot};
use crate::recovery::{JournalIdentity, Recovery, RecoveryVisitor, SlotImage, recover};
use crate::scan::{ScanIdentity, Successor};
use crate::sidecar::{SidecarDraft, build_sidecar};

/// A journal's files, in memory.
#[derive(Clone, Debug)]
pub struct MemoryMedium {
    identity: JournalIdentity,
    slots: BTreeMap<Slot, Vec<u8>>,
    sidecars: BTreeMap<SegmentSequence, Vec<u8>>,
    /// Most files that there is space for.
    slots_max: usize,
}

impl MemoryMedium {
    /// An empty disk with space for so many files.
    #[must_use]
    pub fn new(identity: JournalIdentity, slots_max: usize) -> Self {
        Self {
            identity,
            slots: BTreeMap::new(),
            sidecars: BTreeMap::new(),
            slots_max,
        }
    }

    /// The bytes of a file.
    #[must_use]
    pub fn slot(&self, slot: Slot) -> Option<&[u8]> {
        self.slots.get(&slot).map(Vec::as_slice)
    }

    /// The bytes of a file, to damage them.
    #[must_use]
    pub fn slot_mut(&mut self, slot: Slot) -> Option<&mut Vec<u8>> {
        self.slots.get_mut(&slot)
    }

    /// The sidecars, to damage them.
    #[must_use]
    pub fn sidecars_mut(&mut self) -> &mut BTreeMap<SegmentSequence, Vec<u8>> {
        &mut self.sidecars
    }

    /// Files there are.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.slots.keys().copied()
    }

    /// Reads it all, as a start would.
    pub fn recover(&self, visitor: &mut impl RecoveryVisitor) -> Recovery {
        let images: Vec<SlotImage<'_>> = self
            .slots
            .iter()
            .map(|(&slot, bytes)| SlotImage { slot, bytes })
            .collect();
        recover(
            self.identity,
            &images,
            |segment| self.sidecars.get(&segment).cloned(),
            visitor,
        )
    }
}

impl Medium for MemoryMedium {
    fn identity(&self) -> JournalIdentity {
        self.identity
    }

    fn write(&mut self, slot: Slot, offset: u32, bytes: &[u8]) -> Result<(), OperationError> {
        let file = self
            .slots
            .get_mut(&slot)
            .ok_or(OperationError::Io(libc::ENOENT))?;
        let start = offset as usize;
        let target = file
            .get_mut(start..start + bytes.len())
            .ok_or(OperationError::Short)?;
        target.copy_from_slice(bytes);
        Ok(())
    }

    fn prepare(&mut self, place: Place, mark: SegmentMark, origin: SlotOrigin) -> Result<(), OperationError> {
        if origin == SlotOrigin::Fresh {
            if self.slots.len() >= self.slots_max {
                return Err(OperationError::NoSpace);
            }
            self.slots.insert(
                place.slot,
                vec![0; self.identity.geometry.segment_octets() as usize],
            );
        }
        let JournalIdentity { journal, geometry } = self.identity;
        self.write(
            place.slot,
            0,
            &claim_block(journal, place.segment, mark, geometry),
        )
    }

    fn zero(&mut self, slot: Slot, offset: u32, octets: u32) -> Result<(), OperationError> {
        self.write(slot, offset, &vec![0; octets as usize])
    }

    fn free(&mut self, place: Place) -> Result<(), OperationError> {
        let JournalIdentity { journal, geometry } = self.identity;
        self.write(
            place.slot,
            BLOCK_OCTETS,
            &free_block(journal, place.segment, geometry),
        )?;
        self.sidecars.remove(&place.segment);
        Ok(())
    }

    fn seal(&mut self, place: Place, draft: Option<&Arc<SidecarDraft>>) -> Result<(), OperationError> {
        if let Some(draft) = draft {
            self.sidecars
                .extend(draft.encode().map(|bytes| (place.segment, bytes)));
            return Ok(());
        }
        let bytes = self
            .slots
            .get(&place.slot)
            .ok_or(OperationError::Io(libc::ENOENT))?;
        let mark = crate::frame::decode_claim(bytes.get(..BLOCK_OCTETS as usize).unwrap_or_default())
            .mark
            .map_or(SegmentMark(0), |claim| claim.mark);
        let JournalIdentity { journal, geometry } = self.identity;
        let identity = ScanIdentity {
            journal,
            place,
            mark,
            geometry,
            successor: Successor::Present,
        };
        if let Some(sidecar) = build_sidecar(bytes, identity) {
            self.sidecars.insert(place.segment, sidecar);
        }
        Ok(())
    }

    fn remove(&mut self, slot: Slot) -> Result<(), OperationError> {
        self.slots.remove(&slot);
        Ok(())
    }
}
