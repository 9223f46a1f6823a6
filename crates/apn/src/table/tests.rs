//! The index under many insertions and removals, against a model; and the prefix lengths.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

fn key(number: u8) -> Key {
    Key::address(Realm(1), IpAddr::V4(Ipv4Addr::new(10, 0, 0, number)))
}

fn image(key: Key, generation: u64) -> Image {
    Image {
        state: State::Held,
        key,
        generation: Generation(generation),
        facts: Facts {
            msisdn: base::Msisdn::from_bits(15_550_100_000 + generation),
            imsi: crate::Imsi::from_digits(b"001010000000001"),
            imeisv: crate::Imeisv::from_digits(b"3500000000000001"),
            sgsn: crate::Plmn::from_digits(b"00101"),
            rat: Some(255),
        },
        last_s: u32::MAX,
    }
}

#[test]
fn a_record_says_what_was_written() {
    let record = Record::default();
    assert_eq!(record.read(), None);
    for generation in [1, 2, (1 << 48) - 1] {
        let image = image(key(1), generation % 1_000_000);
        let image = Image {
            generation: Generation(generation),
            ..image
        };
        record.write(&image);
        assert_eq!(record.read(), Some(image));
        record.put_last(7);
        assert_eq!(record.read(), Some(Image { last_s: 7, ..image }));
        record.put_state(State::Ended);
        assert_eq!(record.read().unwrap().state, State::Ended);
    }
}

#[test]
fn lengths_are_few() {
    let table = Table::new(8, 1);
    for bits in 56..64 {
        assert!(table.admit_length(bits));
    }
    assert!(!table.admit_length(64));
    assert!(table.admit_length(56));
}

proptest! {
    /// Small, so that probes are long and wrap.
    #[test]
    fn the_index_is_a_map(steps in proptest::collection::vec((any::<bool>(), 0_u8..24), 0..400)) {
        let table = Table::new(12, 3);
        let mut model: BTreeMap<u8, u32> = BTreeMap::new();
        let mut free: Vec<u32> = (0..12).collect();
        for (generation, (put, number)) in (1..).zip(steps) {
            let hash = table.index.hash(key(number));
            match (put, model.get(&number).copied()) {
                (true, None) => {
                    let Some(record) = free.pop() else { continue };
                    table.records[record as usize].write(&image(key(number), generation));
                    table.index.insert(hash, record);
                    model.insert(number, record);
                }
                (true, Some(old)) => {
                    let Some(record) = free.pop() else { continue };
                    table.records[record as usize].write(&image(key(number), generation));
                    table.index.replace(hash, old, record);
                    table.records[old as usize].put_state(State::Free);
                    free.push(old);
                    model.insert(number, record);
                }
                (false, Some(record)) => {
                    table.index.remove(hash, record);
                    table.records[record as usize].put_state(State::Free);
                    free.push(record);
                    model.remove(&number);
                }
                (false, None) => {}
            }
            for number in 0..24 {
                let found = table.number_of(table.index.hash(key(number)), key(number));
                prop_assert_eq!(found, model.get(&number).copied());
                prop_assert_eq!(table.read(key(number)).is_some(), model.contains_key(&number));
            }
        }
    }
}
