//! Operations out, completions in: the part of the writer that talks with the hands.
//!
//! Invariants: the next group is closed only when it may be given out, so that records keep gathering while the disk
//! is busy; group headers are chained in the order of giving out, which is the log's order; completions may come in
//! any order, durability advances in log order only.

use std::collections::VecDeque;

use crate::frame::{GROUP_HEADER_OCTETS, GroupEnd};
use crate::operation::{Operation, OperationError, OperationId, Place, SegmentMark, SlotOrigin};
use crate::position::{BLOCK_OCTETS, Lsn, SEGMENT_HEAD_OCTETS, Slot};
use crate::published::Published;
use crate::segments::{Ready, SegmentPhase, SegmentState, Segments};
use crate::settings::Settings;
use crate::writer::drafts::Drafts;
use crate::writer::group::{Chain, OpenGroup};
use crate::writer::{AppendRefused, Head, InFlight, Journal, Relief, Resume, Sidecar, State, Tail};

/// While another group is on its way, the next is given out early only when it has gathered this much (64 KiB, two
/// photographs) or half of what it can hold; a smaller one keeps gathering until the disk is idle.
const EARLY_GROUP_OCTETS_MIN: u32 = 64 << 10;

/// An operation, not a group, that the hands have not answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pending {
    ZeroTail,
    Prepare { ready: Ready, origin: SlotOrigin },
    Seal,
    Free(Place),
    Vacate(Slot),
    Remove,
}

/// An answer to an operation that was never given out, or was answered before. The hands are at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("operation {} is not outstanding", .0.0)]
pub struct UnknownOperation(pub OperationId);

impl<B: AsRef<[u8]> + AsMut<[u8]>> Journal<B> {
    /// A journal that goes on where `resume` says.
    #[must_use]
    pub fn new(settings: Settings, resume: Resume) -> Self {
        let mut journal = Self::with_state(settings, &resume, State::Writing);
        for &slot in &resume.free {
            journal.segments.add_free(slot);
        }
        for &place in &resume.vacant {
            journal.vacate(place);
        }
        if let Some(tail) = resume.tail {
            journal.resume_tail(tail);
        }
        journal
    }

    /// A journal of an earlier layout: it is read, pinned and freed; files whose segment is freed are removed.
    #[must_use]
    pub fn adopt(settings: Settings, resume: Resume) -> Self {
        let mut journal = Self::with_state(settings, &resume, State::Adopted);
        if let Some(tail) = resume.tail {
            journal.add_sealed(tail.place, tail.offset, Sidecar::Missing);
        }
        for slot in resume
            .free
            .iter()
            .copied()
            .chain(resume.vacant.iter().map(|place| place.slot))
        {
            let id = journal.order(Pending::Remove);
            journal.orders.push_back(Operation::RemoveSlot { id, slot });
        }
        journal
    }

    fn with_state(settings: Settings, resume: &Resume, state: State) -> Self {
        let slots = settings.draft.segments_max.max(resume.next_slot);
        let buffers = settings.buffers();
        let mut journal = Self {
            settings,
            id: resume.journal,
            epoch: resume.epoch,
            mark_seed: resume.mark_seed,
            state,
            segments: Segments::new(slots, resume.next_slot, resume.next_sequence),
            drafts: Drafts::new(resume.journal, settings.geometry),
            published: Published::new(resume.journal, settings.geometry, slots, resume.durable),
            spare: Vec::with_capacity(buffers),
            head: None,
            open: None,
            closed: VecDeque::with_capacity(buffers),
            in_flight: VecDeque::with_capacity(buffers),
            orders: VecDeque::with_capacity(usize::from(slots)),
            pending: VecDeque::with_capacity(usize::from(slots)),
            frees: VecDeque::with_capacity(usize::from(slots)),
            freed: VecDeque::with_capacity(usize::from(slots)),
            next_operation: 1,
            durable: resume.durable,
            records_end: resume.durable,
            committed_written: Lsn(0),
            previous_crc: resume.previous_crc,
            zeroing: false,
            marker_wanted: false,
            preparation_refused: None,
            is_out_of_space: false,
            relief: Relief::Copies,
        };
        for sealed in &resume.sealed {
            journal.add_sealed(sealed.place, sealed.end, sealed.sidecar);
        }
        journal
    }

