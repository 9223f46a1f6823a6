//! What networks and phones say of themselves stays here: no other operator and no push gateway gets to see it.
//!
//! The peers are plain sockets that keep every octet, and answer what is needed for more to come.

use crate::identity::world::{BEGIN_S, apn, event, feed, nas, site};
use crate::support::{PATIENCE, message, octets, send_conf, send_req};
use mms::Version;
use radius::Status;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tests::process::letter::subscriber;
use tests::process::turnstile;
use tests::process::wire::Wire;

/// What is said of identity: a value that stands nowhere else for each name.
const SAID: &[(&str, &str)] = &[
    ("X-MSISDN", "447700900061"),
    ("X-WAP-Network-Client-MSISDN", "447700900061"),
    ("X-WAP-3GPP-IMSI", "999700000000061"),
    ("X-WAP-Network-Client-IP", "127.0.1.61"),
    ("X-WAP-Client-IP", "10.99.88.77"),
    ("X-WAP-3GPP-SGSN-MCC-MNC", "99970-secret"),
    ("X-Up-Calling-Line-Id", "447700900061-line"),
    ("X-Up-Subno", "subno-0815"),
    ("X-Nokia-MSISDN", "447700900061"),
    ("Cookie", "User-Identity-Forward-msisdn=343437373030393030303631"),
    ("X-Network-Info", "UMTS,10.99.88.77,secured"),
    ("Via", "1.1 gateway.inside"),
    ("X-Forwarded-For", "10.99.88.77"),
    ("User-Agent", "Handset-4711"),
    ("x-wap-profile", "\"http://uaprof.test/handset-4711.xml\""),
];

/// Takes connections as `serve` does; what each brings comes out of the channel.
fn listen(serve: fn(TcpStream, &SyncSender<Vec<u8>>)) -> (u16, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = sync_channel(64);
    // Ends with the process: nobody connects any more.
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let tell = tell.clone();
            std::thread::spawn(move || serve(stream, &tell));
        }
    });
    (port, told)
}

/// An MMSC of another operator: every command is fine, and a text ends with a lone dot.
fn mail(stream: TcpStream, tell: &SyncSender<Vec<u8>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    let mut said = Vec::new();
    let answer = |text: &str| (&stream).write_all(text.as_bytes()).is_ok();
    let mut is_text = false;
    let mut go_on = answer("220 mms.alpha.example\r\n");
    while go_on {
        let mut line = Vec::new();
        if !lines.read_until(b'\n', &mut line).is_ok_and(|octets| octets > 0) {
            return;
        }
        said.extend_from_slice(&line);
        let ends = is_text && line == b".\r\n";
        go_on = match (is_text, line.to_ascii_uppercase().as_slice()) {
            (true, _) if !ends => true,
            (false, line) if line.starts_with(b"DATA") => {
                is_text = true;
                answer("354 go on\r\n")
            }
            _ => answer("250 fine\r\n"),
        };
        if ends {
            is_text = false;
            // Nobody listens where the test is over.
            let _ = tell.send(std::mem::take(&mut said));
        }
    }
}

/// A push gateway that takes everything.
fn gateway(mut stream: TcpStream, tell: &SyncSender<Vec<u8>>) {
    let mut said = Vec::new();
    let mut room = [0; 4_096];
    while let Ok(octets @ 1..) = stream.read(&mut room) {
        said.extend_from_slice(&room[..octets]);
        let text = String::from_utf8_lossy(&said).to_ascii_lowercase();
        let Some(head) = text.find("\r\n\r\n") else {
            continue;
        };
        let length = text[..head].split("content-length: ").nth(1).unwrap();
        let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
        if said.len() < head + 4 + length {
            continue;
        }
        let _ = tell.send(std::mem::take(&mut said));
        let answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
        if stream.write_all(answer).is_err() {
            return;
        }
    }
}

/// What of it stands in what left; the sender's number alone may, in From and in whom a report goes to.
fn found(left: &[u8]) -> Vec<&'static str> {
    let text = String::from_utf8_lossy(left).to_ascii_lowercase();
    let names = apn::headers::KNOWN.iter().copied();
    let said = SAID.iter().flat_map(|(name, value)| [*name, *value]);
    let shared = ["447700900061", "User-Agent", "Via", "MSISDN"];
    names
        .chain(said)
        .chain(["User-Identity-Forward", "imsi", "4711"])
        .filter(|word| !shared.contains(word))
        .filter(|word| text.contains(&word.to_ascii_lowercase()))
        .collect()
}

#[test]
fn no_identity_header_leaves_towards_a_peer() {
    let _turn = turnstile::enter();
    let (mail_port, mails) = listen(mail);
    let (push_port, pushes) = listen(gateway);
    let by_number = "mode = \"gateway_number\"\ngateways = [\"127.0.2.0/24\"]\nnumber_headers = [\"X-MSISDN\"]\n\
                     imsi_headers = [\"X-WAP-3GPP-IMSI\"]\nsources = [\"127.0.2.0/24\"]\n";
    let by_number = apn("gateway", by_number).replacen("sources = [\"127.0.0.0/8\", \"::1\"]\n", "", 1);
    let tables = feed("127.0.0.1:0")
        + &apn("phones", "claims = \"ignore\"\n")
        + &by_number
        + &format!(
            "[[peer]]\nname = \"alpha\"\ndomains = [\"mms.alpha.example\"]\nranges = [\"+155501\"]\n\
             hosts = [\"127.0.0.1:{mail_port}\"]\nack = \"smtp\"\n\
             [[pap]]\nname = \"ppg\"\nhost = \"127.0.0.1\"\nport = {push_port}\n"
        );
    let mut site = site(&tables);
    site.set("push", "\"pap\"");
    site.set("numbering.local_ranges", "[\"+447700\"]");
    let server = site.start().unwrap();
    nas(server.at)
        .tell(&event(Status::Start, "A1", "127.0.1.61", 61, BEGIN_S))
        .unwrap();
    for (source, recipient) in [("127.0.1.61", 2), ("127.0.2.1", 3)] {
        let mut lines = "Host: m\r\n".to_owned();
        for (name, value) in SAID {
            write!(lines, "{name}: {value}\r\n").unwrap();
        }
        let mut letter = message(&[recipient], &octets("who", 2_000));
        letter.to.push("+15550101".to_owned());
        let pdu = send_req(&letter, source, Version::V1_2);
        let mut wire = Wire::open_from(source.parse().unwrap(), server.at.mm1).unwrap();
        let head = format!(
            "POST / HTTP/1.1\r\n{lines}Content-Type: application/vnd.wap.mms-message\r\nContent-Length: {}\r\n\r\n",
            pdu.len()
        );
        wire.send(&[head.as_bytes(), &pdu].concat()).unwrap();
        let answer = wire.answer().unwrap().unwrap();
        assert!(send_conf(&answer.body).message_id.is_some(), "{source}");
        let mail = mails.recv_timeout(PATIENCE).expect("a mail");
        let push = pushes.recv_timeout(PATIENCE).expect("a push");
        let number = subscriber(61).digits().to_string();
        for left in [&mail, &push] {
            assert_eq!(
                found(left),
                [""; 0],
                "{source}: {}",
                String::from_utf8_lossy(left)
            );
            assert!(
                String::from_utf8_lossy(left).contains(&number),
                "the sender is told, by whom it is known"
            );
        }
    }
    // The canary.
    assert!(!found(b"Subject: x\r\nX-WAP-3GPP-IMSI: 999700000000061\r\n").is_empty());
}
