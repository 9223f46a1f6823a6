//! Messages to other operators: a peer is a value that answers each mail with verdicts, or never.
//!
//! DESIGN §4; MM4 reference §4 and §5. What a mail looks like is judged by others than our own reader elsewhere (the
//! programs' tests); here only what the brain makes of answers counts.

use crate::peer::{profile_of, shape_of};
use crate::phone::{ALICE, BOB, number};
use crate::world::{Shape, World, routes_of};
use lifecycle::{End, State};
use meter::Counter;
use mms::{Content, ContentType, Status};
use shard::{Refusal, Relay, Relayed, Verdict};
use std::sync::Arc;

/// Subscribers of the peers `alpha` and `beta`.
pub(super) const ANNA: &str = "15550101";
pub(super) const ANTON: &str = "15550102";
pub(super) const BERTA: &str = "15550201";

/// Two other operators; `alpha` as `keys` say.
pub(super) fn shape(keys: &str) -> Shape {
    let text = format!(
        "[numbering]\ncountry_code = \"44\"\nlocal_ranges = [\"+447700\"]\n\
         [[peer]]\nname = \"alpha\"\ndomains = [\"mms.alpha.example\"]\nranges = [\"+155501\"]\n\
         sources = [\"192.0.2.0/28\"]\n{keys}\n\
         [[peer]]\nname = \"beta\"\ndomains = [\"mms.beta.example\"]\nranges = [\"+155502\"]\n\
         sources = [\"198.51.100.0/28\"]\n"
    );
    shape_of(&text)
}

/// The mails that are under way now.
pub(super) fn mails(world: &mut World) -> Vec<(u16, Relay)> {
    world.settle();
    std::mem::take(&mut world.relays)
}

/// Answers a mail with the same verdict for every recipient.
pub(super) fn answer(world: &mut World, mail: &(u16, Relay), verdict: Verdict) {
    let relayed = Relayed {
        ticket: mail.1.ticket,
        verdicts: vec![verdict; mail.1.recipients.len()],
        said: "so said the peer".to_owned(),
    };
    world.relayed(mail.0, relayed);
    world.settle();
}

/// The one mail that is under way, answered.
pub(super) fn answer_one(world: &mut World, verdict: Verdict) -> Relay {
    let mut mails = mails(world);
    assert_eq!(mails.len(), 1, "one mail is under way");
    let mail = mails.remove(0);
    answer(world, &mail, verdict);
    mail.1
}

pub(super) fn send(world: &mut World, to: &[&str]) {
    let plus: Vec<String> = to.iter().map(|number| format!("+{number}")).collect();
    let to: Vec<&str> = plus.iter().map(String::as_str).collect();
    world.send(ALICE, &to, b"a word", |send| send.delivery_report = Some(true));
}

/// The states of all copies in memory, in the order of their messages.
pub(super) fn states(world: &World) -> Vec<State> {
    let mut states = Vec::new();
    for node in &world.nodes {
        let table = &node.brain.store().recipients;
        let copies = (0..table.bound()).filter_map(|number| table.get(number));
        states.extend(copies.map(|copy| (copy.message, copy.index, copy.state)));
    }
    states.sort_unstable();
    states.into_iter().map(|(_, _, state)| state).collect()
}

pub(super) fn head(relay: &Relay, name: &str) -> String {
    let text = String::from_utf8_lossy(&relay.mail).replace("\r\n ", " ");
    let prefix = format!("{name}: ");
    let line = text.split("\r\n").find(|line| line.starts_with(&prefix));
    line.unwrap_or_default().trim_start_matches(&prefix).to_owned()
}

const UNKNOWN: Verdict = Verdict::Never(Refusal {
    code: 550,
    enhanced: Some((1, 1)),
});

