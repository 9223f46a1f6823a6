//! Golden PDUs, field by field after SMPP 3.4 §4.
//!
//! Invariant: the numbers are fictional; Wireshark reads the same PDUs in the suite.

use base::Msisdn;

use super::*;
use crate::hex::octets;
use crate::outcome::PushId;
use crate::smpp::settings::{Credentials, Source};

fn settings(carriage: Carriage) -> Settings {
    Settings {
        credentials: Credentials {
            system_id: "ring".to_owned(),
            password: "secret".to_owned(),
            system_type: String::new(),
        },
        service_type: "WAP".to_owned(),
        source: Source {
            ton: 3,
            npi: 0,
            address: "5574".to_owned(),
        },
        carriage,
        ..Settings::default()
    }
}

fn submission(octets: usize) -> Submission {
    Submission {
        id: PushId(1),
        to: Msisdn::from_digits(b"447700900123").unwrap(),
        octets: vec![0xAA; octets],
        reference: 0x0102,
        valid_for_s: 300,
    }
}

#[test]
fn binds() {
    let table = [
        (Bind::Transmitter, "00000002"),
        (Bind::Receiver, "00000001"),
        (Bind::Transceiver, "00000009"),
    ];
    for (bind_as, command) in table {
        let mut out = Vec::new();
        let settings = Settings {
            bind: bind_as,
            ..settings(Carriage::Header)
        };
        bind(&mut out, 5, &settings);
        let expected = octets(&format!(
            "00000021 {command} 00000000 00000005 # 33 octets
             72696E67 00       # system_id ring
             736563726574 00   # password secret
             00                # system_type
             34                # interface_version 3.4
             00 00 00          # addr_ton, addr_npi, address_range"
        ));
        assert_eq!(out, expected);
    }
}

/// A submit_sm of which `esm_class` and what follows sm_length are given.
fn submit(length: &str, esm_class: &str, rest: &str) -> Vec<u8> {
    octets(&format!(
        "{length} 00000004 00000000 00000009
         57415000                         # service_type WAP
         03 00 3535373400                 # source 5574, network specific
         01 01 34343737303039303031323300 # destination 447700900123, international
         {esm_class} 00 00                # esm_class, protocol_id, priority_flag
         00                               # schedule_delivery_time
         30303030303030303035303030303052 00 # validity_period 5 minutes from now
         01 00 04 00                      # final receipt, no replace, 8 bits, no default message
         {rest}"
    ))
}

#[track_caller]
fn check(carriage: Carriage, push_octets: usize, number: u8, expected: &[u8]) {
    let mut out = Vec::new();
    let submission = submission(push_octets);
    assert!(submit_sm(
        &mut out,
        9,
        &settings(carriage),
        carriage,
        &submission,
        number
    ));
    assert_eq!(out, expected);
}

#[test]
fn a_submission_with_a_header() {
    let expected = submit("0000004E", "40", "0A 06050 40B84 23F0 AAAAAA");
    check(Carriage::Header, 3, 1, &expected);
    let tail = "AA".repeat(6);
    let expected = submit(
        "00000056",
        "40",
        &format!("12 0B 0504 0B84 23F0 0003 02 02 02 {tail} # the second of two"),
    );
    check(Carriage::Header, 134, 2, &expected);
}

#[test]
fn a_submission_with_parameters() {
    let ports = "020A 0002 23F0 020B 0002 0B84";
    let expected = submit("00000053", "00", &format!("03 AAAAAA {ports}"));
    check(Carriage::Sar, 3, 1, &expected);
    let tail = "AA".repeat(6);
    let sar = "020C 0002 0102 020E 0001 02 020F 0001 02";
    let expected = submit("00000066", "00", &format!("06 {tail} {ports} {sar}"));
    check(Carriage::Sar, 134, 2, &expected);
}

#[test]
fn a_submission_with_a_payload() {
    let push = "AA".repeat(134);
    let expected = submit(
        "000000DA",
        "00",
        &format!("00 020A 0002 23F0 020B 0002 0B84 0424 0086 {push}"),
    );
    check(Carriage::Payload, 134, 1, &expected);
}

#[test]
fn what_there_is_not_is_not_written() {
    let mut out = Vec::new();
    let settings = settings(Carriage::Header);
    assert!(!submit_sm(
        &mut out,
        1,
        &settings,
        Carriage::Header,
        &submission(133),
        2
    ));
    assert!(!submit_sm(
        &mut out,
        1,
        &settings,
        Carriage::Header,
        &submission(385),
        1
    ));
    assert!(out.is_empty());
    assert_eq!(submissions(&settings, Carriage::Payload, 300), Some(1));
    assert_eq!(submissions(&settings, Carriage::Sar, 300), Some(3));
    assert_eq!(submissions(&settings, Carriage::Payload, 385), None);
}

#[test]
fn validities() {
    let table = [
        (0, "000000000100000R"),
        (60, "000000000100000R"),
        (3_661, "000000010101000R"),
        (7 * 86_400, "000007000000000R"),
        (u32::MAX, "000030000000000R"),
    ];
    for (seconds, expected) in table {
        assert_eq!(validity(seconds), expected);
    }
}

#[test]
fn answers() {
    let table = [
        (command::ENQUIRE_LINK, 0, "00000010 80000015 00000000 00000003"),
        (command::UNBIND, 0, "00000010 80000006 00000000 00000003"),
        (
            command::DELIVER_SM,
            0x65,
            "00000011 80000005 00000065 00000003 00",
        ),
        (command::DATA_SM, 0, "00000011 80000103 00000000 00000003 00"),
        (0x21, 3, "00000010 80000000 00000003 00000003"),
    ];
    for (command, status, expected) in table {
        let mut out = Vec::new();
        let request = Head {
            command,
            status: 0,
            sequence: 3,
        };
        answer(&mut out, request, status);
        assert_eq!(out, octets(expected));
    }
    let mut out = Vec::new();
    bare(&mut out, command::ENQUIRE_LINK, 3);
    bare(&mut out, command::UNBIND, 4);
    assert_eq!(
        out,
        octets("00000010 00000015 00000000 00000003 00000010 00000006 00000000 00000004")
    );
}

#[test]
fn settings_that_fit_no_field() {
    let broken = |change: fn(&mut Settings)| {
        let mut settings = settings(Carriage::Header);
        assert_eq!(settings.check(), Ok(()));
        change(&mut settings);
        settings.check().unwrap_err().name
    };
    assert_eq!(broken(|s| s.credentials.system_id = "x".repeat(16)), "system_id");
    assert_eq!(broken(|s| s.credentials.password = "x".repeat(9)), "password");
    assert_eq!(
        broken(|s| s.credentials.system_type = "\u{e9}".to_owned()),
        "system_type"
    );
    assert_eq!(broken(|s| s.service_type = "a\0b".to_owned()), "service_type");
    assert_eq!(broken(|s| s.source.address = "x".repeat(21)), "source.address");
    assert_eq!(broken(|s| s.priority = 4), "priority");
    assert_eq!(broken(|s| s.messaging_mode = 4), "messaging_mode");
    assert_eq!(broken(|s| s.window = 0), "smpp.window");
    let shrinking = |s: &mut Settings| (s.retry_ms_min, s.retry_ms_max) = (2_000, 1_000);
    assert_eq!(broken(shrinking), "smpp.retry_ms_min");
}