    fn add_sealed(&mut self, place: Place, end: u32, sidecar: Sidecar) {
        self.segments.add_used(SegmentState {
            place,
            phase: SegmentPhase::Sealed,
            end,
            pinned_octets: 0,
        });
        self.published.open(place.slot, place.segment);
        if sidecar == Sidecar::Missing {
            let id = self.order(Pending::Seal);
            let draft = None;
            self.orders.push_back(Operation::SealSegment { id, place, draft });
        }
    }

    fn resume_tail(&mut self, tail: Tail) {
        let Tail {
            place,
            mark,
            offset,
            zero_octets,
        } = tail;
        self.segments.add_used(SegmentState {
            place,
            phase: SegmentPhase::Open,
            end: offset,
            pinned_octets: 0,
        });
        self.published.open(place.slot, place.segment);
        self.head = Some(Head {
            place,
            mark,
            offset,
            first: false,
        });
        if zero_octets > 0 {
            self.zeroing = true;
            let id = self.order(Pending::ZeroTail);
            self.orders.push_back(Operation::ZeroTail {
                id,
                place,
                offset,
                length: zero_octets,
            });
        }
    }

    /// Orders a claimed segment that was never written to be freed.
    fn vacate(&mut self, place: Place) {
        self.segments.vacating += 1;
        let id = self.order(Pending::Vacate(place.slot));
        self.orders.push_back(Operation::FreeSegment { id, place });
    }

    /// The next thing for the disk to do; `None` until a completion, an append or a request changes that.
    pub fn poll_operation(&mut self) -> Option<Operation<B>> {
        if matches!(self.state, State::Failed(_)) {
            return None;
        }
        self.order_frees();
        self.order_preparation();
        self.orders.pop_front().or_else(|| self.next_group())
    }

    /// Takes the answer to an operation: the octets written by `WriteGroup` (any number for the others), and the
    /// buffer if it had one.
    ///
    /// # Errors
    /// [`UnknownOperation`]; the buffer is kept all the same.
    pub fn complete(
        &mut self,
        id: OperationId,
        result: Result<u32, OperationError>,
        buffer: Option<B>,
    ) -> Result<(), UnknownOperation> {
        self.spare.extend(buffer);
        if let Some(flight) = self
            .in_flight
            .iter_mut()
            .find(|flight| flight.id == id && !flight.done)
        {
            flight.done = true;
            let short = result.is_ok_and(|octets| octets != flight.length);
            match result {
                Ok(_) if short => self.fail(OperationError::Short),
                Ok(_) => self.advance(),
                Err(error) => self.fail(error),
            }
            return Ok(());
        }
        let at = self
            .pending
            .iter()
            .position(|&(held, _)| held == id)
            .ok_or(UnknownOperation(id))?;
        if let Some((_, pending)) = self.pending.remove(at) {
            self.settle(pending, result);
        }
        Ok(())
    }

    /// Tries preparation again after it was refused (for want of space, say); the hands call it from time to time.
    pub fn retry_preparation(&mut self) {
        self.preparation_refused = None;
    }

    /// Why the last preparation of a segment was refused, until one is tried again.
    #[must_use]
    pub fn preparation_refused(&self) -> Option<OperationError> {
        self.preparation_refused
    }

    fn settle(&mut self, pending: Pending, result: Result<u32, OperationError>) {
        match (pending, result) {
            // A sidecar that could not be written costs recovery time, a file that could not be removed costs space.
            (Pending::Seal | Pending::Remove, _) => {}
            (Pending::ZeroTail, Ok(_)) => self.zeroing = false,
            (Pending::Free(place), Ok(_)) => self.finish_free(place),
            (Pending::Vacate(slot), Ok(_)) => {
                self.segments.vacating -= 1;
                self.segments.add_free(slot);
            }
            (Pending::ZeroTail | Pending::Free(_) | Pending::Vacate(_), Err(error)) => self.fail(error),
            (Pending::Prepare { ready, .. }, Ok(_)) => {
                self.segments.preparing = None;
                self.is_out_of_space = false;
                self.segments.add_ready(ready);
            }
            (Pending::Prepare { ready, origin }, Err(error)) => {
                self.segments.preparing = None;
                self.preparation_refused = Some(error);
                self.is_out_of_space = true;
                match origin {
                    // Only one preparation is out at a time, so this was the last number given.
                    SlotOrigin::Fresh => self.segments.next_slot = ready.place.slot.0,
                    // The claim may have reached the disk all the same.
                    SlotOrigin::Recycled => self.vacate(ready.place),
                }
            }
        }
    }

