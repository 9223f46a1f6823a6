//! The pieces of work, and what makes them ready.
//!
//! Invariants: what was made ready is given back, so that taking it apart is not counted; names in `baseline.csv` are
//! those of the functions.

use crate::lab::{Lab, Submission, carry_out};
use base::Msisdn;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http1::{Connection, Limits, Step};
use journal::{
    AlignedBuffer, AppendClass, Epoch, Journal, JournalId, Record, Resume, Settings, SettingsDraft,
};
use mm4::Message;
use mms::{
    Address, Content, ContentType, EncodedString, MessageClass, Originator, Priority, Recipient,
    RecipientKind, SendReq, SenderVisibility, Time, Version,
};
use route::Routes;
use std::fmt::Write as _;
use std::sync::Arc;
use wsp::{Media, media_type, write};

/// Octets of a photograph.
const PHOTOGRAPH_OCTETS: usize = 30_000;
/// Ported numbers of the table that look-ups are made in: some levels deep, and filled within a second under valgrind.
const PORTED: u64 = 20_000;
/// Look-ups of one round.
const LOOK_UPS: u64 = 64;
/// Octets of a journal's group.
const GROUP_OCTETS: u32 = 1 << 20;

/// A setting of the environment that makes the PDUs five headers longer: the gate has to see it.
pub const PLANTED: &str = "COUNTS_PLANTED";

/// What can't be made ready is a mistake in this file.
fn ready<T, E: std::fmt::Debug>(made: Result<T, E>) -> T {
    match made {
        Ok(made) => made,
        Err(error) => unreachable!("{error:?}"),
    }
}

/// An M-Send.req of 15 fields with a photograph.
#[must_use]
pub fn pdu() -> Vec<u8> {
    submission(1, PHOTOGRAPH_OCTETS)
}

/// An M-Send.req of 15 fields to a number of its own: type, transaction, version, From, To, Cc, Subject, class, expiry,
/// delivery time, priority, visibility, both reports, content type.
#[must_use]
pub fn submission(number: u64, octets: usize) -> Vec<u8> {
    let transaction = format!("T{number:09}");
    let planted = if std::env::var_os(PLANTED).is_some() { 6 } else { 1 };
    let copies = (0..planted).map(|more| (RecipientKind::Cc, format!("+99921{more}{number:06}/TYPE=PLMN")));
    let texts: Vec<_> = std::iter::once((RecipientKind::To, format!("+99920{number:07}/TYPE=PLMN")))
        .chain(copies)
        .collect();
    let plain = |text| EncodedString { charset: None, text };
    let recipients: Vec<_> = texts
        .iter()
        .map(|(kind, text)| Recipient {
            kind: *kind,
            address: Address {
                text: plain(text.as_bytes()),
            },
        })
        .collect();
    let mut mixed = Vec::new();
    write::content_type(&mut mixed, Media::Code(media_type::MULTIPART_MIXED), &[]);
    let content = Content::new(ready(ContentType::from_raw(&mixed)), &[]);
    let transaction = transaction.as_bytes();
    let mut req = SendReq::new(
        transaction,
        Version::V1_2,
        Originator::Insert,
        &recipients,
        content,
    );
    req.subject = Some(plain(b"Counted"));
    req.message_class = Some(MessageClass::Personal);
    req.expiry = Some(Time::Relative(86_400));
    req.delivery_time = Some(Time::Relative(0));
    req.priority = Some(Priority::Normal);
    req.sender_visibility = Some(SenderVisibility::Show);
    req.delivery_report = Some(true);
    req.read_report = Some(false);
    let mut pdu = Vec::with_capacity(octets + 512);
    req.write(&mut pdu);
    write::multipart_head(&mut pdu, 1);
    let mut jpeg = Vec::new();
    write::content_type(
        &mut jpeg,
        media_type::by_name(b"image/jpeg").map_or(Media::Text(b"image/jpeg"), Media::Code),
        &[],
    );
    write::part(&mut pdu, &jpeg, &[], &photograph(octets));
    pdu
}

fn photograph(octets: usize) -> Vec<u8> {
    (0..octets).map(|at| (at ^ (at >> 8)) as u8).collect()
}

/// Reads a PDU's headers to the end.
#[must_use]
pub fn walk(pdu: Vec<u8>) -> (bool, Vec<u8>) {
    (mms::Pdu::read(&pdu).is_ok(), pdu)
}

/// An empty journal over a disk that has answered, and a body.
#[must_use]
pub fn journal_and_body() -> (Journal<AlignedBuffer>, Vec<u8>) {
    let draft = SettingsDraft {
        group_octets: GROUP_OCTETS,
        segments_max: 32,
        ..SettingsDraft::laptop()
    };
    let settings = ready(Settings::new(draft));
    let mut journal = Journal::new(settings, Resume::fresh(JournalId(1), Epoch(1), 1));
    for _ in 0..settings.buffers() {
        ready(
            journal
                .give_buffer(AlignedBuffer::zeroed(GROUP_OCTETS as usize))
                .map_err(|_| "a small buffer"),
        );
    }
    carry_out(&mut journal);
    (journal, pdu())
}

/// Appends one message of 30 KB.
#[must_use]
pub fn append(ready: (Journal<AlignedBuffer>, Vec<u8>)) -> (bool, Journal<AlignedBuffer>, Vec<u8>) {
    let (mut journal, body) = ready;
    let record = Record {
        kind: 1,
        key: 1,
        header: &[7; 200],
        body: &[&body],
    };
    let is_taken = journal.append(AppendClass::State, record).is_ok();
    (is_taken, journal, body)
}

