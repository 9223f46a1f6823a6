//! Space comes back: the disk holds what waits, not what has passed; and nothing comes back that is over.
//!
//! DESIGN §5. Segments of 1 MiB, so that thousands of messages go through many.

use crate::phone::{ALICE, BOB, CAROL, conf_of, notify_resp, number, read_rec, send_req};
use crate::reports::read_reports;
use crate::world::{Shape, World};
use mms::Status;

/// Octets of a message in these tests.
pub(super) const BODY: usize = 8 << 10;

pub(super) fn in_use(world: &World) -> usize {
    let nodes = world.nodes.iter();
    nodes
        .map(|node| node.brain.store().journal.segments().count())
        .sum()
}

fn phone(index: usize) -> String {
    format!("4477009001{:02}", index % 100)
}

pub(super) fn lost(index: usize) -> String {
    format!("155501{index:05}")
}

/// Sends so many messages; each hundredth to somebody who never comes for it.
pub(super) fn traffic(world: &mut World, from: usize, to: usize) {
    for index in from..to {
        let mut body = index.to_string().into_bytes();
        body.resize(BODY, b'.');
        if index % 100 == 0 {
            world.send(ALICE, &[&lost(index)], &body, |_| {});
        } else {
            let who = phone(index);
            world.send(ALICE, &[&who], &body, |_| {});
            assert_eq!(world.fetch(&who).body, body);
        }
        world.advance(100, 100);
    }
}

/// With one recipient in a hundred unreachable the disk holds about one message in a hundred.
#[test]
fn the_unreachable_bound_the_disk_to_their_share() {
    for shards in [1, 2] {
        let mut shape = Shape {
            shards,
            ..Shape::default()
        };
        shape.draft.segments_max = 12;
        let mut world = World::new(shape);
        let messages = 3_000;
        traffic(&mut world, 0, messages);
        let all = (messages * BODY) >> 20;
        assert!(all > 22, "{all} MiB went through twelve of them");
        world.advance_s(2 * 3_600);
        // 30 messages of 8 KiB are a quarter of a segment; beside it the open one, one being left, and states.
        let used = in_use(&world);
        assert!(used <= 4 * usize::from(shards), "{used} segments for what waits");
        world.crash();
        world.settle();
        for index in (0..messages).step_by(100) {
            let who = lost(index);
            let got = world.fetch(&who);
            assert!(got.body.starts_with(index.to_string().as_bytes()), "{index}");
        }
        assert!(world.ledger.open().is_empty());
        assert!(world.ledger.relocated > 0);
        world.ledger.check();
    }
}

/// A power cut at any step of freeing: nothing that has ended is delivered again, nothing that waits is lost, and a
/// repeat of a send whose record is gone is still known.
#[test]
fn no_crash_in_a_freeing_brings_anything_back() {
    for steps in (0..420).step_by(6) {
        let mut shape = Shape::default();
        shape.profile.retrieve.again_ms = 0;
        shape.plan.seed = 77 + steps;
        shape.plan.slow_steps_max = (steps % 3) as u32;
        let mut world = World::new(shape);
        let pdu = send_req("FIRST", &[BOB], &[7; 2_000], |send| {
            send.delivery_report = Some(true)
        });
        let first = conf_of(&world.post(ALICE, None, pdu.clone())).message;
        world.fetch(BOB);
        traffic(&mut world, 100, 301);
        let notified = world.ledger.pushes.len();
        for _ in 0..steps {
            world.stir();
        }
        for _ in 0..2 {
            world.crash();
            world.settle();
            assert_eq!(
                conf_of(&world.post(ALICE, None, pdu.clone())).message,
                first,
                "{steps} steps"
            );
            world.advance(20_000, 500);
        }
        assert_eq!(
            world.ledger.pushes.len(),
            notified,
            "{steps} steps: nobody is called again"
        );
        assert_eq!(world.statuses(ALICE), [Status::Retrieved]);
        for index in [100, 200, 300] {
            assert_eq!(world.fetch(&lost(index)).body.len(), BODY, "{steps} steps");
        }
        assert!(world.ledger.open().is_empty());
        world.advance_s(2 * 3_600);
        let (pinned, needed) = world.pins();
        assert_eq!(pinned, needed, "{steps} steps");
        world.ledger.check();
    }
}

