//! A hub: alpha brings messages for subscribers of beta and gamma, and hears what becomes of them.
//!
//! MM4 reference §6. Mails are read as the edge reads them; what goes out is looked at as text. What the edge itself
//! refuses (relations, the way back) is tested there and, with real peers, in the programs' tests.

use crate::peer::{bring, profile_of, shape_of, understood};
use crate::phone::BOB;
use crate::relaying::{ANNA, BERTA, answer, head, mails, states};
use crate::world::{Shape, World, routes_of};
use base::Reason;
use lifecycle::{End, State};
use shard::{Relay, Verdict};
use std::sync::Arc;

/// A subscriber of gamma.
pub(super) const GRETA: &str = "15550301";

/// Messages of alpha may go to beta and gamma, as `keys` say.
pub(super) fn hub(keys: &str) -> Shape {
    let mut text = "[numbering]\ncountry_code = \"44\"\nlocal_ranges = [\"+447700\"]\n\
                    [mm4]\ndomain = \"mms.hub.example\"\n[mm1]\ndomain = \"hub.example\"\n"
        .to_owned();
    for (index, name) in ["alpha", "beta", "gamma"].iter().enumerate() {
        let digit = index + 1;
        text.push_str(&format!(
            "[[peer]]\nname = \"{name}\"\ndomains = [\"mms.{name}.example\"]\nranges = [\"+15550{digit}\"]\n\
             sources = [\"192.0.2.{digit}\"]\nids = \"quoted\"\n"
        ));
    }
    for to in ["beta", "gamma"] {
        text.push_str(&format!(
            "[[relation]]\nfrom = \"alpha\"\nto = \"{to}\"\n{keys}\n"
        ));
    }
    shape_of(&text)
}

/// Store-and-forward: our response at once.
pub(super) const AT_ONCE: &str = "mode = \"store_and_forward\"";

/// A message of alpha's subscriber, with these headers beside what every one has.
pub(super) fn forward(to: &[&str], id: &str, headers: &str) -> String {
    let to: Vec<String> = to
        .iter()
        .map(|number| format!("+{number}/TYPE=PLMN@mms.hub.example"))
        .collect();
    format!(
        "Received: from phone by mms.alpha.example; Sat, 14 Nov 2026 00:00:09 +0000\r\n\
         From: +{ANNA}/TYPE=PLMN@mms.alpha.example\r\nTo: {}\r\nSender: system-user@mms.alpha.example\r\n\
         Date: Sat, 14 Nov 2026 00:00:10 +0000\r\nMessage-ID: <{id}.mail@mms.alpha.example>\r\n\
         X-Mms-3GPP-MMS-Version: 6.3.0\r\nX-Mms-Message-Type: MM4_forward.REQ\r\n\
         X-Mms-Transaction-ID: \"t-{id}\"\r\nX-Mms-Message-ID: {id}@mms.alpha.example\r\n{headers}\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nA word to pass on.\r\n",
        to.join(", ")
    )
}

pub(super) const WANTS_RESPONSE: &str =
    "X-Mms-Ack-Request: Yes\r\nX-Mms-Originator-System: system-user@mms.alpha.example\r\n";
pub(super) const WANTS_REPORTS: &str = "X-Mms-Delivery-Report: Yes\r\nX-Mms-Read-Reply: Yes\r\n";

/// The mails that are under way, of these types, in the order of their peers.
pub(super) fn sent(world: &mut World) -> Vec<(u16, Relay)> {
    let mut all = mails(world);
    all.sort_by(|(_, one), (_, other)| one.peer.cmp(&other.peer));
    all
}

