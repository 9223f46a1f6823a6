//! Transparent relations: alpha hears what beta and gamma answer, when they do; store-and-forward is in [`hub`].
//!
//! MM4 reference §5 and §6. Every answer is looked at as the text that alpha gets.
//!
//! [`hub`]: super::hub

use crate::hub::{AT_ONCE, GRETA, WANTS_RESPONSE, delivered, forward, hub, only, response, sent};
use crate::peer::{bring, shape_of};
use crate::phone::BOB;
use crate::relaying::{ANNA, BERTA, answer, head, mails, states};
use crate::world::{Shape, World};
use lifecycle::{End, State};
use shard::{Refusal, Relay, Verdict};

const WANTS_REPORT: &str = "X-Mms-Delivery-Report: Yes\r\n";

/// Alpha understands a response that speaks of some recipients.
fn speaking_of_some() -> Shape {
    let text = hub_text("request_recipients = true");
    shape_of(&text)
}

fn hub_text(alpha: &str) -> String {
    let peer = |name: &str, digit: u8, more: &str| {
        format!(
            "[[peer]]\nname = \"{name}\"\ndomains = [\"mms.{name}.example\"]\nranges = [\"+15550{digit}\"]\n{more}\n"
        )
    };
    let relation = |to: &str| format!("[[relation]]\nfrom = \"alpha\"\nto = \"{to}\"\nanswer_s = 300\n");
    "[numbering]\nlocal_ranges = [\"+447700\"]\n[mm4]\ndomain = \"mms.hub.example\"\n".to_owned()
        + &peer("alpha", 1, alpha)
        + &peer("beta", 2, "")
        + &peer("gamma", 3, "ack = \"smtp\"")
        + &relation("beta")
        + &relation("gamma")
}

/// Alpha brings a message that wants a response and a report; what goes to the others, which is not answered yet.
fn begin(world: &mut World, id: &str, to: &[&str]) -> Vec<(u16, Relay)> {
    let mail = forward(to, id, &format!("{WANTS_RESPONSE}{WANTS_REPORT}"));
    assert_eq!(bring(world, "alpha", &mail, to), Ok(()));
    let all = sent(world);
    let is_response = |mail: &(u16, Relay)| &*mail.1.peer == "alpha";
    assert!(!all.iter().any(is_response), "nobody has answered: {all:?}");
    all
}

/// What alpha is told now and takes: message type, transaction, status, whom it is about.
fn told(world: &mut World) -> Vec<[String; 4]> {
    let mut all = Vec::new();
    for mail in sent(world) {
        let of = |name: &str| head(&mail.1, name);
        assert_eq!(&*mail.1.peer, "alpha", "{}", of("X-Mms-Message-Type"));
        let status = of("X-Mms-Request-Status-Code") + &of("X-Mms-MM-Status-Code");
        let kind = of("X-Mms-Message-Type");
        let about = match kind.as_str() {
            "MM4_forward.RES" => of("X-Mms-Request-Recipients"),
            _ => of("From"),
        };
        let transaction = match kind.as_str() {
            "MM4_forward.RES" => of("X-Mms-Transaction-ID"),
            _ => String::new(),
        };
        all.push([kind, transaction, status, about]);
        answer(world, &mail, Verdict::Stored);
    }
    all
}

fn res(id: &str, status: &str, about: &[&str]) -> [String; 4] {
    let about: Vec<String> = about
        .iter()
        .map(|number| format!("+{number}/TYPE=PLMN@mms.hub.example"))
        .collect();
    [
        "MM4_forward.RES".to_owned(),
        format!("\"t-{id}\""),
        status.to_owned(),
        about.join(", "),
    ]
}

fn report(status: &str, about: &str) -> [String; 4] {
    [
        "MM4_delivery_report.REQ".to_owned(),
        String::new(),
        status.to_owned(),
        format!("+{about}/TYPE=PLMN@mms.hub.example"),
    ]
}

