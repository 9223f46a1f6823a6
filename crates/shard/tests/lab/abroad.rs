//! Messages that other operators bring, and what they hear of them: responses, delivery and read reports.
//!
//! MM4 reference §2 and §5. A mail is read as the edge reads it; what is sent back is looked at as text.

use crate::peer::{bring, understood};
use crate::phone::{BOB, notify_resp, read_rec};
use crate::relaying::{ANNA, answer, head, mails, shape};
use crate::world::World;
use mms::Status;
use shard::{Relay, Verdict};

/// A message of alpha's subscriber for these numbers, as alpha writes it.
fn forward(to: &[&str], id: &str, headers: &str) -> String {
    let to: Vec<String> = to
        .iter()
        .map(|number| format!("+{number}/TYPE=PLMN@ringpost.invalid"))
        .collect();
    format!(
        "From: +{ANNA}/TYPE=PLMN@mms.alpha.example\r\nTo: {}\r\nSender: system-user@mms.alpha.example\r\n\
         Date: Sat, 14 Nov 2026 00:00:10 +0000\r\nMessage-ID: <{id}.mail@mms.alpha.example>\r\n\
         X-Mms-3GPP-MMS-Version: 6.3.0\r\nX-Mms-Message-Type: MM4_forward.REQ\r\n\
         X-Mms-Transaction-ID: \"t-{id}\"\r\nX-Mms-Message-ID: \"{id}@mms.alpha.example\"\r\n{headers}\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nA word from abroad.\r\n",
        to.join(", ")
    )
}

const WANTS_ALL: &str = "X-Mms-Ack-Request: Yes\r\nX-Mms-Originator-System: system-user@mms.alpha.example\r\n\
                         X-Mms-Delivery-Report: Yes\r\nX-Mms-Read-Reply: Yes\r\n";
const WANTS_REPORT: &str = "X-Mms-Delivery-Report: Yes\r\n";
const WANTS_RESPONSE: &str = "X-Mms-Ack-Request: Yes\r\n";

/// What alpha is sent, each answered so: message type, transaction, status.
fn told(world: &mut World, verdict: Verdict) -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for mail in mails(world) {
        assert_eq!(&*mail.1.peer, "alpha");
        all.push(facts(&mail.1));
        answer(world, &mail, verdict);
    }
    all
}

fn facts(relay: &Relay) -> (String, String, String) {
    let statuses = [
        "X-Mms-Request-Status-Code",
        "X-Mms-MM-Status-Code",
        "X-Mms-Read-Status",
    ];
    let status = statuses.iter().map(|name| head(relay, name)).collect();
    (
        head(relay, "X-Mms-Message-Type"),
        head(relay, "X-Mms-Transaction-ID"),
        status,
    )
}

fn kinds(told: &[(String, String, String)]) -> Vec<(&str, &str)> {
    let pairs = told
        .iter()
        .map(|(kind, _, status)| (kind.as_str(), status.as_str()));
    pairs.collect()
}

#[test]
fn a_peer_hears_that_it_was_taken_fetched_and_read() {
    let mut world = World::new(shape(""));
    assert_eq!(
        bring(&mut world, "alpha", &forward(&[BOB], "m-1", WANTS_ALL), &[BOB]),
        Ok(())
    );
    let response = mails(&mut world).remove(0);
    assert_eq!(
        facts(&response.1),
        ("MM4_forward.RES".into(), "\"t-m-1\"".into(), "Ok".into())
    );
    assert_eq!(response.1.recipients, ["system-user@mms.alpha.example"]);
    answer(&mut world, &response, Verdict::Stored);
    let message = world.fetch(BOB).message.expect("an id");
    let report = mails(&mut world).remove(0);
    let (kind, transaction, status) = facts(&report.1);
    assert_eq!(
        (kind.as_str(), status.as_str()),
        ("MM4_delivery_report.REQ", "Retrieved")
    );
    assert_eq!(
        head(&report.1, "X-Mms-Message-ID"),
        "\"m-1@mms.alpha.example\"",
        "as it came"
    );
    assert_eq!(
        head(&report.1, "From"),
        format!("+{BOB}/TYPE=PLMN@ringpost.invalid")
    );
    assert_eq!(
        report.1.recipients,
        [format!("+{ANNA}/TYPE=PLMN@mms.alpha.example")]
    );
    assert_eq!(world.open_messages(), 1, "the report is not taken yet");
    // The same after a start: with the same ids.
    world.crash();
    world.settle();
    world.advance_s(2);
    let again = mails(&mut world).remove(0);
    assert_eq!(facts(&again.1), (kind, transaction, status));
    answer(&mut world, &again, Verdict::Stored);
    world.post(BOB, None, read_rec(message, ANNA));
    assert_eq!(
        kinds(&told(&mut world, Verdict::Stored)),
        [("MM4_read_reply_report.REQ", "Read")]
    );
    assert_eq!(world.open_messages(), 0);
    world.advance_s(100_000);
    world.crash();
    world.settle();
    world.advance_s(100_000);
    assert!(mails(&mut world).is_empty(), "each once");
    world.ledger.check();
}

