//! Tests of encoded words. Examples of RFC 2047 §8 and what senders make of it.

use super::*;

#[test]
fn encoded_words_are_decoded() {
    for (text, decoded) in [
        ("plain", "plain"),
        (
            "=?utf-8?B?w7xi?= =?iso-8859-1?Q?=FC_x?=  two   spaces",
            "übü x  two   spaces",
        ),
        ("(=?ISO-8859-1?Q?a?= b)", "(a b)"),
        ("(=?ISO-8859-1?Q?a?=   =?ISO-8859-1?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
        ("=?GB2312?B?xOO6ww==?=", "你好"),
        ("=?big5?B?p0Gmbg==?=", "你好"),
        ("=?ISO-2022-JP?B?GyRCJDMkcxsoQg==?=", "こん"),
        ("=?bad?X?zz?= a", "=?bad?X?zz?= a"),
        ("a =?utf-8?B?", "a =?utf-8?B?"),
        ("=?", "=?"),
        ("a=?b", "a=?b"),
        ("=?utf-8?Q?open", "=?utf-8?Q?open"),
        ("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
    ] {
        assert_eq!(decode(Cow::Borrowed(text)), decoded, "{text}");
    }
}

#[test]
fn texts_are_encoded_in_whole_characters_and_short_words() {
    let text = "Grüße aus Zürich 😀 ".repeat(20);
    let encoded = encode(&text);
    assert!(
        encoded.split(' ').all(|word| word.len() <= 75 && word.is_ascii()),
        "{encoded}"
    );
    assert_eq!(decode(Cow::Owned(encoded)), text);
    assert!(is_plain("plain text.") && !is_plain("=?utf-8?Q?a?=") && !is_plain("ü") && !is_plain("a\nb"));
}

#[test]
fn unfinished_words_cost_no_more_than_their_length() {
    // Each of them would be looked for to the end of the text by the library alone.
    let text = "=?aa?Q?x".repeat(8_000);
    assert!(decode(Cow::Borrowed(&text)) == text);
}