/// The one mail under way.
pub(super) fn only(world: &mut World) -> (u16, Relay) {
    let mut all = sent(world);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// MM4_forward.RES of a peer to what it was sent.
pub(super) fn response(to: &Relay, status: &str) -> String {
    let peer = &to.peer;
    format!(
        "From: system-user@mms.{peer}.example\r\nTo: system-user@mms.hub.example\r\n\
         X-Mms-3GPP-MMS-Version: 6.3.0\r\nX-Mms-Message-Type: MM4_forward.RES\r\n\
         X-Mms-Transaction-ID: {}\r\nX-Mms-Message-ID: {}\r\nX-Mms-Request-Status-Code: {status}\r\n\r\n",
        head(to, "X-Mms-Transaction-ID"),
        head(to, "X-Mms-Message-ID"),
    )
}

/// A report of a peer on what it was sent: its type, and the header that says it.
fn report(about: &Relay, kind: &str, recipient: &str, says: &str) -> String {
    let peer = &about.peer;
    format!(
        "From: +{recipient}/TYPE=PLMN@mms.{peer}.example\r\nTo: +{ANNA}/TYPE=PLMN@mms.hub.example\r\n\
         Sender: system-user@mms.{peer}.example\r\nDate: Sat, 14 Nov 2026 00:00:10 +0000\r\n\
         X-Mms-3GPP-MMS-Version: 6.3.0\r\nX-Mms-Message-Type: {kind}.REQ\r\n\
         X-Mms-Transaction-ID: \"r-1\"\r\nX-Mms-Message-ID: \"{}\"\r\n{says}\r\n\r\n",
        head(about, "X-Mms-Message-ID"),
    )
}

pub(super) fn delivered(about: &Relay, recipient: &str, status: &str) -> String {
    let says = format!("X-Mms-MM-Status-Code: {status}");
    report(about, "MM4_delivery_report", recipient, &says)
}

pub(super) fn was_read(about: &Relay, recipient: &str) -> String {
    report(
        about,
        "MM4_read_reply_report",
        recipient,
        "X-Mms-Read-Status: Read",
    )
}

/// The mail that beta gets of one that alpha brings; alpha's response is answered.
pub(super) fn passed(world: &mut World, id: &str, headers: &str) -> (u16, Relay) {
    let mail = forward(&[BERTA], id, headers);
    assert_eq!(bring(world, "alpha", &mail, &[BERTA]), Ok(()));
    let mut all = sent(world);
    if all.len() > 1 {
        let response = all.remove(0);
        assert_eq!(head(&response.1, "X-Mms-Message-Type"), "MM4_forward.RES");
        answer(world, &response, Verdict::Stored);
    }
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// MM4 reference §6 and §2: what is rewritten, and what stays.
#[test]
fn a_message_for_anothers_subscriber_is_passed_on() {
    let mut world = World::new(hub(AT_ONCE));
    let headers = "X-Mms-Forward-Counter: 2\r\nX-Mms-Previously-sent-by: 0, +15550109/TYPE=PLMN\r\n\
                   X-Mms-Priority: High\r\nX-Mms-Delivery-Report: Yes\r\nX-Operator-Secret: kept, as it is\r\n\
                   X-Mms-VASP-ID: shop\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n";
    let (_, mail) = passed(&mut world, "m-1", &format!("{WANTS_RESPONSE}{headers}"));
    assert_eq!(&*mail.peer, "beta");
    assert_eq!(mail.from, format!("+{ANNA}/TYPE=PLMN@mms.hub.example"));
    assert_eq!(mail.recipients, [format!("+{BERTA}/TYPE=PLMN@mms.beta.example")]);
    let transaction = head(&mail, "X-Mms-Transaction-ID");
    assert!(
        transaction.starts_with('"') && !transaction.contains("t-m-1"),
        "{transaction}"
    );
    let system = "system-user@mms.hub.example";
    for (name, value) in [
        // As it came, though beta wants quotes around what we name.
        ("X-Mms-Message-ID", "m-1@mms.alpha.example"),
        ("X-Mms-Message-Type", "MM4_forward.REQ"),
        ("From", &format!("+{ANNA}/TYPE=PLMN@mms.hub.example")),
        ("To", &format!("+{BERTA}/TYPE=PLMN@mms.beta.example")),
        ("Sender", system),
        ("X-Mms-Originator-System", system),
        ("X-Mms-Ack-Request", "Yes"),
        ("X-Mms-Forward-Counter", "2"),
        ("X-Mms-Previously-sent-by", "0, +15550109/TYPE=PLMN"),
        ("X-Mms-Priority", "High"),
        ("X-Mms-Delivery-Report", "Yes"),
        ("X-Mms-Read-Reply", ""),
        ("X-Operator-Secret", "kept, as it is"),
        ("X-Mms-VASP-ID", "shop"),
        ("X-Ringpost-Via", "mms.hub.example"),
        ("Date", "Sat, 14 Nov 2026 00:00:10 +0000"),
    ] {
        assert_eq!(head(&mail, name), value, "{name}");
    }
    assert!(head(&mail, "Received").starts_with("from mms.alpha.example by mms.hub.example with ESMTP id "));
    let text = String::from_utf8_lossy(&mail.mail);
    assert!(text.starts_with("Received: "), "the way is on top");
    assert_eq!(text.matches("\r\nReceived: ").count(), 1, "and what was there");
    assert!(!text.contains("m-1.mail"), "a mail's own id is not its message's");
    world.ledger.check();
}

/// The far operator's words end the copy, and go back under the ids of who brought the message; over starts.
#[test]
fn what_the_far_side_says_goes_back_to_who_brought_it() {
    let mut shape = hub(AT_ONCE);
    shape.shards = 3;
    let mut world = World::new(shape);
    let mail = passed(&mut world, "m-2", WANTS_REPORTS);
    answer(&mut world, &mail, Verdict::Stored);
    let beta = mail.1;
    world.crash();
    world.settle();
    assert_eq!(bring(&mut world, "beta", &response(&beta, "Ok"), &[]), Ok(()));
    assert_eq!(states(&world), [State::Relayed]);
    world.restart(2);
    let said = delivered(&beta, BERTA, "Retrieved");
    assert_eq!(bring(&mut world, "beta", &said, &[]), Ok(()));
    assert_eq!(states(&world), [State::Ended(End::Retrieved)]);
    let told = only(&mut world);
    assert_eq!(&*told.1.peer, "alpha");
    for (name, value) in [
        ("X-Mms-Message-Type", "MM4_delivery_report.REQ"),
        ("X-Mms-Message-ID", "m-2@mms.alpha.example"),
        ("X-Mms-MM-Status-Code", "Retrieved"),
        ("From", &format!("+{BERTA}/TYPE=PLMN@mms.hub.example")),
        ("To", &format!("+{ANNA}/TYPE=PLMN@mms.alpha.example")),
        ("Sender", "system-user@mms.hub.example"),
    ] {
        assert_eq!(head(&told.1, name), value, "{name}");
    }
    // Beta says it again; alpha did not hear it yet, and hears the same.
    assert_eq!(bring(&mut world, "beta", &said, &[]), Ok(()));
    world.crash();
    world.settle();
    world.advance_s(2);
    let again = only(&mut world);
    assert_eq!(again.1.mail, told.1.mail);
    answer(&mut world, &again, Verdict::Stored);
    assert_eq!(bring(&mut world, "beta", &was_read(&beta, BERTA), &[]), Ok(()));
    let told = only(&mut world);
    assert_eq!(
        (
            head(&told.1, "X-Mms-Message-ID"),
            head(&told.1, "X-Mms-Read-Status")
        ),
        ("m-2@mms.alpha.example".to_owned(), "Read".to_owned())
    );
    answer(&mut world, &told, Verdict::Stored);
    assert_eq!(world.open_messages(), 0);
    for mail in [said, was_read(&beta, BERTA)] {
        assert_eq!(bring(&mut world, "beta", &mail, &[]), Ok(()));
    }
    world.crash();
    world.advance_s(100);
    assert!(mails(&mut world).is_empty(), "each once");
    world.ledger.check();
}

/// Ours, beta's and gamma's in one mail: one mail for each peer, one notification, one response.
#[test]
fn recipients_of_several_operators_are_divided() {
    let mut world = World::new(hub(AT_ONCE));
    let to = [BERTA, BOB, GRETA, "15550202"];
    let mail = forward(&to, "m-3", WANTS_RESPONSE);
    assert_eq!(bring(&mut world, "alpha", &mail, &to), Ok(()));
    let all = sent(&mut world);
    let path = |number: &str, peer: &str| format!("+{number}/TYPE=PLMN@mms.{peer}.example");
    let envelopes: Vec<_> = all.iter().map(|(_, mail)| mail.recipients.clone()).collect();
    assert_eq!(
        envelopes,
        [
            vec!["system-user@mms.alpha.example".to_owned()],
            vec![path(BERTA, "beta"), path("15550202", "beta")],
            vec![path(GRETA, "gamma")],
        ]
    );
    for (_, mail) in &all[1..] {
        let to = head(mail, "To");
        assert!(to.contains("mms.beta.example") && to.contains("mms.gamma.example"));
        assert!(to.contains(&path(BOB, "hub")), "{to}");
    }
    assert_eq!(head(&all[0].1, "X-Mms-Request-Status-Code"), "Ok");
    assert_eq!(world.note(BOB).from, Some(format!("+{ANNA}/TYPE=PLMN")));
    // The same again is none; it is answered again.
    for mail in &all {
        answer(&mut world, mail, Verdict::Stored);
    }
    assert_eq!(bring(&mut world, "alpha", &mail, &to), Ok(()));
    let again = only(&mut world);
    assert_eq!(head(&again.1, "X-Mms-Message-Type"), "MM4_forward.RES");
    world.ledger.check();
}

/// Reports on recipients that share a message with others find theirs, long after repeats are forgotten.
#[test]
fn a_late_report_finds_its_recipient() {
    let mut shape = hub(AT_ONCE);
    shape.profile.mm4.repeats_s = 60;
    let mut world = World::new(shape);
    let to = [BERTA, "15550202", "15550203"];
    let mail = forward(&to, "m-4", WANTS_REPORTS);
    assert_eq!(bring(&mut world, "alpha", &mail, &to), Ok(()));
    let mail = only(&mut world);
    answer(&mut world, &mail, Verdict::Stored);
    let said = response(&mail.1, "Ok");
    assert_eq!(bring(&mut world, "beta", &said, &[]), Ok(()));
    world.advance_s(200_000);
    for (at, number) in to.iter().enumerate().rev() {
        let said = delivered(&mail.1, number, "Retrieved");
        assert_eq!(bring(&mut world, "beta", &said, &[]), Ok(()));
        let told = only(&mut world);
        assert!(head(&told.1, "From").contains(number), "{at}");
        answer(&mut world, &told, Verdict::Stored);
    }
    world.ledger.check();
}

/// Nobody ends what went to somebody else, and what nobody has seen is not found.
#[test]
fn words_of_others_change_nothing() {
    let mut world = World::new(hub(AT_ONCE));
    let mail = passed(&mut world, "m-5", WANTS_REPORTS);
    answer(&mut world, &mail, Verdict::Stored);
    let said = delivered(&mail.1, BERTA, "Retrieved");
    for peer in ["alpha", "gamma"] {
        assert_eq!(bring(&mut world, peer, &said, &[]), Ok(()));
        assert_eq!(
            bring(&mut world, peer, &response(&mail.1, "Ok"), &[]),
            Err(Reason::MessageNotFound)
        );
    }
    assert_eq!(states(&world), [State::HandedOver]);
    for forged in [
        said.replace("m-5@", "m-6@"),
        said.replace(ANNA, "15550102"),
        said.replace(BERTA, "15550202"),
    ] {
        let found = bring(&mut world, "beta", &forged, &[]);
        assert_eq!(found, Err(Reason::MessageNotFound), "{forged}");
    }
    assert_eq!(states(&world), [State::HandedOver]);
    assert!(mails(&mut world).is_empty());
    // Who wants a response gets one in MM4's words.
    let wants = said
        .replace("m-5@", "m-6@")
        .replace("X-Mms-MM", "X-Mms-Ack-Request: Yes\r\nX-Mms-MM");
    assert_eq!(bring(&mut world, "beta", &wants, &[]), Ok(()));
    let told = only(&mut world);
    assert_eq!(
        head(&told.1, "X-Mms-Request-Status-Code"),
        "Error-message-not-found"
    );
    world.ledger.check();
}

/// A circle ends where a system is met again: by its trace, by too many relays, by its name on the route.
#[test]
fn circles_are_refused() {
    let world = World::new(hub(AT_ONCE));
    let received = "Received: from a by b; Sat, 14 Nov 2026 00:00:09 +0000\r\n";
    let hops_max = usize::from(world.shape.profile.mm4.hops_max);
    for (headers, expected) in [
        (
            "X-Ringpost-Via: MMS.hub.example\r\n".to_owned(),
            Err(Reason::LoopFound),
        ),
        (
            "X-Ringpost-Via: mms.other.example\r\nx-ringpost-via: mms.hub.example\r\n".to_owned(),
            Err(Reason::LoopFound),
        ),
        ("X-Ringpost-Via: mms.other.example\r\n".to_owned(), Ok(())),
        (
            "X-Mms-Forward-Route: system-user@mms.hub.example\r\n".to_owned(),
            Err(Reason::LoopFound),
        ),
        ("X-Mms-Forward-Counter: 11\r\n".to_owned(), Err(Reason::LoopFound)),
        (received.repeat(hops_max - 1), Ok(())),
        (received.repeat(hops_max), Err(Reason::LoopFound)),
        // What could not be kept could be what ends a circle.
        (
            format!("X-Long: {}\r\n", "word ".repeat(4_000)),
            Err(Reason::HeadTooLarge),
        ),
    ] {
        let mail = forward(&[BERTA], "m-7", &headers);
        let found = understood(&world, "alpha", &mail, &[BERTA]).map_err(|refused| refused.reason);
        assert_eq!(found.map(drop), expected, "{:.80}", headers);
    }
}

/// What two hubs pass to and fro ends, whatever of their own traces is lost on the way: Received alone counts up.
#[test]
fn a_mail_that_comes_back_has_one_relay_more() {
    let mut world = World::new(hub(AT_ONCE));
    let mut headers = String::new();
    for round in 1..6 {
        let mail = passed(&mut world, &format!("round-{round}"), &headers);
        answer(&mut world, &mail, Verdict::Stored);
        let mail = mail.1;
        let text = String::from_utf8_lossy(&mail.mail).replace("\r\n ", " ");
        let received: Vec<&str> = text
            .split("\r\n")
            .filter(|line| line.starts_with("Received:"))
            .collect();
        assert_eq!(received.len(), round + 1);
        // The mail has one of its own in front.
        headers = received[..round]
            .iter()
            .map(|line| format!("{line}\r\n"))
            .collect();
    }
}

/// An agreement that ended since RCPT, and a number that has moved to who brought it: nothing goes out.
#[test]
fn without_an_agreement_nothing_is_passed_on() {
    for text in [
        // No relation any more.
        "[[peer]]\nname = \"alpha\"\ndomains = [\"mms.alpha.example\"]\nranges = [\"+155501\"]\n\
         [[peer]]\nname = \"beta\"\ndomains = [\"mms.beta.example\"]\nranges = [\"+155502\"]\n",
        // Moved to gamma, with whom there is none.
        "[[peer]]\nname = \"alpha\"\ndomains = [\"mms.alpha.example\"]\nranges = [\"+155501\"]\n\
         [[peer]]\nname = \"gamma\"\ndomains = [\"mms.gamma.example\"]\nranges = [\"+155502\"]\n",
        // Back to where it comes from, even by agreement.
        "[[peer]]\nname = \"alpha\"\ndomains = [\"mms.alpha.example\"]\nranges = [\"+15550\"]\n\
         [[relation]]\nfrom = \"any\"\nto = \"any\"\n",
    ] {
        let mut world = World::new(hub(AT_ONCE));
        let mail = passed(&mut world, "m-8", WANTS_REPORTS);
        answer(&mut world, &mail, Verdict::Lost);
        mails(&mut world).into_iter().for_each(|mail| {
            answer(&mut world, &mail, Verdict::Later);
        });
        let mut shape = hub(AT_ONCE);
        shape.profile = profile_of(text, 2);
        let routes = Arc::new(routes_of(&shape.profile, 2));
        world.routes.publish(routes).expect("published");
        world.advance_s(120);
        let all = mails(&mut world);
        assert!(
            all.iter()
                .all(|(_, mail)| head(mail, "X-Mms-Message-Type") != "MM4_forward.REQ"),
            "{text}"
        );
        assert_eq!(states(&world), [State::Ended(End::Unreachable)], "{text}");
    }
}

/// What nobody's operator takes is refused to who brings it; what one takes is not.
#[test]
fn what_no_recipients_operator_takes_is_refused_at_once() {
    let mut shape = hub(AT_ONCE);
    let settings = "[numbering]\nlocal_ranges = [\"+447700\"]\n[mm4]\ndomain = \"mms.hub.example\"\n\
        [[peer]]\nname = \"alpha\"\ndomains = [\"mms.alpha.example\"]\nranges = [\"+155501\"]\n\
        [[peer]]\nname = \"beta\"\ndomains = [\"mms.beta.example\"]\nranges = [\"+155502\"]\n\
        content_types = [\"image/*\"]\n[[relation]]\nfrom = \"alpha\"\nto = \"beta\"\n";
    shape.profile = profile_of(settings, 1);
    let mut world = World::new(shape);
    let only_there = forward(&[BERTA], "m-9", "");
    let found = bring(&mut world, "alpha", &only_there, &[BERTA]);
    assert_eq!(found, Err(Reason::ContentRefused));
    let both = forward(&[BERTA, BOB], "m-10", "");
    assert_eq!(bring(&mut world, "alpha", &both, &[BERTA, BOB]), Ok(()));
    assert_eq!(world.note(BOB).from, Some(format!("+{ANNA}/TYPE=PLMN")));
    assert_eq!(states(&world)[0], State::Ended(End::Rejected));
    world.ledger.check();
}
