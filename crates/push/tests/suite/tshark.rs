//! Wireshark reads what we write: SMPP on port 2775, and in it the user data header, WSP and the notification.
//!
//! The judge of the writers. Without tshark the test says so and passes. Invariant: the canary, a damaged PDU, is
//! flagged.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use base::{Monotonic, Msisdn};
use mms::{MessageClass, NotificationInd, Time, Version};
use push::smpp::receipts::Bounds;
use push::smpp::{Bind, Carriage, Credentials, IdForm, Receipts, Session, Settings, Source};
use push::wsp_push::write_push;
use push::{PushId, Submission};

use crate::smsc;

fn push_octets(location: &[u8]) -> Vec<u8> {
    let mut pdu = Vec::new();
    let expiry = Time::Relative(3_600);
    NotificationInd::new(
        b"T1",
        Version::V1_2,
        MessageClass::Personal,
        30_000,
        expiry,
        location,
    )
    .write(&mut pdu);
    let mut push = Vec::new();
    write_push(&mut push, 0x2A, &pdu);
    push
}

fn settings(bind: Bind, carriage: Carriage) -> Settings {
    Settings {
        bind,
        carriage,
        credentials: Credentials {
            system_id: "ring".to_owned(),
            password: "secret".to_owned(),
            system_type: "mms".to_owned(),
        },
        service_type: "WAP".to_owned(),
        source: Source {
            ton: 3,
            npi: 1,
            address: "5574".to_owned(),
        },
        data_coding: 0xF5,
        ..Settings::default()
    }
}

/// All that a session writes: a bind, a push, answers, a test, an unbind.
fn octets(carriage: Carriage, push: Vec<u8>) -> Vec<u8> {
    let now = Monotonic(0);
    let mut receipts = Receipts::new(IdForm::Learn, Bounds::default());
    let mut session = Session::new(settings(Bind::Transceiver, carriage), 1, now).unwrap();
    session.tick(now, &mut receipts);
    session.connected(now);
    session.received(&smsc::bound(9, 1), now, &mut receipts);
    let submission = Submission {
        id: PushId(1),
        to: Msisdn::from_digits(b"447700900123").unwrap(),
        octets: push,
        reference: 0x0142,
        valid_for_s: 300,
    };
    session.offer(submission, now).unwrap();
    session.received(
        &smsc::receipt(9, "447700900123", "id:1 stat:DELIVRD"),
        now,
        &mut receipts,
    );
    session.output().to_vec()
}

/// One connection to port 2775, each stretch of octets a segment of its own, in a capture of raw IP.
fn capture(stretches: &[Vec<u8>]) -> Vec<u8> {
    let mut out = vec![0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0];
    for word in [0_u32, 0, 262_144, 101] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    let mut sequence = 1_u32;
    for stretch in stretches {
        let total = u16::try_from(40 + stretch.len()).unwrap();
        let mut packet = vec![0x45, 0];
        packet.extend_from_slice(&total.to_be_bytes());
        packet.extend_from_slice(&[0, 0, 0, 0, 64, 6, 0, 0, 127, 0, 0, 2, 127, 0, 0, 1]);
        packet.extend_from_slice(&40_000_u16.to_be_bytes());
        packet.extend_from_slice(&2_775_u16.to_be_bytes());
        packet.extend_from_slice(&sequence.to_be_bytes());
        packet.extend_from_slice(&[0, 0, 0, 1, 0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]);
        packet.extend_from_slice(stretch);
        sequence += u32::try_from(stretch.len()).unwrap();
        let length = u32::from(total);
        for word in [1_000, 0, length, length] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(&packet);
    }
    out
}

