//! What `--since` understands.

use super::since;
use base::WallSeconds;
use std::time::{Duration, UNIX_EPOCH};

#[test]
fn since_is_a_span_or_a_time() {
    let now = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let cases = [
        ("2h", Some(1_000_000_000 - 7_200)),
        ("3days", Some(1_000_000_000 - 3 * 86_400)),
        ("1h 30m", Some(1_000_000_000 - 5_400)),
        ("1970-01-02", Some(86_400)),
        ("2001-09-09T01:46:40Z", Some(1_000_000_000)),
        ("2001-09-09 01:46:40", Some(1_000_000_000)),
        ("yesterday", None),
        ("", None),
        ("2001-13-09", None),
        ("4000-01-01", None),
        ("100years", Some(0)),
    ];
    for (text, expected) in cases {
        assert_eq!(since(text, now), expected.map(WallSeconds), "{text:?}");
    }
}
