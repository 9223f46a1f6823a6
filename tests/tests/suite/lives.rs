//! Whole lives over real sockets: reports, deferral, rejection, forwarding, whose messages are whose, repeats after a
//! restart.

use crate::support::{PATIENCE, message, notified, octets, phone, send_conf, send_req, serve};
use base::limits::{PUSH_HEADER_OCTETS, PUSH_OCTETS_PER_SMS};
use mms::{
    Address, ForwardReq, Originator, Pdu, ReadStatus, Recipient, RecipientKind, Status, Time, Version,
};
use ringpost::phone::message::Outcome;
use ringpost::phone::{Phone, PhoneError, Push, PushKind, Submission};
use std::time::Duration;
use tests::process::letter::subscriber;
use tests::process::{Server, turnstile};

/// Waits for the next report of a sender.
fn reported(phone: &mut Phone) -> (String, Outcome) {
    let report = phone.report(PATIENCE).unwrap().expect("a report");
    (report.recipient, report.outcome)
}

fn nothing_more(phone: &mut Phone) {
    assert_eq!(phone.push(Duration::from_secs(1)).unwrap(), None);
}

#[test]
fn a_life_with_deferral_rejection_and_reports() {
    let _turn = turnstile::enter();
    let (_site, server) = serve(2);
    let content = octets("evening at the lake ", 25_000);
    let submission = Submission {
        read_report: true,
        ..message(&[2, 3, 4], &content)
    };
    let mut alice = phone(1, &server);
    let sent = alice.send(&submission).unwrap();
    // Bob has it and reads it.
    let mut bob = phone(2, &server);
    let notification = notified(&mut bob);
    let got = bob.retrieve(&notification.content_location).unwrap();
    assert_eq!(got.message.parts[0].octets, content);
    bob.respond(&notification, Status::Retrieved).unwrap();
    let of = |index: u16| format!("{}/TYPE=PLMN", subscriber(index));
    assert_eq!(
        reported(&mut alice),
        (of(2), Outcome::Delivery(Status::Retrieved))
    );
    // Again within the hour, and answered again: the same octets, no other report.
    let again = bob.retrieve(&notification.content_location).unwrap();
    assert_eq!(again.message.parts[0].octets, content);
    bob.respond(&notification, Status::Retrieved).unwrap();
    bob.read_report(&sent.message_id, "+15550100", ReadStatus::Read)
        .unwrap();
    assert_eq!(reported(&mut alice), (of(2), Outcome::Read(ReadStatus::Read)));
    // Carol wants it later.
    let mut carol = phone(3, &server);
    let notification = notified(&mut carol);
    carol.respond(&notification, Status::Deferred).unwrap();
    let got = carol.retrieve(&notification.content_location).unwrap();
    assert_eq!(got.message.parts[0].octets, content);
    carol
        .acknowledge(&got.message.transaction_id.expect("wants an acknowledgement"))
        .unwrap();
    assert_eq!(
        reported(&mut alice),
        (of(3), Outcome::Delivery(Status::Retrieved))
    );
    // Dave does not want it.
    let mut dave = phone(4, &server);
    let notification = notified(&mut dave);
    dave.respond(&notification, Status::Rejected).unwrap();
    assert_eq!(reported(&mut alice), (of(4), Outcome::Delivery(Status::Rejected)));
    nothing_more(&mut alice);
}

