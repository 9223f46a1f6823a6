//! What operators do to peers: held back, let go, drained, tried again; over crashes and other shard counts.
//!
//! Each test's own story is short; what is common: what was answered as done is done after any crash, on every shard.

use crate::peer::profile_of;
use crate::relaying::{ANNA, ANTON, BERTA, answer, answer_one, mails, send, shape, states};
use crate::retention::{BODY, until_refused};
use crate::world::World;
use base::Partition;
use lifecycle::{End, State};
use mms::{Status, Time};
use shard::{Doing, NotDone, PeerMark, PeerRow, Verdict};
use sim::phone::{ALICE, number, send_req};

fn world(shards: u16, keys: &str) -> World {
    let mut shape = shape(keys);
    shape.shards = shards;
    World::new(shape)
}

/// Something is done to the peer `alpha`, and is told to be.
fn done(world: &mut World, doing: Doing) -> u32 {
    let ticket = world.act("alpha", doing, "a reason");
    world.settle();
    let action = world.acted.remove(&ticket).expect("an answer").expect("done");
    assert_eq!((action.peer.as_str(), action.done()), ("alpha", Some(doing)));
    action.at
}

fn rows(world: &World) -> Vec<PeerRow> {
    let rows = world.nodes.iter().flat_map(|node| node.brain.peer_rows());
    rows.filter(|row| &*row.peer == "alpha").collect()
}

/// What holds of the peer, the same on every shard.
fn held(world: &World) -> Option<Doing> {
    let held: Vec<_> = rows(world)
        .iter()
        .map(|row| row.held.as_ref().and_then(|action| action.done()))
        .collect();
    assert!(held.windows(2).all(|pair| pair[0] == pair[1]), "{held:?}");
    held[0]
}

/// What was done, in the order of time.
fn audit(world: &World) -> Vec<Doing> {
    let rows = world.nodes.iter().flat_map(|node| node.brain.action_rows());
    let mut rows: Vec<_> = rows
        .map(|action| (action.at, action.number, action.done()))
        .collect();
    rows.sort_unstable();
    rows.into_iter().filter_map(|(_, _, done)| done).collect()
}

/// To whom mails go until no more come, each taken.
fn all_mails(world: &mut World) -> Vec<String> {
    let mut peers = Vec::new();
    loop {
        let mails = mails(world);
        for mail in &mails {
            answer(world, mail, Verdict::Stored);
            peers.push(mail.1.peer.as_ref().to_owned());
        }
        world.advance(1_000, 50);
        if mails.is_empty() && world.relays.is_empty() {
            return peers;
        }
    }
}

#[test]
fn nothing_is_sent_to_who_is_held_and_all_of_it_when_released() {
    for shards in 1..=3 {
        let mut world = world(shards, "");
        done(&mut world, Doing::Hold);
        for _ in 0..3 {
            send(&mut world, &[ANNA, BERTA]);
        }
        assert_eq!(all_mails(&mut world), ["beta"; 3]);
        world.crash();
        world.advance_s(30);
        assert!(mails(&mut world).is_empty(), "held over a start");
        assert_eq!(held(&world), Some(Doing::Hold));
        let waiting: u32 = rows(&world).iter().map(|row| row.messages).sum();
        assert_eq!(waiting, 3);
        done(&mut world, Doing::Release);
        assert_eq!(held(&world), None);
        assert_eq!(all_mails(&mut world), ["alpha"; 3], "{shards} shards");
        assert_eq!(audit(&world), [Doing::Hold, Doing::Release]);
        world.crash();
        world.settle();
        assert_eq!(held(&world), None);
        assert_eq!(audit(&world), [Doing::Hold, Doing::Release]);
        world.ledger.check();
    }
}

/// Responses and reports wait, too: nothing is sent.
#[test]
fn a_mail_that_is_under_way_when_its_peer_is_held_comes_to_its_end() {
    let mut world = world(1, "ack = \"smtp\"\ndelivery_reports = false");
    send(&mut world, &[ANNA]);
    let under_way = mails(&mut world);
    send(&mut world, &[ANTON]);
    done(&mut world, Doing::Hold);
    answer(&mut world, &under_way[0], Verdict::Stored);
    assert_eq!(states(&world)[0], State::Ended(End::PassedOn));
    world.ledger.check();
}

