//! Truth against the map: sessions follow each other at one address, their accounting comes late, twice and in any
//! order, in whole seconds.
//!
//! Two properties. Safe: at no moment does the map name a session that is known to be over: whose own Stop has come, or
//! of which any word of a later session has. Live: once all has come and the last session speaks again, it is named.

use super::{bounds, now, number, say};
use crate::table::Found;
use crate::{Accounting, Change, Feed, Key, Realm, View};
use proptest::prelude::*;

/// Quarters of a second.
const QUARTERS: u32 = 4;

#[derive(Clone, Debug)]
struct Session {
    began: u32,
    ended: u32,
    interims: Vec<u32>,
    /// Whether its access server tells Acct-Session-Time.
    tells_length: bool,
}

#[derive(Clone, Copy, Debug)]
struct Packet {
    session: usize,
    change: Change,
    at: u32,
}

fn sessions() -> impl Strategy<Value = Vec<Session>> {
    let one = (
        0_u32..10,
        0_u32..24,
        any::<bool>(),
        proptest::collection::vec(0_u32..24, 0..3),
    );
    proptest::collection::vec(one, 1..5).prop_map(|drafts| {
        let mut at = 400;
        let mut sessions = Vec::new();
        for (gap, length, tells_length, interims) in drafts {
            let began = at + gap;
            let ended = began + length;
            let interims = interims
                .into_iter()
                .filter(|i| *i <= length)
                .map(|i| began + i)
                .collect();
            sessions.push(Session {
                began,
                ended,
                interims,
                tells_length,
            });
            at = ended;
        }
        sessions
    })
}

fn packets(sessions: &[Session]) -> Vec<Packet> {
    let mut packets = Vec::new();
    for (session, life) in sessions.iter().enumerate() {
        let mut add = |change, at| packets.push(Packet { session, change, at });
        add(Change::Start, life.began);
        life.interims.iter().for_each(|at| add(Change::Interim, *at));
        if session + 1 < sessions.len() {
            add(Change::Stop, life.ended);
        }
    }
    packets
}

fn deliver(feed: &mut Feed, sessions: &[Session], packet: Packet, second: u32) {
    let id = [b'1' + packet.session as u8];
    let key = [address()];
    let life = &sessions[packet.session];
    let lasted = (packet.at - life.began) / QUARTERS;
    let event = Accounting {
        lasted_s: life.tells_length.then_some(lasted),
        ..say(packet.change, &id, &key, packet.at / QUARTERS)
    };
    feed.apply(&event, now(second));
}

fn address() -> Key {
    Key::address(Realm(0), "10.0.0.1".parse().unwrap())
}

fn named(view: &View) -> Option<usize> {
    match view.find(Realm(0), address().ip()) {
        Found::Held(session) => (0..9).find(|at| number(1 + *at as u64) == session.facts.msisdn),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_session_is_named_that_is_known_to_be_over(
        (sessions, order) in sessions().prop_flat_map(|sessions| {
            let count = packets(&sessions).len();
            (Just(sessions), proptest::collection::vec(0..count, 0..count * 3))
        })
    ) {
        let packets = packets(&sessions);
        let mut feed = Feed::new(bounds(), 7);
        let view = feed.view();
        // What was not drawn comes at the end.
        let rest = (0..packets.len()).filter(|at| !order.contains(at)).collect::<Vec<_>>();
        let mut newest = 0;
        let mut stopped = vec![false; sessions.len()];
        for at in order.into_iter().chain(rest) {
            let packet = packets[at];
            deliver(&mut feed, &sessions, packet, 1_000);
            newest = newest.max(packet.session);
            stopped[packet.session] |= packet.change == Change::Stop;
            if let Some(named) = named(&view) {
                prop_assert!(named >= newest, "session {named} is named after word of session {newest}");
                prop_assert!(!stopped[named], "session {named} is named after its Stop");
            }
        }
        let last = sessions.len() - 1;
        let end = sessions[last].ended + 2 * QUARTERS;
        deliver(&mut feed, &sessions, Packet { session: last, change: Change::Interim, at: end }, 1_000);
        prop_assert_eq!(named(&view), Some(last));
        let all = feed.tallies();
        prop_assert_eq!((all.held, all.contested, all.ended), (1, 0, 0));
    }
}
