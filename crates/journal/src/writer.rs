//! The sans-io writer of one journal: records in, disk operations out, completions in, durable LSN out.
//!
//! Stands between the store, which appends and decides what is alive, and the hands, which give buffers, carry out
//! operations and bring the answers. No file, clock or thread in it. Invariants:
//! - groups are given out, and become durable, in log order; `durable_lsn` never falls and never passes a group that
//!   is not on disk;
//! - at most `groups_in_flight` groups are on their way; what gathers meanwhile is the next group (no linger timer);
//! - the first group of a segment waits until every group of the one before is durable, so that a damaged group in
//!   any segment but the newest is always corruption and never a torn tail;
//! - a segment is freed only after everything appended before [`Journal::free`] is durable, so that the records that
//!   justify the freeing (a relocation, an end) cannot be lost while the freed segment is gone;
//! - after one failed operation nothing more becomes durable: the journal has stopped for good.

mod drafts;
mod flow;
mod group;
mod retention;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::frame::{GROUP_HEADER_OCTETS, RECORD_ALIGN, RECORD_HEADER_OCTETS};
use crate::operation::{Operation, OperationError, OperationId, Place, SegmentMark};
use crate::position::{BLOCK_OCTETS, Epoch, JournalId, Location, Lsn, SegmentSequence, Slot};
use crate::published::Published;
use crate::segments::{SegmentPhase, Segments};
use crate::settings::Settings;
use crate::sum::Summed;
use drafts::Drafts;
use group::{ClosedGroup, OpenGroup};

pub use flow::UnknownOperation;

/// The part of a segment that states leave to ends where copying frees nothing. Reason: an end takes a hundred octets.
const ENDS_PART: u64 = 4;

/// What to append. The journal understands none of it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The kind, for the store.
    pub kind: u16,
    /// The key, for the store.
    pub key: u64,
    /// Header bytes; they start on a multiple of 16 octets in memory and on disk.
    pub header: &'a [u8],
    /// The body in pieces, written one behind the other.
    pub body: &'a [&'a [u8]],
}

/// Who may use the last segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendClass {
    /// A new message: refused below the watermark.
    New,
    /// Transitions and reports: they may use the reserve. Where no file can be added they leave what is kept for
    /// freeing.
    State,
    /// Ends, and what makes an end count: as states, until copying frees nothing ([`Relief::Ends`]); then they may use
    /// what there is.
    End,
    /// Copies out of a segment that is to be freed, and the sends that are remembered of it: they may use what there
    /// is, since nothing else brings space back.
    Relief,
}

/// What brings space back where no file can be added, and so what the last room is left for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relief {
    /// Copying: some segment can be emptied. A whole segment is left for it.
    Copies,
    /// Ends: no segment can be emptied now, since each has a record that can't be read, or holds too much. The copies
    /// out of one would take at least so many octets.
    Ends(u64),
}

/// Where a record was put. It is durable once [`Journal::durable_lsn`] is above `lsn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Where it stands in the log.
    pub lsn: Lsn,
    /// Where to read it.
    pub location: Location,
}

/// Why a record was not appended. Nothing of it was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendRefused {
    /// What is filled and free is needed for state records, or, of those, for freeing. Retry later.
    #[error("the journal is at its watermark")]
    Watermark,
    /// The current segment is full and no next one is ready. Retry later.
    #[error("no segment is ready")]
    NoSegment,
    /// Every buffer is on its way to the disk. Retry after a completion.
    #[error("no group buffer is free")]
    NoBuffer,
    /// The record with its frame is larger than the largest group. Never retry.
    #[error("record is larger than {octets_max} octets")]
    TooLong {
        /// The most octets that header bytes and body may have together.
        octets_max: u32,
    },
    /// A write failed, and the journal has stopped for good. Another journal may serve.
    #[error("the journal has stopped")]
    Stopped,
    /// The journal was adopted from an earlier layout: it is only read and freed.
    #[error("the journal is read-only")]
    ReadOnly,
}

/// Whether the journal takes records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does.
    Writing,
    /// Adopted: it is read, pinned and freed, never appended to.
    Adopted,
    /// An operation failed; nothing more becomes durable.
    Failed(OperationError),
}

