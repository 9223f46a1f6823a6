//! Real PDUs: each file of the corpus decodes to the facts that foreign decoders found in it, or is refused.
//!
//! The judge of the decoder: our own encoder has no say here. Invariants: the corpus stays outside the project; where
//! it is missing the test says so and passes; a corrupted copy must fail the same check (the canary).

#![expect(clippy::expect_used, reason = "a test's steps fail the test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, str};

use mms::{EncodedString, Originator, Pdu, RecipientKind};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");

/// The keys of the index's facts that are compared; `ffheader` is the other decoder's trouble with application headers.
const KEYS: &[&str] = &[
    "transaction_id",
    "mms_version",
    "from",
    "to",
    "cc",
    "subject",
    "java.subject",
    "content_location",
    "message_id",
    "message_size",
    "date",
    "parts",
    "read_status",
    "response_status",
    "response_text",
    "retrieve_status",
    "status",
    "ffheader",
];

type Facts = BTreeMap<&'static str, String>;

struct Case {
    path: PathBuf,
    kind: String,
    pdu: String,
    special: String,
    expected: String,
    facts: Facts,
}

fn cases() -> Vec<Case> {
    let Ok(index) = fs::read(Path::new(CORPUS).join("INDEX.tsv")) else {
        println!("skipped: there is no corpus at {CORPUS}");
        return Vec::new();
    };
    let index = String::from_utf8_lossy(&index).into_owned();
    index
        .lines()
        .skip(1)
        .filter_map(|line| {
            let columns: Vec<&str> = line.trim_end_matches('\r').split('\t').collect();
            let column = |number: usize| (*columns.get(number).unwrap_or(&"")).to_owned();
            let case = Case {
                path: Path::new(CORPUS).join(column(0)),
                kind: column(1),
                pdu: column(2),
                special: column(8),
                expected: column(9),
                facts: parse_facts(&column(11)),
            };
            matches!(case.kind.as_str(), "mm1" | "wsp-push").then_some(case)
        })
        .collect()
}

/// `key=value key=value`, where values may hold spaces.
fn parse_facts(text: &str) -> Facts {
    let padded = format!(" {text}");
    let mut starts: Vec<(usize, &'static str)> = KEYS
        .iter()
        .filter_map(|key| padded.find(&format!(" {key}=")).map(|position| (position, *key)))
        .collect();
    starts.sort_unstable();
    let ends = starts.iter().skip(1).map(|start| start.0).chain([padded.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(&(start, key), end)| (key, padded[start + key.len() + 2..end].to_owned()))
        .collect()
}

/// The PDU in a file: the file itself, or what follows the headers of a connectionless push.
fn pdu_bytes<'a>(case: &Case, bytes: &'a [u8]) -> &'a [u8] {
    if case.kind == "mm1" {
        return bytes;
    }
    let mut reader = wsp::Reader::new(bytes);
    let push = (reader.octet(), reader.octet());
    assert!(
        matches!(push, (Ok(_), Ok(6))),
        "{}: PDU type 6 is Push",
        case.path.display()
    );
    let length = reader.uintvar().expect("HeadersLen");
    // A push that is cut off within its headers carries nothing.
    reader.take(length as usize).map_or(b"", |_| reader.rest())
}

/// Files that no server may take for a message, by what the index says of them.
fn is_to_be_refused(case: &Case) -> bool {
    case.expected.contains("must be rejected")
        || case.expected.contains("bool(mmsNotifOpt) == false")
        || case.pdu.contains("not-a-PDU")
        || case.special.contains("no body data")
}

