//! The invariants of the table, over every reachable combination, and its diagram as a snapshot.

use super::schedule::{expiry, wait_s};
use super::table::{Action, Event, Facts, TABLE, step};
use super::*;
use base::WallSeconds;

const EVENTS: [Event; 21] = [
    Event::Due,
    Event::Acknowledged,
    Event::Deferred,
    Event::Rejected,
    Event::Unrecognised,
    Event::FetchWhole,
    Event::FetchBroken,
    Event::Unanswered,
    Event::Expired,
    Event::Forwarded,
    Event::Unroutable,
    Event::Carried,
    Event::Taken,
    Event::Unconfirmed,
    Event::Final(End::Expired),
    Event::Final(End::Retrieved),
    Event::Final(End::Rejected),
    Event::Final(End::Unrecognised),
    Event::Final(End::Indeterminate),
    Event::Final(End::Forwarded),
    Event::Final(End::Unreachable),
];

fn all_facts() -> impl Iterator<Item = Facts> {
    (0..256).map(|bits| Facts {
        fetching: bits & 1 != 0,
        expired: bits & 2 != 0,
        lowered: bits & 4 != 0,
        delivered_on_fetch: bits & 8 != 0,
        given: bits & 16 != 0,
        foreign: bits & 32 != 0,
        responds: bits & 64 != 0,
        reports: bits & 128 != 0,
    })
}

#[test]
fn no_row_leads_out_of_an_end() {
    for row in TABLE {
        assert!(row.from.iter().all(|state| !state.is_ended()), "{row:?}");
    }
}

#[test]
fn exactly_the_rows_that_end_carry_the_action() {
    for row in TABLE {
        let ends = row.to.is_some_and(State::is_ended);
        let action = row
            .actions
            .iter()
            .filter(|&&action| action == Action::End)
            .count();
        assert_eq!(action, usize::from(ends), "{row:?}");
    }
}

/// Any sequence of events ends a copy at most once; and from any open state time alone ends it.
#[test]
fn every_walk_ends_at_most_once_and_time_ends_all() {
    let mut open = vec![State::Taken];
    let mut seen = vec![State::Taken];
    while let Some(state) = open.pop() {
        for event in EVENTS {
            for facts in all_facts() {
                let next = step(state, event, facts).and_then(|row| row.to).unwrap_or(state);
                if !seen.contains(&next) {
                    seen.push(next);
                    open.push(next);
                }
            }
        }
        let idle = Facts::default();
        let by_time = step(state, Event::Expired, idle).or_else(|| step(state, Event::Unanswered, idle));
        assert!(
            state.is_ended() || by_time.is_some_and(|row| row.to.is_some_and(State::is_ended)),
            "{state:?}"
        );
    }
    assert_eq!(seen.len(), 6 + 8);
}

#[test]
fn retrieved_needs_a_fetch() {
    for state in [State::Taken, State::Notified, State::Deferred] {
        let row = step(state, Event::Acknowledged, Facts::default()).unwrap();
        assert_eq!(row.to, None, "{state:?}");
    }
}

/// A retrieval that broke off, or that a restart forgot, makes a phone's word good, and hinders neither repeats nor the
/// expiry.
#[test]
fn what_was_given_is_believed_and_blocks_nothing() {
    let given = Facts {
        given: true,
        ..Facts::default()
    };
    let next = |event| step(State::Notified, event, given).and_then(|row| row.to);
    assert_eq!(next(Event::Acknowledged), Some(State::Ended(End::Retrieved)));
    assert_eq!(next(Event::Due), Some(State::Notified));
    assert_eq!(next(Event::Expired), Some(State::Ended(End::Expired)));
}