/// The message is kept until the peer has the response, over a start as well; a repeat gets its own.
#[test]
fn a_response_is_sent_until_it_is_taken() {
    let mut world = World::new(shape(""));
    let mail = forward(&[BOB], "m-2", WANTS_RESPONSE);
    assert_eq!(bring(&mut world, "alpha", &mail, &[BOB]), Ok(()));
    world.fetch(BOB);
    assert_eq!(world.open_messages(), 1);
    let lost = mails(&mut world).remove(0);
    answer(&mut world, &lost, Verdict::Later);
    world.crash();
    world.settle();
    assert_eq!(world.open_messages(), 1);
    assert_eq!(
        kinds(&told(&mut world, Verdict::Stored)),
        [("MM4_forward.RES", "Ok")]
    );
    assert_eq!(world.open_messages(), 0);
    world.crash();
    world.settle();
    assert!(mails(&mut world).is_empty(), "the peer has it");
    assert_eq!(bring(&mut world, "alpha", &mail, &[BOB]), Ok(()));
    assert_eq!(
        kinds(&told(&mut world, Verdict::Stored)),
        [("MM4_forward.RES", "Ok")]
    );
    assert_eq!(world.open_messages(), 0);
    world.ledger.check();
}

/// What the peer does not take now is tried again for as long as reports are; what it never takes is let go.
#[test]
fn reports_are_tried_again_or_let_go() {
    let mut world = World::new(shape(""));
    for (id, verdict) in [
        ("m-3", Verdict::Later),
        (
            "m-4",
            Verdict::Never(shard::Refusal {
                code: 550,
                enhanced: None,
            }),
        ),
    ] {
        let mail = forward(&[BOB], id, WANTS_REPORT);
        assert_eq!(bring(&mut world, "alpha", &mail, &[BOB]), Ok(()));
        let note = world.note(BOB);
        world.respond(BOB, &note, Status::Rejected);
        let expected = [("MM4_delivery_report.REQ", "Rejected")];
        assert_eq!(kinds(&told(&mut world, verdict)), expected);
        let is_kept = verdict == Verdict::Later;
        assert_eq!(world.open_messages(), usize::from(is_kept), "{id}");
        world.advance_s(3_600);
        let again = told(&mut world, Verdict::Stored);
        assert_eq!(again.len(), usize::from(is_kept), "{id}");
        assert_eq!(world.open_messages(), 0, "{id}");
    }
    world.ledger.check();
}

/// Who asked for nothing hears nothing; whose reader allows no report, neither; and unread ends let the message go.
#[test]
fn nobody_hears_what_was_not_asked_for() {
    let mut world = World::new(shape(""));
    assert_eq!(
        bring(&mut world, "alpha", &forward(&[BOB], "m-5", ""), &[BOB]),
        Ok(())
    );
    world.fetch(BOB);
    let mail = forward(&[BOB], "m-6", WANTS_REPORT);
    assert_eq!(bring(&mut world, "alpha", &mail, &[BOB]), Ok(()));
    let note = world.note(BOB);
    world.get(BOB, note.token);
    world.post(
        BOB,
        None,
        notify_resp(&note.transaction, Status::Retrieved, Some(false)),
    );
    assert!(mails(&mut world).is_empty());
    assert_eq!(world.open_messages(), 0);
    let mail = forward(&[BOB], "m-7", "X-Mms-Read-Reply: Yes\r\n");
    assert_eq!(bring(&mut world, "alpha", &mail, &[BOB]), Ok(()));
    world.fetch(BOB);
    assert_eq!(world.open_messages(), 1, "it may still be read");
    let read_s = u64::from(world.shape.profile.retrieve.read_report_s);
    world.advance_s(read_s + 100);
    assert_eq!(world.open_messages(), 0, "it may not any more");
    world.ledger.check();
}

/// What can't be understood is answered in MM4's words where the peer wants it so.
#[test]
fn a_malformed_request_has_its_response() {
    let world = World::new(shape(""));
    let mail = forward(&[BOB], "m-8", WANTS_ALL)
        .replace(&format!("From: +{ANNA}/TYPE=PLMN@mms.alpha.example\r\n"), "");
    let refused = understood(&world, "alpha", &mail, &[BOB]).expect_err("no From");
    let owed = refused.response.expect("a response");
    assert_eq!(owed.status, mm4::RequestStatus::FormatCorrupt);
    assert_eq!(owed.system, "system-user@mms.alpha.example");
    let elsewhere = mail.replace("system-user@mms.alpha", "system-user@mms.victim");
    let refused = understood(&world, "alpha", &elsewhere, &[BOB]).expect_err("no From");
    assert!(refused.response.is_none(), "no backscatter");
}