/// Where appending goes on after a start: behind the last whole group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// File and segment.
    pub place: Place,
    /// The segment's secret number.
    pub mark: SegmentMark,
    /// Offset of the next group, a multiple of 4,096.
    pub offset: u32,
    /// Octets from `offset` that may hold groups of a torn tail and are to be zeroed first; 0 after a clean stop.
    pub zero_octets: u32,
}

/// A complete segment found at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedSegment {
    /// File and segment.
    pub place: Place,
    /// Octets from the start of the file to the end of its last group.
    pub end: u32,
    /// Whether it has a valid sidecar checkpoint; one is ordered where it has not.
    pub sidecar: Sidecar,
}

/// Whether a sidecar checkpoint is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sidecar {
    /// It is, and is valid.
    Valid,
    /// It is not.
    Missing,
}

/// What recovery found, and the writer starts from. [`Resume::fresh`] for a journal without files.
#[derive(Clone, Debug)]
pub struct Resume {
    /// The journal.
    pub journal: JournalId,
    /// The number of this start, above any seen in the log.
    pub epoch: Epoch,
    /// 64 random bits, from which segments' secret numbers are drawn.
    pub mark_seed: u64,
    /// Complete segments in sequence order.
    pub sealed: Vec<SealedSegment>,
    /// The segment to go on in.
    pub tail: Option<Tail>,
    /// Filled files whose segment is freed.
    pub free: Vec<Slot>,
    /// Claimed segments without groups: freed before anything is claimed, so that a later start does not miss theirs.
    pub vacant: Vec<Place>,
    /// Lowest slot number that no file has.
    pub next_slot: u16,
    /// A sequence number above any seen.
    pub next_sequence: SegmentSequence,
    /// CRC of the last whole group's header; 0 if there is none.
    pub previous_crc: u32,
    /// End of the last whole group.
    pub durable: Lsn,
}

/// The write position: where the next group will stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    place: Place,
    mark: SegmentMark,
    offset: u32,
    /// No group of this segment was given out yet.
    first: bool,
}

#[derive(Clone, Copy, Debug)]
struct InFlight {
    id: OperationId,
    end: Lsn,
    length: u32,
    done: bool,
}

/// A freeing that waits for what was appended before it.
#[derive(Clone, Copy, Debug)]
struct PendingFree {
    place: Place,
    barrier: Lsn,
}

/// The writer. `B` is a group buffer of at least `group_octets` octets, aligned to 4,096 where O_DIRECT is used.
#[derive(Debug)]
pub struct Journal<B> {
    settings: Settings,
    id: JournalId,
    epoch: Epoch,
    mark_seed: u64,
    state: State,
    segments: Segments,
    drafts: Drafts,
    published: Arc<Published>,
    spare: Vec<B>,
    head: Option<Head>,
    open: Option<OpenGroup<B>>,
    closed: VecDeque<ClosedGroup<B>>,
    in_flight: VecDeque<InFlight>,
    orders: VecDeque<Operation<B>>,
    pending: VecDeque<(OperationId, flow::Pending)>,
    frees: VecDeque<PendingFree>,
    freed: VecDeque<SegmentSequence>,
    next_operation: u64,
    durable: Lsn,
    /// End of the last record appended.
    records_end: Lsn,
    /// The highest committed LSN that stands in a group given out.
    committed_written: Lsn,
    previous_crc: u32,
    zeroing: bool,
    marker_wanted: bool,
    preparation_refused: Option<OperationError>,
    /// The last preparation was refused.
    is_out_of_space: bool,
    relief: Relief,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Journal<B> {
    /// Gives an empty group buffer; [`Settings::buffers`] of them are of use.
    ///
    /// # Errors
    /// The buffer itself, when it is shorter than `group_octets`.
    pub fn give_buffer(&mut self, buffer: B) -> Result<(), B> {
        if buffer.as_ref().len() < self.settings.draft.group_octets as usize {
            return Err(buffer);
        }
        self.spare.push(buffer);
        Ok(())
    }

    /// Appends one record to the open group: one copy and one checksum. Nothing is written yet.
    ///
    /// # Errors
    /// [`AppendRefused`]; nothing of the record was kept.
    pub fn append(&mut self, class: AppendClass, record: Record<'_>) -> Result<Appended, AppendRefused> {
        self.append_summed(class, record, None)
    }

    /// The same of a record of whose body the last octets may have been summed already.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_summed(
        &mut self,
        class: AppendClass,
        record: Record<'_>,
        summed: Option<Summed>,
    ) -> Result<Appended, AppendRefused> {
        match self.state {
            State::Writing => {}
            State::Adopted => return Err(AppendRefused::ReadOnly),
            State::Failed(_) => return Err(AppendRefused::Stopped),
        }
        let frame = self.frame_octets(&record)?;
        if self.is_kept_from(class, frame) {
            return Err(AppendRefused::Watermark);
        }
        if !self.open.as_ref().is_some_and(|open| open.fits(frame)) {
            self.begin_group(frame)?;
        }
        let Some(open) = self.open.as_mut() else {
            return Err(AppendRefused::NoBuffer);
        };
        let (offset, header) = open.push(&record, summed, self.settings.geometry);
        let segment = open.place().segment;
        // The record fits its group, so that its frame does not pass 32 bits.
        let length = header.frame_octets().unwrap_or_default();
        let location = Location {
            segment,
            offset,
            length,
        };
        let lsn = self.settings.geometry.lsn_of(location);
        self.records_end = Lsn(lsn.0 + u64::from(length));
        self.drafts.add(segment, &header, record.header);
        Ok(Appended { lsn, location })
    }

