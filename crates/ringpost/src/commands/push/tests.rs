//! A link as a line.

use super::line;
use serde_json::json;

#[test]
fn a_link_is_a_line() {
    let link = json!({
        "centre": "north", "link": 1, "kind": "transceiver", "state": "up", "window": 50, "outstanding": 7,
        "rate_per_s": 100, "taken_per_s": 98, "waiting": 3, "taken": 12, "refused": 1, "lost": 2,
        "error": "no answer in time",
    });
    let words: Vec<String> = line(&link).split_whitespace().map(str::to_owned).collect();
    assert_eq!(
        words.join(" "),
        "north 1 transceiver up 7/50 98/100 3 12 1 2 no answer in time"
    );
}