/// A reader holds the emptied segment of a message for long; the segment that the message was copied to has to wait for
/// it, or its end would be let go while a record of it can still be found. (Seed 1331 of the simulation.)
#[test]
fn what_a_reader_holds_brings_nothing_back() {
    for restarts in [false, true] {
        let mut shape = Shape::default();
        shape.profile.retrieve.again_ms = 0;
        let mut world = World::new(shape);
        world.send(ALICE, &[&lost(0)], &[1; BODY], |_| {});
        let first = world.nodes[0].brain.store().journal.segments().next();
        let first = first.expect("a segment").place.segment;
        let lease = |world: &World| world.nodes[0].brain.store().journal.published().lease(first);
        let held = lease(&world).expect("the segment is in use");
        traffic(&mut world, 101, 200);
        traffic(&mut world, 201, 300);
        world.advance(60_000, 500);
        assert!(world.ledger.relocated > 0, "its segment is emptied");
        let held = match restarts {
            true => {
                world.crash();
                lease(&world).expect("the segment is still in use")
            }
            false => held,
        };
        world.fetch(&lost(0));
        traffic(&mut world, 301, 400);
        traffic(&mut world, 401, 500);
        world.advance(60_000, 500);
        let pushes = world.ledger.pushes.len();
        world.crash();
        world.advance(60_000, 500);
        assert_eq!(world.ledger.pushes.len(), pushes, "nobody is called again");
        drop(held);
        world.advance_s(2 * 3_600);
        assert!(in_use(&world) <= 2, "{} segments", in_use(&world));
        world.ledger.check();
    }
}

/// A copy that was read is not kept for a reading any more: it goes with the last segment that may hold an older state
/// of it, days before the time for readings is over; and its report may still be repeated.
#[test]
fn what_was_read_is_not_kept_for_being_read() {
    let mut shape = Shape::default();
    shape.profile.retrieve.again_ms = 0;
    let mut world = World::new(shape);
    let [read, unread] = [BOB, CAROL].map(|who| {
        let id = world.send(ALICE, &[who], &[1; BODY], |send| send.read_report = Some(true));
        world.fetch(who);
        id
    });
    world.post(BOB, None, read_rec(read, ALICE));
    traffic(&mut world, 101, 200);
    traffic(&mut world, 201, 300);
    world.advance_s(3 * 3_600);
    let is_kept = |world: &World, id| world.nodes[0].brain.store().recipients.find(id, 0).is_some();
    assert!(!is_kept(&world, read), "it was read");
    assert!(is_kept(&world, unread), "it may still be read");
    for crashes in [false, true] {
        if crashes {
            world.crash();
            world.settle();
        }
        for (who, id) in [(BOB, read), (CAROL, unread)] {
            assert_eq!(world.post(who, None, read_rec(id, ALICE)).http_status, 200);
        }
        assert_eq!(read_reports(&world, ALICE).len(), 2, "each once");
    }
    world.ledger.check();
}

/// What is remembered of freed messages goes, too, in the end; then a repeat is a new message.
#[test]
fn memories_end_with_their_hour() {
    let mut shape = Shape::default();
    shape.profile.retrieve.again_ms = 0;
    let mut world = World::new(shape);
    let pdu = send_req("FIRST", &[BOB], &[7; 2_000], |_| {});
    let first = conf_of(&world.post(ALICE, None, pdu.clone())).message;
    world.fetch(BOB);
    traffic(&mut world, 101, 200);
    traffic(&mut world, 201, 300);
    world.advance(60_000, 500);
    assert_eq!(conf_of(&world.post(ALICE, None, pdu.clone())).message, first);
    world.advance_s(3_000);
    world.crash();
    world.settle();
    assert_eq!(conf_of(&world.post(ALICE, None, pdu.clone())).message, first);
    world.advance_s(1_000);
    assert_ne!(conf_of(&world.post(ALICE, None, pdu)).message, first);
    world.fetch(BOB);
    world.advance_s(10_000);
    assert!(in_use(&world) <= 2, "{} segments", in_use(&world));
    let kept: u32 = world
        .nodes
        .iter()
        .map(|node| node.brain.store().messages.len())
        .sum();
    assert!(kept <= 110, "{kept} entries of messages");
    world.ledger.check();
}

