//! What a hub passes back beside a status: the far side's text and extension, and that it put a message off.
//!
//! MM4 reference §2 (X-Mms-Status-Text, X-Mms-MM-Status-Extension), §3 (Deferred is intermediate) and §6. What alpha
//! gets is looked at as text, in both modes of relations.

use crate::hub::{
    AT_ONCE, WANTS_REPORTS, WANTS_RESPONSE, delivered, forward, hub, only, passed, response, sent, was_read,
};
use crate::peer::bring;
use crate::phone::{ALICE, BOB};
use crate::relaying::{ANNA, BERTA, answer, answer_one, head, mails, send, states};
use crate::world::World;
use lifecycle::{End, State};
use shard::{Relay, Verdict};

/// A mail with a text beside its status.
fn with_text(mail: &str, text: &str) -> String {
    mail.replacen("\r\n\r\n", &format!("\r\nX-Mms-Status-Text: {text}\r\n\r\n"), 1)
}

/// What alpha is told of a message: the type, the status, the text, the extension.
fn said(mail: &(u16, Relay)) -> [String; 4] {
    assert_eq!(&*mail.1.peer, "alpha");
    let status = [
        "X-Mms-Request-Status-Code",
        "X-Mms-MM-Status-Code",
        "X-Mms-Read-Status",
    ];
    [
        head(&mail.1, "X-Mms-Message-Type"),
        status.map(|name| head(&mail.1, name)).concat(),
        head(&mail.1, "X-Mms-Status-Text"),
        head(&mail.1, "X-Mms-MM-Status-Extension"),
    ]
}

fn report(status: &str, text: &str, extension: &str) -> [String; 4] {
    ["MM4_delivery_report.REQ", status, text, extension].map(str::to_owned)
}

/// A message of alpha's that beta has stored and, at once or not, taken.
fn with_beta(world: &mut World, mode: &str) -> Relay {
    let headers = format!("{WANTS_RESPONSE}{WANTS_REPORTS}");
    let mail = passed(world, "m-1", &headers);
    answer(world, &mail, Verdict::Stored);
    if mode.is_empty() {
        return mail.1;
    }
    assert_eq!(bring(world, "beta", &response(&mail.1, "Ok"), &[]), Ok(()));
    assert!(mails(world).is_empty());
    mail.1
}

#[test]
fn a_transparent_response_has_the_far_sides_text() {
    for (status, sent_text, text) in [
        ("Ok", "queued", "queued"),
        (
            "Error-service-denied",
            "no roaming =?utf-8?q?f=C3=BCr?= you",
            "no roaming =?utf-8?q?f=C3=BCr?= you",
        ),
        ("Error-service-denied", "", ""),
    ] {
        let mut world = World::new(hub(""));
        let beta = with_beta(&mut world, "");
        let mail = with_text(&response(&beta, status), sent_text);
        assert_eq!(bring(&mut world, "beta", &mail, &[]), Ok(()));
        let told = only(&mut world);
        let [kind, found, said, _] = said(&told);
        assert_eq!((kind.as_str(), found.as_str()), ("MM4_forward.RES", status));
        assert_eq!(decoded(&said), decoded(text));
        answer(&mut world, &told, Verdict::Stored);
        world.ledger.check();
    }
}

/// An encoded word in whatever form it is written.
fn decoded(text: &str) -> String {
    mm4_text(&format!("X-Mms-Status-Text: {text}"))
}

fn mm4_text(line: &str) -> String {
    let mail = format!(
        "X-Mms-3GPP-MMS-Version: 6.3.0\r\nX-Mms-Message-Type: MM4_forward.RES\r\nX-Mms-Transaction-ID: t\r\n\
         X-Mms-Message-ID: m\r\nX-Mms-Request-Status-Code: Ok\r\n{line}\r\n\r\n"
    );
    match mm4::Message::read(mail.as_bytes()).expect("a response") {
        mm4::Message::Response(response) => response.status_text.unwrap_or_default().into_owned(),
        other => panic!("{other:?}"),
    }
}

