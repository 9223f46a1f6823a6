//! The fuzzers' way in: hostile bytes where files should be.
//!
//! Called by the seeded fuzz programs and by cargo-fuzz. Invariant: no input makes any of this panic, and whatever
//! is given out lies within the input.

use std::ops::ControlFlow;

use crate::files::Manifest;
use crate::operation::{Place, SegmentMark};
use crate::position::{Geometry, JournalId, SEGMENT_OCTETS_MIN, SegmentSequence, Slot};
use crate::recovery::{JournalIdentity, Recovered, SlotImage, recover};
use crate::scan::{RecordView, ScanIdentity, SegmentScan, Step, Successor};
use crate::sidecar::SidecarView;

/// Takes the bytes for everything that a start reads: a segment file, a sidecar, a manifest, a record.
pub fn recovery(bytes: &[u8]) {
    let Some(geometry) = Geometry::new(SEGMENT_OCTETS_MIN) else {
        return;
    };
    let identity = JournalIdentity {
        journal: JournalId(1),
        geometry,
    };
    let images = [
        SlotImage { slot: Slot(0), bytes },
        SlotImage { slot: Slot(1), bytes },
    ];
    let mut recovered = Vec::new();
    let mut take = |record: Recovered<'_>| recovered.push(record.location);
    let found = recover(identity, &images, |_| Some(bytes.to_vec()), &mut take);
    let _ = found.resume(crate::Epoch(1), 1);
    for location in recovered {
        let _ = bytes
            .get(location.offset as usize..)
            .map(|rest| RecordView::parse(rest, location, geometry));
        let _ = location.read_range();
    }
    // As if the marks were true, so that the walk itself is reached.
    let place = Place {
        slot: Slot(0),
        segment: SegmentSequence(1),
    };
    for successor in [Successor::Present, Successor::Absent] {
        let mark = SegmentMark(0);
        let identity = ScanIdentity {
            journal: JournalId(1),
            place,
            mark,
            geometry,
            successor,
        };
        let _ = walk(SegmentScan::new(bytes, identity));
        let _ = walk(SegmentScan::window(
            bytes,
            crate::SEGMENT_HEAD_OCTETS,
            identity,
            None,
        ));
        let _ = SidecarView::parse(bytes, identity).map(|view| view.records().count());
    }
    let _ = Manifest::decode(bytes);
}

/// Reads every octet that the scan gives out; a scan that does not move on is cut off and noticed.
fn walk(scan: SegmentScan<'_>) -> ControlFlow<()> {
    let steps_max = 4 * SEGMENT_OCTETS_MIN as usize;
    for (at, step) in scan.enumerate() {
        if at > steps_max {
            return ControlFlow::Break(());
        }
        if let Step::Group(group) = step {
            let _ = group.padding_is_zero();
            let _ = group
                .records()
                .map(|record| record.header.len() + record.body.len())
                .sum::<usize>();
        }
    }
    ControlFlow::Continue(())
}