#[test]
fn one_mail_for_a_peer_with_all_of_its_recipients() {
    let mut world = World::new(shape(""));
    send(&mut world, &[ANNA, BOB, BERTA, ANTON]);
    let mails = mails(&mut world);
    let envelopes: Vec<(&str, Vec<String>)> = mails
        .iter()
        .map(|(_, mail)| (mail.peer.as_ref(), mail.recipients.clone()))
        .collect();
    let path = |number: &str, domain: &str| format!("+{number}/TYPE=PLMN@mms.{domain}.example");
    let expected = [
        ("alpha", vec![path(ANNA, "alpha"), path(ANTON, "alpha")]),
        ("beta", vec![path(BERTA, "beta")]),
    ];
    assert!(
        expected.iter().all(|mail| envelopes.contains(mail)),
        "{envelopes:?}"
    );
    assert_eq!(envelopes.len(), 2);
    let alpha = &mails
        .iter()
        .find(|(_, mail)| &*mail.peer == "alpha")
        .expect("a mail")
        .1;
    assert_eq!(alpha.from, format!("+{ALICE}/TYPE=PLMN@ringpost.invalid"));
    let to = head(alpha, "To");
    for number in [ANNA, BOB, BERTA, ANTON] {
        assert!(to.contains(number), "To keeps the whole list: {to}");
    }
    assert_eq!(head(alpha, "X-Mms-Ack-Request"), "Yes");
    assert_eq!(head(alpha, "X-Mms-Delivery-Report"), "Yes");
    assert_ne!(
        head(alpha, "X-Mms-Transaction-ID"),
        head(&mails[0].1, "X-Mms-Message-ID")
    );
    // Between their record and their mail the octets stayed in memory.
    let reads = world
        .nodes
        .iter()
        .map(|node| node.meter.counter(Counter::BodiesFromDisk));
    assert_eq!(reads.sum::<u64>(), 0);
    // Bob is ours.
    assert_eq!(world.note(BOB).from, Some(format!("+{ALICE}/TYPE=PLMN")));
    assert!(world.relays.is_empty());
    world.ledger.check();
}

#[test]
fn the_peers_250_is_recorded_and_its_response_awaited() {
    let mut world = World::new(shape(""));
    send(&mut world, &[ANNA]);
    answer_one(&mut world, Verdict::Stored);
    assert_eq!(states(&world), [State::HandedOver]);
    world.crash();
    world.settle();
    assert_eq!(states(&world), [State::HandedOver]);
    assert!(
        mails(&mut world).is_empty(),
        "nothing is sent again before its time"
    );
    world.ledger.check();
}

/// Same ids, same octets, as often as the profile says, over a start in between; then nobody can say.
#[test]
fn without_a_response_it_is_sent_again_and_then_given_up() {
    let mut world = World::new(shape("res_s = 60\nresends_max = 2"));
    send(&mut world, &[ANNA]);
    let first = answer_one(&mut world, Verdict::Stored);
    for _ in 0..2 {
        world.crash();
        world.advance_s(58);
        assert!(mails(&mut world).is_empty());
        world.advance_s(3);
        let again = answer_one(&mut world, Verdict::Stored);
        assert_eq!(
            (again.mail, again.recipients),
            (first.mail.clone(), first.recipients.clone())
        );
    }
    world.advance_s(70);
    assert!(mails(&mut world).is_empty());
    assert_eq!(states(&world), [State::Ended(End::Indeterminate)]);
    assert_eq!(world.statuses(ALICE), [Status::Indeterminate]);
    assert_eq!(world.open_messages(), 0);
    world.ledger.check();
}

#[test]
fn where_250_is_all_that_comes_it_is_the_end() {
    let mut world = World::new(shape("ack = \"smtp\"\ndelivery_reports = false"));
    send(&mut world, &[ANNA]);
    let mail = answer_one(&mut world, Verdict::Stored);
    assert_eq!(head(&mail, "X-Mms-Delivery-Report"), "");
    assert_eq!(states(&world), [State::Ended(End::PassedOn)]);
    assert_eq!(world.statuses(ALICE), [Status::Indeterminate]);
    assert_eq!(world.open_messages(), 0);
    world.ledger.check();
}

#[test]
fn where_a_report_is_to_come_it_is_waited_for_but_not_for_ever() {
    let mut world = World::new(shape("ack = \"smtp\""));
    send(&mut world, &[ANNA]);
    answer_one(&mut world, Verdict::Stored);
    assert_eq!(states(&world), [State::Relayed]);
    world.crash();
    world.advance_s(7 * 86_400 + 3_600);
    assert_eq!(states(&world), [State::Relayed]);
    world.advance_s(86_400);
    assert_eq!(world.statuses(ALICE), [Status::Indeterminate]);
    assert_eq!(world.open_messages(), 0);
    world.ledger.check();
}

