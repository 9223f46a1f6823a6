//! Packets of foreign clients: what they say, and what is refused of them, with the offset.

use super::*;
use crate::error::ErrorKind;
use crate::write::Writer;
use crate::{Code, Packet};
use std::net::Ipv6Addr;

pub(crate) const SECRET: &[u8] = b"between-you-and-me";

/// Written by pyrad 2.6.0: a Start with 3GPP attributes, Message-Authenticator first, two Proxy-States last.
pub(crate) const START: &str = "042a00c4b16af970cf4c6ed06843324d561725c6\
    501297b202e92d1f41d9dc100d3d1a1912e5\
    280600000001 0406c000020a 2c0c30304330464645453031 08060a010203\
    1f0e343437373030393030303031 1e056d6d73 37066553f100 290600000002\
    1a17000028af0111393939373030303030303030303031 1a0d000028af12073939393730\
    1a18000028af141233353030303030303030303030303031 1a09000028af150306\
    6114004020010db8000100020000000000000000 21047031 21047032";

/// Written by radclient 3.2.1: a Stop.
pub(crate) const STOP: &str = "041e0096b8bb4eec4cd065d5a7e28c37632f6e7b\
    280600000002 2c0c30304330464645453031 20086767736e2d31 08060a010203\
    1f0f2b343437373030393030303031 1a17000028af0111393939373030303030303030303031\
    1a09000028af150306 1a09000028af0b03ff 2e0600000032 310600000001 37066553f13c\
    6114004020010db8000100020000000000000000 21047031";

pub(crate) fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn a_start_of_pyrad() {
    let octets = octets(START);
    let packet = Packet::read(&octets).unwrap();
    assert_eq!(packet.verify(SECRET), Ok(()));
    let said = Accounting::read(&packet).unwrap();
    assert_eq!(said.status, Status::Start);
    assert_eq!(said.session_id, Some(&b"00C0FFEE01"[..]));
    assert_eq!(said.nas_ip, Some(Ipv4Addr::new(192, 0, 2, 10)));
    assert_eq!(said.framed_ip, Some(Ipv4Addr::new(10, 1, 2, 3)));
    assert_eq!(said.calling_station_id, Some(&b"447700900001"[..]));
    assert_eq!(said.called_station_id, Some(&b"mms"[..]));
    assert_eq!(said.event_timestamp, Some(1_700_000_000));
    assert_eq!(said.delay_s, Some(2));
    let prefix = said.framed_ipv6_prefix.unwrap();
    assert_eq!(
        (prefix.address, prefix.bits),
        ("2001:db8:1:2::".parse::<Ipv6Addr>().unwrap(), 64)
    );
    assert_eq!(said.three_gpp.imsi, Some(&b"999700000000001"[..]));
    assert_eq!(said.three_gpp.sgsn_mcc_mnc, Some(&b"99970"[..]));
    assert_eq!(said.three_gpp.imeisv, Some(&b"3500000000000001"[..]));
    assert_eq!(said.three_gpp.rat_type, Some(6));
    assert!(!said.three_gpp.session_stop);
}

#[test]
fn a_stop_of_radclient() {
    let octets = octets(STOP);
    let packet = Packet::read(&octets).unwrap();
    assert_eq!(packet.verify(SECRET), Ok(()));
    let said = Accounting::read(&packet).unwrap();
    assert_eq!(said.status, Status::Stop);
    assert_eq!(said.nas_identifier, Some(&b"ggsn-1"[..]));
    assert_eq!(said.session_s, Some(50));
    assert_eq!(said.terminate_cause, Some(1));
    assert!(said.three_gpp.session_stop);
}

/// Attributes that are written, and what reading them gives.
fn check(attributes: &[(u8, &[u8])], expected: Result<(), (ErrorKind, u16)>) {
    let mut octets = Vec::new();
    let mut writer = Writer::new(&mut octets, Code::AccountingRequest, 1);
    for (number, value) in attributes {
        writer.attribute(*number, value).unwrap();
    }
    writer.sign_request(SECRET);
    let packet = Packet::read(&octets).unwrap();
    let read = Accounting::read(&packet)
        .map(|_| ())
        .map_err(|error| (error.kind, error.offset));
    assert_eq!(read, expected, "{attributes:?}");
}

#[test]
fn values_that_their_attributes_can_not_have() {
    let start: (u8, &[u8]) = (40, &[0, 0, 0, 1]);
    check(&[start], Ok(()));
    check(&[], Err((ErrorKind::Status, 20)));
    check(&[(40, &[0, 0, 0, 9])], Err((ErrorKind::Status, 20)));
    check(&[(40, &[1])], Err((ErrorKind::Form, 20)));
    check(&[start, (8, &[10, 0, 0])], Err((ErrorKind::Form, 26)));
    check(&[start, (95, &[0; 4])], Err((ErrorKind::Form, 26)));
    check(&[start, (97, &[0])], Err((ErrorKind::Form, 26)));
    check(&[start, (97, &[0, 129, 1, 2])], Err((ErrorKind::Form, 26)));
    check(&[start, (97, &[0, 64, 1, 2])], Err((ErrorKind::Form, 26)));
    check(&[start, (97, &[0; 19])], Err((ErrorKind::Form, 26)));
    check(&[start, (97, &[0, 16, 0x20, 1])], Ok(()));
    check(&[start, (26, &[0, 0, 1])], Err((ErrorKind::Form, 26)));
    check(&[start, (26, &[0, 0, 0, 9, 1, 99])], Ok(()));
    check(
        &[start, (26, &[0, 0, 0x28, 0xAF, 1, 3])],
        Err((ErrorKind::VendorLength, 32)),
    );
    check(
        &[start, (26, &[0, 0, 0x28, 0xAF, 1, 1])],
        Err((ErrorKind::VendorLength, 32)),
    );
    check(
        &[start, (26, &[0, 0, 0x28, 0xAF, 21, 4, 1, 2])],
        Err((ErrorKind::Form, 32)),
    );
    check(&[start, (26, &[0, 0, 0x28, 0xAF, 21, 6, 0, 0, 0, 2])], Ok(()));
}

#[test]
fn what_contradicts_itself_is_refused() {
    let start: (u8, &[u8]) = (40, &[0, 0, 0, 1]);
    let first: (u8, &[u8]) = (31, b"447700900001");
    check(&[start, first, first], Ok(()));
    check(
        &[start, first, (31, b"447700900002")],
        Err((ErrorKind::Repeated, 40)),
    );
    check(&[start, (40, &[0, 0, 0, 2])], Err((ErrorKind::Repeated, 26)));
}

#[test]
fn an_address_that_is_left_to_others_is_none() {
    let mut octets = Vec::new();
    let mut writer = Writer::new(&mut octets, Code::AccountingRequest, 1);
    writer.number(40, 1).unwrap();
    writer.number(8, 0xFFFF_FFFE).unwrap();
    writer.sign_request(SECRET);
    let packet = Packet::read(&octets).unwrap();
    assert_eq!(Accounting::read(&packet).unwrap().framed_ip, None);
}