/// An emptying waits for its disk, and what is old is forgotten all the same: else the table of messages grows with
/// what has passed, and with it the way of each sweep over it (found by a run of half an hour at full load).
#[test]
fn memories_end_while_a_segment_is_emptied() {
    let mut shape = Shape::default();
    shape.profile.retrieve.again_ms = 10_000;
    shape.profile.mm1.dedup_s = 60;
    let mut world = World::new(shape);
    let entries = |world: &World| world.nodes[0].brain.store().messages.len();
    traffic(&mut world, 100, 400);
    let (before, moved) = (entries(&world), world.ledger.relocated);
    assert!(before > 200 && moved > 0, "{before} entries, {moved} moved");
    // From here on no read ends.
    for _ in 0..1_200 {
        world.pass(100);
        world.turn(0, usize::MAX);
    }
    let after = entries(&world);
    assert!(after < before / 2, "{after} entries of {before}");
    world.settle();
    world.ledger.check();
}

/// New messages are refused before the disk is full, in the words for later; what waits goes on to its end.
#[test]
fn a_full_log_refuses_new_messages_and_ends_old_ones() {
    let mut shape = Shape::default();
    shape.draft.segments_max = 4;
    let mut world = World::new(shape);
    let mut taken = 0;
    for index in 0..1_000 {
        let pdu = send_req(&format!("T{index}"), &[&phone(index)], &[1; BODY], |_| {});
        let conf = conf_of(&world.post(ALICE, None, pdu));
        if conf.status == 0xc0 {
            break;
        }
        assert_eq!(conf.status, 0x80);
        taken += 1;
    }
    assert!((100..300).contains(&taken), "{taken} messages of 8 KiB in 4 MiB");
    world.advance(2_000_000, 1_000);
    for _ in 0..5 {
        for index in 0..100 {
            if !world.notes(&phone(index)).is_empty() {
                world.fetch(&phone(index));
            }
        }
        world.advance(20_000_000, 10_000);
    }
    assert!(
        world.ledger.open().is_empty(),
        "{} wait",
        world.ledger.open().len()
    );
    world.send(ALICE, &[BOB], b"there is room again", |_| {});
    world.ledger.check();
}

/// A disk that was full for a while has room again, and nobody says so: the preparation is tried again.
#[test]
fn a_disk_that_was_full_is_tried_again() {
    let mut world = World::new(Shape::default());
    world.nodes[0].disk.plan_mut().enospc = 1;
    world.advance_s(10);
    let body = vec![b'x'; 100_000];
    let send = |world: &mut World, name: &str| {
        let pdu = send_req(name, &[BOB], &body, |_| {});
        conf_of(&world.post(ALICE, None, pdu)).status
    };
    let refused = (0..60).find(|round| send(&mut world, &format!("F{round}")) != 0x80);
    assert!(refused.is_some(), "the disk has room for all");
    world.advance_s(10);
    assert_eq!(send(&mut world, "STILL"), 0xc0);
    world.nodes[0].disk.plan_mut().enospc = 0;
    world.advance_s(2);
    assert_eq!(send(&mut world, "AGAIN"), 0x80);
}

/// The disk fills up while a segment is being emptied, which itself waits for room then: once there is some, both go on
/// (seeds 519,066 and 532,946 of the simulation: the shard stood still until the next start).
#[test]
fn an_emptying_that_meets_a_full_disk_goes_on() {
    for ended in (0..60).step_by(3) {
        let mut shape = Shape::default();
        shape.profile.retrieve.again_ms = 0;
        shape.profile.notify.schedule_s = vec![10; 100];
        shape.draft.evacuate_below_percent = 60;
        let mut world = World::new(shape);
        let waiting = until_full(&mut world);
        for who in &waiting[..ended] {
            let note = world.note(who);
            world.ask_post(who, None, notify_resp(&note.transaction, Status::Rejected, None));
            world.advance(100, 100);
        }
        // Notifications take what room is left.
        world.advance(900_000, 10_000);
        let refused = world.nodes[0].brain.store().journal.preparation_refused();
        assert!(refused.is_some(), "the disk is full");
        set_full(&mut world, false);
        world.advance_s(20);
        for who in &waiting {
            // An answer that found no room was not heard.
            let to = number(who).digits();
            let mut theirs = world.ledger.copies.values().filter(|copy| copy.number == to);
            if theirs.any(|copy| copy.end.is_none()) {
                world.fetch(who);
                world.advance(200, 100);
            }
        }
        let open = world.ledger.open().len();
        assert_eq!(open, 0, "{ended} ended, {open} copies wait");
        world.ledger.check();
    }
}

