//! Journal files as a start finds them: segments, sidecars, manifests; and what recovery must make of them.
//!
//! A subject of the fuzzers. `layout` makes and mends the bytes, this file judges. Invariant: every judgement needs
//! only what the crate promises to anybody; the checksums of records are computed here once more.

mod layout;

use std::collections::BTreeMap;

use journal::fault::{FaultDisk, FaultPlan, Holding, Medium, MemoryMedium};
use journal::{
    AppendClass, AppendRefused, Epoch, GroupHeader, Journal, JournalIdentity, Location, Lsn, Place, Record,
    RecordHeader, RecordView, Recovered, Recovery, SegmentMark, SegmentSequence, Settings, SettingsDraft,
    Slot, SlotImage, SlotOrigin, Step, inspect, recover,
};

use crate::fuzz::{Format, Layout};
use layout::{GROUP, HEAD, JOURNAL, MARK, RECORD, SEGMENT, geometry};

/// Segments, sidecars and manifests, checksums mostly right.
pub const FILES: Format = Format {
    make: layout::file,
    edit_length: layout::edit_length,
    repair: layout::repair,
    layout: Layout::Blocks,
    tokens: layout::TOKENS,
    octets_max: 40_000,
};

/// Segments alone, checksums mostly right.
pub const SEGMENTS: Format = Format {
    make: layout::segment,
    ..FILES
};

/// Segments as rot and a lost write leave them: nobody puts the checksums right.
pub const DAMAGED: Format = Format {
    make: layout::own_segment,
    repair: |_, _| {},
    ..SEGMENTS
};

/// Octets of a block, in which groups are aligned.
const BLOCK: usize = 4096;

fn identity() -> JournalIdentity {
    JournalIdentity {
        journal: JOURNAL,
        geometry: geometry(),
    }
}

fn recovered(bytes: &[u8], mut take: impl FnMut(Recovered<'_>)) -> Recovery {
    let images = [SlotImage { slot: Slot(0), bytes }];
    recover(identity(), &images, |_| None, &mut take)
}

/// Whether a start finds a record in it and nothing amiss but a short file.
pub fn accepts(bytes: &[u8]) -> bool {
    let recovery = recovered(bytes, |_| {});
    recovery.records > 0 && recovery.problems_total <= 1
}

/// Judges what the scan gives out of one segment.
pub fn records(bytes: &[u8]) {
    let mut shown = Vec::new();
    let (mut steps, mut problems) = (0_usize, 0_u64);
    let images = [SlotImage { slot: Slot(0), bytes }];
    inspect(identity(), &images, |_, step| {
        steps += 1;
        // A step is a group, or names a record or a block that is damaged.
        assert!(steps <= bytes.len() / RECORD + 16, "the scan does not move on");
        match step {
            Step::Group(group) => shown.extend(group.records().map(|record| judge(bytes, &record))),
            Step::Problem(problem) => {
                problems += 1;
                let end = u64::from(problem.offset) + u64::from(problem.octets);
                assert!(
                    end <= u64::from(geometry().segment_octets()),
                    "a problem outside the segment"
                );
            }
        }
    });
    assert!(
        shown.is_sorted_by(|left, right| left < right),
        "records come in log order, each once"
    );
    let mut again = Vec::new();
    let recovery = recovered(bytes, |record| again.push(record.lsn));
    assert_eq!(again, shown, "recovery shows what the scan shows");
    assert_eq!(
        recovery.problems_total, problems,
        "recovery names what the scan names"
    );
    assert_eq!(
        recovery.records,
        shown.len() as u64,
        "recovery counts what it shows"
    );
    assert!(
        shown.last() < Some(&recovery.durable),
        "the log ends behind the last record"
    );
    let _ = recovery.resume(Epoch(1), 1);
}

fn judge(bytes: &[u8], record: &RecordView<'_>) -> Lsn {
    let Location { offset, length, .. } = record.location;
    let (start, octets) = (offset as usize, length as usize);
    let Some(frame) = start.checked_add(octets).and_then(|end| bytes.get(start..end)) else {
        unreachable!("a record outside the file");
    };
    assert_eq!(
        record.lsn,
        geometry().lsn_of(record.location),
        "a record stands where its LSN says"
    );
    let mut unsummed = frame.to_vec();
    let stored: [u8; 4] = std::array::from_fn(|at| std::mem::take(&mut unsummed[12 + at]));
    assert_eq!(
        u32::from_le_bytes(stored),
        crc32c::crc32c(&unsummed),
        "a record is shown only if it proves itself"
    );
    assert_eq!(
        [record.header, record.body].concat(),
        frame[RECORD..],
        "a record is the bytes of its frame"
    );
    let again = RecordView::parse(&bytes[start..], record.location, geometry());
    assert_eq!(again, Ok(*record), "a record reads back by its location");
    record.lsn
}

/// Turns of the hands until what was appended must be durable.
const TURNS_MAX: u32 = 1_000;

/// A record as recovery shows it.
type Shown = BTreeMap<Lsn, (u16, u64, Vec<u8>, u32)>;

fn shown(medium: &MemoryMedium) -> (Recovery, Shown) {
    let mut shown = Shown::new();
    let recovery = medium.recover(&mut |record: Recovered<'_>| {
        let content = (
            record.kind,
            record.key,
            record.header.to_vec(),
            record.body_octets,
        );
        shown.insert(record.lsn, content);
    });
    (recovery, shown)
}

