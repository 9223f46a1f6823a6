//! Links chosen by prefix, fail-over and load.
//!
//! Invariant: each case names its links by number, SMSC, and load of ten.

use super::*;

const UP: u32 = 0;
const ROUTES: &[Route<'_>] = &[
    Route {
        prefix: "",
        smscs: &[SmscId(0), SmscId(1)],
    },
    Route {
        prefix: "44",
        smscs: &[SmscId(1), SmscId(0)],
    },
    Route {
        prefix: "447700",
        smscs: &[SmscId(2)],
    },
];

fn link(link: u16, smsc: u16, load: u32) -> LinkState {
    LinkState {
        link: LinkId(link),
        smsc: SmscId(smsc),
        is_up: true,
        is_paused: false,
        load,
        load_max: 10,
    }
}

fn down(state: LinkState) -> LinkState {
    LinkState {
        is_up: false,
        ..state
    }
}

fn paused(state: LinkState) -> LinkState {
    LinkState {
        is_paused: true,
        ..state
    }
}

#[track_caller]
fn check(digits: &str, links: &[LinkState], expected: Result<u16, NoLink>) {
    let number = Msisdn::from_digits(digits.as_bytes()).unwrap();
    assert_eq!(choose(ROUTES, links, number), expected.map(LinkId));
}

#[test]
fn the_longest_prefix_decides() {
    let all = [link(0, 0, UP), link(1, 1, UP), link(2, 2, UP)];
    check("15550100", &all, Ok(0));
    check("442079460000", &all, Ok(1));
    check("447700900123", &all, Ok(2));
    // Alone: a shorter prefix is no fail-over.
    check("447700900123", &all[..2], Err(NoLink::AllDown));
    let only = Route {
        prefix: "49",
        smscs: &[SmscId(0)],
    };
    let number = Msisdn::from_digits(b"15550100").unwrap();
    assert_eq!(choose(&[only], &all, number), Err(NoLink::NoRoute));
}

#[test]
fn the_next_smsc_when_the_first_is_down_or_full() {
    check("15550100", &[down(link(0, 0, UP)), link(1, 1, UP)], Ok(1));
    check("15550100", &[link(0, 0, 10), link(1, 1, 9)], Ok(1));
    check(
        "15550100",
        &[link(0, 0, 10), link(1, 1, 10)],
        Err(NoLink::AllFull),
    );
    check(
        "15550100",
        &[link(0, 0, 10), down(link(1, 1, 10))],
        Err(NoLink::AllFull),
    );
    check("15550100", &[down(link(0, 0, UP))], Err(NoLink::AllDown));
    // A pause is no failure.
    check("15550100", &[paused(link(0, 0, 5)), link(1, 1, UP)], Ok(0));
}

#[test]
fn the_least_loaded_link_of_an_smsc() {
    check("15550100", &[link(0, 0, 5), link(1, 0, 4), link(2, 0, 6)], Ok(1));
    check("15550100", &[link(0, 0, 5), link(1, 0, 5)], Ok(0));
    check("15550100", &[paused(link(0, 0, UP)), link(1, 0, 9)], Ok(1));
    let wide = LinkState {
        load_max: 100,
        ..link(1, 0, 20)
    };
    check("15550100", &[link(0, 0, 3), wide], Ok(1));
}