#[test]
fn the_origin_hears_what_the_far_side_answers() {
    for (status, state) in [
        ("Ok", State::Relayed),
        ("Error-unspecified", State::Ended(End::Indeterminate)),
        ("Error-service-denied", State::Ended(End::Rejected)),
        ("Error-message-format-corrupt", State::Ended(End::Indeterminate)),
        (
            "Error-sending-address-unresolved",
            State::Ended(End::Indeterminate),
        ),
        ("Error-message-not-found", State::Ended(End::Indeterminate)),
        ("Error-content-not-accepted", State::Ended(End::Rejected)),
        ("Error-unsupported-message", State::Ended(End::Unrecognised)),
    ] {
        let mut world = World::new(hub(""));
        let mail = begin(&mut world, "m-1", &[BERTA]).remove(0);
        answer(&mut world, &mail, Verdict::Stored);
        assert!(told(&mut world).is_empty(), "250 is no answer");
        let said = response(&mail.1, status);
        assert_eq!(bring(&mut world, "beta", &said, &[]), Ok(()));
        assert_eq!(told(&mut world), [res("m-1", status, &[])]);
        assert_eq!(states(&world), [state], "{status}");
        // Whoever was refused hears nothing more of it; who was not, has its report to come.
        assert_eq!(world.open_messages(), usize::from(status == "Ok"), "{status}");
        assert_eq!(bring(&mut world, "beta", &said, &[]), Ok(()));
        assert!(told(&mut world).is_empty());
        world.ledger.check();
    }
}

/// What SMTP says for good is an answer, too; and the 250 of a peer that gives no other.
#[test]
fn replies_of_smtp_are_answers() {
    let never = |code, enhanced| Verdict::Never(Refusal { code, enhanced });
    for (to, verdict, status) in [
        (
            BERTA,
            never(550, Some((1, 1))),
            "Error-sending-address-unresolved",
        ),
        (BERTA, never(552, Some((3, 4))), "Error-content-not-accepted"),
        (BERTA, never(501, None), "Error-network-problem"),
        (GRETA, Verdict::Stored, "Ok"),
    ] {
        let mut world = World::new(shape_of(&hub_text("")));
        let mail = begin(&mut world, "m-2", &[to]).remove(0);
        answer(&mut world, &mail, verdict);
        assert_eq!(told(&mut world), [res("m-2", status, &[])]);
        world.ledger.check();
    }
}

/// Nobody answers: at the relation's time it is given up, and a repeat is tried anew, under the same id.
#[test]
fn who_never_answers_is_given_up() {
    for verdict in [Verdict::Stored, Verdict::Later, Verdict::Lost] {
        let mut world = World::new(shape_of(&hub_text("")));
        let first = begin(&mut world, "m-3", &[BERTA]).remove(0);
        answer(&mut world, &first, verdict);
        // What is sent again meanwhile is not answered any more.
        let mut later = Vec::new();
        for _ in 0..29 {
            world.advance_s(10);
            later.extend(mails(&mut world));
        }
        assert!(later.iter().all(|(_, mail)| &*mail.peer == "beta"), "{verdict:?}");
        world.advance_s(11);
        let answered = told(&mut world);
        assert_eq!(
            answered,
            [res("m-3", "Error-network-problem", &[])],
            "{verdict:?}"
        );
        assert_eq!(states(&world), [State::Ended(End::Indeterminate)]);
        assert_eq!(world.open_messages(), 0);
        for mail in &later {
            answer(&mut world, mail, Verdict::Lost);
        }
        // The far side's answer comes too late for this one.
        let _ = bring(&mut world, "beta", &response(&first.1, "Ok"), &[]);
        assert!(told(&mut world).is_empty());
        world.crash();
        world.settle();
        world.advance_s(60);
        let again = begin(&mut world, "m-3", &[BERTA]).remove(0);
        assert_eq!(
            head(&again.1, "X-Mms-Message-ID"),
            head(&first.1, "X-Mms-Message-ID")
        );
        assert_ne!(
            head(&again.1, "X-Mms-Transaction-ID"),
            head(&first.1, "X-Mms-Transaction-ID")
        );
        answer(&mut world, &again, Verdict::Stored);
        assert_eq!(bring(&mut world, "beta", &response(&again.1, "Ok"), &[]), Ok(()));
        assert_eq!(told(&mut world), [res("m-3", "Ok", &[])]);
        world.ledger.check();
    }
}

/// Recipients of different answers: Ok and reports, or a response for each answer to who understands that.
#[test]
fn mixed_answers_are_said_as_the_profile_allows() {
    for speaks_of_some in [false, true] {
        let mut world = World::new(match speaks_of_some {
            true => speaking_of_some(),
            false => shape_of(&hub_text("")),
        });
        let to = [BERTA, GRETA, BOB];
        let mut all = begin(&mut world, "m-4", &to);
        assert_eq!(world.note(BOB).from, Some(format!("+{ANNA}/TYPE=PLMN")));
        let gamma = all.pop().expect("a mail");
        let beta = all.pop().expect("a mail");
        answer(&mut world, &gamma, Verdict::Stored);
        answer(&mut world, &beta, Verdict::Stored);
        assert!(told(&mut world).is_empty(), "beta has not answered");
        let said = response(&beta.1, "Error-service-denied");
        assert_eq!(bring(&mut world, "beta", &said, &[]), Ok(()));
        let expected = match speaks_of_some {
            true => vec![
                res("m-4", "Error-service-denied", &[BERTA]),
                res("m-4", "Ok", &[GRETA, BOB]),
            ],
            false => vec![res("m-4", "Ok", &[]), report("Rejected", BERTA)],
        };
        assert_eq!(told(&mut world), expected);
        world.crash();
        world.advance_s(100);
        assert!(told(&mut world).is_empty(), "each once");
        world.ledger.check();
    }
}