/// Answered at once: what the far side refuses later is a report, with the same text.
#[test]
fn a_late_refusal_is_a_report_with_its_text() {
    let mut world = World::new(hub(AT_ONCE));
    let mail = passed(&mut world, "m-2", &format!("{WANTS_RESPONSE}{WANTS_REPORTS}"));
    answer(&mut world, &mail, Verdict::Stored);
    let refusal = with_text(
        &response(&mail.1, "Error-content-not-accepted"),
        "video is not taken",
    );
    assert_eq!(bring(&mut world, "beta", &refusal, &[]), Ok(()));
    let told = only(&mut world);
    assert_eq!(said(&told), report("Rejected", "video is not taken", ""));
    answer(&mut world, &told, Verdict::Stored);
    assert_eq!(world.open_messages(), 0);
    world.ledger.check();
}

#[test]
fn reports_have_the_far_sides_text_and_extension() {
    let mut world = World::new(hub(AT_ONCE));
    let beta = with_beta(&mut world, AT_ONCE);
    let mail = with_text(&delivered(&beta, BERTA, "Rejected"), "blocked by the user");
    let mail = mail.replacen(
        "\r\n\r\n",
        "\r\nX-Mms-MM-Status-Extension: RejectionByOtherRS\r\n\r\n",
        1,
    );
    assert_eq!(bring(&mut world, "beta", &mail, &[]), Ok(()));
    let told = only(&mut world);
    assert_eq!(
        said(&told),
        report("Rejected", "blocked by the user", "Rejection-By-Other-RS")
    );
    // Not taken now: the same is said again.
    answer(&mut world, &told, Verdict::Later);
    world.advance_s(3_600);
    let again = only(&mut world);
    assert_eq!(again.1.mail, told.1.mail);
    answer(&mut world, &again, Verdict::Stored);
    assert_eq!(world.open_messages(), 0);
    world.ledger.check();
}

#[test]
fn a_read_report_has_the_far_sides_text() {
    let mut world = World::new(hub(AT_ONCE));
    let beta = with_beta(&mut world, AT_ONCE);
    let end = delivered(&beta, BERTA, "Retrieved");
    assert_eq!(bring(&mut world, "beta", &end, &[]), Ok(()));
    let told = only(&mut world);
    answer(&mut world, &told, Verdict::Stored);
    let read = with_text(&was_read(&beta, BERTA), "late");
    assert_eq!(bring(&mut world, "beta", &read, &[]), Ok(()));
    let told = only(&mut world);
    assert_eq!(said(&told)[1..3], ["Read", "late"]);
    answer(&mut world, &told, Verdict::Stored);
    assert_eq!(world.open_messages(), 0);
    world.ledger.check();
}

/// A text is cut off, and a start forgets it; the report is told all the same.
#[test]
fn a_text_is_bounded_and_worth_no_record() {
    for crashes in [false, true] {
        let mut world = World::new(hub(AT_ONCE));
        let beta = with_beta(&mut world, AT_ONCE);
        let mail = with_text(&delivered(&beta, BERTA, "Expired"), &"word ".repeat(200));
        assert_eq!(bring(&mut world, "beta", &mail, &[]), Ok(()));
        if crashes {
            world.crash();
            world.settle();
            world.advance_s(2);
        }
        let told = only(&mut world);
        let [kind, status, text, _] = said(&told);
        assert_eq!(
            (kind.as_str(), status.as_str()),
            ("MM4_delivery_report.REQ", "Expired")
        );
        assert_eq!(text.is_empty(), crashes);
        assert!(text.len() <= base::limits::STATUS_TEXT_OCTETS_MAX);
        answer(&mut world, &told, Verdict::Stored);
        assert_eq!(world.open_messages(), 0);
        world.ledger.check();
    }
}

