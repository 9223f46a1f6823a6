//! Octets written as hexadecimal with notes, for tests: what stands behind a `#` is a note.
//!
//! Only in tests. Invariant: an odd or a foreign digit fails the test.

/// The octets of such a text.
pub(crate) fn octets(text: &str) -> Vec<u8> {
    let plain = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    let digits: String = plain
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .collect();
    assert!(digits.len().is_multiple_of(2), "whole octets");
    let pairs = digits
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}
