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