/// What tshark says of `fields`, one line for each stretch; nothing when it is not installed.
fn dissect(name: &str, stretches: &[Vec<u8>], fields: &[&str]) -> Option<Vec<String>> {
    if Command::new("tshark").arg("--version").output().is_err() {
        println!("skipped: tshark is not installed");
        return None;
    }
    let file = format!("push-{name}-{}.pcap", std::process::id());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
    fs::write(&path, capture(stretches)).unwrap();
    let mut command = Command::new("tshark");
    command.arg("-r").arg(&path);
    command.args([
        "-d",
        "tcp.port==2775,smpp",
        "-T",
        "fields",
        "-E",
        "separator=|",
        "-E",
        "aggregator=;",
    ]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap();
    fs::remove_file(&path).unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    Some(
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(str::to_owned)
            .collect(),
    )
}

/// Each PDU of a session in a stretch of its own.
fn stretches(octets: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = octets;
    let mut all = Vec::new();
    while let Some(length) = rest
        .first_chunk::<4>()
        .map(|word| u32::from_be_bytes(*word) as usize)
    {
        let (pdu, after) = rest.split_at(length);
        all.push(pdu.to_vec());
        rest = after;
    }
    all
}

#[test]
fn a_session() {
    let one = octets(
        Carriage::Header,
        push_octets(b"http://mms.example.net/0123456789abcdef"),
    );
    let fields = [
        "smpp.command_id",
        "smpp.system_id",
        "smpp.destination_addr",
        "smpp.esm.submit.features",
        "smpp.regdel.receipt",
        "smpp.sm_length",
        "_ws.malformed",
    ];
    let Some(lines) = dissect("session", &stretches(&one), &fields) else {
        return;
    };
    let expected = [
        "0x00000009|ring|||||",
        "0x00000004||447700900123|0x01|0x01|74|",
        "0x80000005||||||",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn the_notification_within() {
    let fields = [
        "mmse.message_type",
        "mmse.content_location",
        "wsp.pdu_type",
        "_ws.malformed",
    ];
    let location = "http://mms.example.net/0123456789abcdef";
    let single = octets(Carriage::Header, push_octets(location.as_bytes()));
    let Some(lines) = dissect("one", &stretches(&single)[1..2], &fields) else {
        return;
    };
    assert_eq!(lines, [format!("0x82|{location}|0x06|")]);
    // Put together by Wireshark from two segments.
    let long = format!("http://mms.example.net/{}", "a".repeat(150));
    let two = stretches(&octets(Carriage::Header, push_octets(long.as_bytes())));
    let lines = dissect("two", &two[1..3], &fields).unwrap();
    assert_eq!(lines[1], format!("0x82|{long}|0x06|"));
    assert!(!lines[0].contains("0x82"), "not before the second is there");
}

#[test]
fn optional_parameters() {
    let fields = [
        "smpp.source_port",
        "smpp.destination_port",
        "smpp.sar_msg_ref_num",
        "smpp.sar_total_segments",
        "smpp.sar_segment_seqnum",
        "_ws.malformed",
    ];
    let long = format!("http://mms.example.net/{}", "a".repeat(150));
    let push = push_octets(long.as_bytes());
    let sar = stretches(&octets(Carriage::Sar, push.clone()));
    let Some(lines) = dissect("sar", &sar[1..3], &fields) else {
        return;
    };
    assert_eq!(lines, ["0x23f0|0x0b84|322|2|1|", "0x23f0|0x0b84|322|2|2|"]);
    let payload = stretches(&octets(Carriage::Payload, push.clone()));
    let fields = ["smpp.source_port", "smpp.message_payload", "_ws.malformed"];
    let lines = dissect("payload", &payload[1..2], &fields).unwrap();
    let hex: String = push.iter().map(|octet| format!("{octet:02x}")).collect();
    assert_eq!(lines, [format!("0x23f0|{hex}|")]);
}

#[test]
fn the_canary() {
    let whole = octets(
        Carriage::Header,
        push_octets(b"http://mms.example.net/0123456789abcdef"),
    );
    let submission = stretches(&whole)[1].clone();
    let fields = ["mmse.message_type", "_ws.malformed"];
    // Another type of PDU (a Get), another content type (text): 67 octets of push stand behind 7 of header.
    for (from_end, octet) in [(66, 0x46), (64, 0x83)] {
        let mut damaged = submission.clone();
        let at = damaged.len() - from_end;
        damaged[at] = octet;
        let Some(lines) = dissect("canary", &[damaged], &fields) else {
            return;
        };
        assert_ne!(lines, ["0x82|"], "damage is seen");
    }
    let lines = dissect("sound", &[submission], &fields).unwrap();
    assert_eq!(lines, ["0x82|"], "and its absence");
}
