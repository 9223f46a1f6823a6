//! From MM1 to MM4 and back: every message of the corpus keeps its parts, octet by octet.
//!
//! The PDUs are read by `mms`; where the corpus is missing the test says so and passes. Generated contents are those of
//! the properties of `entity`.

use std::fs;
use std::path::Path;

use base::WallSeconds;
use entity::Carriage;
use mm4::{Acknowledgement, Address, Content, Dialect, Extra, ForwardReq, Id, Message, Transaction, Version};
use mms::Pdu;
use wsp::{Multipart, Part};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");

/// A request around a content.
fn request<'a>(content: Content<'a>) -> ForwardReq<'a> {
    ForwardReq {
        transaction: Transaction {
            version: Version::OURS,
            id: Id::new(&b"t-1"[..]),
            sender: Some(Address::new("system-user@mms.a.example")),
            mail_id: Some(Id::new(&b"1@mms.a.example"[..])),
            date: Some(WallSeconds(1_642_472_619)),
        },
        message_id: Id::new(&b"m-1@mms.a.example"[..]),
        acknowledgement: Acknowledgement::default(),
        from: Address::new("+447700900001"),
        to: vec![Address::new("+447700900002")],
        cc: Vec::new(),
        subject: None,
        terms: mm4::Terms::default(),
        forward_counter: None,
        previously_sent: Vec::new(),
        application: mm4::Application::default(),
        hub: mm4::Hub::default(),
        vasp: mm4::Vasp::default(),
        hops: 0,
        extra: Extra::default(),
        content,
    }
}

fn parts(body: &[u8]) -> Vec<Part<'_>> {
    Multipart::read(body)
        .into_iter()
        .flatten()
        .map_while(Result::ok)
        .collect()
}

/// The text of a part without its transfer encoding, which some handsets leave in a binary multipart.
fn same(before: &Part<'_>, after: &Part<'_>) -> bool {
    let name = |part: &Part<'_>| part.content_type.media.name().to_ascii_lowercase();
    let nested = before.content_type.is_multipart();
    before.content_id() == after.content_id()
        && before.content_location() == after.content_location()
        && before.name() == after.name()
        && before.content_type.charset().unwrap_or(0) == after.content_type.charset().unwrap_or(0)
        && (nested || name(before) == name(after))
        && (nested || before.data == after.data)
}

#[test]
fn every_message_of_the_corpus_survives() {
    let Ok(index) = fs::read(Path::new(CORPUS).join("INDEX.tsv")) else {
        println!("skipped: there is no corpus at {CORPUS}");
        return;
    };
    let (mut messages, mut count) = (0, 0);
    for row in String::from_utf8_lossy(&index).lines().skip(1) {
        let columns: Vec<_> = row.split('\t').collect();
        if columns[1] != "mm1" {
            continue;
        }
        let bytes = fs::read(Path::new(CORPUS).join(columns[0])).unwrap();
        let content = match Pdu::read(&bytes) {
            Ok(Pdu::SendReq(message)) => message.content,
            Ok(Pdu::RetrieveConf(message)) => message.content,
            _ => continue,
        };
        if !content.content_type.is_multipart() || Multipart::read(content.body).is_err() {
            continue;
        }
        for carriage in [Carriage::SevenBit, Carriage::EightBit, Carriage::Binary] {
            let dialect = Dialect {
                carriage,
                ..Dialect::default()
            };
            let sent = request(Content::Canonical {
                content_type: content.content_type,
                body: content.body,
            });
            let mut mail = Vec::new();
            if let Err(error) = sent.write(&dialect, &mut mail) {
                assert!(
                    Multipart::read(content.body).unwrap().any(|part| part.is_err()),
                    "{}: {error}",
                    columns[0]
                );
                continue;
            }
            let Ok(Message::ForwardReq(received)) = Message::read(&mail) else {
                panic!("{}", columns[0])
            };
            let (mut content_type, mut body) = (Vec::new(), Vec::new());
            received.content.canonical(&mut content_type, &mut body).unwrap();
            let (before, after) = (parts(content.body), parts(&body));
            assert_eq!(before.len(), after.len(), "{}", columns[0]);
            for (before, after) in before.iter().zip(&after) {
                assert!(same(before, after), "{}:\n{before:?}\n{after:?}", columns[0]);
                count += 1;
            }
            let media = wsp::ContentType::from_raw(&content_type).unwrap();
            let bare = |id: Option<&[u8]>| id.map(|id| wsp::part_header::without_brackets(id).to_vec());
            assert_eq!(
                bare(media.start()),
                bare(content.content_type.start()),
                "{}",
                columns[0]
            );
            messages += 1;
        }
    }
    assert!(
        messages >= 60 && count >= 150,
        "enough of them: {messages} messages, {count} parts"
    );
}
