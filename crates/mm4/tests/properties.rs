//! Properties of reading and writing, over generated and damaged mails.
//!
//! The same functions that the fuzzers call: see `mm4::fuzz` for what they assert; and that no value of any field,
//! whatever it holds, changes the fields around it.

#![expect(clippy::panic, clippy::expect_used, reason = "a test's steps fail the test")]

use entity::{Entity, Headers};
use mm4::{Address, Dialect, Extra, ForwardReq, Id, Message, Operation, RequestStatus, Response};
use proptest::prelude::*;

/// A mail that is nearly a message.
fn mails() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop::sample::select(vec![
        "forward.REQ",
        "forward.RES",
        "delivery_report.REQ",
        "read_reply_report.REQ",
    ]);
    let names = mm4::Field::ALL
        .iter()
        .map(|field| field.name())
        .collect::<Vec<_>>();
    let value = prop_oneof![
        Just("Yes".to_owned()),
        Just("+447700900001/TYPE=PLMN@mms.a.example".to_owned()),
        Just("\"Joe\" <a@b>, g: c@d;, 12345".to_owned()),
        Just("=?utf-8?B?w7w=?=".to_owned()),
        Just("\"<id@x>\"".to_owned()),
        Just("Tue, 18 Jan 2022 02:23:39 GMT".to_owned()),
        Just("0, +447700900003".to_owned()),
        Just("Retrieved".to_owned()),
        "[ -~]{0,60}",
        "\\PC{0,20}",
    ];
    let header =
        (prop::sample::select(names), value).prop_map(|(name, value)| format!("{name}: {value}\r\n"));
    (kind, prop::collection::vec(header, 0..25)).prop_map(|(kind, headers)| {
        let fixed = "From: +447700900001\r\nTo: +447700900002\r\nX-Mms-Transaction-ID: t\r\nX-Mms-Message-ID: m\r\n\
X-Mms-MM-Status-Code: Expired\r\nX-Mms-Read-Status: Read\r\nX-Mms-Request-Status-Code: Ok\r\n";
        let head = headers.concat();
        format!("X-Mms-Message-Type: MM4_{kind}\r\n{head}{fixed}Content-Type: text/plain\r\n\r\nhi\r\n").into_bytes()
    })
}

/// A forward with `value` in everything that holds a text.
fn filled<'a>(value: &'a str, mail: &'a [u8]) -> ForwardReq<'a> {
    let Ok(Message::ForwardReq(mut request)) = Message::read(mail) else {
        panic!("a forward")
    };
    let text = || Some(value.into());
    // An id is never empty, whatever else it is.
    request.transaction.id = Id::new(format!("i{value}").into_bytes());
    request.transaction.mail_id = Some(Id::new(value.as_bytes()));
    request.transaction.sender = Some(Address::new(value));
    request.message_id = Id::new(format!("i{value}").into_bytes());
    request.acknowledgement.originator_system = Some(Address::new(value));
    request.from = Address {
        name: Some(value.to_owned()),
        ..Address::new("a@b")
    };
    request.to = vec![
        Address::new(value),
        Address::new(format!("+447700900001@{value}")),
    ];
    request.cc = vec![Address::new(format!("{value}@{value}"))];
    request.subject = text();
    request.terms.class = Some(mm4::MessageClass::Token(value.into()));
    request.application.aux_applic_info = text();
    request.hub.mmsip_address = text();
    request.hub.return_route = vec![Address::new(value)];
    request.vasp.vasp_id = text();
    request.extra = Extra::default();
    request.extra.push("X-Extra", value.as_bytes());
    request.extra.push(value, value.as_bytes());
    *request
}

const FORWARD: &[u8] = b"X-Mms-Message-Type: MM4_forward.REQ\r\nFrom: +447700900001\r\nTo: +447700900002\r\n\
X-Mms-Transaction-ID: t\r\nX-Mms-Message-ID: m\r\nContent-Type: text/plain\r\n\r\nhi\r\n";

/// Values that would be something else where they are not watched.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "(\\PC|[\r\n\t\0,<>\":;@()]){1,200}",
        Just("\r\nBcc: x@y\r\n\r\nbody".to_owned()),
        "[a-z]{900,2000}",
    ]
}

/// Names of the headers of a mail.
fn names(mail: &[u8]) -> Vec<String> {
    let (headers, _) = Headers::read(mail, 0).expect("a head within its limits");
    headers
        .map(|header| String::from_utf8_lossy(header.name).into_owned())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn messages_are_read_and_written(mail in mails()) {
        mm4::fuzz::mail(&mail);
    }

    #[test]
    fn octets_of_any_kind_are_no_danger(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        mm4::fuzz::mail(&bytes);
    }

    #[test]
    fn no_field_forges_another(value in hostile()) {
        let honest = filled("x", FORWARD);
        let hostile = filled(&value, FORWARD);
        let (mut expected, mut found) = (Vec::new(), Vec::new());
        honest.write(&Dialect::default(), &mut expected).expect("text converts");
        hostile.write(&Dialect::default(), &mut found).expect("text converts");
        let own = |name: &String| *name != "x" && *name != value && name != "X-Extra";
        let expected: Vec<_> = names(&expected).into_iter().filter(own).collect();
        let found_names: Vec<_> = names(&found).into_iter().filter(own).collect();
        prop_assert_eq!(expected, found_names);
        let entity = Entity::read(&found).expect("a mail");
        prop_assert_eq!(entity.body, b"hi\r\n");
        let head = entity.headers.bytes();
        let is_safe = |line: &[u8]| line.len() <= 999 && line.is_ascii() && !line.contains(&0);
        prop_assert!(head.split(|&octet| octet == b'\n').all(is_safe));
        let again = Message::read(&found);
        let Ok(Message::ForwardReq(again)) = again else { panic!("a forward") };
        prop_assert_eq!((again.to.len(), again.cc.len()), (2, 1), "no recipient more or less");
        prop_assert_eq!(again.from.text, "a@b");
    }

    #[test]
    fn responses_echo_any_plain_id(id in "[!-~]{1,400}", operation in 0..3_usize) {
        prop_assume!(!Id::new(id.as_bytes()).is_empty());
        let all = [Operation::Forward, Operation::DeliveryReport, Operation::ReadReplyReport];
        let head = "X-Mms-Message-Type: MM4_forward.REQ\r\nTo: a\r\nFrom: b\r\n";
        let mail = format!("{head}X-Mms-Transaction-ID: {id}\r\nX-Mms-Message-ID: {id}\r\n\r\n");
        let request = Message::read(mail.as_bytes());
        let Ok(Message::ForwardReq(request)) = request else { panic!("a forward") };
        let (transaction, message_id) = (&request.transaction, Some(&request.message_id));
        let response = Response::to_request(all[operation].clone(), transaction, message_id, None, RequestStatus::Ok);
        let mut out = Vec::new();
        response.write(&Dialect::default(), &mut out);
        let again = Message::read(&out);
        let Ok(Message::Response(again)) = again else { panic!("a response") };
        prop_assert_eq!(again.transaction.id.raw(), id.as_bytes());
        prop_assert_eq!(again.operation, all[operation].clone());
    }
}
