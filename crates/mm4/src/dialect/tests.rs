//! Tests of addresses as they are written: the golden table of forms.

use super::*;

#[test]
fn addresses_are_written_in_the_form_of_the_peer() {
    let long = Dialect::default();
    let short = Dialect {
        type_suffix: TypeSuffix::None,
        ..long
    };
    for (text, with_type, without) in [
        ("+447700900001", "+447700900001/TYPE=PLMN@d", "+447700900001@d"),
        (
            "447700900001/TYPE=PLMN@x",
            "+447700900001/TYPE=PLMN@d",
            "+447700900001@d",
        ),
        ("07700900001", "07700900001/TYPE=PLMN@d", "07700900001@d"),
        (
            "+44 (7700) 900-001",
            "+447700900001/TYPE=PLMN@d",
            "+447700900001@d",
        ),
        ("12345", "12345/TYPE=PLMN@d", "12345@d"),
        ("INFO/TYPE=PLMN", "INFO/TYPE=PLMN@d", "INFO@d"),
        ("joe@mail.example", "joe@mail.example", "joe@mail.example"),
        ("a b@mail.example", "\"a b\"@mail.example", "\"a b\"@mail.example"),
        (
            "192.0.2.1/TYPE=IPv4",
            "192.0.2.1/TYPE=IPv4@d",
            "192.0.2.1/TYPE=IPv4@d",
        ),
        (
            "FE80:0:0:0:1:2:3:4/TYPE=IPv6",
            "FE80:0:0:0:1:2:3:4/TYPE=IPv6@d",
            "FE80:0:0:0:1:2:3:4/TYPE=IPv6@d",
        ),
        ("joe@[192.0.2.1]", "joe@[192.0.2.1]", "joe@[192.0.2.1]"),
        ("joe@a:b]", "joe@ab", "joe@ab"),
        ("PostMaster", "PostMaster", "PostMaster"),
        ("a\r\nBcc: x@y", "\"aBcc: x\"@y", "\"aBcc: x\"@y"),
        ("\u{1F600}", "unknown", "unknown"),
        ("a,b<c>@\r\n", "\"a,b<c>\"", "\"a,b<c>\""),
    ] {
        let address = Address::new(text);
        assert_eq!(long.address(&address, Some("d")), with_type, "{text}");
        assert_eq!(short.address(&address, Some("d")), without, "{text}");
    }
    let address = Address::new("+447700900001@x");
    assert_eq!(
        long.address(&address, None),
        "+447700900001/TYPE=PLMN@x",
        "its own domain, if none is set"
    );
}
