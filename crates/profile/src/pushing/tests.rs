//! Which route a number takes.

use super::{Push, PushRoute};
use base::Msisdn;

fn push(prefixes: &[&str]) -> Push {
    let route = |prefix: &&str| PushRoute {
        prefix: (*prefix).to_owned(),
        centres: vec![0],
    };
    Push {
        routes: prefixes.iter().map(route).collect(),
        ..Push::default()
    }
}

#[test]
fn the_longest_prefix_decides_alone() {
    let number = Msisdn::from_digits(b"447700900002").unwrap();
    for (prefixes, place) in [
        (&[][..], None),
        (&[""][..], Some(0)),
        (&["", "44", "4477009"][..], Some(2)),
        (&["4477009", "44", ""][..], Some(0)),
        (&["447700900002"][..], Some(0)),
        (&["4477009000021", "45", "7"][..], None),
        (&["45", "4"][..], Some(1)),
    ] {
        assert_eq!(push(prefixes).route_of(number), place, "{prefixes:?}");
    }
}
