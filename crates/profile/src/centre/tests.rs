//! What must hold between centres and the bearer, and what routes they make.

use crate::{Bearer, parse};

fn sentences(text: &str) -> Vec<String> {
    match parse(text) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_bearer_needs_somebody_to_carry() {
    for (text, told) in [
        ("push = \"outbox\"\n", None),
        ("push = \"smpp\"\n", Some("needs a [[smsc]]")),
        (
            "push = \"pap\"\n[[smsc]]\nname = \"a\"\nhost = \"h\"\n",
            Some("needs a [[pap]]"),
        ),
        ("push = \"smpp\"\n[[smsc]]\nname = \"a\"\nhost = \"h\"\n", None),
        ("push = \"pap\"\n[[pap]]\nname = \"a\"\nhost = \"h\"\n", None),
        (
            "[[smsc]]\nname = \"a\"\nhost = \"h\"\n[[smsc]]\nname = \"a\"\nhost = \"i\"\n",
            Some("smsc a: two tables"),
        ),
        ("[[smsc]]\nname = \"a\"\n", Some("smsc.host is missing")),
        (
            "[[smsc]]\nname = \"a\"\nhost = \"h\"\nthrottle_ms_min = 60000\n",
            Some("throttle_ms_min must be at most"),
        ),
    ] {
        let sentences = sentences(text);
        match told {
            None => assert!(sentences.is_empty(), "{text}: {sentences:?}"),
            Some(told) => assert!(
                sentences.iter().any(|one| one.contains(told)),
                "{text}: {sentences:?}"
            ),
        }
    }
}

#[test]
fn centres_of_one_prefix_make_one_route() {
    let text = "push = \"smpp\"\n\
        [[smsc]]\nname = \"a\"\nhost = \"h\"\nprefixes = [\"+44\", \"1\"]\n\
        [[smsc]]\nname = \"b\"\nhost = \"h\"\n\
        [[smsc]]\nname = \"c\"\nhost = \"h\"\nprefixes = [\"44\"]\n";
    let settings = parse(text).unwrap();
    let push = crate::compile(&settings, 1, "127.0.0.1:1".parse().unwrap()).push;
    assert_eq!(push.bearer, Bearer::Smpp);
    let routes: Vec<_> = push
        .routes
        .iter()
        .map(|route| (route.prefix.as_str(), route.centres.as_slice()))
        .collect();
    assert_eq!(routes, [("44", &[0, 2][..]), ("1", &[0]), ("", &[1])]);
}

/// What only a start can change is kept by a reload.
#[test]
fn a_reload_keeps_the_centres() {
    let one = parse("push = \"smpp\"\n[[smsc]]\nname = \"a\"\nhost = \"h\"\n").unwrap();
    let other = parse("push = \"smpp\"\n[[smsc]]\nname = \"b\"\nhost = \"h\"\n").unwrap();
    let (next, waiting) = crate::reloaded(&one, &other);
    assert_eq!(next.smscs, one.smscs);
    assert_eq!(waiting, ["smsc"]);
    let (_, waiting) = crate::reloaded(&one, &one);
    assert!(waiting.is_empty());
}
