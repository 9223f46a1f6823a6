//! Files that are taken and files that are refused, with the words of the refusal.

use super::{nearest, parse};
use crate::settings::Settings;

fn faults(text: &str) -> String {
    let faults = parse(text).expect_err(text);
    faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Each text has a fault that says what stands beside it.
fn refused(rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        let found = faults(text);
        assert!(found.contains(expected), "{text}\n{found}\n{expected}");
    }
}

#[test]
fn an_empty_file_is_the_defaults() {
    assert_eq!(parse("").unwrap(), Settings::default());
    assert_eq!(parse("[mm1]\n[journal]\n").unwrap(), Settings::default());
}

#[test]
fn values_reach_their_fields() {
    let settings = parse(
        "data = \"d\"\npush = \"outbox\"\n[listen]\nmm1 = [\"127.0.0.1:0\", \"[::1]:0\"]\n[mm1]\n\
         recipients_max = 0x10\n[notify]\nschedule_s = [1, 2]\n[identity]\ngateways = [\"10.0.0.0/8\"]\n",
    )
    .unwrap();
    assert_eq!(settings.process.data, "d");
    assert_eq!(settings.listen.mm1.len(), 2);
    assert_eq!(settings.mm1.recipients_max, 16);
    assert_eq!(settings.notify.schedule_s, [1, 2]);
    assert_eq!(settings.identity.gateways[0].to_string(), "10.0.0.0/8");
    assert_eq!(
        parse("listen.admin = [\"127.0.0.1:0\"]").unwrap().listen.admin[0].port(),
        0
    );
}

#[test]
fn refusals_name_line_setting_and_remedy() {
    let rows: &[(&str, &str)] = &[
        (
            "\n[mm1]\nrecipients = 5\n",
            "line 3: unknown setting mm1.recipients; the nearest known one is mm1.recipients_max",
        ),
        (
            "recipients_max = 5",
            "line 1: unknown setting recipients_max; the nearest known one is mm1.recipients_max",
        ),
        ("[mm9]\nx = 1", "line 1: unknown setting mm9"),
        ("[mm1]\nzzzzqqqq = 1", "line 2: unknown setting mm1.zzzzqqqq"),
        ("mm1 = 5", "line 1: unknown setting mm1"),
        ("[mm1.more]\nx = 1", "line 1: unknown setting mm1.more"),
        (
            "[mm1]\nrecipients_max = 0",
            "line 2: mm1.recipients_max is 0: it must be 1 to 256",
        ),
        (
            "[mm1]\nrecipients_max = \"many\"",
            "line 2: mm1.recipients_max must be 1 to 256",
        ),
        (
            "push = \"post\"",
            "line 1: push must be \"outbox\" or \"smpp\" or \"pap\"",
        ),
        (
            "[admin]\ntoken = \"hunter2\"",
            "line 2: admin.token must be empty, or 16 to 256 printable characters",
        ),
        ("a = = 1", "line 1: not TOML: "),
        ("shards = 1\nshards = 2", "line 2: not TOML: duplicate key"),
    ];
    refused(rows);
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let rows: &[(&str, &str)] = &[
        (
            "[send]\nexpiry_max_s = 100\nexpiry_min_s = 200",
            "send.expiry_min_s must be at most send.expiry_max_s",
        ),
        (
            "[mm1]\nmessage_octets_max = 3000000",
            "http.body_octets_max must hold mm1.message_octets_max",
        ),
        (
            "[http]\nrequest_line_octets_max = 20000",
            "http.request_line_octets_max must be less than",
        ),
        (
            "[http]\nbody_octets_max = 8388608",
            "journal.group_octets must hold http.body_octets_max",
        ),
        (
            "[http]\ndrain_octets_max = 1000000",
            "http.body_octets_max must be at most http.drain_octets_max",
        ),
        ("[http]\nbody_s_max = 5", "must be at most http.body_s_max"),
        (
            "[journal]\nsegment_octets = 100000000",
            "journal.segment_octets must be a power of two",
        ),
        (
            "[journal]\ngroup_octets = 4194305",
            "journal.group_octets must be a multiple of 4096",
        ),
        (
            "[journal]\nsegment_octets = 16777216",
            "journal.group_octets must be less than a quarter",
        ),
        (
            "[journal]\nsegments_max = 3",
            "journal.segments_max must be more than",
        ),
        (
            "[journal]\nsegments_ahead = 40",
            "journal.segments_ahead must be at most half",
        ),
        (
            "[listen]\nmm1 = [\"0.0.0.0:0\"]",
            "mm1.retrieval_base must be set where the first listen.mm1",
        ),
    ];
    refused(rows);
}

#[test]
fn every_fault_is_told_at_once_and_no_secret_is_repeated() {
    let found = faults("[mm1]\nx = 1\nrecipients_max = 0\n[admin]\ntoken = \"hunter2\"\n");
    assert_eq!(found.lines().count(), 3, "{found}");
    assert!(!found.contains("hunter2"));
}

#[test]
fn a_misspelt_name_finds_its_neighbour() {
    let rows: &[(&str, Option<&str>)] = &[
        ("mm1.recipents_max", Some("mm1.recipients_max")),
        ("journal.segments_mx", Some("journal.segments_max")),
        ("dedup_s", Some("send.dedup_s")),
        ("dta", Some("data")),
        ("", None),
        ("qqqqqqqqqq", None),
    ];
    for (name, expected) in rows {
        assert_eq!(nearest(name), *expected, "{name}");
    }
}
