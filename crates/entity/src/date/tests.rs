//! Tests of dates. The numbers are those of `date -d` (GNU coreutils).

use super::*;

#[test]
fn dates_of_mails_of_http_and_of_rfc_3339_are_read() {
    for (text, seconds) in [
        ("Tue, 18 Jan 2022 02:23:39 GMT", Some(1_642_472_619)),
        ("Thu, 13 Jan 2022 01:19:21 +0200 (IST)", Some(1_642_029_561)),
        ("31 Dec 2019 12:53:27 +0200", Some(1_577_789_607)),
        ("2022-01-18T02:23:39Z", Some(1_642_472_619)),
        ("2022-01-18T04:23:39+02:00", Some(1_642_472_619)),
        ("259200", None),
        ("", None),
        ("Tue, 32 Jan 2022 02:23:39 GMT", None),
        ("Wed, 31 Dec 1969 23:59:59 +0000", None),
        ("Thu, 01 Jan 1970 00:00:00 +0000", Some(0)),
    ] {
        assert_eq!(read(text), seconds, "{text}");
    }
}

#[test]
fn dates_are_written_as_both_protocols_have_them() {
    assert_eq!(write(1_642_472_619, Zone::Gmt), "Tue, 18 Jan 2022 02:23:39 GMT");
    assert_eq!(write(0, Zone::Offset), "Thu, 01 Jan 1970 00:00:00 +0000");
    assert_eq!(
        write(951_782_400, Zone::Offset),
        "Tue, 29 Feb 2000 00:00:00 +0000"
    );
    assert_eq!(write(u64::MAX, Zone::Gmt), "Fri, 31 Dec 9999 23:59:59 GMT");
    for seconds in (0..32_000_000_000).step_by(999_999_937) {
        assert_eq!(read(&write(seconds, Zone::Offset)), Some(seconds));
    }
}
