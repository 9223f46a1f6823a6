//! Which rule wins: a golden table, and the look-up against a naive one.

use super::*;
use crate::ported::Loader;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A snapshot of settings and one file of ported numbers.
pub(crate) fn routes(settings: &str, ported: &str) -> Routes {
    let settings = profile::parse(settings).unwrap_or_else(|faults| panic!("{faults:?}"));
    let profile = profile::compile(&settings, 1, "127.0.0.1:1".parse().unwrap());
    let mut loader = Loader::new(&profile.peers, 10_000);
    loader.begin("ported.csv");
    loader.feed(ported.as_bytes());
    let ported = loader.finish().unwrap_or_else(|faults| panic!("{faults:?}"));
    Routes::compile(&profile, Arc::new(ported), 1).unwrap()
}

pub(crate) fn number(digits: &str) -> Msisdn {
    Msisdn::from_digits(digits.as_bytes()).unwrap()
}

/// `ROUTE by RULE`, with names.
fn told(routes: &Routes, found: Found) -> String {
    let route = match found.route {
        Route::Local => "local",
        Route::Peer(id) => routes.peers().name(Party::Peer(id)),
        Route::Unknown => "unknown",
        Route::Refused(_) => "refused",
    };
    format!("{route} by {:?}", found.rule)
}

const PEERS: &str = r#"
[[peer]]
name = "alpha"
domains = ["a.example"]
ranges = ["+447700901", "4477009000"]
[[peer]]
name = "beta"
domains = ["b.example"]
ranges = ["+44770090002", "1555010"]
[[override]]
numbers = ["+447700900021", "+447700900099"]
to = "alpha"
[[override]]
numbers = ["1555010*"]
to = "refused"
[[override]]
numbers = ["15550100*", "+447700900098"]
to = "local"
"#;
const LOCAL: &str = "[numbering]\nlocal_ranges = [\"+447700900\", \"+44770090003\"]\n";
const PORTED: &str = "447700900001,beta\n447700900031,alpha\n447700901002,local\n447700900021,beta\n\
                      447700902001,beta\n447700900032,alpha\n447700900032,-\n";

#[test]
fn override_beats_ported_beats_the_longest_range() {
    let routes = routes(&format!("{LOCAL}{PEERS}"), PORTED);
    for (digits, expected) in [
        // Ranges: the longest wins, whosever it is.
        ("447700900101", "local by Range { digits: 9 }"),
        ("447700900002", "alpha by Range { digits: 10 }"),
        ("447700900022", "beta by Range { digits: 11 }"),
        ("447700900033", "local by Range { digits: 11 }"),
        ("447700901001", "alpha by Range { digits: 9 }"),
        ("358501234567", "unknown by NoRule"),
        // Ported numbers: out of a peer's range, out of ours, to us, out of nobody's.
        ("447700900001", "beta by Ported"),
        ("447700900031", "alpha by Ported"),
        ("447700901002", "local by Ported"),
        ("447700902001", "beta by Ported"),
        // Taken back.
        ("447700900032", "local by Range { digits: 11 }"),
        // Overrides: of a number though it was ported, of a range, of a range in a range.
        ("447700900021", "alpha by OverrideNumber"),
        ("447700900099", "alpha by OverrideNumber"),
        ("447700900098", "local by OverrideNumber"),
        ("15550109", "refused by OverrideRange { digits: 7 }"),
        ("15550100", "local by OverrideRange { digits: 8 }"),
        ("155501001", "local by OverrideRange { digits: 8 }"),
    ] {
        assert_eq!(told(&routes, routes.lookup(number(digits))), expected, "{digits}");
    }
    assert_eq!(routes.measure().0, 6);
    assert_eq!(routes.measure().1, 6);
}

#[test]
fn overrides_do_not_change_whose_a_number_is() {
    let routes = routes(&format!("{LOCAL}{PEERS}"), PORTED);
    assert_eq!(
        told(&routes, routes.owner(number("447700900021"))),
        "beta by Ported"
    );
    assert_eq!(
        told(&routes, routes.owner(number("15550100"))),
        "beta by Range { digits: 7 }"
    );
}

/// The lab: no range of ours was declared, so what goes nowhere else is ours.
#[test]
fn without_declared_ranges_the_rest_is_ours() {
    let with_peers = routes(PEERS, PORTED);
    assert_eq!(
        told(&with_peers, with_peers.lookup(number("358501234567"))),
        "local by Undeclared"
    );
    assert_eq!(
        told(&with_peers, with_peers.lookup(number("447700901001"))),
        "alpha by Range { digits: 9 }"
    );
    let alone = routes("", "");
    assert_eq!(
        told(&alone, alone.lookup(number("447700900011"))),
        "local by Undeclared"
    );
}

#[test]
fn numbers_are_brought_to_e164_as_their_writer_means_them() {
    let text = "[numbering]\ncountry_code = \"44\"\n[[peer]]\nname = \"alpha\"\ndomains = [\"a.example\"]\n\
                country_code = \"1\"\nnational_prefix = \"\"\ninternational_prefix = \"011\"\n\
                [[peer]]\nname = \"beta\"\ndomains = [\"b.example\"]\n";
    let routes = routes(text, "");
    let party = |name: &str| Party::Peer(routes.peers().find(name).unwrap());
    for (from, dialled, expected) in [
        (Party::Local, "07700900011", Some(447_700_900_011)),
        (Party::Local, "+15550100", Some(15_550_100)),
        (party("alpha"), "011447700900011", Some(447_700_900_011)),
        (party("alpha"), "15550100", Some(15_550_100)),
        (party("beta"), "07700900011", None),
        (party("beta"), "00447700900011", Some(447_700_900_011)),
        (Party::Peer(PeerId::new(9)), "+15550100", None),
    ] {
        let found = routes.normalise(from, dialled.as_bytes()).map(Msisdn::digits);
        assert_eq!(found, expected, "{from:?} {dialled}");
    }
}