/// Where all fail, each in its own way, it is no Ok.
#[test]
fn where_nobody_takes_it_the_answer_is_no() {
    let mut world = World::new(shape_of(&hub_text("")));
    let mut all = begin(&mut world, "m-5", &[BERTA, GRETA]);
    let gamma = all.pop().expect("a mail");
    let unknown = Verdict::Never(Refusal {
        code: 550,
        enhanced: Some((1, 1)),
    });
    answer(&mut world, &gamma, unknown);
    answer(&mut world, &all[0], Verdict::Stored);
    let said = response(&all[0].1, "Error-service-denied");
    assert_eq!(bring(&mut world, "beta", &said, &[]), Ok(()));
    assert_eq!(told(&mut world), [res("m-5", "Error-service-denied", &[])]);
    assert_eq!(world.open_messages(), 0);
    world.ledger.check();
}

/// A report that comes before the response says that it was taken, whatever else it says.
#[test]
fn an_early_report_is_an_answer() {
    let mut world = World::new(hub(""));
    let mail = begin(&mut world, "m-6", &[BERTA]).remove(0);
    answer(&mut world, &mail, Verdict::Stored);
    let said = delivered(&mail.1, BERTA, "Rejected");
    assert_eq!(bring(&mut world, "beta", &said, &[]), Ok(()));
    assert_eq!(
        told(&mut world),
        [res("m-6", "Ok", &[]), report("Rejected", BERTA)]
    );
    assert_eq!(world.open_messages(), 0);
    world.ledger.check();
}

/// A crash at any moment: before the far side has it, before its answer, before ours is taken.
#[test]
fn what_waits_is_found_again_after_a_start() {
    for status in ["Ok", "Error-service-denied"] {
        let mut shape = hub("");
        shape.shards = 3;
        let mut world = World::new(shape);
        let before = begin(&mut world, "m-7", &[BERTA]).remove(0);
        world.crash();
        world.advance_s(2);
        let mail = only(&mut world);
        assert_eq!(mail.1.mail, before.1.mail);
        answer(&mut world, &mail, Verdict::Stored);
        world.restart(2);
        world.settle();
        assert!(told(&mut world).is_empty());
        let said = response(&mail.1, status);
        assert_eq!(bring(&mut world, "beta", &said, &[]), Ok(()));
        assert_eq!(sent(&mut world).len(), 1, "the response, which is lost");
        world.crash();
        world.settle();
        world.advance_s(2);
        assert_eq!(told(&mut world), [res("m-7", status, &[])]);
        world.crash();
        world.advance_s(100);
        assert!(told(&mut world).is_empty(), "it was taken");
        assert_eq!(world.open_messages(), usize::from(status == "Ok"));
        world.ledger.check();
    }
}

/// What does not answer in time, over starts: the time counts from the message's acceptance.
#[test]
fn a_start_gives_nobody_more_time() {
    let mut world = World::new(shape_of(&hub_text("")));
    let mail = begin(&mut world, "m-8", &[BERTA]).remove(0);
    answer(&mut world, &mail, Verdict::Stored);
    world.advance_s(200);
    world.crash();
    world.advance_s(90);
    assert!(told(&mut world).is_empty());
    world.advance_s(20);
    assert_eq!(told(&mut world), [res("m-8", "Error-network-problem", &[])]);
    world.ledger.check();
}

/// A repeat waits with its first, and gets its own transaction; afterwards it is answered at once.
#[test]
fn repeats_wait_with_their_first() {
    let mut world = World::new(hub(""));
    let mail = begin(&mut world, "m-9", &[BERTA]).remove(0);
    answer(&mut world, &mail, Verdict::Stored);
    let same = forward(&[BERTA], "m-9", WANTS_RESPONSE);
    let other = same.replace("\"t-m-9\"", "\"t-other\"");
    for mail in [&same, &other, &other] {
        assert_eq!(bring(&mut world, "alpha", mail, &[BERTA]), Ok(()));
        assert!(told(&mut world).is_empty());
    }
    assert_eq!(bring(&mut world, "beta", &response(&mail.1, "Ok"), &[]), Ok(()));
    let both = [res("other", "Ok", &[]), res("m-9", "Ok", &[])];
    assert_eq!(told(&mut world), both);
    assert_eq!(bring(&mut world, "alpha", &other, &[BERTA]), Ok(()));
    assert_eq!(told(&mut world), [res("other", "Ok", &[])]);
    world.ledger.check();
}

