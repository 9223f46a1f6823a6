//! Tests of address lists, as MMSCs and mail programs write them.

use super::*;

#[test]
fn lists_are_read() {
    let check = |text: &str, expected: &[(&str, &str)]| {
        let found: Vec<_> = list(text)
            .into_iter()
            .map(|m| (m.name.unwrap_or_default(), m.address))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|m| (m.0.to_owned(), m.1.to_owned()))
            .collect();
        assert_eq!(found, expected, "{text}");
    };
    check("+447700900001/TYPE=PLMN", &[("", "+447700900001/TYPE=PLMN")]);
    check(
        "+447700900001/TYPE=PLMN, 15550100,a@b.c",
        &[("", "+447700900001/TYPE=PLMN"), ("", "15550100"), ("", "a@b.c")],
    );
    check(
        "\"Joe, B\" <+447700900001/TYPE=PLMN@mms.a.b>, 1234",
        &[("Joe, B", "+447700900001/TYPE=PLMN@mms.a.b"), ("", "1234")],
    );
    check("undisclosed-recipients:;", &[]);
    check(
        "grp: a@b.c, +155501000/TYPE=PLMN;, d@e",
        &[("", "a@b.c"), ("", "+155501000/TYPE=PLMN"), ("", "d@e")],
    );
    check("=?utf-8?B?w7xi?= <x@y>", &[("üb", "x@y")]);
    check("PostMaster", &[("", "PostMaster")]);
    check("<+447700900001>", &[("", "+447700900001")]);
    check(
        "+447700900001 (Joe (the \\) one)), a@b",
        &[("", "+447700900001"), ("", "a@b")],
    );
    check(
        "\"quoted local\"@b, <open@b",
        &[("", "quoted local@b"), ("", "open@b")],
    );
    check(" , ,, ", &[]);
    check("", &[]);
    check("+44 7700 900001", &[("", "+44 7700 900001")]);
    check(
        "FE80:0:0:0:202:B3FF:FE1E:8329/TYPE=IPv6",
        &[("", "FE80:0:0:0:202:B3FF:FE1E:8329/TYPE=IPv6")],
    );
    check(
        "system=mmsc.example.net;party=+15550100",
        &[("", "system=mmsc.example.net;party=+15550100")],
    );
}

#[test]
fn open_quotes_and_comments_take_the_rest() {
    assert_eq!(list("a@b, \"open, c@d").len(), 2);
    assert_eq!(list("a@b, (open, c@d").len(), 1);
    assert!(list(&"(".repeat(100_000)).is_empty());
}