fn utf8(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

fn originator(from: &Originator<'_>) -> String {
    match from {
        Originator::Address(address) => utf8(address.text.text),
        Originator::Insert => "<insert address>".to_owned(),
    }
}

/// What we find, under the names of the index.
fn facts(bytes: &[u8], pdu: &Pdu<'_>) -> Facts {
    let mut facts = Facts::new();
    let mut put = |key, value: Option<String>| {
        if let Some(value) = value {
            facts.insert(key, value);
        }
    };
    let text = |text: Option<&[u8]>| text.map(utf8);
    let encoded = |string: Option<EncodedString<'_>>| string.map(|string| utf8(string.text));
    let hex = |octet: u8| Some(format!("{octet:#04x}"));
    let envelope = mms::Envelope::peek(bytes);
    put("transaction_id", text(envelope.transaction_id));
    put("mms_version", envelope.version.map(|version| version.to_string()));
    match pdu {
        Pdu::SendReq(pdu) => {
            put("from", Some(originator(&pdu.from)));
            put("subject", encoded(pdu.subject));
            put("date", pdu.date_unix_s.map(|date| date.to_string()));
        }
        Pdu::RetrieveConf(pdu) => {
            put("from", pdu.from.as_ref().map(originator));
            put("subject", encoded(pdu.subject()));
            put("date", Some(pdu.date_unix_s.to_string()));
            put("message_id", text(pdu.message_id));
            put(
                "retrieve_status",
                pdu.retrieve_status.and_then(|status| hex(status.octet())),
            );
        }
        Pdu::NotificationInd(pdu) => {
            put("from", pdu.from.as_ref().map(originator));
            put("subject", encoded(pdu.subject));
            put("content_location", Some(utf8(pdu.content_location)));
            put("message_size", Some(pdu.message_size_octets.to_string()));
        }
        Pdu::SendConf(pdu) => {
            put("message_id", text(pdu.message_id));
            put("response_status", hex(pdu.response_status.octet()));
            put("response_text", encoded(pdu.response_text));
        }
        Pdu::DeliveryInd(pdu) => {
            put("message_id", Some(utf8(pdu.message_id)));
            put("to", Some(utf8(pdu.to.text.text)));
            put("date", Some(pdu.date_unix_s.to_string()));
            put("status", hex(pdu.status.octet()));
        }
        Pdu::ReadRecInd(pdu) => {
            put("message_id", Some(utf8(pdu.message_id)));
            put("to", Some(utf8(pdu.to.text.text)));
            put("from", Some(originator(&pdu.from)));
            put("date", pdu.date_unix_s.map(|date| date.to_string()));
            put("read_status", hex(pdu.read_status.octet()));
        }
        Pdu::ReadOrigInd(pdu) => {
            put("message_id", Some(utf8(pdu.message_id)));
            put("to", Some(utf8(pdu.to.text.text)));
            put("from", Some(originator(&pdu.from)));
            put("date", Some(pdu.date_unix_s.to_string()));
            put("read_status", hex(pdu.read_status.octet()));
        }
        _ => {}
    }
    message_facts(pdu, &mut facts);
    facts
}

/// Recipients and parts of the two PDUs that have a body.
fn message_facts(pdu: &Pdu<'_>, facts: &mut Facts) {
    let (recipients, content) = match pdu {
        Pdu::SendReq(pdu) => (pdu.recipients, pdu.content),
        Pdu::RetrieveConf(pdu) => (pdu.recipients(), pdu.content),
        _ => return,
    };
    for (key, kind) in [("to", RecipientKind::To), ("cc", RecipientKind::Cc)] {
        let all: Vec<String> = recipients
            .iter()
            .filter(|recipient| recipient.kind == kind)
            .map(|recipient| utf8(recipient.address.text.text))
            .collect();
        if !all.is_empty() {
            facts.insert(key, all.join(","));
        }
    }
    if let Some(table) = content.parts() {
        let parts: Vec<_> = table
            .expect("a part table")
            .map(|part| part.expect("a part"))
            .collect();
        facts.insert("parts", parts.len().to_string());
    }
}

/// `Apr 20, 2014 19:39:18.000000000 UTC` as seconds since 1970.
fn unix_s(date: &str) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let words: Vec<&str> = date
        .split([' ', ',', ':', '.'])
        .filter(|word| !word.is_empty())
        .collect();
    let number = |index: usize| words[index].parse::<i64>().expect("a number");
    let month = 1 + MONTHS
        .iter()
        .position(|month| *month == words[0])
        .expect("a month") as i64;
    let (year, day) = (number(2), number(1));
    // Days since 1970 of the civil calendar, the year beginning in March.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 719_469;
    (days * 86_400 + number(3) * 3_600 + number(4) * 60 + number(5)).to_string()
}

/// The facts of the index that ours contradict.
fn contradictions(expected: &Facts, ours: &Facts) -> Vec<String> {
    let mut wrong = Vec::new();
    for (&key, value) in expected {
        let (ours_key, value) = match key {
            "date" => ("date", unix_s(value)),
            // The other decoder's text in its own wrong character set says nothing.
            _ if value.contains('\u{FFFD}') => continue,
            "ffheader" => continue,
            "java.subject" => ("subject", value.clone()),
            _ => (key, value.clone()),
        };
        // The other decoder leaves the Quote octet in the text.
        let value = value.trim_start_matches('\u{7F}').to_owned();
        let found = ours.get(ours_key).map_or("", String::as_str);
        if found.trim() != value.trim() {
            wrong.push(format!("{key}: index {value:?}, ours {found:?}"));
        }
    }
    wrong
}

