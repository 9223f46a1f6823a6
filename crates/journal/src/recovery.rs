//! What a journal's files hold after a stop of any kind, and where to go on.
//!
//! Works on the files' bytes (mapped by `files`, held in memory by tests and the simulator): surveys each file's marks,
//! puts the segments in order, walks each ([`crate::SegmentScan`], or its sidecar), hands every record to the visitor
//! in log order and leaves a [`Resume`] for the writer. Invariants: nothing is written; a freed segment is never
//! shown; a record is shown only when its checksum holds (for a sidecar: when the sidecar's does); every number drawn
//! before is below `next_sequence`.

mod survey;

use crate::frame::GroupEnd;
use crate::operation::Place;
use crate::planted::{Bug, is_planted};
use crate::position::{
    Epoch, Geometry, JournalId, Location, Lsn, SEGMENT_HEAD_OCTETS, SegmentSequence, Slot,
};
use crate::problem::{Damage, Problem};
use crate::scan::{RecordView, ScanIdentity, SegmentEnd, SegmentScan, Step, Successor};
use crate::sidecar::SidecarView;
use crate::writer::{Resume, SealedSegment, Sidecar, Tail};
use survey::{Live, Survey, survey};

/// Most problems kept one by one; more are only counted.
pub const PROBLEMS_KEPT_MAX: usize = 1000;

/// One file of a journal and its bytes.
#[derive(Clone, Copy, Debug)]
pub struct SlotImage<'a> {
    /// The file's number.
    pub slot: Slot,
    /// Its content.
    pub bytes: &'a [u8],
}

/// Which journal is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalIdentity {
    /// Its number.
    pub journal: JournalId,
    /// The size of its segments.
    pub geometry: Geometry,
}

/// A record found, without its body: that is read by its location when it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovered<'a> {
    /// Where it stands in the log.
    pub lsn: Lsn,
    /// Where its frame lies.
    pub location: Location,
    /// The kind, for the store.
    pub kind: u16,
    /// The key, for the store.
    pub key: u64,
    /// Header bytes.
    pub header: &'a [u8],
    /// Octets of the body.
    pub body_octets: u32,
}

/// How far recovery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The journal.
    pub journal: JournalId,
    /// Segments done.
    pub segments_done: u32,
    /// Segments to do in all.
    pub segments: u32,
    /// Octets of segments walked or skipped by a sidecar so far.
    pub octets_done: u64,
}

/// Takes what recovery finds.
pub trait RecoveryVisitor {
    /// Takes the next record in log order.
    fn record(&mut self, record: Recovered<'_>);

    /// Hears of progress, once a segment.
    fn progress(&mut self, _progress: Progress) {}
}

impl<F: FnMut(Recovered<'_>)> RecoveryVisitor for F {
    fn record(&mut self, record: Recovered<'_>) {
        self(record);
    }
}

/// How a segment came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentOutcome {
    /// Every group is whole.
    Clean,
    /// The log ends in it with groups that nobody was told of; they are discarded.
    TornTail {
        /// Octets from the start of the file.
        at: u32,
    },
    /// Something acknowledged is damaged; the rest is served. The first damage:
    Corrupt {
        /// Octets from the start of the file.
        at: u32,
        /// What it is.
        what: Damage,
    },
}

/// One segment's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentReport {
    /// File and segment.
    pub place: Place,
    /// How it came out.
    pub outcome: SegmentOutcome,
    /// Where it ends.
    pub end: SegmentEnd,
    /// Records shown.
    pub records: u64,
    /// Whether its sidecar was read instead of it.
    pub sidecar: Sidecar,
}

/// What was found in one journal.
#[derive(Clone, Debug)]
pub struct Recovery {
    /// The journal.
    pub journal: JournalId,
    /// Its segments in log order.
    pub segments: Vec<SegmentReport>,
    /// Damaged places, up to [`PROBLEMS_KEPT_MAX`].
    pub problems: Vec<Problem>,
    /// Damaged places in all.
    pub problems_total: u64,
    /// Records shown.
    pub records: u64,
    /// The highest epoch seen.
    pub epoch: Epoch,
    /// End of the last whole group.
    pub durable: Lsn,
    tail: Option<Tail>,
    free: Vec<Slot>,
    vacant: Vec<Place>,
    next_slot: u16,
    next_sequence: SegmentSequence,
    previous_crc: u32,
}

