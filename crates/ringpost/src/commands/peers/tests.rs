//! A peer as a line.

use super::line;
use serde_json::json;

#[test]
fn a_peer_is_a_line() {
    let peer = json!({
        "peer": "beta", "state": "probing", "messages": 12, "notes": 2, "mails": 1, "unanswered": 4,
        "oldest_s": 61, "error": "connection refused", "error_age_s": 7,
    });
    let words: Vec<String> = line(&peer).split_whitespace().map(str::to_owned).collect();
    assert_eq!(
        words.join(" "),
        "beta probing 12 61 2 1 4 connection refused (7 s ago)"
    );
}
