//! Tests of unknown headers: which they are.

use super::*;

#[test]
fn only_what_is_unknown_and_not_of_the_way_is_extra() {
    let head =
        b"Received: x\r\nFrom: a\r\nX-A: 1\r\nDKIM-Signature: s\r\nContent-Type: t\r\nContent-X: y\r\n\
x-mms-priority: Low\r\nMIME-Version: 1.0\r\nX-Mms-Future: 2\r\n folded\r\nReply-To: r\r\n";
    let mut extra = Extra::of(Headers::read(head, 0).unwrap().0);
    extra.push("X-Ours", &b"3"[..]);
    let found: Vec<_> = extra
        .iter()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let expected = [
        ("X-A", "1"),
        ("X-Mms-Future", "2 folded"),
        ("Reply-To", "r"),
        ("X-Ours", "3"),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|h| (h.0.to_owned(), h.1.as_bytes().to_vec()))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(extra.first("x-a").as_deref(), Some(b"1".as_slice()));
    let mut other = Extra::default();
    assert_ne!(extra, other);
    for (name, value) in &expected {
        other.push(name.clone(), value.clone());
    }
    assert_eq!(extra, other, "equal when they write the same");
}