/// Events as they come from another operator, in order: the states that a copy passes through.
#[test]
fn a_copy_that_goes_to_another_operator() {
    let foreign = Facts {
        foreign: true,
        ..Facts::default()
    };
    let responds = Facts {
        responds: true,
        ..foreign
    };
    let reports = Facts {
        reports: true,
        ..responds
    };
    let ended = State::Ended;
    let check = |facts, events: &[Event], states: &[State]| {
        let mut state = State::Taken;
        for (&event, &expected) in events.iter().zip(states) {
            state = step(state, event, facts).and_then(|row| row.to).unwrap_or(state);
            assert_eq!(state, expected, "{events:?}");
        }
    };
    use Event::{Carried, Due, Expired, Final, Unconfirmed};
    let (over, away) = (State::HandedOver, State::Relayed);
    check(
        reports,
        &[Due, Carried, Event::Taken],
        &[State::Taken, over, away],
    );
    check(
        reports,
        &[Carried, Due, Carried, Unconfirmed],
        &[over, over, over, ended(End::Indeterminate)],
    );
    check(
        reports,
        &[Carried, Final(End::Retrieved)],
        &[over, ended(End::Retrieved)],
    );
    check(reports, &[Event::Taken, Expired], &[away, ended(End::PassedOn)]);
    check(reports, &[Carried, Expired], &[over, ended(End::Indeterminate)]);
    check(reports, &[Expired], &[ended(End::Expired)]);
    check(responds, &[Carried, Event::Taken], &[over, ended(End::PassedOn)]);
    check(foreign, &[Carried], &[ended(End::PassedOn)]);
    // What comes late changes nothing.
    check(
        reports,
        &[Event::Taken, Carried, Unconfirmed],
        &[away, away, away],
    );
    check(
        reports,
        &[Final(End::Retrieved), Event::Taken, Final(End::Rejected)],
        &[ended(End::Retrieved); 3],
    );
}

#[test]
fn what_goes_abroad_is_never_notified() {
    for facts in all_facts().filter(|facts| facts.foreign) {
        for state in [State::Taken, State::HandedOver] {
            let row = step(state, Event::Due, facts).unwrap();
            assert_eq!(row.actions, [Action::Relay]);
        }
    }
}

#[test]
fn stored_octets_come_back() {
    for octet in 0..=u8::MAX {
        if let Some(state) = State::from_octet(octet) {
            assert_eq!(state.to_octet(), octet);
        }
    }
}

#[test]
fn an_old_client_hears_only_what_it_knows() {
    for end in [
        End::Unreachable,
        End::Indeterminate,
        End::Forwarded,
        End::PassedOn,
    ] {
        assert!(end.status_for(0) <= 0x84, "{end:?}");
        assert!(end.status_for(1) <= 0x86, "{end:?}");
        assert_eq!(end.status_for(2), end.status());
    }
}

#[test]
fn the_schedule_repeats_its_last_wait_and_keeps_to_its_jitter() {
    let schedule = [300, 900];
    for (attempts, wait) in [(0, 300), (1, 300), (2, 900), (3, 900), (255, 900)] {
        assert_eq!(wait_s(&schedule, attempts, 0, 12_345), wait);
    }
    assert_eq!(wait_s(&schedule, 1, 10, 0), 270);
    assert_eq!(wait_s(&schedule, 1, 10, u16::MAX), 330);
    assert_eq!(wait_s(&[], 1, 10, 0), u32::MAX - u32::MAX / 10);
}

#[test]
fn expiry_is_clamped_both_ways() {
    let now = WallSeconds(1_000);
    assert_eq!(expiry(None, now, 60, 600), WallSeconds(1_600));
    assert_eq!(expiry(Some(WallSeconds(1_001)), now, 60, 600), WallSeconds(1_060));
    assert_eq!(expiry(Some(WallSeconds(9_999)), now, 60, 600), WallSeconds(1_600));
    assert_eq!(expiry(Some(WallSeconds(1_300)), now, 60, 600), WallSeconds(1_300));
}

#[test]
fn the_diagram_is_the_one_that_was_reviewed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lifecycle.dot");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, diagram::dot()).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        diagram::dot(),
        expected,
        "review the change, then run with UPDATE_SNAPSHOTS=1"
    );
}
