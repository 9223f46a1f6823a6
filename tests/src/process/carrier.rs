//! Another operator's MMSC in a torture run: it brings letters over MM4, and again whatever was not answered.
//!
//! Beside [`actor`](super::actor), whose senders are our own phones. On a plain blocking socket, and mails written by
//! hand: nothing of the server's own protocol code is in it. Invariants: what was sent and not answered is sent again,
//! with the same X-Mms-Message-ID and another transaction, before anything new; it stops at the first broken
//! connection, for the server is dead then.

use super::Failure;
use super::Site;
use super::actor::{Stop, Tell};
use super::author::Author;
use super::ledger::{Event, Finding};
use super::letter::Letter;
use super::server::Place;
use base::Msisdn;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

/// The longest that one reply may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Transient refusals in a row that it bears.
const REFUSALS_MAX: u32 = 1_000;

/// Octets of base64 in a line (RFC 2045 §6.8).
const LINE_OCTETS: usize = 76;

/// Mails on one connection, at most: some connections carry one, others many.
const MAILS_MAX: usize = 20;

/// The operator's profile.
const PROFILE: &str = "name = \"alpha\"\ndomains = [\"mms.alpha.example\"]\nranges = [\"+1555\"]\n\
                       sources = [\"127.0.0.1\"]\n";

/// Lets a site know the operator that carriers belong to, and others by the files of their profiles.
///
/// # Errors
/// Where its profile can't be written.
pub fn introduce(site: &mut Site, others: &[PathBuf]) -> Result<(), Failure> {
    let file = site.folder().join("alpha.toml");
    std::fs::write(&file, PROFILE)?;
    let files = [&[file], others].concat();
    site.set("routing.peer_files", &format!("{files:?}"));
    site.set("numbering.local_ranges", "[\"+4477009\"]");
    site.set("mm4.domain", "\"mms.ours.example\"");
    Ok(())
}

/// The number of a subscriber of that operator: fictional, +15550100 and on.
#[must_use]
pub fn foreigner(index: u16) -> Msisdn {
    let digits = (15_550_100 + u64::from(index)).to_string();
    // Eight digits are a number.
    Msisdn::from_digits(digits.as_bytes()).unwrap_or_else(|| unreachable!("a number"))
}

/// See the module's comment.
#[derive(Debug)]
pub struct Carrier {
    author: Author,
    /// How often it has sent anything: names transactions.
    sent: u64,
}

impl Carrier {
    /// A carrier whose letters' numbers begin at `first`.
    #[must_use]
    pub fn new(number: Msisdn, seed: u64, first: u64, recipients: Vec<Msisdn>) -> Carrier {
        Carrier {
            author: Author::new(number, seed, first, recipients),
            sent: 0,
        }
    }

    /// Sends what was not answered before the server died.
    pub fn catch_up(&mut self, place: Place, tell: Tell<'_>) -> Stop {
        match self.author.is_waiting() {
            true => self.send(place, 1, tell),
            false => Stop::Done,
        }
    }

    /// Sends up to `count` letters, repeating one now and then.
    pub fn send(&mut self, place: Place, count: u32, tell: Tell<'_>) -> Stop {
        let (mut taken, mut refused) = (0, 0);
        while taken < count {
            let Some(mut line) = Line::open(place.mm4) else {
                return Stop::Broken;
            };
            for _ in 0..=self.author.dice.below(MAILS_MAX) {
                let letter = self.author.letter();
                tell(Event::Sending(letter.clone()));
                self.sent += 1;
                match line.bring(&letter, self.sent) {
                    Said::Taken => {
                        let serial = letter.serial;
                        tell(Event::Taken { serial });
                        self.author.answered();
                        taken += 1;
                    }
                    // An MMSC tries again; this one at once, on another connection.
                    Said::Later(_) if refused < REFUSALS_MAX => {
                        refused += 1;
                        break;
                    }
                    Said::Later(what) | Said::Never(what) => {
                        tell(Event::Found(Finding::Unexpected { what }));
                        return Stop::Done;
                    }
                    Said::Nothing => return Stop::Broken,
                }
                if taken >= count {
                    break;
                }
            }
        }
        Stop::Done
    }
}