#[test]
fn a_refusal_for_now_is_tried_again_by_the_schedule() {
    let mut world = World::new(shape("retry_schedule_s = [100, 1000]\nretry_s_max = 5000"));
    send(&mut world, &[ANNA]);
    let first = answer_one(&mut world, Verdict::Later);
    world.advance_s(85);
    assert!(mails(&mut world).is_empty());
    world.advance_s(30);
    let second = answer_one(&mut world, Verdict::Later);
    assert_eq!(second.mail, first.mail);
    world.advance_s(880);
    assert!(mails(&mut world).is_empty());
    world.advance_s(240);
    answer_one(&mut world, Verdict::Unsure);
    world.advance_s(5_000);
    mails(&mut world);
    assert_eq!(world.statuses(ALICE), [Status::Expired]);
    world.ledger.check();
}

/// What was one mail is one mail again: waits are varied from mail to mail, not within one. (Its copies went apart,
/// each with the ids of the other's mail.)
#[test]
fn all_of_a_mail_are_tried_again_together() {
    for verdict in [Verdict::Later, Verdict::Unsure] {
        let mut world = World::new(shape("retry_schedule_s = [100, 1000]\nretry_s_max = 5000"));
        send(&mut world, &[ANNA, ANTON]);
        let first = answer_one(&mut world, verdict);
        for wait_s in [120, 1_200] {
            world.advance_s(wait_s);
            let again = answer_one(&mut world, verdict);
            assert_eq!(again.recipients, first.recipients);
            assert_eq!(again.mail, first.mail);
        }
        world.ledger.check();
    }
}

#[test]
fn refusals_for_good_say_why() {
    for (code, enhanced, status) in [
        (550, Some((1, 1)), Status::Unreachable),
        (550, None, Status::Unreachable),
        (552, None, Status::Rejected),
        (554, Some((3, 4)), Status::Rejected),
        (550, Some((7, 1)), Status::Rejected),
        (554, Some((6, 1)), Status::Rejected),
        (554, None, Status::Rejected),
        (501, None, Status::Indeterminate),
    ] {
        let mut world = World::new(shape(""));
        send(&mut world, &[ANNA]);
        answer_one(&mut world, Verdict::Never(Refusal { code, enhanced }));
        assert_eq!(world.statuses(ALICE), [status], "{code} {enhanced:?}");
        assert_eq!(world.open_messages(), 0);
        world.ledger.check();
    }
}

/// One transaction, a verdict for each recipient.
#[test]
fn verdicts_split_a_mail() {
    let mut world = World::new(shape(""));
    send(&mut world, &[ANNA, ANTON]);
    let mail = mails(&mut world).remove(0);
    let relayed = Relayed {
        ticket: mail.1.ticket,
        verdicts: vec![UNKNOWN, Verdict::Later],
        said: String::new(),
    };
    world.relayed(mail.0, relayed);
    world.settle();
    assert_eq!(states(&world), [State::Ended(End::Unreachable), State::Taken]);
    world.advance_s(70);
    let again = answer_one(&mut world, Verdict::Stored);
    assert_eq!(
        again.recipients,
        [format!("+{ANTON}/TYPE=PLMN@mms.alpha.example")]
    );
    assert_eq!(
        states(&world),
        [State::Ended(End::Unreachable), State::HandedOver]
    );
    world.ledger.check();
}

/// A number that has moved: the peer does not know it, and the routes say better by now. Once.
#[test]
fn an_unknown_number_is_looked_up_once_more() {
    let mut world = World::new(shape(""));
    send(&mut world, &[ANNA]);
    let mail = mails(&mut world).remove(0);
    let mut settings = shape("");
    let text = "[numbering]\ncountry_code = \"44\"\nlocal_ranges = [\"+447700\"]\n\
        [[peer]]\nname = \"alpha\"\ndomains = [\"mms.alpha.example\"]\nranges = [\"+155509\"]\n\
        [[peer]]\nname = \"beta\"\ndomains = [\"mms.beta.example\"]\nranges = [\"+1555\"]\n";
    settings.profile = profile_of(text, 2);
    world
        .routes
        .publish(Arc::new(routes_of(&settings.profile, 2)))
        .expect("published");
    answer(&mut world, &mail, UNKNOWN);
    let moved = answer_one(&mut world, UNKNOWN);
    assert_eq!(&*moved.peer, "beta");
    assert_eq!(world.statuses(ALICE), [Status::Unreachable]);
    world.ledger.check();
}