/// Put off is no end: it is told once, in both modes, over starts; the last word comes behind it.
#[test]
fn that_it_is_put_off_is_told_and_then_its_end() {
    for mode in ["", AT_ONCE] {
        for crashes in [false, true] {
            let mut world = World::new(hub(mode));
            let beta = with_beta(&mut world, mode);
            let put_off = with_text(&delivered(&beta, BERTA, "Deferred"), "phone is off");
            assert_eq!(bring(&mut world, "beta", &put_off, &[]), Ok(()));
            let mut told = sent(&mut world);
            if mode.is_empty() {
                // The report says that it was taken, too: our response, and the report.
                let is_response = |mail: &(u16, Relay)| said(mail)[0] == "MM4_forward.RES";
                let place = told.iter().position(is_response).expect("a response");
                let response = told.remove(place);
                assert_eq!(said(&response)[1], "Ok");
                answer(&mut world, &response, Verdict::Stored);
            }
            if crashes {
                world.crash();
                world.settle();
                world.advance_s(2);
                told = sent(&mut world);
            }
            assert_eq!(states(&world), [State::Relayed]);
            assert_eq!(told.len(), 1, "{told:?}");
            let told = told.remove(0);
            let text = if crashes { "" } else { "phone is off" };
            assert_eq!(said(&told), report("Deferred", text, ""));
            assert_eq!(head(&told.1, "X-Mms-Message-ID"), "m-1@mms.alpha.example");
            answer(&mut world, &told, Verdict::Stored);
            if crashes {
                world.crash();
                world.settle();
            }
            for _ in 0..2 {
                assert_eq!(bring(&mut world, "beta", &put_off, &[]), Ok(()));
            }
            world.advance_s(100);
            assert!(mails(&mut world).is_empty(), "told once");
            assert_eq!(states(&world), [State::Relayed]);
            let end = delivered(&beta, BERTA, "Retrieved");
            assert_eq!(bring(&mut world, "beta", &end, &[]), Ok(()));
            let last = only(&mut world);
            assert_eq!(said(&last), report("Retrieved", "", ""));
            assert_ne!(
                head(&last.1, "X-Mms-Transaction-ID"),
                head(&told.1, "X-Mms-Transaction-ID")
            );
            answer(&mut world, &last, Verdict::Stored);
            assert_eq!(bring(&mut world, "beta", &put_off, &[]), Ok(()));
            assert!(mails(&mut world).is_empty(), "nothing follows the end");
            world.ledger.check();
        }
    }
}

/// Alpha is slow: it has not taken one when the other is there, and hears them in their order; or, where it takes the
/// first for now not, the last alone.
#[test]
fn the_last_word_is_the_last() {
    for (verdict, then) in [(Verdict::Stored, "Retrieved"), (Verdict::Later, "Retrieved")] {
        let mut world = World::new(hub(AT_ONCE));
        let beta = with_beta(&mut world, AT_ONCE);
        assert_eq!(
            bring(&mut world, "beta", &delivered(&beta, BERTA, "Deferred"), &[]),
            Ok(())
        );
        let first = only(&mut world);
        assert_eq!(said(&first), report("Deferred", "", ""));
        assert_eq!(
            bring(&mut world, "beta", &delivered(&beta, BERTA, "Retrieved"), &[]),
            Ok(())
        );
        assert_eq!(states(&world), [State::Ended(End::Retrieved)]);
        assert!(mails(&mut world).is_empty(), "the end waits for it");
        answer(&mut world, &first, verdict);
        let last = only(&mut world);
        assert_eq!(said(&last), report(then, "", ""));
        answer(&mut world, &last, Verdict::Stored);
        world.advance_s(10_000);
        assert!(mails(&mut world).is_empty());
        world.ledger.check();
    }
}

/// Who wants no report hears of no delay either.
#[test]
fn without_a_wish_nothing_is_told() {
    let mut world = World::new(hub(AT_ONCE));
    let mail = passed(&mut world, "m-3", "X-Mms-Read-Reply: Yes\r\n");
    answer(&mut world, &mail, Verdict::Stored);
    assert_eq!(bring(&mut world, "beta", &response(&mail.1, "Ok"), &[]), Ok(()));
    let put_off = with_text(&delivered(&mail.1, BERTA, "Deferred"), "phone is off");
    assert_eq!(bring(&mut world, "beta", &put_off, &[]), Ok(()));
    assert!(mails(&mut world).is_empty());
    world.crash();
    world.settle();
    world.advance_s(100);
    assert!(mails(&mut world).is_empty());
    world.ledger.check();
}