/// What came of a mail.
#[derive(Debug)]
enum Said {
    Taken,
    /// A 4xx.
    Later(String),
    /// A 5xx, or no SMTP at all.
    Never(String),
    /// The connection broke.
    Nothing,
}

/// A connection, greeted.
struct Line {
    stream: BufReader<TcpStream>,
}

impl Line {
    fn open(address: SocketAddr) -> Option<Line> {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.set_write_timeout(Some(PATIENCE)).ok()?;
        stream.set_nodelay(true).ok()?;
        let stream = BufReader::new(stream);
        let mut line = Line { stream };
        line.reply()?;
        line.say("EHLO mms1.alpha.example\r\n")?;
        Some(line)
    }

    /// One reply, of however many lines: its code and last line.
    fn reply(&mut self) -> Option<(u16, String)> {
        loop {
            let mut text = String::new();
            // What is cut off was not said.
            if self.stream.read_line(&mut text).ok()? == 0 || !text.ends_with("\r\n") {
                return None;
            }
            let code = text.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0);
            if text.as_bytes().get(3) != Some(&b'-') {
                return Some((code, text.trim_end().to_owned()));
            }
        }
    }

    fn say(&mut self, text: &str) -> Option<(u16, String)> {
        self.stream.get_mut().write_all(text.as_bytes()).ok()?;
        self.reply()
    }

    /// Brings a mail.
    fn bring(&mut self, letter: &Letter, transaction: u64) -> Said {
        let mut commands = vec![format!(
            "MAIL FROM:<{}/TYPE=PLMN@mms.alpha.example>\r\n",
            letter.sender
        )];
        for number in &letter.recipients {
            commands.push(format!("RCPT TO:<{number}/TYPE=PLMN@mms.ours.example>\r\n"));
        }
        commands.push("DATA\r\n".to_owned());
        commands.push(mail(letter, transaction) + ".\r\n");
        for command in commands {
            match self.say(&command) {
                None => return Said::Nothing,
                Some((200..400, _)) => {}
                Some((400..500, said)) => return Said::Later(said),
                Some((_, said)) => return Said::Never(said),
            }
        }
        Said::Taken
    }
}

/// A letter as MM4_forward.REQ, without the dot at its end.
fn mail(letter: &Letter, transaction: u64) -> String {
    let (serial, from, subject) = (letter.serial, letter.sender, letter.subject());
    let to: Vec<String> = letter
        .recipients
        .iter()
        .map(|number| format!("{number}/TYPE=PLMN@mms.ours.example"))
        .collect();
    let mut text = format!(
        "X-Mms-3GPP-MMS-Version: 6.3.0\r\nX-Mms-Message-Type: MM4_forward.REQ\r\n\
         X-Mms-Transaction-ID: t-{serial:x}-{transaction}\r\n\
         X-Mms-Message-ID: \"{serial:x}@mms.alpha.example\"\r\nSender: system-user@mms.alpha.example\r\n\
         From: {from}/TYPE=PLMN@mms.alpha.example\r\nTo: {}\r\nSubject: {subject}\r\n\
         Message-ID: <{serial:x}.{transaction}@mms.alpha.example>\r\nDate: Sun, 22 Nov 2026 16:00:00 +0000\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_{serial:x}\"\r\n\r\n\
         --=_{serial:x}\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        to.join(",\r\n ")
    );
    let encoded = STANDARD.encode(letter.content());
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(LINE_OCTETS));
        text.push_str(line);
        text.push_str("\r\n");
        rest = behind;
    }
    // Writing to a String cannot fail.
    let _ = write!(text, "--=_{serial:x}--\r\n");
    text
}
