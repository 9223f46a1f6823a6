//! Tests of addresses: their forms, as peers write them.

use super::*;

#[test]
fn forms_are_told_apart() {
    let cases: &[(&str, Form, &str, Option<&str>)] = &[
        (
            "+447700900001/TYPE=PLMN@mms.a.example",
            Form::Number,
            "+447700900001",
            Some("mms.a.example"),
        ),
        ("+447700900001/TYPE=PLMN", Form::Number, "+447700900001", None),
        ("447700900001/type=plmn", Form::Number, "447700900001", None),
        ("+447700900001/TYPE=PLNM", Form::Number, "+447700900001", None),
        ("+447700900001", Form::Number, "+447700900001", None),
        (
            "15550100001@mms.a.example",
            Form::Number,
            "15550100001",
            Some("mms.a.example"),
        ),
        ("+44 (7700) 900-001", Form::Number, "+44 (7700) 900-001", None),
        ("12345/TYPE=PLMN", Form::Code, "12345", None),
        ("12345", Form::Code, "12345", None),
        (
            "INFO/TYPE=PLMN@mms.a.example",
            Form::Code,
            "INFO",
            Some("mms.a.example"),
        ),
        ("joe@mail.example", Form::Mail, "joe", Some("mail.example")),
        ("a@b@mail.example", Form::Mail, "a@b", Some("mail.example")),
        ("192.0.2.1/TYPE=IPv4", Form::OtherType, "192.0.2.1", None),
        ("PostMaster", Form::Other, "PostMaster", None),
        ("mmsc.example.net", Form::Other, "mmsc.example.net", None),
        ("@", Form::Other, "", None),
        ("", Form::Other, "", None),
        ("/TYPE=PLMN", Form::Other, "", None),
    ];
    for &(text, form, local, domain) in cases {
        let address = Address::new(text);
        assert_eq!(
            (address.form, address.local(), address.domain()),
            (form, local, domain),
            "{text}"
        );
        assert_eq!(address.dialled().is_some(), form == Form::Number, "{text}");
    }
}

#[test]
fn numbers_reach_the_numbering_plan() {
    let plan = base::NumberingPlan::default();
    let number = base::Msisdn::from_digits(b"447700900001").unwrap();
    for text in ["+447700900001/TYPE=PLMN@x", "447700900001", "+44 (7700) 900-001"] {
        let address = Address::new(text);
        assert_eq!(
            plan.normalise(address.dialled().unwrap().as_bytes()),
            Some(number),
            "{text}"
        );
    }
    assert_eq!(Address::of_subscriber(number), Address::new("+447700900001"));
}

#[test]
fn headers_hold_lists_with_names() {
    let list = Address::list("\"Joe, B\" <+447700900001/TYPE=PLMN@a>, 1234, g: x@y;");
    let texts: Vec<_> = list.iter().map(|address| address.text.as_str()).collect();
    assert_eq!(texts, ["+447700900001/TYPE=PLMN@a", "1234", "x@y"]);
    assert_eq!(list[0].name.as_deref(), Some("Joe, B"));
    assert_eq!(Address::read("undisclosed-recipients:;"), None);
}
