//! A peer as a line.

use super::line;
use serde_json::json;

#[test]
fn a_peer_is_a_line() {
    let peer = json!({
        "peer": "beta", "state": "probing", "messages": 12, "notes": 2, "mails": 1, "unanswered": 4,
        "aside": 0, "untaken": 14, "held": "", "oldest_s": 61, "error": "connection refused", "error_age_s": 7,
    });
    let words: Vec<String> = line(&peer).split_whitespace().map(str::to_owned).collect();
    assert_eq!(
        words.join(" "),
        "beta probing 12 0 14 61 2 1 4 connection refused (7 s ago)"
    );
}

#[test]
fn what_holds_is_said_with_who_and_why() {
    let peer = json!({
        "peer": "beta", "state": "open", "held": "held", "held_since": 1_700_000_000, "held_by": "olga",
        "held_reason": "new cables", "messages": 3, "error": "421 later", "error_age_s": 9,
    });
    let line = line(&peer);
    assert!(line.starts_with("beta                 held "), "{line}");
    let end = "since 2023-11-14T22:13:20Z by olga new cables 421 later (9 s ago)";
    assert!(line.ends_with(end), "{line}");
}
