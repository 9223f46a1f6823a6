//! The handset zoo: each family of `tests/vectors/handsets.toml` sends, is notified, retrieves and answers, and the
//! sender gets its report; all of it is a transcript that is compared with the one kept.
//!
//! To mend after a change that is wanted: `UPDATE_TRANSCRIPTS=1 cargo test -p tests handsets`, and read the difference.

use crate::support::PATIENCE;
use ringpost::phone::http::Exchange;
use ringpost::phone::{Config, File, Notification, Personality, Phone, PushKind, Submission, personality};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use tests::process::letter::subscriber;
use tests::process::server::Place;
use tests::process::{Program, Site, turnstile};

/// One access point: a gateway on this machine writes the number, by any of these headers.
const APN: &str = r#"
[[apn]]
name = "zoo"
sources = ["127.0.0.0/8"]
mode = "gateway_number"
gateways = ["127.0.0.1"]
country_code = "44"
number_headers = [
    "X-MSISDN",
    "X-WAP-Network-Client-MSISDN",
    "X-Nokia-MSISDN",
    "x-up-calling-line-id",
    "Cookie parameter=User-Identity-Forward-msisdn form=hex",
    "X-H3G-MSISDN form=hex",
    "MSISDN",
    "X-Up-Subno",
    "X-3GPP-MSISDN national_digits=10",
    "X-MDN",
    "X-VzW-MDN national_digits=10",
]
"#;