impl Recovery {
    /// Where the writer goes on, in a start of this number (raised above any seen in the log, should it not be) and
    /// with these 64 random bits.
    #[must_use]
    pub fn resume(&self, epoch: Epoch, mark_seed: u64) -> Resume {
        let in_tail = |place: Place| self.tail.is_some_and(|tail| tail.place == place);
        let sealed = self
            .segments
            .iter()
            .filter(|report| !in_tail(report.place))
            .map(|report| SealedSegment {
                place: report.place,
                end: report.end.end,
                sidecar: report.sidecar,
            });
        Resume {
            journal: self.journal,
            epoch: epoch.max(Epoch(self.epoch.0.saturating_add(1))),
            mark_seed,
            sealed: sealed.collect(),
            tail: self.tail,
            free: self.free.clone(),
            vacant: self.vacant.clone(),
            next_slot: self.next_slot,
            next_sequence: self.next_sequence,
            previous_crc: self.previous_crc,
            durable: self.durable,
        }
    }

    pub(crate) fn note(&mut self, problem: Problem) {
        self.problems_total += 1;
        if self.problems.len() < PROBLEMS_KEPT_MAX {
            self.problems.push(problem);
        }
    }
}

/// Walks a journal's files. `sidecar` answers the bytes of a segment's sidecar, if there is one.
pub fn recover<'a>(
    identity: JournalIdentity,
    images: &[SlotImage<'a>],
    mut sidecar: impl FnMut(SegmentSequence) -> Option<Vec<u8>>,
    visitor: &mut impl RecoveryVisitor,
) -> Recovery {
    let Survey {
        live,
        free,
        vacant,
        problems,
        next_slot,
        next_sequence,
    } = survey(identity, images);
    let mut recovery = Recovery {
        journal: identity.journal,
        segments: Vec::with_capacity(live.len()),
        problems: Vec::new(),
        problems_total: 0,
        records: 0,
        epoch: Epoch(0),
        durable: Lsn(0),
        tail: None,
        free,
        vacant,
        next_slot,
        next_sequence,
        previous_crc: 0,
    };
    problems.into_iter().for_each(|problem| recovery.note(problem));
    let segments = u32::try_from(live.len()).unwrap_or(u32::MAX);
    let mut octets_done = 0;
    for (segment, left) in live.iter().zip((0..segments).rev()) {
        let successor = if left == 0 {
            Successor::Absent
        } else {
            Successor::Present
        };
        let JournalIdentity { journal, geometry } = identity;
        let Live { place, mark, bytes } = *segment;
        let identity = ScanIdentity {
            journal,
            place,
            mark,
            geometry,
            successor,
        };
        let report = recovery.read_segment(bytes, identity, sidecar(place.segment).as_deref(), visitor);
        if left == 0 && report.end.closed == GroupEnd::Open {
            recovery.tail = tail_of(&report, identity);
        }
        recovery.take_report(report, geometry);
        octets_done += u64::from(report.end.end);
        visitor.progress(Progress {
            journal,
            segments_done: segments - left,
            segments,
            octets_done,
        });
    }
    recovery
}

impl Recovery {
    /// Hands out a segment's records, from its sidecar where that is valid.
    fn read_segment(
        &mut self,
        bytes: &[u8],
        identity: ScanIdentity,
        sidecar: Option<&[u8]>,
        visitor: &mut impl RecoveryVisitor,
    ) -> SegmentReport {
        if let Some(sidecar) = sidecar {
            if let Some(view) = SidecarView::parse(sidecar, identity) {
                return read_sidecar(view, identity.place, visitor);
            }
            let Place { slot, segment } = identity.place;
            self.note(Problem {
                slot,
                segment,
                offset: 0,
                octets: 0,
                what: Damage::Sidecar,
            });
        }
        walk(bytes, identity, self, visitor)
    }
}