/// A reload without new files keeps the table of ported numbers, though ids have moved.
#[test]
fn ported_numbers_follow_the_names_over_a_reload() {
    let before = routes(PEERS, "447700902001,beta\n");
    let compile =
        |text: &str| profile::compile(&profile::parse(text).unwrap(), 2, "127.0.0.1:1".parse().unwrap());
    let reordered = "[[peer]]\nname = \"beta\"\ndomains = [\"b.example\"]\n";
    let after = Routes::compile(&compile(reordered), Arc::clone(before.ported()), 2).unwrap();
    assert_eq!(
        told(&after, after.lookup(number("447700902001"))),
        "beta by Ported"
    );
    assert_ne!(
        before.lookup(number("447700902001")).route,
        after.lookup(number("447700902001")).route
    );
    let gone = Routes::compile(&compile(""), Arc::clone(before.ported()), 3);
    assert_eq!(gone.err(), Some(PeerGone("beta".to_owned())));
}

/// What is wrong is refused before anything is made of it, so the last good snapshot stays.
#[test]
fn a_reload_of_an_invalid_file_keeps_the_last_good_one() {
    let good = routes(PEERS, "447700902001,beta\n");
    let mut publisher = crate::Publisher::new(Arc::new(good));
    let mut reader = publisher.reader();
    let mut reload = |settings: &str, ported: &str| -> Result<(), String> {
        let settings = profile::parse(settings).map_err(|faults| faults[0].to_string())?;
        let profile = profile::compile(&settings, 2, "127.0.0.1:1".parse().unwrap());
        let mut loader = Loader::new(&profile.peers, 1_000);
        loader.begin("ported.csv");
        loader.feed(ported.as_bytes());
        let ported = loader.finish().map_err(|faults| faults[0].to_string())?;
        let routes = Routes::compile(&profile, Arc::new(ported), 2).map_err(|gone| gone.to_string())?;
        publisher
            .publish(Arc::new(routes))
            .map_err(|held| held.to_string())
    };
    for (settings, ported, expected) in [
        (
            "[[peer]]\nname = \"alpha\"\n",
            "",
            "line 1: peer.domains is missing",
        ),
        (
            PEERS,
            "447700902001,beta\n447700902001,gamma\n",
            "ported.csv: line 2: there is no peer",
        ),
        ("", "447700902001,beta\n", "ported.csv: line 1: there is no peer"),
    ] {
        let told = reload(settings, ported).expect_err("invalid");
        assert!(told.contains(expected), "{told}");
        let current = reader.current();
        assert_eq!(current.version(), 1);
        assert_eq!(current.lookup(number("447700902001")).rule, Rule::Ported);
    }
    reload("", "").unwrap();
    assert_eq!(
        (reader.current().version(), reader.current().ported().count()),
        (2, 0)
    );
}

/// Ranges, ported numbers and overrides as drawn: leading digits or numbers, and whose.
fn drawn(digits: &'static str) -> impl Strategy<Value = BTreeMap<String, usize>> {
    prop::collection::btree_map(digits, 0_usize..4, 0..12)
}

const NAMES: [&str; 4] = ["local", "alpha", "beta", "gamma"];

/// A settings file of what was drawn.
fn file(ranges: &BTreeMap<String, usize>, overrides: &BTreeMap<String, usize>) -> String {
    let of = |owner: usize| {
        let own: Vec<String> = ranges
            .iter()
            .filter(|(_, who)| **who == owner)
            .map(|(range, _)| range.clone())
            .collect();
        format!("{own:?}")
    };
    let mut text = format!("[numbering]\nlocal_ranges = {}\n", of(0));
    for (index, name) in NAMES.iter().enumerate().skip(1) {
        write!(
            text,
            "[[peer]]\nname = {name:?}\ndomains = [\"{name}.example\"]\nranges = {}\n",
            of(index)
        )
        .unwrap();
    }
    for (numbers, who) in overrides {
        write!(
            text,
            "[[override]]\nnumbers = [{numbers:?}]\nto = {:?}\n",
            NAMES[*who]
        )
        .unwrap();
    }
    text
}

proptest! {
    #[test]
    fn the_lookup_is_the_naive_one(
        ranges in drawn("[1-2][0-2]{0,7}"),
        ported in drawn("1[0-2]{7}"),
        overrides in drawn("1[0-2]{7}|1[0-2]{0,6}\\*"),
        numbers in prop::collection::vec("[1-2][0-2]{7}", 1..60),
    ) {
        let lines: String = ported.iter().map(|(number, who)| format!("{number},{}\n", NAMES[*who])).collect();
        let routes = routes(&file(&ranges, &overrides), &lines);
        let declared = ranges.values().any(|who| *who == 0);
        for digits in numbers.iter().chain(ported.keys()) {
            let leading = |map: &BTreeMap<String, usize>, mark: &str| {
                (1..=digits.len()).rev().find_map(|end| map.get(&format!("{}{mark}", &digits[..end])).copied())
            };
            let naive = overrides.get(digits).copied()
                .or_else(|| leading(&overrides, "*"))
                .or_else(|| ported.get(digits).copied())
                .or_else(|| leading(&ranges, ""));
            let expected = match naive {
                Some(who) => NAMES[who],
                None if declared => "unknown",
                None => "local",
            };
            let found = told(&routes, routes.lookup(number(digits)));
            prop_assert!(found.starts_with(&format!("{expected} by")), "{}: {} and not {}", digits, found, expected);
        }
    }
}
