//! Scenarios: those that come with the program are good, wrong ones are refused in words that mend them.

use super::{BUILT_IN, Kinds, Scenario};

const GOOD: &str = "name = \"x\"\n[[phase]]\nname = \"a\"\nrate = 10\nseconds = 1\n[[mix]]\noctets = 1000\n";

#[test]
fn the_built_in_ones_are_good() {
    for (name, text) in BUILT_IN {
        let scenario = Scenario::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(scenario.name, *name);
        assert!(!scenario.text.is_empty());
        Kinds::new(&scenario, "c0ffee").unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn wrong_ones_are_refused() {
    assert!(Scenario::parse(GOOD).is_ok());
    let cases = [
        ("rate = 10", "rte = 10", "unknown field"),
        ("rate = 10", "", "phase a: give it `rate`"),
        ("rate = 10", "rate = 10\nfrom = 1", "phase a: give it `rate`"),
        ("rate = 10", "rate = -1", "phase a: a rate"),
        ("seconds = 1", "seconds = 0", "phase a: seconds"),
        ("\"a\"", "\"a b\"", "phase name"),
        ("octets = 1000", "", "mix 0: give it"),
        ("octets = 1000", "octets = 1\nfile = \"x\"", "mix 0: give it"),
        ("octets = 1000", "octets = 1000\nweight = 0", "mix 0: weight"),
        (
            "name = \"x\"",
            "name = \"x\"\nsubscribers = 0",
            "subscribers is 0",
        ),
        (
            "name = \"x\"",
            "name = \"x\"\npersonalities = { nokia = 1 }",
            "personality \"nokia\"",
        ),
        (
            "name = \"x\"",
            "name = \"x\"\nmisbehaviour = { cut = 0.6, retry = 0.6 }",
            "misbehaviour",
        ),
    ];
    for (from, to, expected) in cases {
        let text = GOOD.replacen(from, to, 1);
        let error = Scenario::parse(&text).expect_err(&text).to_string();
        assert!(error.contains(expected), "{error}\n{text}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let text = GOOD.replace("octets = 1000", "file = \"/nonexistent/photograph.jpg\"");
    let scenario = Scenario::parse(&text).unwrap();
    let error = Kinds::new(&scenario, "c0ffee").unwrap_err().to_string();
    assert!(error.contains("/nonexistent/photograph.jpg"), "{error}");
}
