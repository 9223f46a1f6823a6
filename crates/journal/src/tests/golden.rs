//! The bytes themselves: a log written today is the log read in years. Changing one of these is a new format.

use super::{Content, JOURNAL, World, identity};
use crate::fault::{FaultPlan, Holding, MemoryMedium};
use crate::{AppendClass, Place, SegmentMark, SegmentSequence, Slot};

/// Turns hex with notes into bytes: what follows `;` on a line is a note.
fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex
        .lines()
        .map(|line| line.split(';').next().unwrap_or_default())
        .collect();
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn check(name: &str, input: &[u8], expected: &str) {
    let expected = bytes(expected);
    let at = input
        .iter()
        .zip(&expected)
        .position(|(input, expected)| input != expected);
    assert_eq!(
        at,
        None,
        "{name}: first octet that differs; written: {:02x?}",
        &input[..expected.len()]
    );
}

fn written() -> MemoryMedium {
    let mut world = World::fresh(FaultPlan::of(Holding::Keep, 1));
    world.settle();
    let content = Content {
        kind: 0x0102,
        key: 447_700_900_012,
        header: b"head".to_vec(),
        body: b"body!".to_vec(),
    };
    world.append(AppendClass::New, &content).unwrap();
    world.settle();
    world.disk.medium().clone()
}

#[test]
fn a_group_of_one_record() {
    let medium = written();
    let mark = crate::frame::decode_claim(&medium.slot(Slot(0)).unwrap()[..4096])
        .mark
        .unwrap()
        .mark;
    let group = &medium.slot(Slot(0)).unwrap()[8192..12288];
    check(
        "group",
        group,
        "52504c47                 ; magic RPLG
         0100 0000                ; format 1, not the last of its segment
         07000000                 ; journal 7
         01000000                 ; start epoch 1
         0100000000000000         ; segment 1",
    );
    assert_eq!(group[24..32], mark.0.to_le_bytes(), "the mark of the claim");
    check(
        "group, from its LSN on",
        &group[32..60],
        "0020100000000000         ; LSN 1 * 1,048,576 + 8,192
         0000000000000000         ; nothing is committed yet
         80000000                 ; 128 octets without padding
         01000000                 ; one record
         00000000                 ; no group before it",
    );
    check(
        "record",
        &group[80..128],
        "0201 0000                ; kind 0x0102
         04000000                 ; four header bytes
         05000000                 ; five of body
         9b00033a                 ; CRC-32C without this field, found bit by bit with another program
         ac980d3d68000000         ; key
         5020100000000000         ; LSN of the record: 80 octets behind the group's
         68656164                 ; head
         626f647921               ; body!
         00000000000000           ; to a multiple of 16",
    );
    assert!(group[128..].iter().all(|&octet| octet == 0));
}

#[test]
fn the_marks_of_a_segment() {
    let place = Place {
        slot: Slot(3),
        segment: SegmentSequence(0x1_0203),
    };
    let mark = SegmentMark(0x1122_3344_5566_7788);
    let claim = crate::claim_block(JOURNAL, place.segment, mark, identity().geometry);
    let expected = "52505343             ; magic RPSC
         0100 0000                ; format 1
         07000000                 ; journal 7
         00001000                 ; segments of 1 MiB
         0302010000000000         ; segment 0x10203
         8877665544332211         ; mark
         00000000 00000000 00000000 00000000 00000000 00000000 00000000
         3b083589                 ; CRC-32C of the 60 octets above, found in the same way";
    check("claim", &claim, expected);
    check("its second copy", &claim[2048..], expected);
    let free = crate::free_block(JOURNAL, place.segment, identity().geometry);
    check(
        "free",
        &free,
        "52505346 0100 0000 07000000 00001000 0302010000000000 ; RPSF, the same
         0000000000000000         ; no mark",
    );
}
