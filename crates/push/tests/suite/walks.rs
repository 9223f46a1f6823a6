//! Walks of a session as data: what comes in at which time, and what is said.
//!
//! Each step has the exact list of what follows: `> …` is a PDU of ours, the rest are actions. Invariant: jitter is
//! taken out by asking the session for its deadline.

use base::Monotonic;
use push::smpp::{Bind, Carriage, ReceiptsAsked, Settings};

use crate::smsc;
use crate::walk::{PHONE, Walk, submission};

#[test]
fn a_push_and_its_receipt() {
    Walk::new(Settings::default())
        .tick(0)
        .check(&["connect"])
        .up()
        .check(&["> bind_transceiver 1"])
        .smsc(&smsc::bound(9, 1))
        .check(&["bound"])
        .offer(7, 100)
        .check(&["> submit_sm 2"])
        .smsc(&smsc::taken(2, "a1"))
        .check(&["7 taken"])
        .smsc(&smsc::receipt(90, PHONE, "id:A1 stat:DELIVRD err:000"))
        .check(&["> deliver_sm_resp 90", "7 delivered"])
        .smsc(&smsc::receipt(91, PHONE, "id:A1 stat:DELIVRD err:000"))
        .check(&["> deliver_sm_resp 91"]);
}

#[test]
fn binds_of_each_kind() {
    for (bind, text) in [
        (Bind::Receiver, "> bind_receiver 1"),
        (Bind::Transmitter, "> bind_transmitter 1"),
        (Bind::Transceiver, "> bind_transceiver 1"),
    ] {
        let settings = Settings {
            bind,
            ..Settings::default()
        };
        let mut walk = Walk::new(settings);
        walk.tick(0).check(&["connect"]).up().check(&[text]);
        walk.smsc(&smsc::bound(bind.command(), 1)).check(&["bound"]);
        let is_taken = walk.session.offer(submission(1, 10), walk.now).is_ok();
        assert_eq!(is_taken, bind.may_submit());
    }
}

#[test]
fn receipts_over_another_link() {
    let settings = |bind| Settings {
        bind,
        ..Settings::default()
    };
    let mut sender = Walk::bound(settings(Bind::Transmitter));
    let mut receiver = Walk::bound(settings(Bind::Receiver));
    sender.offer(7, 100).check(&["> submit_sm 2"]);
    // The receipt is there before the response.
    std::mem::swap(&mut sender.receipts, &mut receiver.receipts);
    receiver
        .smsc(&smsc::receipt(5, PHONE, "id:161 stat:DELIVRD"))
        .check(&["> deliver_sm_resp 5"]);
    std::mem::swap(&mut sender.receipts, &mut receiver.receipts);
    sender
        .smsc(&smsc::taken(2, "A1"))
        .check(&["7 taken", "7 delivered"]);
}

#[test]
fn segments_go_in_order_and_end_together() {
    Walk::bound(Settings::default())
        .offer(7, 300)
        .check(&["> submit_sm 2", "> submit_sm 3", "> submit_sm 4"])
        .smsc(&smsc::taken(3, "b"))
        .smsc(&smsc::taken(2, "a"))
        .check(&[])
        .smsc(&smsc::taken(4, "c"))
        .check(&["7 taken"])
        .smsc(&smsc::receipt(1, PHONE, "id:a stat:DELIVRD"))
        .smsc(&smsc::receipt(2, PHONE, "id:b stat:DELIVRD"))
        .check(&["> deliver_sm_resp 1", "> deliver_sm_resp 2"])
        .smsc(&smsc::receipt(3, PHONE, "id:c stat:UNDELIV"))
        .check(&["> deliver_sm_resp 3", "7 absent None"]);
}

#[test]
fn window_and_rate() {
    let narrow = Settings {
        window: 2,
        ..Settings::default()
    };
    Walk::bound(narrow)
        .offer(1, 10)
        .offer(2, 10)
        .offer(3, 10)
        .check(&["> submit_sm 2", "> submit_sm 3"])
        .smsc(&smsc::taken(3, "b"))
        .check(&["> submit_sm 4", "2 taken"]);
    let slow = Settings {
        rate_per_s: 2,
        burst: 1,
        ..Settings::default()
    };
    let mut walk = Walk::bound(slow);
    walk.offer(1, 10).offer(2, 10).check(&["> submit_sm 2"]);
    assert_eq!(walk.session.deadline(), Some(Monotonic(500)));
    walk.tick(499).check(&[]).tick(500).check(&["> submit_sm 3"]);
}

