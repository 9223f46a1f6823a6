//! The first look at a journal's files: which hold a live segment, which are free.
//!
//! Reads only marks and first groups. Invariants: a segment is live when its claim is above its file's free
//! mark and it holds a whole group; a file whose claim is unreadable is told by its groups; files that cannot
//! be understood are reported and left alone.

use crate::frame::{ClaimMark, GroupHeader, decode_claim, decode_free};
use crate::operation::{Place, SegmentMark};
use crate::position::{BLOCK_OCTETS, SEGMENT_HEAD_OCTETS, SEQUENCE_MAX, SegmentSequence, Slot};
use crate::problem::{Damage, Problem};
use crate::recovery::{JournalIdentity, SlotImage};
use crate::scan::{ScanIdentity, SegmentScan, Successor};

/// A segment that holds groups.
#[derive(Debug)]
pub(super) struct Live<'a> {
    pub(super) place: Place,
    pub(super) mark: SegmentMark,
    pub(super) bytes: &'a [u8],
}

/// What the files are.
#[derive(Debug)]
pub(super) struct Survey<'a> {
    /// In sequence order.
    pub(super) live: Vec<Live<'a>>,
    pub(super) free: Vec<Slot>,
    /// Claimed, not freed, and without groups.
    pub(super) vacant: Vec<Place>,
    pub(super) problems: Vec<Problem>,
    pub(super) next_slot: u16,
    pub(super) next_sequence: SegmentSequence,
}

pub(super) fn survey<'a>(identity: JournalIdentity, images: &[SlotImage<'a>]) -> Survey<'a> {
    let mut survey = Survey {
        live: Vec::new(),
        free: Vec::new(),
        vacant: Vec::new(),
        problems: Vec::new(),
        next_slot: 0,
        next_sequence: SegmentSequence(1),
    };
    for image in images {
        survey.next_slot = survey.next_slot.max(image.slot.0.saturating_add(1));
        survey.look_at(identity, *image);
    }
    survey.live.sort_by_key(|live| live.place.segment);
    survey.find_lost(identity);
    let mut held = SegmentSequence(0);
    let Survey { live, problems, .. } = &mut survey;
    live.retain(|live| {
        let twice = live.place.segment == held;
        held = live.place.segment;
        if twice {
            problems.push(problem(live.place, Damage::Duplicate));
        }
        !twice
    });
    survey
}

fn is_foreign(identity: JournalIdentity, mark: &ClaimMark) -> bool {
    mark.journal != identity.journal
        || mark.segment_octets != identity.geometry.segment_octets()
        || mark.segment.0 > SEQUENCE_MAX
}

fn problem(place: Place, what: Damage) -> Problem {
    Problem {
        slot: place.slot,
        segment: place.segment,
        offset: 0,
        octets: 0,
        what,
    }
}

impl<'a> Survey<'a> {
    fn look_at(&mut self, identity: JournalIdentity, image: SlotImage<'a>) {
        let SlotImage { slot, bytes } = image;
        let block = BLOCK_OCTETS as usize;
        let claim = decode_claim(bytes.get(..block).unwrap_or(bytes));
        let free = decode_free(bytes.get(block..2 * block).unwrap_or_default());
        let marks = claim.mark.iter().chain(free.mark.iter());
        let mut place = Place {
            slot,
            segment: SegmentSequence(0),
        };
        if marks.clone().any(|mark| is_foreign(identity, mark)) {
            return self.problems.push(problem(place, Damage::Foreign));
        }
        marks.for_each(|mark| self.saw(mark.segment));
        let freed = free.mark.map_or(SegmentSequence(0), |mark| mark.segment);
        let first = bytes
            .get(SEGMENT_HEAD_OCTETS as usize..)
            .and_then(GroupHeader::decode);
        let first = first
            .map(|(header, _)| header)
            .filter(|header| header.journal == identity.journal && header.segment.0 <= SEQUENCE_MAX);
        let told = claim.mark.map(|mark| (mark.segment, mark.mark));
        let told = told.or_else(|| first.map(|header| (header.segment, header.mark)));
        let whole_size = bytes.len() == identity.geometry.segment_octets() as usize;
        if !whole_size {
            self.problems.push(problem(place, Damage::Truncated));
        }
        match told.filter(|&(segment, _)| segment > freed) {
            Some((segment, mark)) => {
                self.saw(segment);
                place.segment = segment;
                let scan = SegmentScan::new(
                    bytes,
                    ScanIdentity {
                        journal: identity.journal,
                        place,
                        mark,
                        geometry: identity.geometry,
                        successor: Successor::Absent,
                    },
                );
                if scan.holds_groups() {
                    // Of a file that holds nothing, a torn mark is what a kill while it was prepared leaves.
                    if claim.damaged || free.damaged {
                        let what = if claim.damaged {
                            Damage::Claim
                        } else {
                            Damage::FreeMark
                        };
                        self.problems.push(problem(place, what));
                    }
                    self.live.push(Live { place, mark, bytes });
                } else if whole_size {
                    self.vacant.push(place);
                }
            }
            // A file gets its name only with its claim in it, and a torn claim leaves one copy or the other.
            None if told.is_none() => {
                let octets = identity.geometry.payload_octets();
                self.problems.push(Problem {
                    octets,
                    ..problem(place, Damage::Marks)
                });
            }
            None if whole_size => self.free.push(slot),
            None => {}
        }
    }

    /// Claimed segments are written in the order of their numbers, and those that a stop left unwritten are
    /// freed before a later one is claimed: one without groups below a live one has lost them. Its file is left
    /// alone.
    fn find_lost(&mut self, identity: JournalIdentity) {
        let newest = self
            .live
            .last()
            .map_or(SegmentSequence(0), |live| live.place.segment);
        let octets = identity.geometry.payload_octets();
        for place in self.vacant.extract_if(.., |place| place.segment < newest) {
            let lost = problem(place, Damage::GroupLost);
            self.problems.push(Problem {
                offset: SEGMENT_HEAD_OCTETS,
                octets,
                ..lost
            });
        }
    }

    fn saw(&mut self, segment: SegmentSequence) {
        self.next_sequence = self
            .next_sequence
            .max(SegmentSequence(segment.0.saturating_add(1)));
    }
}
