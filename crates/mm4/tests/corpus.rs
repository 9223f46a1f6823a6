//! Real mails: each file of the corpus is read to the facts that foreign decoders found in it.
//!
//! The judge of the reader: our own writer has no say here. Invariants: the corpus stays outside the project; where it
//! is missing the test says so and passes. The files are stored with bare line feeds, a byte-order mark before and the
//! end of the SMTP dialogue behind; that is undone first.

#![expect(clippy::unwrap_used, reason = "a test's steps fail the test")]

use std::path::{Path, PathBuf};
use std::{fs, str};

use entity::{ContentType, Entity};
use mm4::{Message, MmStatus, ReadStatus, RequestStatus, Response};
use wsp::Multipart;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");

struct Case {
    path: PathBuf,
    kind: String,
    pdu: String,
    facts: String,
}

impl Case {
    /// The fact of that name: up to the next ` name=`.
    fn fact(&self, name: &str) -> Option<&str> {
        let padded = &self.facts;
        let start = padded.find(&format!("{name}="))? + name.len() + 1;
        let rest = &padded[start..];
        let names = [
            " ver=", " tid=", " mid=", " from=", " status=", " to#=", " ct=", " parts=", " x-mms=",
        ];
        let end = names
            .iter()
            .filter_map(|name| rest.find(name))
            .min()
            .unwrap_or(rest.len());
        Some(&rest[..end])
    }
}

fn cases() -> Vec<Case> {
    let Ok(index) = fs::read_to_string(Path::new(CORPUS).join("INDEX.tsv")) else {
        println!("skipped: there is no corpus at {CORPUS}");
        return Vec::new();
    };
    let rows = index
        .lines()
        .skip(1)
        .map(|line| line.trim_end_matches('\r').split('\t').collect::<Vec<_>>());
    rows.filter(|row| matches!(row[1], "mm4" | "mm3-email"))
        .map(|row| Case {
            path: Path::new(CORPUS).join(row[0]),
            kind: row[1].to_owned(),
            pdu: row[2].to_owned(),
            facts: row[11].trim_matches('"').replace("\"\"", "\""),
        })
        .collect()
}

/// The mail as SMTP carried it: without mark and dialogue, with CR LF.
fn mail(case: &Case) -> Vec<u8> {
    let stored = fs::read(&case.path).unwrap();
    let stored = stored.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&stored);
    let mut mail = Vec::with_capacity(stored.len() + stored.len() / 60);
    for line in stored.split_inclusive(|&octet| octet == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line == b"." && case.kind == "mm4" {
            break;
        }
        mail.extend_from_slice(
            line.strip_prefix(b".")
                .filter(|_| line.starts_with(b".."))
                .unwrap_or(line),
        );
        mail.extend_from_slice(b"\r\n");
    }
    mail
}

fn name(case: &Case) -> String {
    case.path.display().to_string()
}

/// What the index has of a message: its kind, version, transaction, message id, From and the number in To.
fn summary(message: &Message<'_>) -> [String; 6] {
    let (kind, transaction, message_id, from, to) = match message {
        Message::ForwardReq(m) => (
            "MM4_forward.REQ",
            &m.transaction,
            Some(&m.message_id),
            Some(&m.from),
            m.to.len(),
        ),
        Message::DeliveryReportReq(m) => {
            let kind = "MM4_delivery_report.REQ";
            (kind, &m.transaction, Some(&m.message_id), Some(&m.recipient), 1)
        }
        Message::ReadReplyReportReq(m) => {
            let kind = "MM4_read_reply_report.REQ";
            (kind, &m.transaction, Some(&m.message_id), Some(&m.recipient), 1)
        }
        Message::Response(m) => (
            "MM4_forward.RES",
            &m.transaction,
            m.message_id.as_ref(),
            m.from.as_ref(),
            m.to.len(),
        ),
    };
    [
        kind.to_owned(),
        transaction.version.to_string(),
        String::from_utf8_lossy(transaction.id.raw()).into_owned(),
        message_id
            .map(|id| String::from_utf8_lossy(id.bare()).into_owned())
            .unwrap_or_default(),
        from.map(|from| from.text.clone()).unwrap_or_default(),
        to.to_string(),
    ]
}

#[test]
fn messages_are_read_to_the_facts() {
    let mut count = 0;
    for case in cases().iter().filter(|case| case.kind == "mm4") {
        let mail = mail(case);
        let message =
            Message::read(&mail).unwrap_or_else(|refusal| panic!("{}: {}", name(case), refusal.error));
        let fact = |name| case.fact(name).unwrap().to_owned();
        let expected = [
            case.pdu.strip_prefix("mm4 ").unwrap().to_owned(),
            fact("ver"),
            fact("tid"),
            fact("mid").trim_matches('"').to_owned(),
            fact("from"),
            fact("to#"),
        ];
        assert_eq!(summary(&message), expected, "{}", name(case));
        match &message {
            Message::ForwardReq(_) => {}
            Message::DeliveryReportReq(m) => assert_eq!(m.status, MmStatus::Retrieved, "from X-Mms-Status"),
            Message::ReadReplyReportReq(m) => assert_eq!(m.status, ReadStatus::Read),
            Message::Response(m) => assert_eq!(m.status, RequestStatus::of_text(&fact("status"))),
        }
        count += 1;
    }
    assert!(count == 0 || count == 8, "all of the index: {count}");
}

