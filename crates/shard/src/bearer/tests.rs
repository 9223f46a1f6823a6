//! Names of pushes, and room by route.

use super::{Kind, Room, Ticket, Wish, reference};
use crate::notify::Queue;
use base::limits::PUSHES_OUTSTANDING_MAX;
use base::{MessageId, ShardId};

#[test]
fn a_ticket_survives_its_name() {
    for kind in [Kind::Notification, Kind::DeliveryReport, Kind::ReadReport] {
        for (shard, number, attempt) in [(0, 0, 0), (255, u32::MAX, 255), (7, 1 << 20, 3)] {
            let message = MessageId::from_bits(0x0123_4567_89ab_cdef);
            let ticket = Ticket::new(ShardId(shard), kind, number, attempt, (message, 2));
            let back = Ticket::of(ticket.id()).expect("one of ours");
            assert_eq!(back, ticket);
            assert!(back.fits((message, 2)));
            assert!(!back.fits((MessageId::from_bits(0x0123_4567_89ab_cdee), 2)));
            assert!(!back.fits((message, 1)), "another recipient of the same message");
        }
    }
    assert_eq!(Ticket::of(push::PushId(3 << 54)), None);
}

#[test]
fn a_reference_follows_what_is_pushed() {
    let message = MessageId::from_bits(77);
    let one = reference(message, 0, Kind::Notification, 1);
    assert_eq!(one, reference(message, 0, Kind::Notification, 1));
    let others = [
        reference(message, 0, Kind::Notification, 2),
        reference(message, 1, Kind::Notification, 1),
        reference(message, 0, Kind::ReadReport, 1),
        reference(MessageId::from_bits(78), 0, Kind::Notification, 1),
    ];
    assert!(others.iter().all(|other| *other != one), "{one} {others:?}");
}

/// A route that is full holds nobody back but its own; who comes later waits behind who waits.
#[test]
fn room_is_counted_by_route() {
    let mut room = Room::new(2);
    assert!(!room.is_free(2, Queue::New), "there is no such route");
    for _ in 0..PUSHES_OUTSTANDING_MAX {
        assert!(room.is_free(0, Queue::New));
        room.took(0);
    }
    assert!(!room.is_free(0, Queue::Passed));
    assert!(room.is_free(1, Queue::New));
    let message = MessageId::from_bits(1);
    room.wait(0, Wish::Notify { number: 5, message });
    assert!(!room.has_work());
    room.answered(0);
    assert!(room.has_work());
    assert!(!room.is_free(0, Queue::New), "somebody waits");
    assert!(room.is_free(0, Queue::Passed));
    assert!(matches!(room.next(), Some(Wish::Notify { number: 5, .. })));
    assert!(room.next().is_none());
    assert!(room.is_free(0, Queue::New));
}
