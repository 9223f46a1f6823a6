//! Who is asking in each mode, and each refusal.

use super::*;
use crate::accounting::{Accounting, BearerRule, Change, NasName};
use crate::{Apns, Bounds, Feed, Key, Realm};
use base::{Now, WallSeconds};

const ONE: &str = "447700900001";
const TWO: &str = "447700900002";
const PHONE: &str = "10.1.0.1";
const GATEWAY: &str = "10.20.0.1";

fn apn(mode: &str, claims: &str, address_headers: &str) -> Apn {
    let file = format!(
        r#"
[[apn]]
name = "mms"
sources = ["10.0.0.0/8"]
mode = "{mode}"
realm = 1
claims = "{claims}"
gateways = ["10.20.0.0/24"]
number_headers = ["X-MSISDN", "Cookie parameter=msisdn form=hex"]
imsi_headers = ["X-IMSI"]
address_headers = [{address_headers}]
[[radius]]
name = "north"
listen = "127.0.0.1:1813"
clients = ["10.30.0.0/28"]
secret = "between-you-and-me"
realm = 1
"#
    );
    Apns::compile(&profile::parse(&file).unwrap())
        .of(0)
        .unwrap()
        .clone()
}

/// A map with subscriber one at 10.1.0.1 and at the gateway's 10.20.0.9, and a contested 10.1.0.9.
fn map() -> (Feed, View) {
    let mut feed = Feed::new(
        Bounds {
            sessions_max: 16,
            ..Bounds::default()
        },
        1,
    );
    let mut start = |address: &str, id: &[u8], number: &str| {
        let said = Accounting {
            change: Change::Start,
            realm: Realm(1),
            nas: NasName {
                identifier: None,
                address: None,
                source: "10.30.0.1".parse().unwrap(),
            },
            session_id: id,
            addresses: &[Key::address(Realm(1), address.parse().unwrap())],
            facts: Facts {
                msisdn: Msisdn::from_digits(number.as_bytes()),
                imsi: Imsi::from_digits(b"999700000000001"),
                ..Facts::default()
            },
            at: WallSeconds(100),
            lasted_s: None,
            bearers: BearerRule::Stop,
            session_stop: false,
        };
        feed.apply(&said, Now::default());
    };
    start(PHONE, b"1", ONE);
    start(GATEWAY, b"2", ONE);
    start("10.1.0.8", b"5", "");
    start("10.1.0.9", b"3", ONE);
    start("10.1.0.9", b"4", TWO);
    let view = feed.view();
    (feed, view)
}

/// (peer, headers, number or refusal).
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], Result<&'a str, Refusal>);