    /// Moves the durable LSN over every group that is done and has none undone before it.
    fn advance(&mut self) {
        if matches!(self.state, State::Failed(_)) {
            return;
        }
        while let Some(flight) = self.in_flight.front().copied().filter(|flight| flight.done) {
            debug_assert!(flight.end > self.durable, "durability only grows");
            self.durable = flight.end;
            self.in_flight.pop_front();
        }
        self.published.publish_durable(self.durable);
    }

    fn fail(&mut self, error: OperationError) {
        if matches!(self.state, State::Failed(_)) {
            return;
        }
        self.state = State::Failed(error);
        self.orders.clear();
    }

    pub(crate) fn order(&mut self, pending: Pending) -> OperationId {
        let id = OperationId(self.next_operation);
        self.next_operation += 1;
        self.pending.push_back((id, pending));
        id
    }

    /// Orders a segment to be made ready, one at a time: recycled where a file is free, else a new file.
    fn order_preparation(&mut self) {
        let draft = self.settings.draft;
        let idle = self.segments.preparing.is_none() && self.segments.vacating == 0;
        if self.state != State::Writing || !idle || self.preparation_refused.is_some() {
            return;
        }
        let short_of_claims = self.segments.ready() < usize::from(draft.segments_ahead);
        let filled_wanted = u64::from(draft.segments_ahead) + u64::from(draft.segments_reserved);
        let may_grow = self.segments.filled() < filled_wanted && self.segments.next_slot < draft.segments_max;
        let (slot, origin) = if short_of_claims && let Some(slot) = self.segments.take_free() {
            (slot, SlotOrigin::Recycled)
        } else if may_grow {
            let slot = Slot(self.segments.next_slot);
            self.segments.next_slot += 1;
            (slot, SlotOrigin::Fresh)
        } else {
            return;
        };
        let Some(segment) = self.segments.next_sequence() else {
            return;
        };
        let place = Place { slot, segment };
        let mark = SegmentMark(mix(self.mark_seed ^ mix(place.segment.0)));
        self.segments.preparing = Some(origin);
        let id = self.order(Pending::Prepare {
            ready: Ready { place, mark },
            origin,
        });
        self.orders.push_back(Operation::PrepareSegment {
            id,
            place,
            mark,
            origin,
        });
    }

    /// Begins a group that takes a padded frame of so many octets (0: a marker), in the next segment if need be.
    pub(crate) fn begin_group(&mut self, frame: u32) -> Result<(), AppendRefused> {
        let segment_octets = self.settings.geometry.segment_octets();
        let needed = (GROUP_HEADER_OCTETS + frame).next_multiple_of(BLOCK_OCTETS);
        let filling = self.open.as_ref().map_or(0, OpenGroup::block_octets);
        let room = self.head.map_or(0, |head| segment_octets - head.offset - filling);
        if room >= needed {
            let buffer = self.spare.pop().ok_or(AppendRefused::NoBuffer)?;
            self.close_open(GroupEnd::Open);
            self.open_group(buffer);
            return Ok(());
        }
        self.begin_segment()
    }