fn kind_of(pdu: &Pdu<'_>) -> String {
    pdu.pdu_type().name().to_lowercase().replace('.', "-")
}

fn judge(case: &Case, bytes: &[u8]) -> Vec<String> {
    match Pdu::read(bytes) {
        Err(error) => vec![format!("refused: {error}")],
        Ok(pdu) => {
            let mut wrong = contradictions(&case.facts, &facts(bytes, &pdu));
            if !case.pdu.contains(&kind_of(&pdu)) {
                wrong.push(format!("kind: index {}, ours {}", case.pdu, kind_of(&pdu)));
            }
            wrong
        }
    }
}

#[test]
fn every_file_decodes_to_the_facts_or_is_refused() {
    let mut failures = Vec::new();
    for case in cases() {
        let bytes = fs::read(&case.path).expect("a corpus file");
        let pdu = pdu_bytes(&case, &bytes);
        let name = case.path.display();
        match (is_to_be_refused(&case), judge(&case, pdu)) {
            (true, _) => match Pdu::read(pdu) {
                Ok(_) => failures.push(format!("{name}: must be refused: {}", case.special)),
                Err(error) => println!("refused {name}: {error}"),
            },
            (false, wrong) if !wrong.is_empty() => failures.push(format!("{name}: {}", wrong.join("; "))),
            (false, _) => {}
        }
        mms::fuzz::pdu(pdu);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_corrupted_copy_is_caught() {
    for case in cases().into_iter().filter(|case| !is_to_be_refused(case)) {
        let Some(id) = case.facts.get("transaction_id").or(case.facts.get("message_id")) else {
            continue;
        };
        let bytes = fs::read(&case.path).expect("a corpus file");
        let mut pdu = pdu_bytes(&case, &bytes).to_vec();
        let position = pdu.windows(id.len()).position(|window| window == id.as_bytes());
        pdu[position.expect("the identity is in the file")] ^= 1;
        assert!(
            !judge(&case, &pdu).is_empty(),
            "{}: a changed identity went unnoticed",
            case.path.display()
        );
    }
}

#[test]
fn parts_are_found_octet_by_octet() {
    for case in cases() {
        let folder = case.path.with_file_name("parts");
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        let bytes = fs::read(&case.path).expect("a corpus file");
        let Ok(Pdu::RetrieveConf(message)) = Pdu::read(pdu_bytes(&case, &bytes)) else {
            continue;
        };
        let table = message
            .content
            .parts()
            .expect("a multipart")
            .expect("a part table");
        let parts: Vec<_> = table.map(|part| part.expect("a part")).collect();
        for entry in entries {
            let path = entry.expect("a folder entry").path();
            let wanted = fs::read(&path).expect("a part file");
            assert!(
                parts.iter().any(|part| part.data == wanted),
                "{} is not in the message",
                path.display()
            );
        }
    }
}

#[test]
fn dates_are_reckoned_right() {
    assert_eq!(unix_s("Jan  1, 1970 00:00:01.000000000 UTC"), "1");
    assert_eq!(unix_s("Mar  1, 2000 00:00:00.000000000 UTC"), "951868800");
    assert_eq!(unix_s("Dec 20, 2013 17:31:48.000000000 UTC"), "1387560708");
}

#[test]
fn facts_are_taken_apart() {
    let facts = parse_facts("transaction_id=a b mms_version=1.1 to=+1,+2 java.subject=x = y");
    assert_eq!(facts.get("transaction_id").map(String::as_str), Some("a b"));
    assert_eq!(facts.get("java.subject").map(String::as_str), Some("x = y"));
    assert_eq!(facts.len(), 4);
    assert!(!contradictions(&facts, &Facts::new()).is_empty());
}

#[test]
fn damaged_copies_do_not_panic() {
    // A fixed xorshift: the same damage on each run.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    for case in cases() {
        let bytes = fs::read(&case.path).expect("a corpus file");
        let whole = pdu_bytes(&case, &bytes);
        if whole.len() > 5_000 {
            continue;
        }
        for _ in 0..500 {
            let mut damaged = whole.to_vec();
            for _ in 0..=next(3) {
                let position = next(damaged.len());
                if let Some(slot) = damaged.get_mut(position) {
                    *slot = next(256) as u8;
                }
            }
            damaged.truncate(whole.len() - next(4) * next(whole.len()) / 4);
            mms::fuzz::pdu(&damaged);
        }
    }
}
