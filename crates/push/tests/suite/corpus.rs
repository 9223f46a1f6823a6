//! Pushes of real networks, kept outside the tree.
//!
//! Read through a path relative to the workspace; where it is missing the test says so and passes. Invariant: each
//! push leads to a PDU, or is refused for the reason that is named here.

use std::fs;
use std::path::{Path, PathBuf};

use mms::Pdu;
use push::wdp::{Reassembly, read_header};
use push::wsp_push::read_push;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/wap-push-sms");

fn folder() -> Option<PathBuf> {
    let folder = Path::new(CORPUS);
    if !folder.is_dir() {
        println!("skipped: the corpus is not here");
        return None;
    }
    Some(folder.to_owned())
}

#[test]
fn real_pushes() {
    let Some(folder) = folder() else { return };
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".wsp") && !name.ends_with(".bin") {
            continue;
        }
        seen += 1;
        let octets = fs::read(&path).unwrap();
        if ["aosp", "mudita_Missing_PDU"]
            .iter()
            .any(|begin| name.starts_with(begin))
        {
            // A HeadersLen of zero, hence no content type; cut short within its headers.
            assert!(read_push(&octets).is_err(), "{name}");
            continue;
        }
        let push = read_push(&octets).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(push.content_type.is("application/vnd.wap.mms-message"), "{name}");
        assert!(push.is_for_mms, "{name}");
        let is_whole = matches!(Pdu::read(push.body), Ok(Pdu::NotificationInd(_)));
        let is_broken = ["Incomplete", "Missing", "X_Mms_Message_Type"]
            .iter()
            .any(|word| name.contains(word));
        assert_eq!(is_whole, !is_broken, "{name}");
    }
    assert!(seen > 5, "the corpus has pushes");
}

/// Backups of messages as phones stored them: user data header and octets of each segment.
#[test]
fn real_segments() {
    let Some(folder) = folder() else { return };
    let mut whole = 0;
    for entry in fs::read_dir(folder.join("gammu")).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        let mut reassembly = Reassembly::new();
        let mut header = Vec::new();
        let mut data = Vec::new();
        for line in text.lines().chain(["[end]"]) {
            let (key, value) = line.split_once(" = ").unwrap_or((line, ""));
            match key {
                "UDH" => header = hex(value),
                _ if key.starts_with("Text") => data.extend(hex(value)),
                _ if line.starts_with('[') && !header.is_empty() => {
                    let message = [std::mem::take(&mut header), std::mem::take(&mut data)].concat();
                    let piece = read_header(&message).expect("a header");
                    assert_eq!(piece.ports, Some((2948, 9200)), "{path:?}");
                    if let Some(push) = reassembly.take(&piece) {
                        // Some backups have their own line end as a last octet.
                        let push = push.strip_suffix(b"\n").unwrap_or(&push);
                        let push = read_push(push).expect("a push");
                        // One network's HeadersLen reckons the PDU's first two octets in.
                        let is_broken = path.ends_with("mms-298.smsbackup");
                        let is_whole = matches!(Pdu::read(push.body), Ok(Pdu::NotificationInd(_)));
                        assert_eq!(is_whole, !is_broken, "{path:?}");
                        whole += 1;
                    }
                }
                _ => {}
            }
        }
    }
    assert!(whole > 0, "a push in one message or put together");
}

fn hex(text: &str) -> Vec<u8> {
    let pairs = text.trim().as_bytes().chunks_exact(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