/// What is different each time, and what stands for it.
struct Masks(Vec<(String, &'static str)>);

impl Masks {
    fn hide(&mut self, text: &str, word: &'static str) {
        if !text.is_empty() {
            self.0.push((text.to_owned(), word));
        }
    }

    fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (hidden, word) in &self.0 {
            text = text.replace(hidden, word);
        }
        text
    }
}

/// A PDU as lines, without offsets and times.
fn pdu_lines(octets: &[u8], out: &mut String) {
    for line in mms::text::dump_string(octets).lines() {
        let line = line.get(10..).unwrap_or(line);
        let shown = match line.split_once(": ") {
            Some((name @ ("Date" | "X-Mms-Expiry"), _)) => format!("{name}: …"),
            _ => line.to_owned(),
        };
        // Long content is told by its beginning.
        let shown: String = shown.chars().take(100).collect();
        let _ = writeln!(out, "    {shown}");
    }
}

fn head_lines(mark: char, head: &[u8], out: &mut String) {
    for line in String::from_utf8_lossy(head)
        .lines()
        .filter(|line| !line.is_empty())
    {
        let shown = match line.split_once(": ") {
            Some((name, _)) if name.eq_ignore_ascii_case("date") => format!("{name}: …"),
            _ => line.to_owned(),
        };
        let _ = writeln!(out, "{mark} {shown}");
    }
}

fn exchange_lines(exchange: &Exchange, chunked: bool, out: &mut String) {
    let (head, body) = exchange.request.split_at(exchange.body_at);
    head_lines('>', head, out);
    match (body.is_empty(), chunked) {
        (true, _) => {}
        (false, true) => {
            let _ = writeln!(out, "    (in chunks)");
        }
        (false, false) => pdu_lines(body, out),
    }
    head_lines('<', exchange.answer.head.raw(), out);
    if !exchange.answer.body.is_empty() {
        pdu_lines(&exchange.answer.body, out);
    }
}

/// One family's life of a message.
struct Scene {
    family: Personality,
    out: String,
    masks: Masks,
}

impl Scene {
    fn note(&mut self, title: &str, phone: &mut Phone) {
        let _ = writeln!(self.out, "\n## {title}");
        for exchange in phone.take_recorded() {
            exchange_lines(&exchange, self.family.chunked, &mut self.out);
        }
    }

    fn note_push(&mut self, title: &str, pdu: &[u8]) {
        let _ = writeln!(self.out, "\n## {title}");
        pdu_lines(pdu, &mut self.out);
    }
}

fn phone(family: &Personality, number: u16, at: Place) -> Phone {
    let mmsc = format!("http://{}/", at.mm1).parse().unwrap();
    let config = Config {
        patience: PATIENCE,
        ..Config::lab(subscriber(number), mmsc, at.admin_url().unwrap())
    };
    let mut phone = Phone::new(family.clone().applied(config).unwrap());
    phone.record();
    phone
}

/// The family's message: text of its size.
fn submission(family: &Personality, to: u16) -> Submission {
    let text = format!("{} ", family.name);
    Submission {
        to: vec![subscriber(to).to_string()],
        subject: Some(family.name.clone()),
        files: vec![File {
            name: "x.txt".to_owned(),
            content_type: "text/plain".to_owned(),
            octets: text.bytes().cycle().take(family.octets as usize).collect(),
        }],
        delivery_report: true,
        transaction_id: Some("T-1".to_owned()),
        date_unix_s: family.date_rewritten.then_some(1_700_000_000),
        ..Submission::default()
    }
}

/// Sends; a family that rewrites its Date sends once more, and is told the same.
fn send(scene: &mut Scene, sender: &mut Phone, to: u16) {
    let family = scene.family.clone();
    let mut letter = submission(&family, to);
    let sent = sender.send(&letter).unwrap();
    let digits = sent.message_id.split('@').next().unwrap_or_default().to_owned();
    scene.masks.hide(&digits, "MESSAGE");
    scene.note("send", sender);
    if family.date_rewritten {
        letter.date_unix_s = Some(1_700_000_060);
        let again = sender.send(&letter).unwrap();
        assert_eq!(
            again.message_id, sent.message_id,
            "{}: a second message",
            family.name
        );
        scene.note("send again, with another Date", sender);
    }
}

/// Is notified, fetches and answers.
fn receive(scene: &mut Scene, receiver: &mut Phone, expected: &[u8]) {
    let family = scene.family.clone();
    let push = receiver.push(PATIENCE).unwrap().expect("a notification");
    let PushKind::Notification(notification) = push.kind else {
        panic!("{}: no notification", family.name)
    };
    let Notification {
        transaction_id,
        content_location,
        ..
    } = &notification;
    let token = content_location.rsplit('/').next().unwrap();
    scene.masks.hide(token, "TOKEN");
    scene.masks.hide(transaction_id, "TRANSACTION");
    scene.note_push("the notification", &push.pdu);
    if family.deferred {
        receiver.respond(&notification, mms::Status::Deferred).unwrap();
        scene.note("not now", receiver);
    }
    let fetched = receiver.fetch(&notification).unwrap();
    let parts = &fetched.message.parts;
    assert!(
        parts.len() == 1 && parts[0].octets == expected,
        "{}: other octets",
        family.name
    );
    if let Some(id) = &fetched.message.transaction_id {
        scene.masks.hide(id, "TRANSACTION-2");
    }
    scene.note("retrieve", receiver);
    match (&fetched.message.transaction_id, family.deferred) {
        (Some(id), true) => receiver.acknowledge_fetched(content_location, id).unwrap(),
        _ => receiver.respond(&notification, mms::Status::Retrieved).unwrap(),
    }
    scene.note("answer", receiver);
}

/// Plays a family's scene; its transcript.
fn play(family: &Personality, index: u16, at: Place) -> String {
    let mut scene = Scene {
        family: family.clone(),
        out: format!("# {}: {}\n", family.name, family.about),
        masks: Masks(vec![(at.mm1.to_string(), "MMSC:PORT")]),
    };
    let (from, to) = (2 * index, 2 * index + 1);
    let (mut sender, mut receiver) = (phone(family, from, at), phone(family, to, at));
    send(&mut scene, &mut sender, to);
    let expected = submission(family, to).files[0].octets.clone();
    receive(&mut scene, &mut receiver, &expected);
    let report = sender.push(PATIENCE).unwrap().expect("a report");
    assert!(matches!(report.kind, PushKind::Report(_)), "{}", family.name);
    scene.note_push("the report", &report.pdu);
    scene.masks.apply(&scene.out)
}

fn transcripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/handsets")
}

#[test]
fn every_handset_sends_retrieves_and_answers_as_its_transcript_says() {
    let _turn = turnstile::enter();
    let mut site = Site::new(Program::Shipped, 2).unwrap();
    for name in [
        "mm1.retrieval_base",
        "mm1.message_octets_max",
        "http.body_octets_max",
        "journal.group_octets",
        "journal.segment_octets",
    ] {
        site.unset(name);
    }
    site.set_tables(APN);
    let server = site.start().unwrap();
    let is_update = std::env::var_os("UPDATE_TRANSCRIPTS").is_some();
    let mut wrong = Vec::new();
    let known = personality::all().unwrap();
    for (index, family) in (0..).zip(&known) {
        let played = play(family, index, server.at);
        let path = transcripts().join(format!("{}.txt", family.name));
        if is_update {
            std::fs::create_dir_all(transcripts()).unwrap();
            std::fs::write(&path, &played).unwrap();
        } else if std::fs::read_to_string(&path).unwrap_or_default() != played {
            wrong.push(format!("{}:\n{played}", family.name));
        }
    }
    println!("{} families", known.len());
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
