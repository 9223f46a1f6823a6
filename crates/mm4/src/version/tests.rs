//! Tests of versions.

use super::*;

#[test]
fn versions_are_read_and_compared() {
    let version = |major, minor, technical| Version {
        major,
        minor,
        technical,
    };
    for (text, expected) in [
        ("6.3.0", Some(version(6, 3, 0))),
        ("6.10.0", Some(version(6, 10, 0))),
        ("\"5.6.0\"", Some(version(5, 6, 0))),
        (" 4.2 ", Some(version(4, 2, 0))),
        ("6", Some(version(6, 0, 0))),
        ("6.3.0.1", None),
        ("six", None),
        ("256.0.0", None),
        ("", None),
    ] {
        assert_eq!(Version::read(text), expected, "{text}");
    }
    assert!(version(6, 10, 0) > version(6, 8, 0) && version(5, 9, 9) < version(6, 0, 0));
    assert!(
        version(4, 0, 0).is_supported()
            && !version(3, 0, 0).is_supported()
            && !version(7, 0, 0).is_supported()
    );
    assert_eq!(version(6, 10, 0).to_string(), "6.10.0");
}
