//! Who comes gets in; who is being answered stays.

use super::{Place, Places, waits_max};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// A place, where it is to be had at once.
fn enter(places: &Arc<Places>) -> Option<Place> {
    let entering = pin!(places.enter());
    match entering.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(place) => Some(place),
        Poll::Pending => None,
    }
}

fn is_to_go(place: &Place) -> bool {
    place.poll_leave(&Context::from_waker(Waker::noop())).is_ready()
}

#[test]
fn the_longest_idle_gives_way_and_no_other() {
    let places = Places::new(3);
    let [first, second, third] = [(); 3].map(|()| enter(&places).unwrap());
    // The first one asks something, and is the youngest among the idle then.
    drop(first.known().answering());
    assert!(
        enter(&places).is_none(),
        "a place is free when its holder has gone"
    );
    assert!(enter(&places).is_none(), "asked again");
    assert_eq!([&first, &second, &third].map(is_to_go), [false, true, false]);
    drop(second);
    let fourth = enter(&places).unwrap();
    assert!(enter(&places).is_none());
    assert_eq!([&first, &third, &fourth].map(is_to_go), [false, true, false]);
}

#[test]
fn who_is_being_answered_stays() {
    let places = Places::new(2);
    let [first, second] = [(); 2].map(|()| enter(&places).unwrap());
    let (known, other) = (first.known(), second.known());
    let (answering, again) = (known.answering(), known.answering());
    let others = other.answering();
    assert!(enter(&places).is_none());
    assert_eq!([&first, &second].map(is_to_go), [false, false]);
    drop(answering);
    assert!(enter(&places).is_none());
    assert!(!is_to_go(&first), "the other request is still under way");
    drop(again);
    assert!(enter(&places).is_none());
    assert_eq!([&first, &second].map(is_to_go), [true, false]);
    // A request that came when the connection had been told to go changes nothing.
    drop(known.answering());
    drop(first);
    assert!(enter(&places).is_some());
    drop(others);
}

#[test]
fn a_quarter_is_left() {
    let check = |places: usize, waits: usize| assert_eq!(waits_max(places), waits, "{places}");
    check(1, 1);
    check(2, 1);
    check(4, 3);
    check(256, 192);
    check(65_536, 49_152);
}
