//! Records come back as they were written, at any alignment, and damage is refused.

use super::*;

fn accept() -> Accept {
    Accept {
        message: 0x0123_4567_89AB_CDEF,
        sender: 447_700_900_001,
        accepted_at: 1_700_000_000,
        deliver_at: 0,
        expiry: 1_700_604_800,
        flags: FLAG_DELIVERY_REPORT,
        content_offset: 200,
        size_octets: 30_000,
        repeat_key: 1,
        recipients: vec![
            AcceptRecipient {
                number: 447_700_900_002,
                token: [7; 12],
                field: 0
            };
            3
        ],
    }
}

#[test]
fn an_accept_comes_back_at_any_alignment() {
    let mut buffer = AlignedVec::new();
    accept().write(&mut buffer);
    for shift in 0..16 {
        let mut shifted = vec![0; shift];
        shifted.extend_from_slice(&buffer);
        assert_eq!(Accept::read(&shifted[shift..]).unwrap().to_native(), accept());
    }
}

#[test]
fn a_list_that_points_outside_is_refused() {
    let mut buffer = AlignedVec::new();
    accept().write(&mut buffer);
    for cut in 1..buffer.len() {
        let shorter = &buffer[cut..];
        // Reading from a later start moves every relative pointer; whatever it says must stay inside.
        if let Ok(read) = Accept::read(shorter) {
            let _ = read.to_native();
        }
    }
    assert_eq!(
        Accept::read(&[]).map(drop).unwrap_err(),
        Unreadable { kind: KIND_ACCEPT }
    );
}

#[test]
fn a_recipient_takes_no_more_than_its_limit() {
    let octets = size_of::<ArchivedAcceptRecipient>();
    assert!(
        octets <= base::limits::RECIPIENT_RECORD_OCTETS as usize,
        "{octets}"
    );
}

fn arrival() -> Arrival {
    Arrival {
        accept: accept(),
        origin: Origin {
            peer: "alpha".to_owned(),
            domain: "mms.alpha.example".to_owned(),
            message_id: b"\"m-1@mms.alpha.example\"".to_vec(),
            transaction_id: b"<t-1>".to_vec(),
            system: "system-user@mms.alpha.example".to_owned(),
            version: [6, 3, 0],
            is_answer_wanted: true,
            is_system_report_wanted: false,
            hops: 2,
            forwards: 1,
            headers: vec![("X-Other".to_owned(), b"\x00\xFF kept".to_vec())],
        },
        keys: vec![1, 2, 3],
    }
}

#[test]
fn an_arrival_comes_back_at_any_alignment_and_reads_as_an_accept() {
    let octets = arrival().to_octets();
    for shift in 0..16 {
        let mut shifted = vec![0; shift];
        shifted.extend_from_slice(&octets);
        let found = entered(KIND_ARRIVAL, &shifted[shift..]).unwrap();
        assert_eq!(found.accept, accept());
        assert_eq!(found.arrival, Some((arrival().origin, arrival().keys)));
    }
    let plain = entered(KIND_ACCEPT, &accept().to_octets()).unwrap();
    assert_eq!(plain.arrival, None);
    assert_eq!(entered(KIND_STATE, &octets), Err(Unreadable { kind: KIND_STATE }));
}

/// The octets are for ever: whoever changes the layout needs another kind.
#[test]
fn the_layout_of_an_arrival_is_what_it_was() {
    let octets = arrival().to_octets();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for octet in &octets {
        hash = (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3);
    }
    assert_eq!((octets.len(), hash), (308, 191_648_045_279_968_745));
    let answered = Answered {
        message: 0x0123_4567_89AB_CDEF,
    };
    assert_eq!(
        answered.to_octets(),
        [0xEF, 0xCD, 0xAB, 0x89, 0x67, 0x45, 0x23, 0x01]
    );
}
