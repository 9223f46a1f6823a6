//! Snapshots made of settings, and reloads.

use super::{compile, reloaded};
use crate::{Profile, Settings, parse};

#[test]
fn the_defaults_compile_to_the_default_snapshot() {
    let mm1 = "127.0.0.1:8190".parse().unwrap();
    assert_eq!(compile(&Settings::default(), 1, mm1), Profile::default());
}

#[test]
fn retrieval_urls_point_at_the_listener_unless_a_base_is_set() {
    let address = "[::1]:4711".parse().unwrap();
    let rows = [
        ("", "http://[::1]:4711/"),
        (
            "[mm1]\nretrieval_base = \"http://m.example/\"",
            "http://m.example/",
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(
            compile(&parse(text).unwrap(), 2, address).mm1.retrieval_base,
            expected
        );
    }
}

#[test]
fn seconds_become_milliseconds() {
    let settings = parse("[retrieve]\nunanswered_s = 86400\nagain_s = 0\n[notify]\nplace_s = 7").unwrap();
    let profile = compile(&settings, 3, "127.0.0.1:1".parse().unwrap());
    assert_eq!((profile.version, profile.notify.place_ms), (3, 7_000));
    assert_eq!(
        (profile.retrieve.unanswered_ms, profile.retrieve.again_ms),
        (86_400_000, 0)
    );
}

#[test]
fn a_reload_takes_the_live_settings_and_names_those_that_wait() {
    let running = parse("shards = 2\n[mm1]\nrecipients_max = 5\n").unwrap();
    let fresh = parse("shards = 3\ndata = \"elsewhere\"\n[mm1]\nrecipients_max = 6\n").unwrap();
    let (next, waiting) = reloaded(&running, &fresh);
    assert_eq!(waiting, ["data", "shards"]);
    assert_eq!((next.process.shards, next.mm1.recipients_max), (2, 6));
    assert_eq!(next.process.data, running.process.data);
    assert_eq!(reloaded(&running, &running), (running.clone(), Vec::new()));
}