/// Its record is being read from the disk: what has not left by the answer waits for the release. (Seed 6 of the
/// simulation, as soon as there were operators in it.)
#[test]
fn a_mail_that_is_not_written_yet_when_its_peer_is_held_does_not_leave() {
    let mut shape = shape("");
    shape.recent_octets = 0;
    let mut world = World::new(shape);
    // Everything but reads, until then.
    let until = |world: &mut World, is_there: &dyn Fn(&World) -> bool| {
        for _ in 0..100 {
            while world.nodes[0].poll_disk() {}
            world.turn(0, usize::MAX);
            if is_there(world) {
                return;
            }
        }
        panic!("it never comes to that");
    };
    done(&mut world, Doing::Hold);
    send(&mut world, &[ANNA]);
    assert!(mails(&mut world).is_empty());
    world.act("alpha", Doing::Release, "");
    until(&mut world, &|world| world.nodes[0].reads() > 0);
    let hold = world.act("alpha", Doing::Hold, "");
    until(&mut world, &|world| world.acted.contains_key(&hold));
    assert!(mails(&mut world).is_empty(), "it is held");
    world.advance_s(600);
    assert!(mails(&mut world).is_empty());
    done(&mut world, Doing::Release);
    assert_eq!(all_mails(&mut world), ["alpha"]);
    world.ledger.check();
}

/// The same of a drain: the peer's home has told of it, the message's has not heard, and its message, accepted
/// later, is being read. (Seeds 1,501,347 and 1,521,137.)
#[test]
fn a_mail_that_is_not_written_yet_and_is_too_new_for_a_drain_does_not_leave() {
    let homes = |shards| (number(ALICE), PeerMark::of("alpha").home(shards).0);
    let is_apart = |shards: &u16| {
        let (number, peer) = homes(*shards);
        Partition::of(number).home(*shards).0 != peer
    };
    let mut shape = shape("");
    shape.shards = (2..=8).find(is_apart).expect("some number of shards");
    shape.recent_octets = 0;
    let mut world = World::new(shape);
    let (sender, peer) = homes(world.shape.shards);
    let sender = usize::from(world.home(Some(sender)));
    // One shard and its disk, without the mesh and without reads.
    let work = |world: &mut World, shard: usize| {
        for _ in 0..10 {
            while world.nodes[shard].poll_disk() {}
            world.turn(shard, usize::MAX);
        }
    };
    let drain = world.act("alpha", Doing::Drain, "");
    work(&mut world, usize::from(peer));
    world.pass(2_000);
    let to = format!("+{ANNA}");
    world.ask_post(ALICE, None, send_req("t", &[&to], b"a word", |_| {}));
    work(&mut world, sender);
    assert_eq!(world.nodes[sender].reads(), 1, "its mail is to be written");
    assert!(mails(&mut world).is_empty(), "it is too new");
    assert!(world.acted.contains_key(&drain));
    world.advance_s(600);
    assert!(mails(&mut world).is_empty());
    done(&mut world, Doing::Release);
    assert_eq!(all_mails(&mut world), ["alpha"]);
    world.ledger.check();
}

#[test]
fn who_is_no_peer_is_refused_and_nothing_is_recorded() {
    let mut world = world(2, "");
    let ticket = world.act("gamma", Doing::Hold, "");
    world.settle();
    assert_eq!(world.acted.remove(&ticket), Some(Err(NotDone::Unknown)));
    assert_eq!(audit(&world), []);
}

/// What was accepted by then goes out, tries included; what comes later waits, over a start too, and is nobody's
/// refusal.
#[test]
fn what_waits_before_a_drain_goes_out_and_what_comes_later_stays() {
    for shards in 1..=3 {
        let mut world = world(shards, "retry_schedule_s = [100]");
        send(&mut world, &[ANNA]);
        answer_one(&mut world, Verdict::Later);
        send(&mut world, &[ANTON]);
        let second = mails(&mut world);
        done(&mut world, Doing::Drain);
        let untaken = |world: &World| -> u32 { rows(world).iter().map(|row| row.untaken).sum() };
        let aside = |world: &World| -> u32 { rows(world).iter().map(|row| row.aside).sum() };
        assert_eq!((untaken(&world), aside(&world)), (2, 0));
        world.advance_s(2);
        send(&mut world, &[ANNA]);
        world.settle();
        assert_eq!((untaken(&world), aside(&world)), (2, 1));
        answer(&mut world, &second[0], Verdict::Stored);
        world.advance_s(120);
        let first = mails(&mut world);
        assert_eq!(first.len(), 1, "the retry of what was before");
        answer(&mut world, &first[0], Verdict::Later);
        assert_eq!((untaken(&world), aside(&world)), (1, 1));
        world.crash();
        world.advance_s(30);
        let first = mails(&mut world);
        assert_eq!(first.len(), 1, "and after a start");
        answer(&mut world, &first[0], Verdict::Stored);
        world.advance_s(200);
        assert!(mails(&mut world).is_empty());
        assert_eq!((untaken(&world), aside(&world)), (0, 1), "drained");
        done(&mut world, Doing::Release);
        answer_one(&mut world, Verdict::Stored);
        assert_eq!((untaken(&world), aside(&world)), (0, 0));
        world.ledger.check();
    }
}

