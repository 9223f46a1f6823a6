//! The rules, row by row. Lives are written (name, began min, began max, last).

use super::*;

fn life(name: u64, began_s_min: u32, began_s_max: u32, last_s: u32) -> Life {
    Life {
        session: SessionName(name),
        began_s_min,
        began_s_max,
        last_s,
    }
}

fn check(current: Current, change: Change, event: Life, expected: Step) {
    let said = Said {
        change,
        life: event,
        agrees: true,
        silent_s_max: 1_000,
    };
    assert_eq!(decide(&current, &said), expected, "{current:?} {said:?}");
}

const START: Change = Change::Start;
const INTERIM: Change = Change::Interim;
const STOP: Change = Change::Stop;

fn start(name: u64, at_s: u32) -> Life {
    Life::of_event(SessionName(name), START, at_s, None)
}

fn later(name: u64, at_s: u32) -> Life {
    Life::of_event(SessionName(name), INTERIM, at_s, None)
}

#[test]
fn empty() {
    let empty = Current::Empty { forgotten_s: 100 };
    check(empty, START, start(1, 101), Step::Take);
    check(empty, INTERIM, later(1, 101), Step::Take);
    check(empty, STOP, later(1, 101), Step::End);
    for change in [START, INTERIM, STOP] {
        check(empty, change, later(1, 100), Step::Ignore(Ignored::Forgotten));
    }
}

#[test]
fn held() {
    let held = |previous| Current::Held(life(1, 100, 100, 100), previous);
    let unknown = held(Previous::Unknown);
    check(unknown, START, start(1, 100), Step::Refresh);
    check(unknown, INTERIM, later(1, 150), Step::Refresh);
    check(unknown, STOP, later(1, 150), Step::End);
    check(unknown, STOP, later(1, 99), Step::Ignore(Ignored::Superseded));
    check(unknown, START, start(2, 101), Step::Take);
    check(unknown, START, start(2, 99), Step::Ignore(Ignored::Superseded));
    check(unknown, START, start(2, 100), Step::Contest);
    check(unknown, INTERIM, later(2, 101), Step::Take);
    check(unknown, INTERIM, later(2, 100), Step::Contest);
    check(unknown, STOP, later(2, 101), Step::End);
    check(unknown, STOP, later(2, 100), Step::Doubt);
    check(unknown, STOP, later(2, 99), Step::Note);
    // Its length tells that it is the earlier one, though its end is told late.
    let stop = Life::of_event(SessionName(2), STOP, 101, Some(50));
    check(unknown, STOP, stop, Step::Note);
    let ended = held(Previous::Ended(SessionName(2)));
    check(ended, INTERIM, later(2, 150), Step::Ignore(Ignored::Ended));
    check(ended, START, start(2, 100), Step::Ignore(Ignored::Ended));
    check(ended, START, start(2, 101), Step::Take);
    // Two that both say that they live.
    let displaced = held(Previous::Displaced(SessionName(2)));
    check(displaced, INTERIM, later(2, 150), Step::Contest);
    check(displaced, START, start(2, 90), Step::Ignore(Ignored::Superseded));
}

#[test]
fn the_same_name_for_another_subscriber() {
    let current = Current::Held(life(1, 100, 100, 120), Previous::Unknown);
    for (at_s, expected) in [(121, Step::Take), (110, Step::Ignore(Ignored::Superseded))] {
        let said = Said {
            change: START,
            life: start(1, at_s),
            agrees: false,
            silent_s_max: 1_000,
        };
        assert_eq!(decide(&current, &said), expected);
    }
}

#[test]
fn contested() {
    let same_second = Current::Contested(life(1, 100, 100, 100), life(2, 100, 100, 100));
    check(same_second, INTERIM, later(1, 150), Step::Settle);
    check(same_second, INTERIM, later(2, 150), Step::Settle);
    check(same_second, STOP, later(1, 150), Step::End);
    check(same_second, STOP, later(1, 100), Step::End);
    check(same_second, START, start(3, 101), Step::Take);
    check(
        same_second,
        START,
        start(3, 100),
        Step::Ignore(Ignored::Unordered),
    );
    check(same_second, STOP, later(3, 101), Step::End);
    check(same_second, STOP, later(3, 99), Step::Ignore(Ignored::Unordered));
    // One began before the other, and lives after it began.
    let both_live = Current::Contested(life(2, 200, 200, 200), life(1, 100, 100, 300));
    check(both_live, INTERIM, later(2, 400), Step::RefreshContested);
    check(both_live, INTERIM, later(1, 400), Step::RefreshContested);
    check(both_live, INTERIM, later(2, 1_301), Step::Settle);
    check(both_live, STOP, later(1, 400), Step::Yield);
    check(both_live, STOP, later(2, 400), Step::End);
}

#[test]
fn ended() {
    let ended = Current::Ended(life(1, 100, 100, 200), Previous::Unknown);
    check(ended, INTERIM, later(1, 300), Step::Ignore(Ignored::Ended));
    check(ended, START, start(1, 100), Step::Ignore(Ignored::Ended));
    check(ended, START, start(1, 201), Step::Take);
    check(ended, STOP, later(1, 300), Step::Ignore(Ignored::Ended));
    check(ended, START, start(2, 200), Step::Take);
    check(ended, START, start(2, 90), Step::Ignore(Ignored::Superseded));
    check(ended, START, start(2, 150), Step::Ignore(Ignored::Unordered));
    check(ended, INTERIM, later(2, 201), Step::Take);
    check(ended, STOP, later(2, 201), Step::End);
    check(ended, STOP, later(2, 90), Step::Note);
    // It lived for less than a second: what began in that second may be before or after.
    let short = Current::Ended(life(1, 100, 100, 100), Previous::Unknown);
    check(short, START, start(2, 100), Step::Suspend);
    let after = Current::Ended(life(1, 100, 100, 200), Previous::Ended(SessionName(2)));
    check(after, INTERIM, later(2, 300), Step::Ignore(Ignored::Ended));
}