impl Recovery {
    fn take_report(&mut self, report: SegmentReport, geometry: Geometry) {
        let end = report.end;
        self.records += report.records;
        self.epoch = self.epoch.max(end.epoch);
        self.durable = self.durable.max(geometry.lsn(report.place.segment, end.end));
        self.previous_crc = end.last_crc.unwrap_or(self.previous_crc);
        self.segments.push(report);
    }
}

/// Every step of every live segment in log order, with bodies, without sidecars: for `log verify` and `log dump`.
/// Problems of the files themselves come first.
pub fn inspect<'a>(
    identity: JournalIdentity,
    images: &[SlotImage<'a>],
    mut take: impl FnMut(Place, Step<'a>),
) {
    let Survey { live, problems, .. } = survey(identity, images);
    for problem in problems {
        take(
            Place {
                slot: problem.slot,
                segment: problem.segment,
            },
            Step::Problem(problem),
        );
    }
    let count = live.len();
    for (at, segment) in live.into_iter().enumerate() {
        let successor = if at + 1 == count {
            Successor::Absent
        } else {
            Successor::Present
        };
        let JournalIdentity { journal, geometry } = identity;
        let identity = ScanIdentity {
            journal,
            place: segment.place,
            mark: segment.mark,
            geometry,
            successor,
        };
        for step in SegmentScan::new(segment.bytes, identity) {
            take(segment.place, step);
        }
    }
}

fn read_sidecar(view: SidecarView<'_>, place: Place, visitor: &mut impl RecoveryVisitor) -> SegmentReport {
    let mut records = 0;
    for record in view.records() {
        visitor.record(record);
        records += 1;
    }
    SegmentReport {
        place,
        outcome: SegmentOutcome::Clean,
        end: view.end(),
        records,
        sidecar: Sidecar::Valid,
    }
}

fn walk(
    bytes: &[u8],
    identity: ScanIdentity,
    recovery: &mut Recovery,
    visitor: &mut impl RecoveryVisitor,
) -> SegmentReport {
    let mut scan = SegmentScan::new(bytes, identity);
    let mut outcome = SegmentOutcome::Clean;
    let mut records = 0;
    for step in scan.by_ref() {
        match step {
            Step::Group(group) => {
                let shown = match is_planted(Bug::OffByOneInRecovery) {
                    true => group.records().count().saturating_sub(1),
                    false => usize::MAX,
                };
                for record in group.records().take(shown) {
                    let RecordView {
                        lsn,
                        location,
                        kind,
                        key,
                        header,
                        body,
                    } = record;
                    let body_octets = u32::try_from(body.len()).unwrap_or(u32::MAX);
                    visitor.record(Recovered {
                        lsn,
                        location,
                        kind,
                        key,
                        header,
                        body_octets,
                    });
                    records += 1;
                }
            }
            Step::Problem(problem) => {
                recovery.note(problem);
                let at = problem.offset;
                outcome = match (outcome, problem.what) {
                    (SegmentOutcome::Corrupt { .. }, _) => outcome,
                    (_, Damage::TornTail) => SegmentOutcome::TornTail { at },
                    (_, what) => SegmentOutcome::Corrupt { at, what },
                };
            }
        }
    }
    SegmentReport {
        place: identity.place,
        outcome,
        end: scan.end(),
        records,
        sidecar: Sidecar::Missing,
    }
}

/// Where to go on in the newest segment; `None` when nothing more fits.
fn tail_of(report: &SegmentReport, identity: ScanIdentity) -> Option<Tail> {
    let offset = report.end.end.max(SEGMENT_HEAD_OCTETS);
    let zero_octets = report.end.torn_octets;
    (offset < identity.geometry.segment_octets()).then_some(Tail {
        place: report.place,
        mark: identity.mark,
        offset,
        zero_octets,
    })
}