/// The settings lose a peer that is being drained. What was set aside goes where its number leads now, and so does
/// what only then comes to its turn: nobody is left who could release it.
#[test]
fn what_waits_for_a_drain_of_a_peer_that_is_gone_goes_elsewhere() {
    let mut world = world(1, "");
    done(&mut world, Doing::Drain);
    world.advance_s(2);
    send(&mut world, &[ANNA]);
    let anton = format!("+{ANTON}");
    world.send(ALICE, &[&anton], b"later", |send| {
        send.delivery_time = Some(Time::Relative(600));
    });
    assert!(mails(&mut world).is_empty());
    world.settle_on(&only_beta().peers);
    world.settle();
    assert_eq!(all_mails(&mut world), ["beta"]);
    world.advance_s(600);
    assert_eq!(all_mails(&mut world), ["beta"]);
    world.ledger.check();
}

/// Settings without `alpha`, whose numbers are the other one's.
fn only_beta() -> profile::Profile {
    let text = "[numbering]\ncountry_code = \"44\"\nlocal_ranges = [\"+447700\"]\n\
        [[peer]]\nname = \"beta\"\ndomains = [\"mms.beta.example\"]\nranges = [\"+1555\"]\n\
        ack = \"smtp\"\n";
    profile_of(text, 2)
}

/// A drain of one that is held lets go out what had waited for it.
#[test]
fn a_held_peer_can_be_drained_and_a_drained_one_held() {
    let mut world = world(2, "");
    done(&mut world, Doing::Hold);
    send(&mut world, &[ANNA]);
    assert!(mails(&mut world).is_empty());
    done(&mut world, Doing::Drain);
    answer_one(&mut world, Verdict::Stored);
    world.advance_s(2);
    send(&mut world, &[ANTON]);
    assert!(mails(&mut world).is_empty());
    done(&mut world, Doing::Hold);
    assert!(mails(&mut world).is_empty());
    done(&mut world, Doing::Drain);
    answer_one(&mut world, Verdict::Stored);
    assert_eq!(held(&world), Some(Doing::Drain));
    world.ledger.check();
}

/// What waits for another try is due, and the peer whose connections failed is asked at once.
#[test]
fn a_retry_tries_at_once() {
    for shards in 1..=2 {
        let mut world = world(shards, "retry_schedule_s = [5000]");
        send(&mut world, &[ANNA]);
        answer_one(&mut world, Verdict::Later);
        world.advance_s(100);
        assert!(mails(&mut world).is_empty());
        done(&mut world, Doing::Retry);
        world.advance(200, 100);
        answer_one(&mut world, Verdict::Stored);
        send(&mut world, &[ANTON]);
        for _ in 0..12 {
            let mails = mails(&mut world);
            for mail in &mails {
                answer(&mut world, mail, Verdict::Lost);
            }
            world.advance(20_000, 1_000);
        }
        for mail in mails(&mut world) {
            answer(&mut world, &mail, Verdict::Lost);
        }
        assert!(mails(&mut world).is_empty(), "it is left alone for a while");
        done(&mut world, Doing::Retry);
        assert_eq!(mails(&mut world).len(), 1);
        assert_eq!(audit(&world), [Doing::Retry, Doing::Retry]);
        world.ledger.check();
    }
}

/// The time for which a peer is tried does not run while it is held, and begins anew when it is released.
#[test]
fn what_an_operator_holds_back_is_not_given_up_for_it() {
    let mut world = world(1, "retry_s_max = 1000");
    send(&mut world, &[ANNA]);
    answer_one(&mut world, Verdict::Later);
    done(&mut world, Doing::Hold);
    world.advance_s(5_000);
    assert_eq!(states(&world), [State::Taken]);
    world.crash();
    world.advance_s(5_000);
    assert_eq!(states(&world), [State::Taken]);
    done(&mut world, Doing::Release);
    answer_one(&mut world, Verdict::Later);
    world.advance_s(900);
    for mail in mails(&mut world) {
        answer(&mut world, &mail, Verdict::Later);
    }
    assert_eq!(states(&world), [State::Taken]);
    world.advance_s(200);
    mails(&mut world);
    assert_eq!(world.statuses(ALICE), [Status::Expired]);
    world.ledger.check();
}

/// Its own validity goes on.
#[test]
fn what_is_held_back_still_expires() {
    let mut world = world(1, "");
    done(&mut world, Doing::Hold);
    send(&mut world, &[ANNA]);
    world.advance_s(8 * 86_400);
    assert_eq!(world.statuses(ALICE), [Status::Expired]);
    let untaken: u32 = rows(&world).iter().map(|row| row.untaken).sum();
    assert_eq!(untaken, 0);
    world.ledger.check();
}