/// Two recipients at one peer that are refused with different texts in one status: one is said.
#[test]
fn one_response_has_one_text() {
    let mut world = World::new(hub(""));
    let to = [BERTA, "15550202"];
    let mail = forward(&to, "m-4", WANTS_RESPONSE);
    assert_eq!(bring(&mut world, "alpha", &mail, &to), Ok(()));
    let beta = only(&mut world);
    answer(&mut world, &beta, Verdict::Stored);
    for (number, text) in [("15550202", "second"), (BERTA, "first")] {
        let about = format!("\r\nX-Mms-Request-Recipients: +{number}/TYPE=PLMN\r\n\r\n");
        let one = response(&beta.1, "Error-service-denied").replacen("\r\n\r\n", &about, 1);
        assert_eq!(bring(&mut world, "beta", &with_text(&one, text), &[]), Ok(()));
    }
    let told = only(&mut world);
    assert_eq!(said(&told)[1..3], ["Error-service-denied", "first"]);
    answer(&mut world, &told, Verdict::Stored);
    world.ledger.check();
}

/// X-Mms-Originator-R/S-Delivery-Report: alpha's system wants a report that its user did not ask for, of ours and of
/// beta's subscribers; and beta says of one that it is for the system.
#[test]
fn a_report_for_a_system_is_not_for_its_user() {
    let (user, system) = (
        "X-Mms-Delivery-Report: Yes\r\n",
        "X-Mms-Originator-R/S-Delivery-Report: Yes\r\n",
    );
    for (wishes, wish_of_user, far_says, shown) in [
        (user.to_owned(), "Yes", "", "Yes"),
        (system.to_owned(), "", "", "No"),
        (format!("{user}{system}"), "Yes", "", "Yes"),
        (
            format!("{user}{system}"),
            "Yes",
            "\r\nX-Mms-Forward-To-Originator-UA: No",
            "No",
        ),
    ] {
        let mut world = World::new(hub(AT_ONCE));
        let mail = forward(&[BERTA, BOB], "m-5", &wishes);
        assert_eq!(bring(&mut world, "alpha", &mail, &[BERTA, BOB]), Ok(()));
        let beta = only(&mut world);
        assert_eq!(head(&beta.1, "X-Mms-Delivery-Report"), wish_of_user, "{wishes}");
        let by_system = if wishes.contains("R/S") { "Yes" } else { "" };
        assert_eq!(head(&beta.1, "X-Mms-Originator-R/S-Delivery-Report"), by_system);
        answer(&mut world, &beta, Verdict::Stored);
        let end = delivered(&beta.1, BERTA, &format!("Retrieved{far_says}"));
        assert_eq!(bring(&mut world, "beta", &end, &[]), Ok(()));
        let told = only(&mut world);
        assert_eq!(
            head(&told.1, "X-Mms-Forward-To-Originator-UA"),
            shown,
            "{wishes}{far_says}"
        );
        answer(&mut world, &told, Verdict::Stored);
        let note = world.note(BOB);
        world.respond(BOB, &note, mms::Status::Rejected);
        let told = only(&mut world);
        assert_eq!(said(&told), report("Rejected", "", ""));
        let shown = if wishes.contains(user) { "Yes" } else { "No" };
        assert_eq!(head(&told.1, "X-Mms-Forward-To-Originator-UA"), shown, "{wishes}");
        answer(&mut world, &told, Verdict::Stored);
        assert_eq!(world.open_messages(), 0);
        world.ledger.check();
    }
}

/// Our own user's message, of which the other operator says that its report is not for the user: it ends, untold.
#[test]
fn a_report_that_is_not_for_our_user_is_not_shown() {
    for (says, statuses) in [("No", vec![]), ("Yes", vec![mms::Status::Retrieved])] {
        let mut world = World::new(crate::relaying::shape(""));
        send(&mut world, &[ANNA]);
        let alpha = answer_one(&mut world, Verdict::Stored);
        let words = format!("Retrieved\r\nX-Mms-Forward-To-Originator-UA: {says}");
        let end = delivered(&alpha, ANNA, &words).replace("mms.hub.example", "ringpost.invalid");
        for _ in 0..2 {
            assert_eq!(bring(&mut world, "alpha", &end, &[]), Ok(()));
        }
        assert_eq!(states(&world), [State::Ended(End::Retrieved)]);
        world.crash();
        world.settle();
        assert_eq!(world.statuses(ALICE), statuses);
        assert_eq!(world.open_messages(), 0);
        world.ledger.check();
    }
}
