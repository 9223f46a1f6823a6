//! What peers say of messages that they were sent: responses, reports, bounces; early, late, twice, of others.
//!
//! Each is a mail as a peer writes it, read as the edge reads it. MM4 reference §3 and §5.

use crate::peer::bring;
use crate::phone::{ALICE, read_rec};
use crate::relaying::{ANNA, ANTON, BERTA, answer, answer_one, head, mails, send, shape, states};
use crate::world::World;
use base::Reason;
use lifecycle::{End, State};
use mms::{Pdu, Status};
use shard::{Relay, Verdict};

/// A peer says something; how it is answered.
fn hear(world: &mut World, peer: &str, mail: &str) -> Result<(), Reason> {
    bring(world, peer, mail, &[])
}

/// MM4_forward.RES.
fn response(to: &Relay, status: &str) -> String {
    format!(
        "From: system-user@mms.alpha.example\r\nTo: system-user@ringpost.invalid\r\n\
         X-Mms-3GPP-MMS-Version: 6.3.0\r\nX-Mms-Message-Type: MM4_forward.RES\r\n\
         X-Mms-Transaction-ID: \"{}\"\r\nX-Mms-Message-ID: \"{}\"\r\n\
         X-Mms-Request-Status-Code: {status}\r\n\r\n",
        head(to, "X-Mms-Transaction-ID"),
        head(to, "X-Mms-Message-ID"),
    )
}

/// MM4_delivery_report.REQ about a number of a peer.
fn report(about: &Relay, number: &str, status: &str) -> String {
    format!(
        "From: +{number}/TYPE=PLMN@mms.alpha.example\r\nTo: +{ALICE}/TYPE=PLMN@ringpost.invalid\r\n\
         Sender: system-user@mms.alpha.example\r\nDate: Sat, 14 Nov 2026 00:00:10 +0000\r\n\
         X-Mms-3GPP-MMS-Version: 6.3.0\r\nX-Mms-Message-Type: MM4_delivery_report.REQ\r\n\
         X-Mms-Transaction-ID: \"d-1\"\r\nX-Mms-Message-ID: <{}>\r\nX-Mms-Ack-Request: Yes\r\n\
         X-Mms-MM-Status-Code: {status}\r\n\r\n",
        head(about, "X-Mms-Message-ID"),
    )
}

/// A message that alpha has stored, with a report wanted.
fn stored(keys: &str) -> (World, Relay) {
    let mut world = World::new(shape(keys));
    send(&mut world, &[ANNA]);
    let relay = answer_one(&mut world, Verdict::Stored);
    (world, relay)
}

#[test]
fn the_peers_ok_takes_it_off_our_hands_and_the_report_ends_it() {
    let (mut world, relay) = stored("");
    assert_eq!(hear(&mut world, "alpha", &response(&relay, "Ok")), Ok(()));
    assert_eq!(states(&world), [State::Relayed]);
    world.crash();
    world.settle();
    assert_eq!(
        hear(&mut world, "alpha", &report(&relay, ANNA, "Deferred")),
        Ok(())
    );
    assert_eq!(states(&world), [State::Relayed], "Deferred ends nothing");
    assert_eq!(
        hear(&mut world, "alpha", &report(&relay, ANNA, "Retrieved")),
        Ok(())
    );
    assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
    assert_eq!(world.open_messages(), 0);
    world.ledger.check();
}

/// A response as peers write it names nobody. It is about the recipients of its mail: the others of the message have
/// not been sent it yet, and would never be. (Seeds 1,005,320, 1,005,509 and 1,005,727 of the simulation.)
#[test]
fn a_response_speaks_for_its_own_mail_alone() {
    for (status, first) in [
        ("Ok", State::Relayed),
        ("Error-service-denied", State::Ended(End::Rejected)),
    ] {
        let mut world = World::new(shape("recipients_max = 1"));
        send(&mut world, &[ANNA, ANTON]);
        let under_way = mails(&mut world);
        answer(&mut world, &under_way[0], Verdict::Stored);
        answer(&mut world, &under_way[1], Verdict::Later);
        let said = response(&under_way[0].1, status);
        assert_eq!(hear(&mut world, "alpha", &said), Ok(()));
        assert_eq!(states(&world), [first, State::Taken], "{status}");
        world.advance_s(70);
        let second = answer_one(&mut world, Verdict::Stored);
        assert_eq!(
            second.recipients,
            [format!("+{ANTON}/TYPE=PLMN@mms.alpha.example")]
        );
        assert_eq!(second.mail, under_way[1].1.mail, "the same again");
        // The first one's word once more, and late.
        assert_eq!(hear(&mut world, "alpha", &said), Ok(()));
        assert_eq!(states(&world), [first, State::HandedOver], "{status}");
        assert_eq!(hear(&mut world, "alpha", &response(&second, "Ok")), Ok(()));
        assert_eq!(states(&world), [first, State::Relayed], "{status}");
        world.ledger.check();
    }
}