/// Three lost connections open the breaker; what waits is tried by one mail at a time, in order, and nothing is lost.
#[test]
fn a_peer_that_is_down_is_probed_and_then_served_in_order() {
    let mut world = World::new(shape("connections_max = 1"));
    for _ in 0..4 {
        send(&mut world, &[ANNA]);
    }
    let mut seen = Vec::new();
    let mut lost = 0;
    for _ in 0..200 {
        let mails = mails(&mut world);
        assert!(mails.len() <= 1);
        for mail in &mails {
            let verdict = if lost < 8 { Verdict::Lost } else { Verdict::Stored };
            lost += 1;
            if verdict == Verdict::Stored {
                seen.push(head(&mail.1, "X-Mms-Message-ID"));
            }
            answer(&mut world, mail, verdict);
        }
        if mails.is_empty() {
            world.advance(500, 100);
        }
    }
    assert_eq!(lost, 12, "every message was carried once");
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(states(&world), [State::HandedOver; 4]);
    world.ledger.check();
}

/// A peer that never answers keeps its connections and nobody else's.
#[test]
fn a_silent_peer_delays_no_other() {
    let mut world = World::new(shape("connections_max = 2"));
    for _ in 0..10 {
        send(&mut world, &[ANNA, BERTA]);
    }
    let mut to_alpha = 0;
    for _ in 0..40 {
        for mail in mails(&mut world) {
            match &*mail.1.peer {
                "alpha" => to_alpha += 1,
                _ => answer(&mut world, &mail, Verdict::Stored),
            }
        }
        world.advance(20, 10);
    }
    assert_eq!(to_alpha, 2);
    let over = states(&world)
        .into_iter()
        .filter(|&state| state == State::HandedOver)
        .count();
    assert_eq!(over, 10);
    world.ledger.check();
}

/// What no session of the peer carries as it is, is written in lines of ASCII from then on.
#[test]
fn binary_is_written_where_it_can_be_carried() {
    let mut world = World::new(shape("transfer = \"binary\""));
    // A multipart of one part, text/plain, of four octets that are no text.
    let body = [1, 1, 4, 0x83, 0, 13, 10, 0xff];
    world.send(ALICE, &["+15550101"], &body, |send| {
        send.content = Content::new(ContentType::from_raw(&[0xa3]).expect("mixed"), &[]);
    });
    let first = answer_one(&mut world, Verdict::Encode);
    assert!(String::from_utf8_lossy(&first.mail).contains("Content-Transfer-Encoding: binary"));
    let second = answer_one(&mut world, Verdict::Stored);
    assert!(second.mail.is_ascii() && !String::from_utf8_lossy(&second.mail).contains("Encoding: binary"));
    world.ledger.check();
}

#[test]
fn what_a_peer_does_not_take_is_rejected_before_it_is_sent() {
    for keys in ["size_octets_max = 10240", "content_types = [\"image/jpeg\"]"] {
        let mut world = World::new(shape(keys));
        let to = format!("+{ANNA}");
        world.send(ALICE, &[&to], &[b'x'; 20_000], |send| {
            send.delivery_report = Some(true)
        });
        assert!(mails(&mut world).is_empty());
        assert_eq!(world.statuses(ALICE), [Status::Rejected], "{keys}");
        world.ledger.check();
    }
}

/// Whatever the shard of a number, its copy stays with the message's owner; crashes before anything is recorded send
/// the same mail again.
#[test]
fn copies_for_peers_stay_with_the_owner_over_starts() {
    let mut shape = shape("");
    shape.shards = 3;
    let mut world = World::new(shape);
    let owner = world.home(Some(number(ALICE)));
    send(&mut world, &[ANNA, ANTON, BERTA, BOB]);
    let before = mails(&mut world);
    assert_eq!(before.len(), 2);
    assert!(before.iter().all(|(shard, _)| *shard == owner));
    for shards in [3, 2] {
        world.restart(shards);
        world.advance_s(5);
        let owner = world.home(Some(number(ALICE)));
        let after = mails(&mut world);
        assert_eq!(after.len(), 2);
        for (shard, mail) in &after {
            assert_eq!(*shard, owner);
            assert!(before.iter().any(|(_, first)| first.mail == mail.mail));
        }
    }
    world.ledger.check();
}

/// The recipients of one mail are bounded by the profile; the rest goes in the next ones.
#[test]
fn more_recipients_than_a_mail_takes_are_spread() {
    let mut world = World::new(shape("recipients_max = 2"));
    send(
        &mut world,
        &["15550101", "15550102", "15550103", "15550104", "15550105"],
    );
    let counts: Vec<usize> = mails(&mut world)
        .iter()
        .map(|mail| mail.1.recipients.len())
        .collect();
    assert_eq!(counts, [2, 2, 1]);
}