#[test]
fn throttled_pauses_grow_and_end() {
    let settings = Settings {
        throttled_max: 3,
        ..Settings::default()
    };
    let mut walk = Walk::bound(settings);
    walk.offer(1, 10)
        .offer(2, 10)
        .check(&["> submit_sm 2", "> submit_sm 3"]);
    walk.smsc(&smsc::bare(0x8000_0004, 0x58, 2))
        .smsc(&smsc::bare(0x8000_0004, 0x14, 3))
        .check(&[]);
    let first = walk.session.deadline().unwrap().0;
    assert!((250..=500).contains(&first), "{first}");
    // Nothing goes in the pause.
    walk.offer(3, 10).tick(first - 1).check(&[]);
    walk.tick(first)
        .check(&["> submit_sm 4", "> submit_sm 5", "> submit_sm 6"]);
    walk.smsc(&smsc::bare(0x8000_0004, 0x58, 4)).check(&[]);
    let second = walk.session.deadline().unwrap().0 - first;
    assert!((500..=1_000).contains(&second), "{second}");
    walk.smsc(&smsc::taken(5, "b"))
        .smsc(&smsc::taken(6, "c"))
        .check(&["2 taken", "3 taken"]);
    walk.wait().check(&["> submit_sm 7"]);
    walk.smsc(&smsc::bare(0x8000_0004, 0x58, 7))
        .check(&["1 throttled"]);
}

#[test]
fn refusals() {
    let status = |status| smsc::bare(0x8000_0004, status, 2);
    let table = [
        (0x0B, "7 unknownsubscriber"),
        (0x0A, "7 rejected 0xa"),
        (0x66, "7 rejected 0x66"),
        // A header has no parameters to dislike.
        (0xC1, "7 rejected 0xc1"),
    ];
    for (code, expected) in table {
        Walk::bound(Settings::default())
            .offer(7, 10)
            .check(&["> submit_sm 2"])
            .smsc(&status(code))
            .check(&[expected]);
    }
    // A generic_nack is an answer, too.
    Walk::bound(Settings::default())
        .offer(7, 10)
        .check(&["> submit_sm 2"])
        .smsc(&smsc::bare(0x8000_0000, 0x02, 2))
        .check(&["7 rejected 0x2"]);
}

#[test]
fn what_may_pass_is_tried_again() {
    let mut walk = Walk::bound(Settings::default());
    walk.offer(7, 10).check(&["> submit_sm 2"]);
    let mut before = 0;
    for sequence in 2..4 {
        walk.smsc(&smsc::bare(0x8000_0004, 0x45, sequence)).check(&[]);
        walk.wait()
            .check(&[format!("> submit_sm {}", sequence + 1).as_str()]);
        assert!(walk.now.0 > before, "after a wait");
        before = walk.now.0;
    }
    walk.smsc(&smsc::bare(0x8000_0004, 0x45, 4))
        .check(&["7 throttled"]);
}

#[test]
fn parameters_are_given_up() {
    let settings = Settings {
        carriage: Carriage::Sar,
        ..Settings::default()
    };
    let mut walk = Walk::bound(settings);
    walk.offer(7, 200).check(&["> submit_sm 2", "> submit_sm 3"]);
    walk.smsc(&smsc::bare(0x8000_0004, 0xC1, 2)).check(&[
        "> submit_sm 4",
        "> submit_sm 5",
        "carriagelowered",
    ]);
    // The answer to the old one is nobody's.
    walk.smsc(&smsc::bare(0x8000_0004, 0xC1, 3)).check(&[]);
    walk.smsc(&smsc::taken(4, "a"))
        .smsc(&smsc::taken(5, "b"))
        .check(&["7 taken"]);
    assert_eq!(walk.session.carriage(), Carriage::Header);
}

