//! What an SMSC got, read by Wireshark: SMPP, the user data header, WSP, the notification; put together from segments.

use super::{Phones, is_here, notification, site, unhex};
use crate::support::{foreign, message, octets, phone};
use serde_json::Value;
use std::process::Command;
use tests::process::centre::{Centre, Kind};
use tests::process::{Site, turnstile};

/// One connection to port 2775 with each PDU in a segment of its own, as a capture of raw IP (LINKTYPE_RAW).
fn capture(pdus: &[Vec<u8>]) -> Vec<u8> {
    let mut out = vec![0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0];
    for word in [0_u32, 0, 262_144, 101] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    let mut sequence = 1_u32;
    for pdu in pdus {
        let total = u16::try_from(40 + pdu.len()).expect("a small PDU");
        let mut packet = vec![0x45, 0];
        packet.extend_from_slice(&total.to_be_bytes());
        packet.extend_from_slice(&[0, 0, 0, 0, 64, 6, 0, 0, 127, 0, 0, 2, 127, 0, 0, 1]);
        packet.extend_from_slice(&40_000_u16.to_be_bytes());
        packet.extend_from_slice(&2_775_u16.to_be_bytes());
        packet.extend_from_slice(&sequence.to_be_bytes());
        packet.extend_from_slice(&[0, 0, 0, 1, 0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]);
        packet.extend_from_slice(pdu);
        sequence += u32::try_from(pdu.len()).expect("a small PDU");
        for word in [1_000, 0, u32::from(total), u32::from(total)] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(&packet);
    }
    out
}

/// The fields of each PDU, as tshark sees them; nothing where it is not here.
pub(super) fn dissect(folder: &std::path::Path, submits: &[Value], fields: &[&str]) -> Option<Vec<String>> {
    let pdus: Vec<Vec<u8>> = submits
        .iter()
        .map(|submit| unhex(submit["raw"].as_str().expect("octets")))
        .collect();
    let path = folder.join("captured.pcap");
    std::fs::write(&path, capture(&pdus)).unwrap();
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
    let output = foreign(&mut command)?;
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.lines().map(str::to_owned).collect())
}

/// Wireshark finds the notification in what was submitted by this carriage, and nothing malformed; it puts together
/// what was cut.
pub(super) fn expect(site: &Site, submits: &[Value], carriage: &str, location: &str) {
    let fields = [
        "smpp.command_id",
        "smpp.source_port",
        "smpp.destination_port",
        "smpp.sar_segment_seqnum",
        "wsp.pdu_type",
        "mmse.message_type",
        "mmse.content_location",
        "_ws.malformed",
    ];
    let Some(lines) = dissect(site.folder(), submits, &fields) else {
        return;
    };
    assert_eq!(lines.len(), submits.len());
    let read = |ports: &str, number: &str| format!("0x00000004|{ports}|{number}|0x06|0x82|{location}|");
    let last = lines.last().expect("a PDU");
    match carriage {
        "udh" => assert_eq!(*last, read("|", "")),
        "sar" => assert_eq!(*last, read("0x23f0|0x0b84", &submits.len().to_string())),
        // Its dissector looks at no message_payload.
        _ => assert!(last.starts_with("0x00000004|0x23f0|0x0b84||"), "{last}"),
    }
}

/// One message where it fits one; two, which Wireshark puts together, where the base of URLs is long.
#[test]
fn wireshark_reads_what_an_smsc_got() {
    let _turn = turnstile::enter();
    if !is_here(Kind::Python) {
        return;
    }
    for (base, segments) in [
        ("http://mms.test/".to_owned(), 1),
        (format!("http://{}.test/", "a".repeat(80)), 2),
    ] {
        let mut smsc = Centre::start(Kind::Python, None).unwrap();
        let mut site = site(1, &[smsc.port], "data_coding = 245\nservice_type = \"WAP\"");
        site.set("mm1.retrieval_base", &format!("{base:?}"));
        let server = site.start().unwrap();
        phone(1, &server).send(&message(&[2], &octets("x", 100))).unwrap();
        let mut phones = Phones::default();
        let mut submits = Vec::new();
        let pdu = loop {
            let submit = smsc.wait("submit", crate::support::PATIENCE).unwrap();
            submits.push(submit.clone());
            if let Some((_, pdu)) = phones.take(&submit) {
                break pdu;
            }
        };
        assert_eq!(submits.len(), segments);
        let location = notification(&pdu).content_location;
        let fields = [
            "smpp.command_id",
            "wsp.pdu_type",
            "mmse.message_type",
            "mmse.content_location",
            "_ws.malformed",
        ];
        let Some(lines) = dissect(site.folder(), &submits, &fields) else {
            return;
        };
        let last = lines.last().expect("a PDU");
        assert_eq!(*last, format!("0x00000004|0x06|0x82|{location}|"));
        // The canary: another content type behind the same headers.
        let mut damaged = submits.clone();
        let raw = damaged[0]["raw"]
            .as_str()
            .expect("octets")
            .replacen("03beaf84", "0383af84", 1);
        damaged[0]["raw"] = Value::from(raw);
        let lines = dissect(site.folder(), &damaged, &fields).expect("tshark");
        assert_ne!(lines.last(), Some(last), "damage is seen");
    }
}