/// A table of 20,000 ported numbers, and 64 numbers of which every other one is ported.
#[must_use]
pub fn routes() -> (Routes, Vec<Msisdn>) {
    let text = "[numbering]\nlocal_ranges = [\"9991\"]\n[[peer]]\nname = \"alpha\"\ndomains = [\"a.example\"]\n\
                ranges = [\"9992\"]\n[[peer]]\nname = \"beta\"\ndomains = [\"b.example\"]\nranges = [\"9993\"]\n";
    let settings = ready(profile::parse(text));
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 8_190));
    let profile = profile::compile(&settings, 1, address);
    let mut loader = route::Loader::new(&profile.peers, u32::MAX);
    loader.begin("ported");
    let mut rows = String::new();
    let number = |index: u64| 99_920_000_000 + index * 2_654_435_761 % 10_000_000;
    for index in 0..PORTED {
        // Writing to a String cannot fail.
        let _ = writeln!(rows, "{},beta", number(index));
    }
    loader.feed(rows.as_bytes());
    let ported = ready(loader.finish());
    let routes = ready(Routes::compile(&profile, Arc::new(ported), 1).map_err(|gone| gone.to_string()));
    let probes = (0..LOOK_UPS).filter_map(|index| Msisdn::from_bits(number(index * 7) + index % 2));
    (routes, probes.collect())
}

/// Looks 64 numbers up.
#[must_use]
pub fn look_up(ready: (Routes, Vec<Msisdn>)) -> (usize, Routes, Vec<Msisdn>) {
    let (routes, probes) = ready;
    let is_peers = |number: &&Msisdn| matches!(routes.lookup(**number).route, route::Route::Peer(_));
    let found = probes.iter().filter(is_peers).count();
    (found, routes, probes)
}

/// An MM4_forward.REQ with a photograph in base64.
#[must_use]
pub fn mail() -> Vec<u8> {
    let mut text = String::from(
        "X-Mms-3GPP-MMS-Version: 6.3.0\r\nX-Mms-Message-Type: MM4_forward.REQ\r\nX-Mms-Transaction-ID: T1\r\n\
         X-Mms-Message-ID: \"1@mms.alpha.example\"\r\nSender: system-user@mms.alpha.example\r\n\
         From: +15550100/TYPE=PLMN@mms.alpha.example\r\nTo: +99920000001/TYPE=PLMN@mms.ours.example\r\n\
         Subject: Counted\r\nMessage-ID: <1@mms.alpha.example>\r\nDate: Sun, 22 Nov 2026 16:00:00 +0000\r\n\
         X-Mms-Expiry: 86400\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n\
         --=_b\r\nContent-Type: image/jpeg\r\nContent-Location: photo.jpg\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n",
    );
    let encoded = STANDARD.encode(photograph(PHOTOGRAPH_OCTETS));
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(76));
        text.push_str(line);
        text.push_str("\r\n");
        rest = behind;
    }
    text.push_str("--=_b--\r\n");
    text.into_bytes()
}

/// Reads a mail and turns its content into that of MM1.
#[must_use]
pub fn read_mail(mail: Vec<u8>) -> (usize, Vec<u8>) {
    let (mut content_type, mut body) = (Vec::new(), Vec::with_capacity(PHOTOGRAPH_OCTETS + 512));
    if let Ok(Message::ForwardReq(request)) = Message::read(&mail)
        && request.content.canonical(&mut content_type, &mut body).is_err()
    {
        body.clear();
    }
    (body.len(), mail)
}

/// A connection that waits, and a request to it.
#[must_use]
pub fn connection() -> (Connection, Vec<u8>) {
    let body = submission(1, 1_000);
    let head = format!(
        "POST / HTTP/1.1\r\nHost: mms.counted.example\r\nX-MSISDN: +99910000001\r\nContent-Type: \
         application/vnd.wap.mms-message\r\nContent-Length: {}\r\nUser-Agent: counted\r\nAccept: */*\r\n\r\n",
        body.len()
    );
    (
        Connection::new(Limits::DEFAULT, 0),
        [head.as_bytes(), &body].concat(),
    )
}

/// Reads a request of 1 KB.
#[must_use]
pub fn request(ready: (Connection, Vec<u8>)) -> (bool, Connection, Vec<u8>) {
    let (mut connection, octets) = ready;
    let _ = connection.step(0);
    let taken = connection.receive(&octets, 0);
    let is_whole = taken == octets.len() && matches!(connection.step(0), Step::Request(_));
    (is_whole, connection, octets)
}

/// A shard that has taken a thousand messages.
#[must_use]
pub fn shard() -> (Lab, Vec<Vec<u8>>) {
    let mut lab = Lab::new(ready(Settings::new(SettingsDraft::laptop())));
    for turn in 0..64_u64 {
        let numbers = turn * 16..(turn + 1) * 16;
        lab.turn(
            numbers.map(|number| sent(number, submission(number, 2_000))),
            |_| {},
        );
    }
    (
        lab,
        (2_000..2_016).map(|number| submission(number, 2_000)).collect(),
    )
}

/// A turn of a shard: 16 submissions of 2 KB, and what the disk has answered of those before: their answers, routes and
/// notifications.
#[must_use]
pub fn turn(ready: (Lab, Vec<Vec<u8>>)) -> Lab {
    let (mut lab, pdus) = ready;
    lab.turn((2_000..).zip(pdus).map(|(number, pdu)| sent(number, pdu)), |_| {});
    lab
}

/// By a sender of its own.
fn sent(number: u64, pdu: Vec<u8>) -> Submission {
    (number, Msisdn::from_bits(99_910_000_000 + number), pdu)
}
