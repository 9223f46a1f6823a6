//! Foreign peers over a real socket: Python's smtplib speaks to our server, its smtpd (where it still exists) listens
//! to our client.
//!
//! The loop here is the smallest owner of a session: blocking, one connection, clock at zero. Where there is no
//! python3 the tests say so and pass.
#![expect(clippy::unwrap_used, reason = "a panic in a test's helper is a failed test")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use smtp::{Address, Reply, client, server};

/// Sends with smtplib: two messages on one connection, one refused recipient, dots, then leaves.
const SENDER: &str = r#"
import smtplib, sys
peer = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), local_hostname="peer.example", timeout=20)
code, _ = peer.ehlo()
assert code == 250 and peer.esmtp_features["size"] == "4194304", peer.esmtp_features
assert peer.has_extn("8bitmime") and peer.has_extn("pipelining")
body = b"Subject: one\r\n\r\n.\r\n..\r\n.dot\r\nend\r\n"
refused = peer.sendmail("a@peer.example", ["+447700900001/TYPE=PLMN@mmsc.example", "unknown@mmsc.example"], body)
assert list(refused) == ["unknown@mmsc.example"] and refused["unknown@mmsc.example"][0] == 550, refused
peer.sendmail("", ["b@mmsc.example"], b"Subject: two\r\n\r\n\xc3\xa9\r\n", mail_options=["BODY=8BITMIME"])
try:
    peer.sendmail("a@peer.example", ["unknown@mmsc.example"], body)
    raise SystemExit("nobody was refused")
except smtplib.SMTPRecipientsRefused:
    pass
assert peer.verify("x")[0] == 252
peer.quit()
"#;

/// Receives with smtpd: says its port, prints what came after the first message, and ends.
const RECEIVER: &str = r#"
import warnings
warnings.simplefilter("ignore")
try:
    import asyncore, smtpd
except ImportError:
    print("absent", flush=True)
    raise SystemExit
left = [200]
class Receiver(smtpd.SMTPServer):
    def process_message(self, peer, mailfrom, rcpttos, data, **kwargs):
        left[0] = 10
        print(repr((mailfrom, rcpttos, data)), flush=True)
server = Receiver(("127.0.0.1", 0), None, decode_data=False)
print(server.socket.getsockname()[1], flush=True)
while left[0] > 0:
    left[0] -= 1
    asyncore.loop(timeout=0.1, count=1)
"#;

fn python(arguments: &[&str]) -> Option<Child> {
    let child = Command::new("python3")
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn();
    if child.is_err() {
        println!("skipped: there is no python3");
    }
    child.ok()
}

/// Serves one connection to its end.
fn serve_blocking(mut socket: TcpStream) -> Vec<(String, Vec<String>, Vec<u8>)> {
    let mut session = server::Session::new(Arc::new(server::Config::new("mmsc.example")), 0);
    let mut messages = Vec::new();
    let mut message = (String::new(), Vec::new(), Vec::new());
    loop {
        let step = session.step(0);
        let hungry = matches!(step, server::Step::NeedMore { .. } | server::Step::Finish { .. });
        let reply = match step {
            server::Step::Mail(mail) => {
                let from = mail.from.map_or("", Address::as_str).to_owned();
                message = (from, Vec::new(), Vec::new());
                Some(Reply::SENDER_OK)
            }
            server::Step::Recipient(to) if to.as_str().starts_with("unknown") => {
                Some(Reply::NOT_OUR_SUBSCRIBER)
            }
            server::Step::Recipient(to) => {
                message.1.push(to.as_str().to_owned());
                Some(Reply::RECIPIENT_OK)
            }
            server::Step::Data(_) => Some(Reply::GO_AHEAD),
            server::Step::Body(piece) => {
                message.2.extend_from_slice(piece);
                None
            }
            server::Step::End => {
                messages.push(std::mem::take(&mut message));
                Some(Reply::ACCEPTED)
            }
            server::Step::Closed(_) => return messages,
            _ => None,
        };
        if let Some(reply) = reply {
            session.reply(reply, 0).unwrap();
        }
        let count = session.unsent().len();
        socket.write_all(session.unsent()).unwrap();
        session.sent(count, 0);
        if hungry && count == 0 {
            let room = session.receive_buffer().unwrap();
            match socket.read(room).unwrap() {
                0 => session.end_of_stream(),
                count => session.received(count, 0),
            }
        }
    }
}

#[test]
fn smtplib_sends_to_us() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let Some(mut peer) = python(&["-c", SENDER, &port]) else {
        return;
    };
    let (socket, _) = listener.accept().unwrap();
    let messages = serve_blocking(socket);
    assert!(peer.wait().unwrap().success(), "smtplib was not content");
    assert_eq!(
        messages,
        [
            (
                "a@peer.example".to_owned(),
                vec!["+447700900001/TYPE=PLMN@mmsc.example".to_owned()],
                b"Subject: one\r\n\r\n.\r\n..\r\n.dot\r\nend\r\n".to_vec()
            ),
            (
                String::new(),
                vec!["b@mmsc.example".to_owned()],
                b"Subject: two\r\n\r\n\xc3\xa9\r\n".to_vec()
            ),
        ]
    );
}

/// Sends one message to a peer and says QUIT; answers the outcome.
fn send_blocking(
    mut socket: TcpStream,
    message: &client::Message<'_>,
    body: &[u8],
) -> Option<client::Outcome> {
    let mut session = client::Session::new(Arc::new(client::Config::new("mmsc.example")), 0);
    let mut outcome = None;
    loop {
        match session.step(0) {
            client::Step::Ready if outcome.is_some() => session.quit(0),
            client::Step::Ready => session.begin(message, 0).unwrap(),
            client::Step::Body { offset } => {
                session.body(&body[offset as usize..], 0).unwrap();
            }
            client::Step::Done(result) => outcome = Some(result),
            client::Step::Closed(_) | client::Step::StartTls => return outcome,
            client::Step::NeedMore { .. } if session.unsent().is_empty() => {
                match socket.read(session.receive_buffer().unwrap()).unwrap() {
                    0 => session.end_of_stream(),
                    count => session.received(count),
                }
            }
            client::Step::NeedMore { .. } => {}
        }
        socket.write_all(session.unsent()).unwrap();
        let count = session.unsent().len();
        session.sent(count, 0);
    }
}

#[test]
fn smtpd_receives_from_us() {
    let Some(mut peer) = python(&["-c", RECEIVER]) else {
        return;
    };
    let mut said = std::io::BufReader::new(peer.stdout.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut said, &mut line).unwrap();
    let Ok(port) = line.trim().parse::<u16>() else {
        println!("skipped: this python3 has no smtpd");
        peer.wait().unwrap();
        return;
    };
    let body = b"Subject: x\r\n\r\n.\r\n..\r\nend\r\n";
    let to = [Address::parse("b@x.example").unwrap()];
    let message = client::Message {
        from: Some(Address::parse("a@mmsc.example").unwrap()),
        recipients: &to,
        survey: client::Survey::of(body),
    };
    let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let outcome = send_blocking(socket, &message, body).unwrap();
    assert!(
        matches!(outcome.recipients[..], [client::Verdict::Accepted(_)]),
        "{outcome:?}"
    );
    line.clear();
    std::io::BufRead::read_line(&mut said, &mut line).unwrap();
    // smtpd writes LF for CR LF and leaves the last one out.
    assert_eq!(
        line.trim(),
        r"('a@mmsc.example', ['b@x.example'], b'Subject: x\n\n.\n..\nend')"
    );
    peer.wait().unwrap();
}
