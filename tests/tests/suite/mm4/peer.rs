//! Another operator for the tests: its profile, its mails, a sender that is not ours (`sender.py`), SMTP by hand.
//!
//! Invariant: every mail is written by Python's email library and sent by its smtplib.

use crate::support::{PATIENCE, foreign};
use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tests::process::{Program, Server, Site};

/// Its profile, but for what a test adds.
const PROFILE: &str = "name = \"alpha\"\ndomains = [\"mms.alpha.example\"]\nranges = [\"+1555\"]\n";

/// A site that knows the operator, with `more` in its profile.
pub(super) fn site(shards: u16, more: &str) -> Site {
    let mut site = Site::new(Program::Shipped, shards).unwrap();
    let file = site.folder().join("alpha.toml");
    std::fs::write(&file, format!("{PROFILE}{more}\n")).unwrap();
    site.set("routing.peer_files", &format!("[{file:?}]"));
    site.set("numbering.local_ranges", "[\"+4477009\"]");
    site.set("mm4.domain", "\"mms.ours.example\"");
    // A mail is larger than its message, and no group of the journal may be smaller than the record of one.
    site.set("journal.group_octets", "401408");
    site
}

/// One message.
#[derive(Clone)]
pub(super) struct Mail {
    pub(super) id: String,
    pub(super) transaction: String,
    pub(super) envelope_from: String,
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) parts: Vec<(&'static str, &'static str, PathBuf)>,
}

impl Mail {
    /// To these numbers, from +15550100, with a SMIL and a photograph.
    pub(super) fn new(site: &Site, id: &str, to: &[&str], photograph: &[u8]) -> Mail {
        let smil = site.folder().join("smil");
        let picture = site.folder().join(format!("{id}.jpg"));
        std::fs::write(&smil, "<smil><body><par><img src=\"p.jpg\"/></par></body></smil>").unwrap();
        std::fs::write(&picture, photograph).unwrap();
        Mail {
            id: format!("\"{id}@mms.alpha.example\""),
            transaction: format!("t-{id}"),
            envelope_from: "+15550100/TYPE=PLMN@mms.alpha.example".to_owned(),
            from: "+15550100/TYPE=PLMN@mms.alpha.example".to_owned(),
            to: to.iter().map(|&to| to.to_owned()).collect(),
            headers: Vec::new(),
            parts: vec![
                ("application/smil", "smil", smil),
                ("image/jpeg", "p.jpg", picture),
            ],
        }
    }

    fn order(&self, port: u16, more: &Value) -> Value {
        let addressed = |number: &String| format!("{number}/TYPE=PLMN@mms.ours.example");
        let to: Vec<String> = self.to.iter().map(addressed).collect();
        let mut headers = vec![
            ("X-Mms-3GPP-MMS-Version".to_owned(), "6.3.0".to_owned()),
            ("X-Mms-Message-Type".to_owned(), "MM4_forward.REQ".to_owned()),
            ("X-Mms-Transaction-ID".to_owned(), self.transaction.clone()),
            ("X-Mms-Message-ID".to_owned(), self.id.clone()),
            ("Sender".to_owned(), "system-user@mms.alpha.example".to_owned()),
            ("From".to_owned(), self.from.clone()),
            ("To".to_owned(), to.join(", ")),
            ("Date".to_owned(), "Sun, 22 Nov 2026 16:00:00 +0000".to_owned()),
            ("Subject".to_owned(), self.id.clone()),
        ];
        headers.extend(self.headers.iter().cloned());
        let mut order = json!({
            "port": port, "from": self.envelope_from, "to": to, "headers": headers, "parts": self.parts,
        });
        if let (Some(order), Some(more)) = (order.as_object_mut(), more.as_object()) {
            order.extend(more.clone());
        }
        order
    }
}

/// SMTP by hand.
pub(super) struct Talk {
    stream: BufReader<TcpStream>,
    /// The code of the greeting; 0 where there was none.
    pub(super) greeting: u16,
}

impl Talk {
    /// From the peer's address.
    pub(super) fn open(server: &Server) -> Talk {
        Talk::open_from(server, 1)
    }

    /// From 127.0.0.`last`.
    pub(super) fn open_from(server: &Server, last: u8) -> Talk {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket
            .bind(&SocketAddr::from(([127, 0, 0, last], 0)).into())
            .unwrap();
        socket.connect(&server.at.mm4.into()).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut talk = Talk {
            stream: BufReader::new(stream),
            greeting: 0,
        };
        talk.greeting = talk.reply().0;
        talk
    }

    /// The next reply: its code and all its lines; 0 where the connection is over.
    fn reply(&mut self) -> (u16, String) {
        let mut text = String::new();
        loop {
            let from = text.len();
            if self.stream.read_line(&mut text).unwrap_or(0) == 0 {
                return (0, text);
            }
            let line = &text[from..];
            if line.as_bytes().get(3) != Some(&b'-') {
                return (
                    line.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0),
                    text,
                );
            }
        }
    }

    /// Says a line, and gives its reply.
    pub(super) fn say(&mut self, line: &str) -> (u16, String) {
        // In one segment: two of them would wait for the peer's delayed acknowledgement.
        self.stream
            .get_mut()
            .write_all(format!("{line}\r\n").as_bytes())
            .unwrap();
        self.reply()
    }

    /// Says a line that must be answered so.
    pub(super) fn expect(&mut self, code: u16, line: &str) {
        let (found, said) = self.say(line);
        assert_eq!(found, code, "{line}: {said}");
    }
}

/// A running sender.
pub(super) struct Sender {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    port: u16,
    more: Value,
}

impl Sender {
    /// Nothing where there is no Python. `more` goes into every order: files for TLS.
    pub(super) fn start(server: &Server, more: Value) -> Option<Sender> {
        foreign(Command::new("python3").arg("--version"))?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/mm4/sender.py");
        let mut child = Command::new("python3")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Some(Sender {
            orders: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
            port: server.at.mm4.port(),
            more,
        })
    }

    /// The server is at another port now.
    pub(super) fn move_to(&mut self, server: &Server) {
        self.port = server.at.mm4.port();
    }

    /// Sends a mail: the code of the reply that decided; 0 where the connection broke.
    pub(super) fn send(&mut self, mail: &Mail) -> (u64, Value) {
        let order = mail.order(self.port, &self.more);
        writeln!(self.orders, "{order}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        (answer["code"].as_u64().unwrap(), answer)
    }

    /// Sends a mail that must be taken.
    pub(super) fn deliver(&mut self, mail: &Mail) {
        let (code, answer) = self.send(mail);
        assert_eq!(code, 250, "{answer}");
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        // It ends with its input, and is ended in any case.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
