//! Another operator's mail server in a torture run: it takes what our senders write to that operator's subscribers.
//!
//! Beside [`carrier`](super::carrier), which brings letters the other way. On plain blocking sockets, its mails read by
//! hand: nothing of the server's own protocol code is in it. It outlives the kills of the server. Now and then it
//! breaks a connection in place of its answer, or puts a mail off. Invariants: what it answers with 250 it has told
//! before; what is cut off it has not taken.

use super::ledger::Event;
use super::letter::Letter;
use super::{Failure, Site};
use crate::fuzz::Dice;
use base::Msisdn;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Mails that nobody has heard of yet. One more waits for its answer.
const EVENTS_MAX: usize = 4_096;

/// Octets of a mail that it takes.
const MAIL_OCTETS_MAX: usize = 1 << 20;

/// See the module's comment.
#[derive(Debug)]
pub struct Abroad {
    port: u16,
    told: Receiver<Event>,
}

/// What kind of server it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Care {
    /// It keeps what it has taken.
    #[default]
    Keeps,
    /// It loses some of what it has answered with 250: the canary, which must be caught.
    Mislays,
}

impl Abroad {
    /// One that serves until the process ends.
    ///
    /// # Errors
    /// Where it can't listen.
    pub fn start(seed: u64, care: Care) -> Result<Abroad, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let (tell, told) = sync_channel(EVENTS_MAX);
        std::thread::spawn(move || {
            for (number, stream) in (0..).zip(listener.incoming()) {
                let Ok(stream) = stream else { return };
                let (tell, dice) = (tell.clone(), Dice::new(seed, number));
                // A connection that breaks has ended: who brought the mail brings it again.
                std::thread::spawn(move || {
                    Visit {
                        seed,
                        dice,
                        care,
                        tell,
                    }
                    .serve(stream)
                });
            }
        });
        Ok(Abroad { port, told })
    }

    /// The operator's profile, in a file of the site; its path.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn profile(&self, site: &Site) -> Result<PathBuf, Failure> {
        let file = site.folder().join("beta.toml");
        let profile = format!(
            "name = \"beta\"\ndomains = [\"mms.beta.example\"]\nranges = [\"+155502\"]\n\
             hosts = [\"127.0.0.1:{}\"]\nsources = [\"127.0.0.2\"]\nack = \"smtp\"\n\
             delivery_reports = false\nretry_schedule_s = [1]\n",
            self.port
        );
        std::fs::write(&file, profile)?;
        Ok(file)
    }

    /// What it has taken and nobody has heard of.
    pub fn news(&self) -> impl Iterator<Item = Event> {
        self.told.try_iter()
    }
}

/// The number of a subscriber of that operator: fictional, +15550200 and on.
#[must_use]
pub fn subscriber(index: u16) -> Msisdn {
    let digits = (15_550_200 + u64::from(index)).to_string();
    // Eight digits are a number.
    Msisdn::from_digits(digits.as_bytes()).unwrap_or_else(|| unreachable!("a number"))
}

/// One connection.
struct Visit {
    /// What letters follow from.
    seed: u64,
    dice: Dice,
    care: Care,
    tell: SyncSender<Event>,
}

impl Visit {
    /// Serves until the other side is gone, or the dice say so.
    fn serve(mut self, stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let mut out = stream.try_clone().ok()?;
        let mut lines = BufReader::new(stream);
        let mut say = |text: &str| out.write_all(format!("{text}\r\n").as_bytes()).ok();
        say("220 mms1.beta.example ESMTP")?;
        let mut recipients = Vec::new();
        loop {
            let line = String::from_utf8(line(&mut lines)?).ok()?;
            let verb: String = line.chars().take(4).collect::<String>().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => say("250-mms1.beta.example\r\n250-PIPELINING\r\n250 SIZE 1048576")?,
                "MAIL" | "RSET" => {
                    recipients.clear();
                    say("250 2.0.0 ok")?;
                }
                "RCPT" => {
                    recipients.push(line);
                    say("250 2.1.5 ok")?;
                }
                "DATA" => {
                    say("354 go on")?;
                    let mail = mail(&mut lines)?;
                    if self.dice.one_in(12) {
                        say("451 4.3.0 not now")?;
                        continue;
                    }
                    self.take(&recipients, &mail)?;
                    if self.dice.one_in(12) {
                        // It has it, and who brought it does not know.
                        return None;
                    }
                    say("250 2.0.0 taken")?;
                }
                "QUIT" => return say("221 2.0.0 bye"),
                _ => say("502 5.5.1 what")?,
            }
        }
    }

    fn take(&mut self, recipients: &[String], mail: &[u8]) -> Option<()> {
        if self.care == Care::Mislays && self.dice.one_in(4) {
            return Some(());
        }
        let text = String::from_utf8_lossy(mail);
        let subject = header(&text, "Subject").unwrap_or_default();
        let content = content(&text);
        let is_same = Letter::serial_of(&subject).is_some_and(|serial| {
            let letter = Letter {
                serial,
                seed: self.seed,
                sender: subscriber(0),
                recipients: Vec::new(),
            };
            content == Some(letter.content())
        });
        let carried = Event::Carried {
            recipients: recipients.iter().filter_map(|path| number(path)).collect(),
            subject,
            message_id: header(&text, "X-Mms-Message-ID").unwrap_or_default(),
            transaction_id: header(&text, "X-Mms-Transaction-ID").unwrap_or_default(),
            is_same,
        };
        self.tell.send(carried).ok()
    }
}

/// A line without its end; nothing where it is cut off.
fn line(lines: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    lines.read_until(b'\n', &mut line).ok()?;
    line.strip_suffix(b"\r\n").map(<[u8]>::to_vec)
}

/// The mail up to the dot.
fn mail(lines: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut mail = Vec::new();
    while mail.len() < MAIL_OCTETS_MAX {
        let line = line(lines)?;
        if line == b"." {
            return Some(mail);
        }
        mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        mail.extend_from_slice(b"\r\n");
    }
    None
}

/// A header's value, unfolded, without quotes and angles.
fn header(mail: &str, name: &str) -> Option<String> {
    let (head, _) = mail.split_once("\r\n\r\n")?;
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let values = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let mut values = values.filter(|(own, _)| own.eq_ignore_ascii_case(name));
    let (_, value) = values.next()?;
    Some(value.trim().trim_matches(['"', '<', '>']).to_owned())
}

/// The number of a RCPT command.
fn number(path: &str) -> Option<u64> {
    let (_, path) = path.split_once("<+")?;
    path.split_once('/')?.0.parse().ok()
}

/// The one part that is no text: octets in base64.
fn content(mail: &str) -> Option<Vec<u8>> {
    let (_, behind) = mail.split_once("base64\r\n")?;
    let body = match behind.strip_prefix("\r\n") {
        Some(body) => body,
        None => behind.split_once("\r\n\r\n")?.1,
    };
    let lines = body
        .split("\r\n")
        .take_while(|line| !line.is_empty() && !line.starts_with("--"));
    STANDARD.decode(lines.collect::<String>()).ok()
}