/// Who wants no response waits for none; and a relation's own mode decides.
#[test]
fn what_is_not_asked_for_is_not_waited_for() {
    let mut world = World::new(hub(""));
    let mail = forward(&[BERTA], "m-10", WANTS_REPORT);
    assert_eq!(bring(&mut world, "alpha", &mail, &[BERTA]), Ok(()));
    let mail = only(&mut world);
    answer(&mut world, &mail, Verdict::Stored);
    let said = response(&mail.1, "Error-service-denied");
    assert_eq!(bring(&mut world, "beta", &said, &[]), Ok(()));
    assert_eq!(told(&mut world), [report("Rejected", BERTA)]);
    let mut world = World::new(hub(AT_ONCE));
    let mail = forward(&[BERTA], "m-11", WANTS_RESPONSE);
    assert_eq!(bring(&mut world, "alpha", &mail, &[BERTA]), Ok(()));
    let all = sent(&mut world);
    assert_eq!(head(&all[0].1, "X-Mms-Request-Status-Code"), "Ok");
    world.ledger.check();
}

/// The record of the last message can't be read from now on.
fn damage(world: &mut World) {
    let message = *world.ledger.accepts.keys().last().expect("a message");
    let node = &mut world.nodes[0];
    let store = node.brain.store();
    let message = store.messages.find(base::MessageId::from_bits(message));
    let spot = message.expect("a message").spot;
    let slot = store.journal.published().slot_of(spot.location().segment);
    node.damaged
        .insert((slot.expect("a segment"), spot.offset / journal::BLOCK_OCTETS));
}

/// The response is made from the message's record. Where that can't be read for a while, the response is late, and not
/// left out until the next start.
#[test]
fn a_record_that_could_not_be_read_is_read_again_for_its_response() {
    let mut world = World::new(hub(""));
    let mail = begin(&mut world, "m-1", &[BERTA]).remove(0);
    answer(&mut world, &mail, Verdict::Stored);
    damage(&mut world);
    assert_eq!(bring(&mut world, "beta", &response(&mail.1, "Ok"), &[]), Ok(()));
    world.advance_s(100);
    assert!(told(&mut world).is_empty(), "it can't be read");
    world.nodes[0].damaged.clear();
    world.advance_s(100);
    assert_eq!(told(&mut world), [res("m-1", "Ok", &[])]);
    world.advance_s(1_000);
    assert!(told(&mut world).is_empty(), "once");
    world.ledger.check();
}

/// The far side takes it, and takes that back before the response is made: the response says what stood on the disk
/// when it was due, and the rest is a report. (Seeds 171, 212 and 287 of the simulation, as soon as it had relations.)
#[test]
fn what_is_said_after_the_answer_is_a_report() {
    let mut world = World::new(hub(""));
    let mail = begin(&mut world, "m-1", &[BERTA]).remove(0);
    answer(&mut world, &mail, Verdict::Stored);
    damage(&mut world);
    for status in ["Ok", "Error-unsupported-message"] {
        assert_eq!(bring(&mut world, "beta", &response(&mail.1, status), &[]), Ok(()));
    }
    assert!(told(&mut world).is_empty(), "it can't be read");
    world.nodes[0].damaged.clear();
    world.advance_s(100);
    let expected = [res("m-1", "Ok", &[]), report("Unrecognised", BERTA)];
    assert_eq!(told(&mut world), expected);
    world.advance_s(1_000);
    assert!(told(&mut world).is_empty(), "each once");
    world.ledger.check();
}

/// Where it can never be read again, nobody is told, and what it holds comes to its end.
#[test]
fn a_record_that_is_never_read_again_is_let_go() {
    for status in ["Ok", "Error-service-denied"] {
        let mut world = World::new(hub(""));
        let mail = begin(&mut world, "m-1", &[BERTA]).remove(0);
        answer(&mut world, &mail, Verdict::Stored);
        damage(&mut world);
        assert_eq!(bring(&mut world, "beta", &response(&mail.1, status), &[]), Ok(()));
        world.advance_s(20 * 86_400);
        assert!(told(&mut world).is_empty());
        assert!(world.ledger.open().is_empty());
        assert_eq!(world.open_messages(), 0, "{status}");
        world.ledger.check();
    }
}