fn check(apn: &Apn, rows: &[Row<'_>]) {
    let (_feed, view) = map();
    for (peer, headers, expected) in rows {
        let found = identify(apn, &view, peer.parse().unwrap(), *headers);
        let found = found.map(|identity| identity.msisdn.digits().to_string());
        assert_eq!(
            found,
            expected.map(str::to_owned),
            "{:?} {peer} {headers:?}",
            apn.mode
        );
    }
}

#[test]
fn by_the_session_of_the_connection() {
    check(
        &apn("session", "refuse", ""),
        &[
            (PHONE, &[("Host", "mmsc")], Ok(ONE)),
            ("::ffff:10.1.0.1", &[], Ok(ONE)),
            ("10.1.0.2", &[], Err(Refusal::Unknown)),
            ("10.1.0.8", &[], Err(Refusal::Unknown)),
            ("10.1.0.9", &[], Err(Refusal::Ambiguous)),
            (PHONE, &[("X-MSISDN", ONE)], Err(Refusal::HeaderUntrusted)),
            (PHONE, &[("x-mdn", TWO)], Err(Refusal::HeaderUntrusted)),
            (PHONE, &[("X-IMSI", "1")], Err(Refusal::HeaderUntrusted)),
            (PHONE, &[("Cookie", "session=1")], Ok(ONE)),
        ],
    );
}

#[test]
fn what_phones_claim_is_compared_or_passed_over() {
    check(
        &apn("session", "compare", ""),
        &[
            (PHONE, &[("X-MSISDN", ONE), ("X-MDN", "+447700900001")], Ok(ONE)),
            (PHONE, &[("X-MSISDN", TWO)], Err(Refusal::Disagreement)),
            (
                PHONE,
                &[("X-MSISDN", ONE), ("X-MDN", TWO)],
                Err(Refusal::Disagreement),
            ),
            (PHONE, &[("X-MDN", "me")], Err(Refusal::Disagreement)),
            (PHONE, &[("X-WAP-3GPP-IMSI", "999700000000001")], Ok(ONE)),
            (
                PHONE,
                &[("X-IMSI", "999700000000002")],
                Err(Refusal::Disagreement),
            ),
            (
                PHONE,
                &[("X-WAP-Client-IP", "10.1.0.2")],
                Err(Refusal::Disagreement),
            ),
            (PHONE, &[("X-WAP-Client-IP", PHONE)], Ok(ONE)),
        ],
    );
    check(
        &apn("session", "ignore", ""),
        &[(PHONE, &[("X-MSISDN", TWO)], Ok(ONE))],
    );
}

#[test]
fn by_the_session_of_the_address_that_a_gateway_names() {
    check(
        &apn(
            "gateway_address",
            "refuse",
            "\"X-WAP-Network-Client-IP\", \"X-Forwarded-For\"",
        ),
        &[
            (GATEWAY, &[("x-wap-network-client-ip", PHONE)], Ok(ONE)),
            (
                GATEWAY,
                &[("X-WAP-Network-Client-IP", "\"10.1.0.1:4711\"")],
                Ok(ONE),
            ),
            (GATEWAY, &[], Err(Refusal::Unknown)),
            (
                GATEWAY,
                &[("X-WAP-Network-Client-IP", "10.1.0.2")],
                Err(Refusal::Unknown),
            ),
            (
                GATEWAY,
                &[("X-WAP-Network-Client-IP", "10.1.0.9")],
                Err(Refusal::Ambiguous),
            ),
            (
                GATEWAY,
                &[("X-WAP-Network-Client-IP", "phone")],
                Err(Refusal::Unreadable),
            ),
            (
                GATEWAY,
                &[("X-Forwarded-For", "10.1.0.1, 10.1.0.2")],
                Err(Refusal::Unreadable),
            ),
            (
                GATEWAY,
                &[
                    ("X-WAP-Network-Client-IP", PHONE),
                    ("X-Forwarded-For", "10.1.0.2"),
                ],
                Err(Refusal::Disagreement),
            ),
            (
                GATEWAY,
                &[("X-WAP-Network-Client-IP", PHONE), ("X-MSISDN", ONE)],
                Ok(ONE),
            ),
            (
                GATEWAY,
                &[("X-WAP-Network-Client-IP", PHONE), ("X-MSISDN", TWO)],
                Err(Refusal::Disagreement),
            ),
            (
                PHONE,
                &[("X-WAP-Network-Client-IP", PHONE)],
                Err(Refusal::HeaderUntrusted),
            ),
            (PHONE, &[], Err(Refusal::Unknown)),
        ],
    );
}

#[test]
fn by_the_number_of_a_gateway() {
    check(
        &apn("gateway_number", "refuse", ""),
        &[
            (GATEWAY, &[("X-MSISDN", TWO)], Ok(TWO)),
            (
                GATEWAY,
                &[("Cookie", "a=b; msisdn=343437373030393030303032")],
                Ok(TWO),
            ),
            (GATEWAY, &[("Cookie", "a=b")], Err(Refusal::Unknown)),
            (GATEWAY, &[("X-MSISDN", TWO), ("X-MSISDN", TWO)], Ok(TWO)),
            (
                GATEWAY,
                &[("X-MSISDN", ONE), ("X-MSISDN", TWO)],
                Err(Refusal::Disagreement),
            ),
            (GATEWAY, &[("X-MSISDN", "unknown")], Err(Refusal::Unreadable)),
            (GATEWAY, &[], Err(Refusal::Unknown)),
            (PHONE, &[("X-MSISDN", ONE)], Err(Refusal::HeaderUntrusted)),
            (PHONE, &[("X-MDN", ONE)], Err(Refusal::HeaderUntrusted)),
            ("10.21.0.1", &[("X-MSISDN", ONE)], Err(Refusal::HeaderUntrusted)),
        ],
    );
}

#[test]
fn by_both_where_they_agree() {
    check(
        &apn("both", "refuse", "\"X-Client\""),
        &[
            (GATEWAY, &[("X-MSISDN", ONE), ("X-Client", PHONE)], Ok(ONE)),
            (
                GATEWAY,
                &[("X-MSISDN", TWO), ("X-Client", PHONE)],
                Err(Refusal::Disagreement),
            ),
            (GATEWAY, &[("X-MSISDN", ONE)], Err(Refusal::Unknown)),
            (GATEWAY, &[("X-Client", PHONE)], Err(Refusal::Unknown)),
            (
                GATEWAY,
                &[("X-MSISDN", ONE), ("X-Client", "10.1.0.2")],
                Err(Refusal::Unknown),
            ),
            (
                GATEWAY,
                &[("X-MSISDN", ONE), ("X-Client", "10.1.0.9")],
                Err(Refusal::Ambiguous),
            ),
            (
                GATEWAY,
                &[
                    ("X-MSISDN", ONE),
                    ("X-Client", PHONE),
                    ("X-IMSI", "999700000000002"),
                ],
                Err(Refusal::Disagreement),
            ),
            (
                PHONE,
                &[("X-MSISDN", ONE), ("X-Client", PHONE)],
                Err(Refusal::HeaderUntrusted),
            ),
        ],
    );
    // A gateway on the path leaves the phone's address in place.
    check(
        &apn("both", "refuse", ""),
        &[
            (GATEWAY, &[("X-MSISDN", ONE)], Ok(ONE)),
            (GATEWAY, &[("X-MSISDN", TWO)], Err(Refusal::Disagreement)),
        ],
    );
}

#[test]
fn an_identity_rests_on_its_session() {
    let (_feed, view) = map();
    let apn = apn("session", "refuse", "");
    let none: &[(&str, &str)] = &[];
    let identity = identify(&apn, &view, PHONE.parse().unwrap(), none).unwrap();
    assert!(view.still_holds(identity.binding.unwrap()));
    assert_eq!(Refusal::Ambiguous.reason(), Reason::IdentityAmbiguous);
}