/// The log fills up with messages that nobody comes for and with attempts to tell them, to the last octet that states
/// may have; then they come. What is left is enough to empty the segment that only holds attempts. (Seed 733,972 of
/// the simulation: nothing was ever written again, since freeing has to write, too.)
#[test]
fn states_leave_a_segment_for_freeing() {
    for by_disk in [false, true] {
        let mut shape = Shape::default();
        shape.profile.notify.schedule_s = vec![10; 1_000];
        (shape.draft.segments_max, shape.disk_files_max) = if by_disk { (64, 6) } else { (6, 64) };
        let mut world = World::new(shape);
        let waiting = until_refused(&mut world, usize::MAX);
        world.advance(2_000_000, 1_000);
        let journal = &world.nodes[0].brain.store().journal;
        assert!(journal.is_cramped() && journal.at_watermark(), "{by_disk}");
        for who in &waiting {
            world.fetch(who);
            world.advance(1_000, 100);
        }
        let open = world.ledger.open().len();
        assert_eq!(open, 0, "{open} of {} copies wait", waiting.len());
        world.advance_s(20);
        let pdu = send_req("AGAIN", &[BOB], &[1; BODY], |_| {});
        let status = conf_of(&world.post(ALICE, None, pdu)).status;
        assert_eq!(status, 0x80, "there is room again");
        world.ledger.check();
    }
}

/// Nothing can be written, and for long: retrievals are answered all the same, and what is new is refused at once.
#[test]
fn a_log_without_any_room_answers() {
    let mut shape = Shape::default();
    shape.profile.notify.schedule_s = vec![10; 1_000];
    let mut world = World::new(shape);
    let waiting = until_full(&mut world);
    // Notifications take what room is left; no file that comes free can be used again.
    world.advance(4_000_000, 1_000);
    let last = waiting.last().expect("a message");
    let note = world.note(last);
    assert_eq!(world.get(last, note.token).body.len(), BODY);
    let refused = world.post(last, None, notify_resp(&note.transaction, Status::Rejected, None));
    assert_eq!(refused.http_status, 503, "its end cannot be recorded");
    let pdu = send_req("NEW", &[BOB], &[1; BODY], |_| {});
    assert_eq!(conf_of(&world.post(ALICE, None, pdu)).status, 0xc0);
    set_full(&mut world, false);
    world.advance_s(20);
    world.fetch(last);
    world.ledger.check();
}

/// An emptying waits for room, and cannot have it; a segment that can be freed meanwhile is freed all the same.
#[test]
fn what_can_be_freed_is_freed_before_what_waits_for_room() {
    let mut shape = Shape::default();
    shape.profile.retrieve.again_ms = 0;
    shape.profile.notify.schedule_s = vec![10; 1_000];
    shape.draft.segments_max = 6;
    shape.draft.evacuate_below_percent = 100;
    let mut world = World::new(shape);
    let waiting = until_refused(&mut world, usize::MAX);
    let published = std::sync::Arc::clone(world.nodes[0].brain.store().journal.published());
    let segments = world.nodes[0].brain.store().journal.segments();
    let places: Vec<_> = segments.map(|state| state.place.segment).collect();
    // Readers hold everything: whatever is emptied takes room and gives none back.
    let leases: Vec<_> = places
        .iter()
        .filter_map(|place| published.lease(*place))
        .collect();
    world.advance(4_000_000, 1_000);
    assert!(world.nodes[0].brain.store().journal.is_pressed());
    drop(leases);
    world.advance_s(20);
    for who in &waiting {
        world.fetch(who);
        world.advance(1_000, 100);
    }
    let open = world.ledger.open().len();
    assert_eq!(open, 0, "{open} of {} copies wait", waiting.len());
    world.ledger.check();
}

fn set_full(world: &mut World, is_full: bool) {
    for node in &mut world.nodes {
        node.disk.plan_mut().enospc = u32::from(is_full);
    }
}

/// Messages until a disk that has no more space takes none; to whom.
fn until_full(world: &mut World) -> Vec<String> {
    until_refused(world, 200)
}

/// Messages of 8 KiB, each to somebody else, until there is no room for more; to whom. After so many of them the disk
/// has no more space for files.
pub(super) fn until_refused(world: &mut World, room: usize) -> Vec<String> {
    let mut waiting = Vec::new();
    for index in 0..2_000 {
        if index == room {
            set_full(world, true);
        }
        let pdu = send_req(&format!("T{index}"), &[&lost(index)], &[1; BODY], |_| {});
        match conf_of(&world.post(ALICE, None, pdu)).status {
            0x80 => waiting.push(lost(index)),
            _ => return waiting,
        }
    }
    panic!("the disk has room for all");
}