#[test]
fn a_lost_link_hands_everything_back_and_comes_again() {
    let mut walk = Walk::bound(Settings {
        window: 1,
        ..Settings::default()
    });
    walk.offer(1, 10).offer(2, 10).check(&["> submit_sm 2"]);
    walk.down().check(&["1 lost", "2 lost"]);
    let wait = walk.session.deadline().unwrap().0;
    assert!((500..=1_000).contains(&wait), "{wait}");
    walk.tick(wait - 1).check(&[]).tick(wait).check(&["connect"]);
    walk.down().check(&[]);
    let longer = walk.session.deadline().unwrap().0 - wait;
    assert!((1_000..=2_000).contains(&longer), "{longer}");
    walk.wait()
        .check(&["connect"])
        .up()
        .check(&["> bind_transceiver 3"]);
    // A late answer to the old connection's push is nobody's.
    walk.smsc(&smsc::bound(9, 3))
        .smsc(&smsc::taken(2, "a"))
        .check(&["bound"]);
}

#[test]
fn refused_binds() {
    for status in [0x0D, 0x0E, 0x0F, 0x05] {
        let mut walk = Walk::new(Settings::default());
        walk.tick(0)
            .check(&["connect"])
            .up()
            .check(&["> bind_transceiver 1"]);
        walk.smsc(&smsc::bare(0x8000_0009, status, 1))
            .check(&[format!("close BindRefused({status})").as_str()]);
        let wait = walk.session.deadline().unwrap().0;
        assert!((30_000..=60_000).contains(&wait), "{wait}");
    }
    let mut walk = Walk::new(Settings::default());
    walk.tick(0)
        .check(&["connect"])
        .up()
        .check(&["> bind_transceiver 1"]);
    walk.smsc(&smsc::bare(0x8000_0000, 0x03, 1))
        .check(&["close BindRefused(3)"]);
}

#[test]
fn silence() {
    // Of a connection, of a bind.
    let mut walk = Walk::new(Settings::default());
    walk.tick(0).check(&["connect"]).wait().check(&["close Silent"]);
    walk.wait()
        .check(&["connect"])
        .up()
        .check(&["> bind_transceiver 1"]);
    walk.wait().check(&["close Silent"]);
    // Of a link: a test, and its end.
    let mut walk = Walk::bound(Settings::default());
    walk.wait().check(&["> enquire_link 2"]);
    assert_eq!(walk.now, Monotonic(30_000));
    walk.smsc(&smsc::bare(0x8000_0015, 0, 2)).check(&[]);
    walk.wait()
        .check(&["> enquire_link 3"])
        .wait()
        .check(&["close Silent"]);
    assert_eq!(walk.now, Monotonic(70_000));
}

#[test]
fn unanswered_pushes() {
    let mut walk = Walk::bound(Settings::default());
    walk.offer(1, 10).check(&["> submit_sm 2"]);
    walk.wait().check(&["1 unanswered"]);
    // Its late answer changes nothing.
    walk.smsc(&smsc::taken(2, "a")).check(&[]);
    for push in 2..=4 {
        walk.offer(push, 10);
    }
    walk.check(&["> submit_sm 3", "> submit_sm 4", "> submit_sm 5"]);
    walk.offer(9, 10).check(&["> submit_sm 6"]);
    walk.wait().check(&[
        "2 unanswered",
        "3 unanswered",
        "4 unanswered",
        "9 unanswered",
        "close Silent",
    ]);
}

#[test]
fn a_state_that_only_a_bind_mends() {
    let mut walk = Walk::bound(Settings::default());
    walk.offer(1, 10)
        .offer(2, 10)
        .check(&["> submit_sm 2", "> submit_sm 3"]);
    walk.smsc(&smsc::bare(0x8000_0004, 0x04, 2))
        .check(&["1 lost", "2 lost", "close Refused(4)"]);
}

#[test]
fn the_smsc_asks() {
    let mut walk = Walk::bound(Settings::default());
    walk.smsc(&smsc::bare(0x15, 0, 77))
        .check(&["> enquire_link_resp 77"]);
    walk.smsc(&smsc::delivered(78, PHONE, 0, "hello"))
        .check(&["> deliver_sm_resp 78 0x65"]);
    walk.smsc(&smsc::alert(79, PHONE))
        .check(&["reachable +447700900123"]);
    // query_sm is no request to an ESME; an outbind neither.
    walk.smsc(&smsc::bare(0x03, 0, 80))
        .check(&["> generic_nack 80 0x3"]);
    walk.smsc(&smsc::bare(0x8000_0003, 0, 81)).check(&[]);
    walk.smsc(&smsc::bare(0x06, 0, 82))
        .check(&["> unbind_resp 82", "close Unbound"]);
}