    /// Everything below this is on disk.
    #[must_use]
    pub fn durable_lsn(&self) -> Lsn {
        self.durable
    }

    /// The position behind everything appended so far: what is durable at this LSN has all of it.
    #[must_use]
    pub fn appended_lsn(&self) -> Lsn {
        self.records_end.max(self.durable)
    }

    /// Whether it takes records.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// The journal's number.
    #[must_use]
    pub fn id(&self) -> JournalId {
        self.id
    }

    /// The number of this start.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// The view for readers on other threads.
    #[must_use]
    pub fn published(&self) -> &Arc<Published> {
        &self.published
    }

    /// Whether a new message would be refused now for want of filled space.
    #[must_use]
    pub fn at_watermark(&self) -> bool {
        let kept = self.reserve_octets() + self.relief_octets(Relief::Copies);
        self.octets_left() < kept + u64::from(self.settings.draft.group_octets)
    }

    /// Whether no file can be added: there are as many as there may be, or the disk had no space for another.
    #[must_use]
    pub fn is_cramped(&self) -> bool {
        self.is_out_of_space || self.segments.next_slot >= self.settings.draft.segments_max
    }

    /// Whether state records are refused, or are about to be, and no space is on its way: then a segment has to be
    /// emptied, whatever that costs.
    #[must_use]
    pub fn is_pressed(&self) -> bool {
        let left = u64::from(self.settings.geometry.payload_octets() + self.settings.draft.group_octets);
        let is_freeing = self
            .segments
            .used()
            .any(|state| state.phase == SegmentPhase::Freeing);
        let is_awaited = is_freeing || self.is_preparing();
        self.is_cramped() && self.octets_left() < left && !is_awaited
    }

    /// Octets of groups that are not durable: what gathers, what is closed, what is on its way.
    #[must_use]
    pub fn lag_octets(&self) -> u64 {
        let gathering = self.open.as_ref().map(OpenGroup::block_octets);
        let closed = self.closed.iter().map(ClosedGroup::block_octets);
        let groups = gathering.into_iter().chain(closed);
        let octets = groups.chain(self.in_flight.iter().map(|flight| flight.length));
        octets.map(u64::from).sum()
    }

    /// Whether a segment is being made ready, so that there may be more room soon.
    #[must_use]
    pub fn is_preparing(&self) -> bool {
        let is_under_way = self.segments.preparing.is_some() || self.segments.vacating > 0;
        self.state == State::Writing && is_under_way
    }

    /// Octets of filled space that hold nothing yet: the rest of the current segment and whole segments behind it.
    #[must_use]
    pub fn octets_left(&self) -> u64 {
        let geometry = self.settings.geometry;
        let filling = self.open.as_ref().map_or(0, OpenGroup::filled);
        let current = self.head.map_or(0, |head| {
            geometry.segment_octets() - head.offset.saturating_add(filling)
        });
        u64::from(current) + self.segments.filled() * u64::from(geometry.payload_octets())
    }