/// A report may overtake the response, and even the 250; whatever comes behind it changes nothing.
#[test]
fn what_is_early_counts_and_what_is_late_or_twice_does_not() {
    let mut world = World::new(shape(""));
    send(&mut world, &[ANNA]);
    let early = mails(&mut world).remove(0);
    assert_eq!(
        hear(&mut world, "alpha", &report(&early.1, ANNA, "Retrieved")),
        Ok(())
    );
    assert_eq!(states(&world), [State::Ended(End::Retrieved)]);
    crate::relaying::answer(&mut world, &early, Verdict::Unsure);
    for status in ["Retrieved", "Expired", "Rejected"] {
        assert_eq!(hear(&mut world, "alpha", &report(&early.1, ANNA, status)), Ok(()));
    }
    assert_eq!(
        hear(&mut world, "alpha", &response(&early.1, "Error-unspecified")),
        Ok(())
    );
    world.advance_s(10_000);
    // Each report asked for a response; nothing else is sent.
    for (_, mail) in mails(&mut world) {
        assert_eq!(head(&mail, "X-Mms-Message-Type"), "MM4_delivery_report.RES");
    }
    assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
    world.ledger.check();
}

#[test]
fn negative_responses_say_what_became_of_it() {
    for (status, expected) in [
        ("Error-service-denied", Status::Rejected),
        ("Error-content-not-accepted", Status::Rejected),
        ("Error-unsupported-message", Status::Unrecognised),
        ("Error-sending-address-unresolved", Status::Indeterminate),
        ("Error-whatever", Status::Indeterminate),
    ] {
        let (mut world, relay) = stored("");
        assert_eq!(hear(&mut world, "alpha", &response(&relay, status)), Ok(()));
        assert_eq!(world.statuses(ALICE), [expected], "{status}");
        world.ledger.check();
    }
}

/// A trouble of the network's is worth the same mail again.
#[test]
fn a_network_problem_is_tried_again() {
    let (mut world, relay) = stored("retry_schedule_s = [100]\nres_s = 86400");
    assert_eq!(
        hear(&mut world, "alpha", &response(&relay, "Error-network-problem")),
        Ok(())
    );
    world.advance_s(85);
    assert!(mails(&mut world).is_empty());
    world.advance_s(30);
    assert_eq!(answer_one(&mut world, Verdict::Stored).mail, relay.mail);
    assert_eq!(hear(&mut world, "alpha", &response(&relay, "Ok")), Ok(()));
    assert_eq!(states(&world), [State::Relayed]);
    world.ledger.check();
}

/// What a peer says of another's messages is nobody's.
#[test]
fn another_peer_is_not_believed() {
    let (mut world, relay) = stored("");
    assert_eq!(
        hear(&mut world, "beta", &response(&relay, "Error-service-denied")),
        Err(Reason::MessageNotFound)
    );
    assert_eq!(
        hear(&mut world, "beta", &report(&relay, ANNA, "Rejected")),
        Ok(())
    );
    assert_eq!(
        hear(&mut world, "alpha", &report(&relay, BERTA, "Rejected")),
        Ok(())
    );
    assert_eq!(states(&world), [State::HandedOver]);
    let foreign = report(&relay, ANNA, "Rejected").replace("@ringpost.invalid>", "@mms.elsewhere.example>");
    // It wants a response: that says it.
    let answered = |world: &mut World| head(&answer_one(world, Verdict::Stored), "X-Mms-Request-Status-Code");
    for mail in mails(&mut world) {
        crate::relaying::answer(&mut world, &mail, Verdict::Stored);
    }
    assert_eq!(hear(&mut world, "alpha", &foreign), Ok(()));
    assert_eq!(answered(&mut world), "Error-message-not-found");
    let silent = foreign.replace("X-Mms-Ack-Request: Yes\r\n", "");
    assert_eq!(hear(&mut world, "alpha", &silent), Err(Reason::MessageNotFound));
    assert!(world.reports(ALICE).is_empty());
    world.ledger.check();
}