/// Another shard count: what holds, and what was done, move with the rest, and the latest still wins.
#[test]
fn actions_move_with_the_shard_count() {
    let mut world = world(1, "");
    let mut audited = Vec::new();
    for (shards, doing) in [
        (3, Doing::Drain),
        (2, Doing::Hold),
        (1, Doing::Release),
        (2, Doing::Hold),
    ] {
        done(&mut world, doing);
        audited.push(doing);
        world.restart(shards);
        world.settle();
        let expected = (doing != Doing::Release).then_some(doing);
        assert_eq!(held(&world), expected);
        assert_eq!(audit(&world), audited);
    }
    world.ledger.check();
}

/// The power fails somewhere between the wish and its answer: it is done on every shard or on none, and where it was
/// answered, on every.
#[test]
fn a_crash_leaves_an_action_whole_or_undone() {
    let mut seen = [0; 2];
    for turns in 0..40 {
        let mut world = world(3, "");
        send(&mut world, &[ANNA]);
        for mail in mails(&mut world) {
            answer(&mut world, &mail, Verdict::Stored);
        }
        let ticket = world.act("alpha", Doing::Hold, "");
        for _ in 0..turns {
            world.stir();
        }
        let is_answered = world.acted.contains_key(&ticket);
        world.crash();
        world.settle();
        let is_held = held(&world) == Some(Doing::Hold);
        assert!(is_held || !is_answered, "answered, so done");
        seen[usize::from(is_held)] += 1;
        world.ledger.check();
    }
    assert!(seen.iter().all(|times| *times > 0), "both happen: {seen:?}");
}

/// Nothing can be written any more, also not what frees segments: an order waits for room, and nobody waits for it who
/// needs none.
#[test]
fn where_there_is_no_room_an_action_waits() {
    let mut shape = shape("");
    shape.profile.retrieve.again_ms = 0;
    shape.profile.notify.schedule_s = vec![10; 1_000];
    shape.draft.segments_max = 6;
    shape.draft.evacuate_below_percent = 100;
    let mut world = World::new(shape);
    done(&mut world, Doing::Hold);
    let bob = sim::phone::BOB;
    world.send(ALICE, &[&format!("+{bob}")], &[1; BODY], |_| {});
    until_refused(&mut world, usize::MAX);
    let leases = leases(&world);
    world.advance(4_000_000, 1_000);
    let ticket = world.act("alpha", Doing::Release, "");
    world.advance(20_000, 100);
    assert!(!world.acted.contains_key(&ticket), "there is no room for it");
    let note = world.note(bob);
    assert_eq!(world.get(bob, note.token).body.len(), BODY);
    drop(leases);
    world.advance_s(20);
    assert!(world.acted.contains_key(&ticket));
    assert_eq!(held(&world), None);
    world.ledger.check();
}

/// Readers of all segments: whatever is emptied takes room and gives none back.
fn leases(world: &World) -> Vec<journal::Lease> {
    let journal = &world.nodes[0].brain.store().journal;
    let segments = journal.segments().map(|state| state.place.segment);
    segments
        .filter_map(|segment| journal.published().lease(segment))
        .collect()
}

/// The record of a hold outlives its segment, however much is written behind it.
#[test]
fn a_hold_is_carried_out_of_an_emptying_segment() {
    let mut shape = shape("");
    shape.profile.retrieve.again_ms = 0;
    let mut world = World::new(shape);
    done(&mut world, Doing::Hold);
    let first = world.nodes[0].brain.store().journal.segments().next();
    let first = first.expect("a segment").place.segment;
    let in_use = |world: &World| world.nodes[0].brain.store().journal.place_of(first).is_some();
    for _ in 0..400 {
        let to = [BERTA, sim::phone::BOB];
        world.send(
            ALICE,
            &[&format!("+{}", to[0]), &format!("+{}", to[1])],
            &[1; 20_000],
            |_| {},
        );
        for mail in mails(&mut world) {
            answer(&mut world, &mail, Verdict::Stored);
        }
        world.fetch(sim::phone::BOB);
        if !in_use(&world) {
            break;
        }
    }
    world.advance_s(12 * 86_400);
    assert!(!in_use(&world), "the segment that it was written to is gone");
    assert_eq!(held(&world), Some(Doing::Hold));
    world.crash();
    world.settle();
    assert_eq!(held(&world), Some(Doing::Hold));
    assert_eq!(audit(&world), [Doing::Hold]);
    world.ledger.check();
}
