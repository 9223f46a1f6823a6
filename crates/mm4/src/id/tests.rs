//! Tests of ids: what stands around them does not count, and is echoed.

use super::*;

#[test]
fn ids_are_compared_without_their_wrapping() {
    for (raw, bare) in [
        ("a@b", "a@b"),
        ("\"a@b\"", "a@b"),
        ("<a@b>", "a@b"),
        ("\"<a@b>\"", "a@b"),
        ("< \"a\" >", "a"),
        ("\"a", "\"a"),
        ("\"", "\""),
        ("\"\"", ""),
        ("a+b", "a+b"),
        ("", ""),
    ] {
        let id = Id::new(raw.as_bytes());
        assert_eq!(id.bare(), bare.as_bytes(), "{raw}");
        assert_eq!(id.raw(), raw.as_bytes());
        assert_eq!(id, Id::new(bare.as_bytes()));
        assert_eq!(id.is_empty(), bare.is_empty());
    }
    assert_ne!(Id::new(&b"a"[..]), Id::new(&b"A"[..]), "ids are opaque");
}