/// A report that asks for a response gets one, through the profile of its peer.
#[test]
fn a_report_is_answered() {
    let (mut world, relay) = stored("");
    hear(&mut world, "alpha", &report(&relay, ANNA, "Retrieved")).expect("taken");
    let answer = answer_one(&mut world, Verdict::Stored);
    assert_eq!(answer.recipients, ["system-user@mms.alpha.example"]);
    for (name, value) in [
        ("X-Mms-Message-Type", "MM4_delivery_report.RES"),
        ("X-Mms-Transaction-ID", "\"d-1\""),
        ("X-Mms-Request-Status-Code", "Ok"),
        ("From", "system-user@ringpost.invalid"),
    ] {
        assert_eq!(head(&answer, name), value);
    }
    // A response that can't be sent now waits; it is no message.
    hear(&mut world, "alpha", &report(&relay, ANNA, "Retrieved")).expect("taken");
    answer_one(&mut world, Verdict::Later);
    world.advance_s(40);
    answer_one(&mut world, Verdict::Stored);
    world.advance_s(3_600);
    assert!(mails(&mut world).is_empty());
}

#[test]
fn a_bounce_ends_it() {
    let (mut world, relay) = stored("");
    let bounce = format!(
        "From: MAILER-DAEMON@mx.alpha.example\r\nTo: system-user@ringpost.invalid\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.alpha.example\r\n\r\n\
         Final-Recipient: rfc822; +{ANNA}/TYPE=PLMN@mms.alpha.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         \r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nX-Mms-Transaction-ID: {}\r\n\r\n--b--\r\n",
        head(&relay, "X-Mms-Transaction-ID"),
    );
    assert_eq!(hear(&mut world, "alpha", &bounce), Ok(()));
    assert_eq!(world.statuses(ALICE), [Status::Unreachable]);
    world.ledger.check();
}

/// A read report crosses back once, to who sent the message, if it was asked for; also behind the end.
#[test]
fn a_read_report_crosses_back_once() {
    let mut world = World::new(shape(""));
    let to = format!("+{ANNA}");
    world.send(ALICE, &[&to], b"a word", |send| {
        send.delivery_report = Some(true);
        send.read_report = Some(true);
    });
    let relay = answer_one(&mut world, Verdict::Stored);
    assert_eq!(head(&relay, "X-Mms-Read-Reply"), "Yes");
    hear(&mut world, "alpha", &report(&relay, ANNA, "Retrieved")).expect("taken");
    let read = report(&relay, ANNA, "")
        .replace("MM4_delivery_report", "MM4_read_reply_report")
        .replace("X-Mms-MM-Status-Code: ", "X-Mms-Read-Status: Read");
    for _ in 0..2 {
        assert_eq!(hear(&mut world, "alpha", &read), Ok(()));
        world.crash();
        world.settle();
    }
    let is_read = |pdu: &[u8]| matches!(Pdu::read(pdu), Ok(Pdu::ReadOrigInd(_)));
    assert_eq!(
        world
            .ledger
            .pushes
            .iter()
            .filter(|push| is_read(&push.pdu))
            .count(),
        1
    );
    // A phone of ours with that number has no say in it.
    let message = world.reports(ALICE)[0].message;
    world.post(ANNA, None, read_rec(message, "+447700900001"));
    assert_eq!(
        world
            .ledger
            .pushes
            .iter()
            .filter(|push| is_read(&push.pdu))
            .count(),
        1
    );
    world.ledger.check();
}

/// A hub that was away for long comes back, and answers what it has: what waits for it need not wait its minute.
#[test]
fn who_speaks_is_asked_soon() {
    let (mut world, relay) = stored("connections_max = 1");
    send(&mut world, &[ANTON]);
    for _ in 0..9 {
        answer_one(&mut world, Verdict::Lost);
        for _ in 0..700 {
            if !world.relays.is_empty() {
                break;
            }
            world.advance(100, 100);
        }
    }
    answer_one(&mut world, Verdict::Lost);
    world.advance(2_000, 100);
    assert!(mails(&mut world).is_empty(), "it is left alone for a minute");
    assert_eq!(hear(&mut world, "alpha", &response(&relay, "Ok")), Ok(()));
    answer_one(&mut world, Verdict::Stored);
    assert_eq!(states(&world), [State::Relayed, State::HandedOver]);
    world.ledger.check();
}