    /// Begins a group in the next segment.
    pub(crate) fn begin_segment(&mut self) -> Result<(), AppendRefused> {
        if self.segments.ready() == 0 {
            return Err(AppendRefused::NoSegment);
        }
        let segment_octets = self.settings.geometry.segment_octets();
        let has_room = self.head.is_some_and(|head| head.offset < segment_octets);
        // A segment says where it ends: in the group now closed, else in a marker of its own if there is room for it.
        let end_marker = self.open.is_none() && has_room;
        if self.spare.len() < 1 + usize::from(end_marker) {
            return Err(AppendRefused::NoBuffer);
        }
        if end_marker && let Some(buffer) = self.spare.pop() {
            self.open_group(buffer);
        }
        self.close_open(GroupEnd::Segment);
        self.next_segment();
        if let Some(buffer) = self.spare.pop() {
            self.open_group(buffer);
        }
        Ok(())
    }

    /// Moves the head to the next claimed segment.
    fn next_segment(&mut self) {
        let Some(Ready { place, mark }) = self.segments.take_ready() else {
            return;
        };
        let offset = SEGMENT_HEAD_OCTETS;
        self.head = Some(Head {
            place,
            mark,
            offset,
            first: true,
        });
        self.segments.add_used(SegmentState {
            place,
            phase: SegmentPhase::Open,
            end: offset,
            pinned_octets: 0,
        });
        self.published.open(place.slot, place.segment);
        self.drafts.begin(place.segment, mark);
    }

    /// Begins an empty group at the head.
    fn open_group(&mut self, buffer: B) {
        let Some(head) = self.head else {
            return self.spare.push(buffer);
        };
        let capacity = self
            .settings
            .draft
            .group_octets
            .min(self.settings.geometry.segment_octets() - head.offset);
        self.open = Some(OpenGroup::new(buffer, head, capacity));
    }

    /// Lets the open group take no more records and moves the head behind it.
    fn close_open(&mut self, end: GroupEnd) {
        let (Some(open), Some(head)) = (self.open.take(), self.head.as_mut()) else {
            return;
        };
        head.offset += open.block_octets();
        head.first = false;
        if let Ok(state) = self.segments.state_mut(head.place.segment) {
            state.end = head.offset;
        }
        self.closed.push_back(open.close(end));
    }

    /// Whether a marker is wanted and would say something new.
    pub(crate) fn marker_due(&self) -> bool {
        self.marker_wanted && self.committed_written < self.records_end
    }

    fn next_group(&mut self) -> Option<Operation<B>> {
        let busy = self.in_flight.len();
        if self.zeroing || busy >= usize::from(self.settings.draft.groups_in_flight) {
            return None;
        }
        if self.closed.is_empty() {
            let early = EARLY_GROUP_OCTETS_MIN.min(self.settings.draft.group_octets / 2);
            match &self.open {
                Some(open) if busy == 0 || open.filled() >= early => self.close_open(GroupEnd::Open),
                Some(_) => return None,
                None if busy == 0 && self.marker_due() => {
                    self.marker_wanted = false;
                    // Without room or buffer there is no marker: it only sharpens what recovery can tell.
                    self.begin_group(0).ok()?;
                    self.close_open(GroupEnd::Open);
                }
                None => return None,
            }
        }
        if self.closed.front()?.is_first() && busy > 0 {
            return None;
        }
        let closed = self.closed.pop_front()?;
        if closed.is_first() {
            self.seal_before(closed.place());
        }
        let chain = Chain {
            journal: self.id,
            epoch: self.epoch,
            committed: self.durable,
            previous_crc: self.previous_crc,
        };
        let group = closed.finish(chain, self.settings.geometry);
        self.previous_crc = group.crc;
        let group_end = group.offset + group.length;
        self.drafts.note_group(
            group.place.segment,
            group.crc,
            chain.epoch,
            chain.committed,
            group_end,
        );
        self.committed_written = self.durable;
        let id = OperationId(self.next_operation);
        self.next_operation += 1;
        let end = self.settings.geometry.lsn(group.place.segment, group_end);
        self.in_flight.push_back(InFlight {
            id,
            end,
            length: group.length,
            done: false,
        });
        let (place, offset, length, buffer) = (group.place, group.offset, group.length, group.buffer);
        Some(Operation::WriteGroup {
            id,
            place,
            offset,
            length,
            buffer,
        })
    }
}

/// Spreads 64 bits over 64 bits (the finaliser of SplitMix64), so that one segment's mark tells nothing of the next
/// without the seed.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