/// Starts on a damaged segment, appends, stops, and starts again.
pub fn resume(bytes: &[u8]) {
    let Some(medium) = disk(bytes) else { return };
    let (recovery, mut expected) = shown(&medium);
    let seed = 0x5eed;
    let Ok(settings) = Settings::new(SMALL) else {
        return;
    };
    let mut journal = Journal::new(settings, recovery.resume(Epoch(1), seed));
    for _ in 0..settings.buffers() {
        let given = journal.give_buffer(vec![0xEE; SMALL.group_octets as usize]);
        assert!(given.is_ok(), "a buffer of the set size is taken");
    }
    let mut disk = FaultDisk::new(FaultPlan::of(Holding::Keep, seed), medium);
    for (kind, key) in [(1, 11), (2, 22)] {
        let lsn = append(&mut journal, &mut disk, kind, key);
        let last = expected.last_key_value().map(|(last, _)| *last);
        assert!(last < Some(lsn), "the log goes on behind what it holds");
        expected.insert(lsn, (kind, key, b"header".to_vec(), 700));
    }
    let (_, found) = shown(disk.medium());
    assert_eq!(
        found, expected,
        "the next start finds what the last one found, and what was appended since"
    );
}

const SMALL: SettingsDraft = SettingsDraft {
    segment_octets: 1 << 20,
    group_octets: 64 << 10,
    groups_in_flight: 2,
    segments_max: 4,
    segments_reserved: 1,
    segments_ahead: 1,
    evacuate_below_percent: 25,
};

/// A disk with one file, which begins with these bytes.
fn disk(bytes: &[u8]) -> Option<MemoryMedium> {
    let mut medium = MemoryMedium::new(identity(), 8);
    let place = Place {
        slot: Slot(0),
        segment: SEGMENT,
    };
    medium.prepare(place, MARK, SlotOrigin::Fresh).ok()?;
    medium
        .slot_mut(Slot(0))?
        .get_mut(..bytes.len())?
        .copy_from_slice(bytes);
    Some(medium)
}

/// Appends a record and turns the hands until it is durable.
fn append(
    journal: &mut Journal<Vec<u8>>,
    disk: &mut FaultDisk<Vec<u8>, MemoryMedium>,
    kind: u16,
    key: u64,
) -> Lsn {
    let body = [0x42; 700];
    let record = Record {
        kind,
        key,
        header: b"header",
        body: &[&body],
    };
    let mut appended = None;
    for _ in 0..TURNS_MAX {
        if appended.is_none() {
            appended = match journal.append(AppendClass::State, record) {
                Ok(done) => Some(done.lsn),
                Err(AppendRefused::NoSegment | AppendRefused::NoBuffer) => None,
                Err(refused) => unreachable!("refused: {refused}"),
            };
        }
        while let Some(operation) = journal.poll_operation() {
            disk.submit(operation);
        }
        while let Some(done) = disk.poll() {
            let known = journal.complete(done.id, done.result, done.buffer);
            assert!(known.is_ok(), "the journal knows what it asked for");
        }
        if let Some(lsn) = appended.filter(|lsn| journal.durable_lsn() > *lsn) {
            return lsn;
        }
    }
    unreachable!("what was appended never becomes durable");
}

/// A walk over the records of each group that believes their lengths once the group's checksums hold.
pub fn canary(bytes: &[u8]) {
    for block in (HEAD..bytes.len()).step_by(BLOCK) {
        let group = &bytes[block..];
        let Some((header, _)) = GroupHeader::decode(group) else {
            continue;
        };
        if header.segment != SegmentSequence(1) || header.mark != SegmentMark(0) || header.count == 0 {
            continue;
        }
        let Some(first) = group.get(GROUP..).and_then(RecordHeader::decode) else {
            continue;
        };
        if crc32c::crc32c(&first.encode()) != header.records_crc {
            continue;
        }
        let frame = GROUP + RECORD + first.header_length as usize + first.body_length as usize;
        assert!(frame <= group.len(), "the canary reads behind the end");
    }
}
