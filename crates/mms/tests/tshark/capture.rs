//! A capture with PDUs in it, and what tshark says of each.
//!
//! The hands of the test beside it. Invariants: one packet for each PDU, in order; the capture file is removed again.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Of one packet: the values of the fields, and the dissector's complaints.
pub(crate) type Dissected = (Vec<String>, String);

/// A capture of raw IPv4 packets, each a WSP push to port 2948 with one PDU.
fn capture(pdus: &[&[u8]]) -> Vec<u8> {
    // magic, version 2.4, zone, accuracy, snapshot length, link type 101 (raw IP)
    let mut out = Vec::new();
    for word in [0xA1B2_C3D4_u32, 0x0004_0002, 0, 0, 0x4_0000, 101] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    for (number, pdu) in pdus.iter().enumerate() {
        let packet = packet(&[b"\x01\x06\x03\xBE\xAF\x84".as_slice(), pdu].concat());
        let length = u32::try_from(packet.len()).expect("small");
        for word in [1_000, u32::try_from(number).expect("few"), length, length] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(&packet);
    }
    out
}

/// UDP from 9200 to 2948 in IPv4; the checksums are zero, which tshark does not mind.
fn packet(payload: &[u8]) -> Vec<u8> {
    let udp = u16::try_from(payload.len() + 8).expect("small");
    let mut packet = vec![0x45, 0];
    packet.extend_from_slice(&(udp + 20).to_be_bytes());
    packet.extend_from_slice(&[0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 2, 127, 0, 0, 1]);
    for word in [9_200, 2_948, udp, 0] {
        packet.extend_from_slice(&u16::to_be_bytes(word));
    }
    packet.extend_from_slice(payload);
    packet
}

/// What tshark finds: for each packet the values of `fields`, and its complaints. `None` when it is not installed.
pub(crate) fn dissect(pdus: &[&[u8]], fields: &[&str], name: &str) -> Option<Vec<Dissected>> {
    if Command::new("tshark").arg("--version").output().is_err() {
        println!("skipped: tshark is not installed");
        return None;
    }
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.pcap", std::process::id()));
    fs::write(&path, capture(pdus)).expect("a capture file");
    let mut command = Command::new("tshark");
    command.env("TZ", "UTC").arg("-r").arg(&path).args([
        "-T",
        "fields",
        "-E",
        "separator=/t",
        "-E",
        "aggregator=;",
    ]);
    for field in fields
        .iter()
        .chain(&["_ws.malformed", "_ws.expert.severity", "_ws.expert.message"])
    {
        command.args(["-e", field]);
    }
    let output = command.output().expect("tshark runs");
    fs::remove_file(&path).expect("the capture file is ours");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let packets = text.lines().map(|line| {
        let mut columns: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let complaints = columns.split_off(fields.len()).join(" ");
        (columns, complaints.trim().to_owned())
    });
    Some(packets.collect())
}