#[test]
fn octets_that_are_no_smpp() {
    Walk::bound(Settings::default())
        .smsc(b"HTTP/1.1 400 Bad Request\r\n")
        .check(&["> generic_nack 0 0x2", "close Garbled"]);
    Walk::bound(Settings::default())
        .smsc(&smsc::bare(0x8000_0000, 0x02, 0))
        .check(&["close Garbled"]);
}

#[test]
fn octets_come_in_pieces() {
    let octets = [
        smsc::bare(0x15, 0, 5),
        smsc::receipt(6, PHONE, "id:a stat:DELIVRD"),
    ]
    .concat();
    for cut in 0..octets.len() {
        let (first, second) = octets.split_at(cut);
        let mut walk = Walk::bound(Settings::default());
        walk.smsc(first).smsc(second);
        walk.check(&["> enquire_link_resp 5", "> deliver_sm_resp 6"]);
    }
}

#[test]
fn retired() {
    let narrow = Settings {
        window: 1,
        ..Settings::default()
    };
    let mut walk = Walk::bound(narrow);
    walk.offer(1, 200).offer(2, 10).check(&["> submit_sm 2"]);
    // What is begun goes on, what is not comes back.
    walk.retire().check(&["2 lost"]);
    assert!(walk.session.offer(submission(3, 10), walk.now).is_err());
    walk.smsc(&smsc::taken(2, "a")).check(&["> submit_sm 3"]);
    walk.smsc(&smsc::taken(3, "b")).check(&["> unbind 4", "1 taken"]);
    walk.smsc(&smsc::bare(0x8000_0006, 0, 4))
        .check(&["close Retired", "ended"]);
    assert_eq!(walk.session.deadline(), None);
    // No answers: the time for it is over.
    let mut walk = Walk::bound(Settings::default());
    walk.offer(1, 10).check(&["> submit_sm 2"]).retire().check(&[]);
    walk.wait()
        .check(&["> unbind 3", "1 lost"])
        .wait()
        .check(&["close Retired", "ended"]);
    // Before it was bound.
    Walk::new(Settings::default()).retire().check(&["ended"]);
    let mut walk = Walk::new(Settings::default());
    walk.tick(0)
        .check(&["connect"])
        .retire()
        .check(&["close Retired", "ended"]);
}

#[test]
fn no_receipts_asked_or_no_id_given() {
    let never = Settings {
        receipts: ReceiptsAsked::Never,
        ..Settings::default()
    };
    Walk::bound(never)
        .offer(1, 10)
        .check(&["> submit_sm 2"])
        .smsc(&smsc::taken(2, "a"))
        .check(&["1 taken for good"]);
    Walk::bound(Settings::default())
        .offer(1, 10)
        .check(&["> submit_sm 2"])
        .smsc(&smsc::bare(0x8000_0004, 0, 2))
        .check(&["1 taken for good"]);
}

#[test]
fn what_is_not_taken() {
    let why = |walk: &mut Walk, octets| {
        let refused = walk.session.offer(submission(9, octets), walk.now).unwrap_err();
        assert_eq!(refused.submission, submission(9, octets));
        format!("{:?}", refused.why)
    };
    let settings = Settings {
        queue: 1,
        ..Settings::default()
    };
    assert_eq!(why(&mut Walk::new(settings.clone()), 10), "NotBound");
    let mut walk = Walk::bound(settings);
    assert_eq!(why(&mut walk, 385), "TooLong");
    walk.offer(1, 10);
    assert_eq!(why(&mut walk, 10), "Full");
}

#[test]
fn answers_do_not_pile_up() {
    let mut walk = Walk::bound(Settings::default());
    let many = smsc::bare(0x15, 0, 5).repeat(10_000);
    walk.smsc(&many);
    assert!(!walk.session.is_receiving());
    assert!(walk.session.output().len() < (64 << 10) + 16);
    // The rest is read when there is room.
    let mut answered = 0;
    while !walk.session.output().is_empty() {
        answered += walk.session.output().len() / 16;
        walk.session.sent(walk.session.output().len());
        walk.smsc(&[]);
    }
    assert_eq!(answered, 10_000);
    assert!(walk.session.is_receiving());
}