/// The media types of the leaves, in order, as the facts of the index list them.
fn leaves(entity: &Entity<'_>, types: &mut Vec<String>) {
    let media: ContentType<'_> = entity.content_type().unwrap();
    if media.is_multipart() {
        for part in entity.parts(&media).unwrap() {
            leaves(&part.unwrap(), types);
        }
    } else {
        types.push(media.name());
    }
}

#[test]
fn contents_convert_to_as_many_parts() {
    let mut count = 0;
    for case in cases() {
        let mail = mail(&case);
        let entity = Entity::read(&mail).unwrap();
        assert_eq!(
            Some(entity.content_type().unwrap().name().as_str()),
            case.fact("ct"),
            "{}",
            name(&case)
        );
        let mut types = Vec::new();
        leaves(&entity, &mut types);
        let parts = case.fact("parts").unwrap();
        let counted = parts.split(' ').next().unwrap().parse::<usize>().unwrap();
        assert_eq!(types.len(), counted, "{}: {types:?}", name(&case));
        if let Some((_, listed)) = parts.split_once('[') {
            assert_eq!(types.join(", "), listed.trim_end_matches(']'), "{}", name(&case));
        }
        let (mut content_type, mut body) = (Vec::new(), Vec::new());
        entity::canonical::write(&entity, &mut content_type, &mut body).unwrap();
        assert!(wsp::ContentType::from_raw(&content_type).is_ok());
        entity::fuzz::mail(&mail);
        mm4::fuzz::mail(&mail);
        count += 1;
    }
    assert!(count == 0 || count > 50, "all of the index: {count}");
}

#[test]
fn pictures_and_links_come_out_whole() {
    for case in cases()
        .iter()
        .filter(|case| case.pdu.ends_with("forward.REQ") && name(case).contains("real-il"))
    {
        let mail = mail(case);
        let Ok(Message::ForwardReq(request)) = Message::read(&mail) else {
            panic!("{}", name(case))
        };
        let (mut content_type, mut body) = (Vec::new(), Vec::new());
        assert_eq!(
            request.content.canonical(&mut content_type, &mut body).unwrap(),
            2
        );
        let parts: Vec<_> = Multipart::read(&body).unwrap().map(Result::unwrap).collect();
        let [smil, media] = parts.as_slice() else {
            panic!("two parts")
        };
        // What SMIL refers to is the name of the other part.
        let link = str::from_utf8(smil.data)
            .unwrap()
            .split("src=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        assert_eq!(media.content_location(), Some(link.as_bytes()), "{}", name(case));
        if media.content_type.is("image/jpeg") {
            assert!(
                media.data.starts_with(b"\xFF\xD8") && media.data.ends_with(b"\xFF\xD9"),
                "{}",
                name(case)
            );
        }
        assert!(request.acknowledgement.is_wanted);
        let system = request.acknowledgement.reply_to(None).unwrap();
        assert!(system.domain().is_some(), "{}", name(case));
        assert!(request.hops >= 3, "Received headers are counted");
        assert!(request.extra.first("Received").is_none(), "and not passed on");
        if name(case).contains("cellcom") {
            assert!(
                request.extra.first("x-mms-forwarded-by").is_some(),
                "unknown headers are kept"
            );
            assert_eq!(request.forward_counter, Some(1));
        }
    }
}

#[test]
fn a_damaged_copy_is_refused() {
    for case in cases()
        .iter()
        .filter(|case| case.pdu.ends_with("forward.REQ") && name(case).contains("20rcpt"))
    {
        let mail = String::from_utf8(mail(case))
            .unwrap()
            .replace("X-Mms-Message-ID", "X-Mms-Massage-ID");
        let refusal = Message::read(mail.as_bytes()).unwrap_err();
        let response = refusal.response().expect("the sender wants an answer");
        assert_eq!(response.status, RequestStatus::FormatCorrupt);
        let mut out = Vec::new();
        response.write(&mm4::Dialect::default(), &mut out);
        let Ok(Message::Response(again)) = Message::read(&out) else {
            panic!("a response")
        };
        let expected = Response {
            operation: mm4::Operation::Forward,
            ..*again
        };
        assert_eq!(expected.to[0].text, "PostMaster@mms.hotmobile.co.il");
        assert_eq!(
            expected.transaction.id.raw(),
            b"\"38637220220126001745557@mms.hotmobile.co.il\"",
            "as it was received"
        );
    }
}
