//! Templates: what is numbered, what is read back, what differs.

use super::{Contents, Numbers, Template, digits, number_behind};
use crate::personality::{PERSONALITIES, Personality};
use mms::Pdu;

fn template(name: &str, octets: usize) -> Template {
    let contents = Contents {
        photograph: crate::photograph::of_octets(octets, 1).into(),
        media_type: "image/jpeg".to_owned(),
        run: "c0ffee".to_owned(),
        delivery_report: true,
        read_report: false,
    };
    Template::new(&contents, Personality::named(name).unwrap()).unwrap()
}

fn whole(template: &Template, numbers: Numbers) -> Vec<u8> {
    let mut out = Vec::new();
    template.write(numbers, &mut out);
    out.extend_from_slice(template.body());
    out.extend_from_slice(template.tail());
    out
}

const NUMBERS: Numbers = Numbers {
    sender: 42,
    recipient: 4_711,
    message: 815,
};

/// Reads a request with the server's own machine and gives the PDU.
fn read(octets: &[u8]) -> http1::Request {
    let mut connection = http1::Connection::new(http1::Limits::DEFAULT, 0);
    let mut rest = octets;
    loop {
        match connection.step(1) {
            http1::Step::NeedMore { .. } => {
                let taken = connection.receive(rest, 1);
                assert!(taken > 0, "the request is not whole");
                rest = &rest[taken..];
            }
            http1::Step::Continue100 => {}
            http1::Step::Request(request) => return request,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn every_personality_sends_the_same_message() {
    for personality in PERSONALITIES {
        let template = template(personality.name, 5_000);
        let octets = whole(&template, NUMBERS);
        assert_eq!(octets.len(), template.octets());
        let request = read(&octets);
        let Ok(Pdu::SendReq(message)) = Pdu::read(&request.body) else {
            panic!("{}: no M-Send.req", personality.name);
        };
        assert_eq!(message.transaction_id, b"c0ffee-000000815");
        assert_eq!(message.delivery_report, Some(true));
        assert_eq!(request.field("x-msisdn"), Some(b"+9991000000042".as_slice()));
        assert_eq!(template.check(NUMBERS, message.content.body), Ok(()));
    }
}

#[test]
fn one_octet_or_one_number_of_difference_is_found() {
    let template = template("plain", 3_000);
    let octets = whole(&template, NUMBERS);
    let request = read(&octets);
    let Ok(Pdu::SendReq(message)) = Pdu::read(&request.body) else {
        panic!()
    };
    let body = message.content.body.to_vec();
    for at in [0, 10, body.len() / 2, body.len() - 1] {
        let mut changed = body.clone();
        changed[at] ^= 1;
        assert_eq!(template.check(NUMBERS, &changed), Err(at));
    }
    assert!(template.check(NUMBERS, &body[..body.len() - 1]).is_err());
    assert!(
        template
            .check(NUMBERS, &[body.as_slice(), b"x"].concat())
            .is_err()
    );
    assert!(
        template
            .check(
                Numbers {
                    message: 816,
                    ..NUMBERS
                },
                &body
            )
            .is_err(),
        "another's message"
    );
    assert!(
        template
            .check(
                Numbers {
                    recipient: 1,
                    ..NUMBERS
                },
                &body
            )
            .is_err(),
        "another's message"
    );
}

#[test]
fn numbers_are_found_again() {
    assert_eq!(digits(42), *b"000000042");
    assert_eq!(
        number_behind(b"Load c0ffee 000000815", b"Load c0ffee "),
        Some(815)
    );
    assert_eq!(number_behind(b"Load c0ffee", b"Load c0ffee "), None);
}
