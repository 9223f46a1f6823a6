//! The judge of sightings notices each kind of fault.

use super::*;

const ADDRESSES: u32 = 100;

fn sighting(session: u32) -> Sighting {
    Sighting {
        address: 5,
        newest: 3,
        stopped: 2,
        connection: None,
        number: number(5, session, ADDRESSES).unwrap().digits(),
    }
}

#[test]
fn each_fault_is_found_and_a_right_one_is_not() {
    for session in [3, 4] {
        assert_eq!(sighting(session).fault(ADDRESSES), None);
    }
    let mut same = sighting(4);
    same.connection = Some(4);
    assert_eq!(same.fault(ADDRESSES), None);
    let fault = |sighting: Sighting| sighting.fault(ADDRESSES).unwrap();
    assert!(fault(sighting(2)).contains("an earlier session"));
    let mut ended = sighting(3);
    ended.stopped = 3;
    assert!(fault(ended).contains("had ended"));
    let mut other = sighting(4);
    other.connection = Some(3);
    assert!(fault(other).contains("a connection of another session"));
    let mut elsewhere = sighting(4);
    elsewhere.number = number(6, 4, ADDRESSES).unwrap().digits();
    assert!(fault(elsewhere).contains("another address"));
    let mut nobody = sighting(4);
    nobody.number = 15_550_100_000;
    assert!(fault(nobody).contains("nobody has"));
}
