//! Who passes and who does not.

use super::may_pass;

#[test]
fn tokens_that_pass_and_tokens_that_do_not() {
    let rows: &[(&str, Option<&str>, bool)] = &[
        ("", None, true),
        ("", Some("Bearer anything"), true),
        ("0123456789abcdef", Some("Bearer 0123456789abcdef"), true),
        ("0123456789abcdef", Some("bearer 0123456789abcdef"), true),
        ("0123456789abcdef", None, false),
        ("0123456789abcdef", Some(""), false),
        ("0123456789abcdef", Some("Bearer"), false),
        ("0123456789abcdef", Some("Bearer "), false),
        ("0123456789abcdef", Some("Bearer 0123456789abcde"), false),
        ("0123456789abcdef", Some("Bearer 0123456789abcdeff"), false),
        ("0123456789abcdef", Some("Bearer 0123456789abcdeF"), false),
        ("0123456789abcdef", Some("Basic 0123456789abcdef"), false),
        ("0123456789abcdef", Some("0123456789abcdef"), false),
    ];
    for (token, given, passes) in rows {
        assert_eq!(
            may_pass(token.as_bytes(), given.map(str::as_bytes)),
            *passes,
            "{given:?}"
        );
    }
}