#[test]
fn forwarding_sends_it_on_without_fetching() {
    let _turn = turnstile::enter();
    let (_site, server) = serve(3);
    let content = octets("to be sent on ", 12_000);
    let mut alice = phone(5, &server);
    alice.send(&message(&[6], &content)).unwrap();
    let mut bob = phone(6, &server);
    let notification = notified(&mut bob);
    let to = format!("{}/TYPE=PLMN", subscriber(7));
    let recipients = [Recipient {
        kind: RecipientKind::To,
        address: Address::ascii(to.as_bytes()),
    }];
    let location = notification.content_location.as_bytes();
    let mut pdu = Vec::new();
    ForwardReq::new(
        b"forward-1",
        Version::V1_2,
        Originator::Insert,
        &recipients,
        location,
    )
    .write(&mut pdu);
    let answer = bob.post(&pdu).unwrap();
    match Pdu::read(&answer).unwrap() {
        Pdu::ForwardConf(conf) => {
            assert_eq!(conf.transaction_id, b"forward-1");
            assert!(conf.message_id.is_some(), "{conf:?}");
        }
        other => panic!("{}", other.pdu_type().name()),
    }
    let mut carol = phone(7, &server);
    let notification = notified(&mut carol);
    let got = carol.retrieve(&notification.content_location).unwrap();
    assert_eq!(got.message.parts[0].octets, content);
    let of_bob = format!("{}/TYPE=PLMN", subscriber(6));
    assert_eq!(
        reported(&mut alice),
        (of_bob, Outcome::Delivery(Status::Forwarded))
    );
    // Another may not send on what is not theirs.
    let mut mallory = phone(8, &server);
    let answer = mallory.post(&pdu).unwrap();
    match Pdu::read(&answer).unwrap() {
        Pdu::ForwardConf(conf) => assert!(conf.message_id.is_none(), "{conf:?}"),
        other => panic!("{}", other.pdu_type().name()),
    }
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, PhoneError>) -> u8 {
    match outcome {
        Err(PhoneError::Refused { status, .. }) => status,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_url_is_no_authority() {
    let _turn = turnstile::enter();
    let (_site, server) = serve(3);
    let mut bob = phone(9, &server);
    phone(10, &server)
        .send(&message(&[9], &octets("for bob alone ", 2_000)))
        .unwrap();
    let notification = notified(&mut bob);
    let location = &notification.content_location;
    // Every other subscriber, whichever their shard.
    for stranger in 10..16 {
        assert_eq!(refusal(phone(stranger, &server).retrieve(location)), 0xE2);
    }
    let (base, _) = location.split_at(location.len() - 3);
    assert_eq!(
        refusal(bob.retrieve(&format!("{base}AAA"))),
        0xE2,
        "another token"
    );
    assert_eq!(refusal(bob.retrieve(base)), 0xE2, "a token too short");
    // A stranger's answers end nothing.
    for status in [Status::Retrieved, Status::Rejected] {
        phone(11, &server).respond(&notification, status).unwrap();
    }
    assert!(bob.retrieve(location).is_ok());
}

#[test]
fn nobody_is_served_without_a_name() {
    use ringpost::phone::http::{Call, Client};
    let _turn = turnstile::enter();
    let (_site, server) = serve(2);
    let url = format!("http://{}/", server.at.mm1).parse().unwrap();
    for (version, status) in [(Version::V1_2, 0xE1), (Version::V1_0, 0x82)] {
        let pdu = send_req(&message(&[9], b"nameless"), "nameless", version);
        let fields = [("Content-Type", "application/vnd.wap.mms-message")];
        let call = Call {
            url: &url,
            fields: &fields,
            body: Some(&pdu),
            patience: PATIENCE,
        };
        let answer = Client::new(None).call(&call).unwrap();
        assert_eq!(answer.status, 200);
        let conf = send_conf(&answer.body);
        assert_eq!(conf.transaction_id, b"nameless");
        assert_eq!(conf.response_status.octet(), status, "Error-service-denied");
    }
}

/// The next push that is a notification, as octets.
fn notification_push(phone: &mut Phone) -> Push {
    loop {
        let push = phone.push(PATIENCE).unwrap().expect("a notification");
        if matches!(push.kind, PushKind::Notification(_)) {
            return push;
        }
    }
}

fn identity(pdu: &[u8]) -> (Vec<u8>, Vec<u8>, u64) {
    match Pdu::read(pdu).unwrap() {
        Pdu::NotificationInd(ind) => match ind.expiry {
            Time::Relative(left) => (ind.transaction_id.to_vec(), ind.content_location.to_vec(), left),
            Time::Absolute(_) => panic!("an absolute expiry"),
        },
        other => panic!("{}", other.pdu_type().name()),
    }
}

#[test]
fn a_repeated_notification_after_a_restart_is_the_same_one() {
    const EXPIRY_S: u64 = 3_600;
    let _turn = turnstile::enter();
    let (mut site, server) = serve(2);
    drop(server);
    site.set("notify.place_s", "1");
    site.set("notify.schedule_s", "[2]");
    let server = site.start().unwrap();
    let submission = Submission {
        expiry: Some(Duration::from_secs(EXPIRY_S)),
        ..message(&[13], b"soon again")
    };
    phone(12, &server).send(&submission).unwrap();
    let mut bob = phone(13, &server);
    let first = notification_push(&mut bob);
    let (transaction_id, location, left) = identity(&first.pdu);
    assert!((EXPIRY_S - 60..=EXPIRY_S).contains(&left), "{left} s");
    server.kill().unwrap();
    let server: Server = site.start().unwrap();
    let mut again = phone(13, &server);
    // What was seen before the kill keeps its number.
    again.set_seen(bob.seen());
    let mut before = left;
    for _ in 0..2 {
        let push = notification_push(&mut again);
        let (other_id, other_location, left) = identity(&push.pdu);
        assert_eq!((&other_id, &other_location), (&transaction_id, &location));
        assert!(left < before, "what remains: {left} s after {before} s");
        before = left;
    }
    assert!(again.retrieve(std::str::from_utf8(&location).unwrap()).is_ok());
}

#[test]
fn a_notification_with_a_subject_of_20_characters_fits_one_sms() {
    let _turn = turnstile::enter();
    let (_site, server) = serve(1);
    let submission = Submission {
        subject: Some("twenty characters, i".to_owned()),
        ..message(&[15], &octets("x", 30_000))
    };
    assert_eq!(submission.subject.as_ref().unwrap().len(), 20);
    phone(14, &server).send(&submission).unwrap();
    let push = notification_push(&mut phone(15, &server));
    let octets = push.pdu.len() + PUSH_HEADER_OCTETS;
    println!("{octets} octets of {PUSH_OCTETS_PER_SMS}");
    assert!(octets <= PUSH_OCTETS_PER_SMS, "{octets} octets");
    let subject = String::from_utf8_lossy(&push.pdu).contains("twenty characters, i");
    assert!(subject, "the subject is whole");
}