    /// Asks for a marker group, which puts the durable LSN of this moment on disk. The hands call it when they have
    /// been idle for a while and at shutdown; it is skipped where the last group on disk already says so.
    pub fn request_marker(&mut self) {
        self.marker_wanted = self.state == State::Writing && self.committed_written < self.records_end;
    }

    /// Whether nothing is left to write: no record waits, nothing is on its way, no marker is wanted. At shutdown the
    /// hands ask for a marker and go on until this holds.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let stopped = matches!(self.state, State::Failed(_));
        let written = self.open.is_none() && self.closed.is_empty();
        self.in_flight.iter().all(|flight| flight.done) && (stopped || (written && !self.marker_due()))
    }

    fn reserve_octets(&self) -> u64 {
        u64::from(self.settings.draft.segments_reserved) * u64::from(self.settings.geometry.payload_octets())
    }

    /// Says what the last room is left for.
    pub fn leave_room_for(&mut self, relief: Relief) {
        self.relief = relief;
    }

    /// What is left for freeing where no file can be added. Invariant: while something can bring space back, there is
    /// room to write it. As long as a segment can be emptied that is its copies: one whole segment, since the current
    /// one, however little is still needed of it, can only be emptied into another. While none can be, copies bring
    /// nothing back, but ends do: with the last end of what can't be read its segment is free. So ends may have all of
    /// it, and states that lead to them what is beyond the emptying of a segment: that may go on any time, when its
    /// record can be read or enough has ended, and finds as much room as if no state had been written.
    fn relief_octets(&self, relief: Relief) -> u64 {
        let payload = u64::from(self.settings.geometry.payload_octets());
        match (self.is_cramped(), relief) {
            (false, _) => 0,
            (true, Relief::Copies) => payload,
            (true, Relief::Ends(emptying)) => emptying.max(payload / ENDS_PART).min(payload),
        }
    }

    /// Whether what is left is kept for others than a record of this class, with a frame of so many octets.
    fn is_kept_from(&self, class: AppendClass, frame: u32) -> bool {
        let block_octets = (GROUP_HEADER_OCTETS + frame).next_multiple_of(BLOCK_OCTETS);
        let wanted = match (class, self.relief) {
            (AppendClass::New, _) => {
                self.reserve_octets() + self.relief_octets(Relief::Copies) + u64::from(frame)
            }
            (AppendClass::Relief, _) | (AppendClass::End, Relief::Ends(_)) => 0,
            (AppendClass::State | AppendClass::End, _) => match self.relief_octets(self.relief) {
                0 => 0,
                kept => kept + u64::from(block_octets),
            },
        };
        self.octets_left() < wanted
    }

    /// Octets of the record's frame with its padding; refuses what fits no group.
    fn frame_octets(&self, record: &Record<'_>) -> Result<u32, AppendRefused> {
        let octets_max = self.settings.record_octets_max();
        let body: usize = record.body.iter().map(|piece| piece.len()).sum();
        let bytes = record.header.len().saturating_add(body);
        match u32::try_from(bytes) {
            Ok(bytes) if bytes <= octets_max => {
                Ok((RECORD_HEADER_OCTETS + bytes).next_multiple_of(RECORD_ALIGN))
            }
            _ => Err(AppendRefused::TooLong { octets_max }),
        }
    }
}

impl Resume {
    /// A journal without files.
    #[must_use]
    pub fn fresh(journal: JournalId, epoch: Epoch, mark_seed: u64) -> Self {
        Self {
            journal,
            epoch,
            mark_seed,
            sealed: Vec::new(),
            tail: None,
            free: Vec::new(),
            vacant: Vec::new(),
            next_slot: 0,
            next_sequence: SegmentSequence(1),
            previous_crc: 0,
            durable: Lsn(0),
        }
    }
}

impl Settings {
    /// The most octets that a record's header bytes and body may have together.
    #[must_use]
    pub fn record_octets_max(self) -> u32 {
        self.draft.group_octets - GROUP_HEADER_OCTETS - RECORD_HEADER_OCTETS
    }
}

const _: () = assert!(
    GROUP_HEADER_OCTETS.is_multiple_of(RECORD_ALIGN)
        && RECORD_HEADER_OCTETS.is_multiple_of(RECORD_ALIGN)
        && BLOCK_OCTETS.is_multiple_of(RECORD_ALIGN)
);
