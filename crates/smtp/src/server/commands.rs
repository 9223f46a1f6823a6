//! What the server's session does with each command.
//!
//! Part of the machine: from a whole line to a reply, a question to the owner, or a body. Invariants: the table of
//! `sequence` is asked before anything of a command has effect; a command that leaves open where the next one begins
//! ends the connection.

use super::event::{BodyFraming, Close};
use super::sequence::{Stage, Verb};
use super::session::{Act, Session};
use super::state::{Event, Fate, Question, State};
use super::{Chunking, TlsOffer};
use crate::command::{Command, MailParameters, Place, is_chunk, parse};
use crate::line::LineStop;
use crate::message::BodyKind;
use crate::reason::{Extent, Reason};
use crate::reply::{Enhanced, Reply, append_number, write_plain};
use crate::timers::Timer;

impl Session {
    /// Looks for a whole line, and acts on it.
    pub(super) fn read_command(&mut self, now_ms: u64) -> Option<Act> {
        let limits = self.config.limits;
        if self.output.len() >= limits.output_octets_max as usize {
            return Some(self.send_first(now_ms));
        }
        let skipped = self.counts.skipped_octets;
        let endless =
            |octets: usize| skipped.saturating_add(octets) > limits.command_skip_octets_max as usize;
        let long = |octets: usize| skipped.saturating_add(octets) > limits.command_line_octets_max as usize;
        let unread = self.input.unread();
        // A CR at the end may be half of the line's: it counts when its LF is missing.
        let here = unread
            .len()
            .saturating_sub(usize::from(unread.last() == Some(&b'\r')));
        let chunk = is_chunk(unread) && skipped == 0;
        let stop = self.scan.advance(unread);
        let before_end = match stop {
            LineStop::Line(octets) => octets.saturating_sub(2),
            LineStop::LineFeedBare(at) | LineStop::CarriageReturnBare(at) => at,
            LineStop::Starved => here,
        };
        // Its size is lost, and with it where the next command begins: before anything is said of its end.
        if chunk && before_end >= limits.command_line_octets_max as usize {
            return self.refuse(Reason::ChunkSizeMalformed, now_ms);
        }
        match stop {
            LineStop::LineFeedBare(at) | LineStop::CarriageReturnBare(at) if endless(at) => {
                self.refuse(Reason::LineEndless, now_ms)
            }
            LineStop::LineFeedBare(_) => self.refuse(Reason::LineFeedBare, now_ms),
            LineStop::CarriageReturnBare(_) => self.refuse(Reason::CarriageReturnBare, now_ms),
            LineStop::Line(octets) if endless(octets) => self.refuse(Reason::LineEndless, now_ms),
            LineStop::Line(octets) if long(octets) => {
                self.counts.skipped_octets = 0;
                let reason = if chunk {
                    Reason::ChunkSizeMalformed
                } else {
                    Reason::CommandLineTooLong
                };
                self.decline(reason, octets, now_ms)
            }
            LineStop::Line(octets) => {
                let line = unread.get(..octets.saturating_sub(2)).unwrap_or_default();
                match parse(line) {
                    Ok(command) => self.obey(command, octets, now_ms),
                    Err(reason) => self.decline(reason, octets, now_ms),
                }
            }
            LineStop::Starved => {
                if endless(here) {
                    return self.refuse(Reason::LineEndless, now_ms);
                }
                if here >= limits.command_line_octets_max as usize {
                    let dropped = self.scan.rebase();
                    self.input.consume(dropped);
                    self.counts.skipped_octets = skipped.saturating_add(dropped);
                }
                self.await_octets(now_ms)
            }
        }
    }

    fn await_octets(&mut self, now_ms: u64) -> Option<Act> {
        let timer = if self.stage.in_transaction() {
            Timer::ServerCommand
        } else {
            Timer::ServerIdle
        };
        if self.retiring && !self.stage.in_transaction() && self.input.is_empty() {
            return self.refuse(Reason::Retired, now_ms);
        }
        let deadline = self.config.timers.deadline(timer, self.waiting_since_ms);
        self.starved(deadline, now_ms)
    }

    /// Refuses the command at the front, a line of `octets`.
    fn decline(&mut self, reason: Reason, octets: usize, now_ms: u64) -> Option<Act> {
        self.input.consume(octets);
        if reason.extent() == Extent::Connection {
            return self.refuse(reason, now_ms);
        }
        self.count_error(reason, now_ms)?;
        self.say_no(reason, now_ms);
        None
    }

    /// Counts an error; nothing when it was one too many and the connection ends.
    fn count_error(&mut self, reason: Reason, now_ms: u64) -> Option<()> {
        if reason.is_error() {
            self.counts.errors = self.counts.errors.saturating_add(1);
            if self.counts.errors > self.config.limits.errors_max {
                self.refuse(Reason::ErrorsTooMany, now_ms);
                return None;
            }
        }
        Some(())
    }

    /// Acts on the command at the front, a line of `octets`.
    fn obey(&mut self, command: Command, octets: usize, now_ms: u64) -> Option<Act> {
        let verb = verb(command);
        let behind = self.input.unread().len() > octets;
        let alone = matches!(verb, Verb::Hello) || !self.pipelining;
        if behind && verb == Verb::StartTls {
            return self.refuse(Reason::EarlyAfterStartTls, now_ms);
        }
        if behind && alone && verb != Verb::Quit {
            return self.refuse(Reason::EarlyAfterCommand, now_ms);
        }
        if let Command::Bdat { octets: size, last } = command {
            self.input.consume(octets);
            return self.chunk(size, last, now_ms);
        }
        let Some(next) = self.stage.after(verb) else {
            return self.decline(self.misplaced(verb), octets, now_ms);
        };
        match command {
            Command::Mail { from, parameters } => self.mail(from, parameters, octets, now_ms),
            Command::Rcpt(to) => self.recipient(to, octets, now_ms),
            Command::Data if self.body == BodyKind::Binary => {
                self.decline(Reason::BinaryWithoutChunks, octets, now_ms)
            }
            Command::Data => {
                self.input.consume(octets);
                self.ask(Question::Text);
                Some(Act::Data(BodyFraming::Text))
            }
            Command::StartTls => self.start_tls(next, octets, now_ms),
            Command::Ehlo(name) => self.hello(name, octets, Greeting::Extended, now_ms),
            Command::Helo(name) => self.hello(name, octets, Greeting::Plain, now_ms),
            Command::Quit => {
                self.say(Reply::new(221, Enhanced::new(0, 0), "Closing"), now_ms);
                self.finish(Close::Quit);
                None
            }
            Command::Rset | Command::Noop | Command::Vrfy | Command::Help | Command::Bdat { .. } => {
                self.input.consume(octets);
                self.idle(command, next, now_ms)
            }
        }
    }

    /// Why a command has no place at this stage.
    fn misplaced(&self, verb: Verb) -> Reason {
        match (self.stage, verb) {
            (Stage::Connected, _) => Reason::HelloMissing,
            (Stage::Sender, Verb::Data) if self.counts.recipients > 0 => Reason::NoRecipients,
            _ => Reason::OutOfSequence,
        }
    }

    /// A question to the owner about the command at the front, which stays there until it is answered.
    fn ask(&mut self, question: Question) {
        self.state.follow(Event::Asked, State::Question(question));
    }

    fn mail(&mut self, from: Place, parameters: MailParameters, octets: usize, now_ms: u64) -> Option<Act> {
        let limits = &self.config.limits;
        if self.retiring {
            return self.refuse(Reason::Retired, now_ms);
        }
        if self.counts.transactions >= limits.transactions_max {
            return self.refuse(Reason::TransactionsTooMany, now_ms);
        }
        if self.config.tls == TlsOffer::Demanded && !self.tls {
            return self.decline(Reason::TlsMissing, octets, now_ms);
        }
        if parameters.body == BodyKind::Binary && self.config.chunking == Chunking::Absent {
            return self.decline(Reason::ParameterUnknown, octets, now_ms);
        }
        if parameters
            .size
            .is_some_and(|size| size > limits.message_octets_max)
        {
            return self.decline(Reason::DeclaredTooLarge, octets, now_ms);
        }
        self.body = parameters.body;
        self.counts.recipients = 0;
        self.counts.message_octets = 0;
        self.taken = octets;
        self.ask(Question::Sender);
        Some(Act::Mail { from, parameters })
    }

    fn recipient(&mut self, to: Place, octets: usize, now_ms: u64) -> Option<Act> {
        if self.counts.recipients >= self.config.limits.recipients_max {
            return self.decline(Reason::RecipientsTooMany, octets, now_ms);
        }
        self.counts.recipients = self.counts.recipients.saturating_add(1);
        self.taken = octets;
        self.ask(Question::Recipient);
        Some(Act::Recipient(to))
    }

    fn start_tls(&mut self, next: Stage, octets: usize, now_ms: u64) -> Option<Act> {
        if self.config.tls == TlsOffer::Absent {
            return self.decline(Reason::CommandNotServed, octets, now_ms);
        }
        if self.tls {
            return self.decline(Reason::OutOfSequence, octets, now_ms);
        }
        self.input.consume(octets);
        self.say(Reply::new(220, Enhanced::new(0, 0), "Start TLS now"), now_ms);
        // RFC 3207 §4.2: what was learnt in clear is forgotten.
        self.stage = next;
        self.pipelining = false;
        self.peer_name.clear();
        self.state.follow(Event::TlsAsked, State::Handshake);
        Some(Act::StartTls)
    }

    fn hello(&mut self, name: Place, octets: usize, greeting: Greeting, now_ms: u64) -> Option<Act> {
        let given = self.input.unread().get(name.start..name.end).unwrap_or_default();
        let given = String::from_utf8_lossy(given).into_owned();
        self.input.consume(octets);
        self.count_idle(now_ms)?;
        self.peer_name = given;
        self.pipelining = greeting == Greeting::Extended;
        let config = self.config.clone();
        let out = self.output.writer(now_ms);
        if greeting == Greeting::Plain {
            write_plain(out, 250, b' ', &config.name);
        } else {
            write_plain(out, 250, b'-', &config.name);
            for keyword in ["PIPELINING", "ENHANCEDSTATUSCODES"] {
                write_plain(out, 250, b'-', keyword);
            }
            out.extend_from_slice(b"250-SIZE ");
            append_number(out, config.limits.message_octets_max);
            out.extend_from_slice(b"\r\n");
            if config.chunking == Chunking::Offered {
                write_plain(out, 250, b'-', "CHUNKING");
                write_plain(out, 250, b'-', "BINARYMIME");
            }
            if config.tls != TlsOffer::Absent && !self.tls {
                write_plain(out, 250, b'-', "STARTTLS");
            }
            write_plain(out, 250, b' ', "8BITMIME");
        }
        self.waiting_since_ms = now_ms;
        self.abandon(Stage::Greeted)
    }

    /// Goes to a stage without a transaction, and says so if there was one.
    fn abandon(&mut self, next: Stage) -> Option<Act> {
        let open = self.stage.in_transaction();
        self.stage = next;
        (open && !next.in_transaction()).then_some(Act::Abandoned)
    }

    /// Counts a command without a message; nothing when it was one too many and the connection ends.
    fn count_idle(&mut self, now_ms: u64) -> Option<()> {
        self.counts.idle_commands = self.counts.idle_commands.saturating_add(1);
        if self.counts.idle_commands > self.config.limits.idle_commands_max {
            self.refuse(Reason::IdleCommandsTooMany, now_ms);
            return None;
        }
        Some(())
    }

    fn idle(&mut self, command: Command, next: Stage, now_ms: u64) -> Option<Act> {
        self.count_idle(now_ms)?;
        let reply = match command {
            // RFC 5321 §3.5.3: neither confirmed nor denied.
            Command::Vrfy => Reply::new(252, Enhanced::new(0, 0), "Not verified, but mail to it is tried"),
            Command::Help => Reply::new(214, Enhanced::new(0, 0), "See RFC 5321 and 3GPP TS 23.140"),
            _ => Reply::OK,
        };
        self.say(reply, now_ms);
        self.abandon(next)
    }

    /// A BDAT, whose line is taken: its octets follow whatever is said.
    fn chunk(&mut self, size: u64, last: bool, now_ms: u64) -> Option<Act> {
        if self.config.chunking == Chunking::Absent {
            return self.refuse(Reason::ChunksNotOffered, now_ms);
        }
        if size > self.config.limits.drain_octets_max {
            return self.refuse(Reason::DrainExceeded, now_ms);
        }
        let verb = if last { Verb::BdatLast } else { Verb::Bdat };
        if self.stage.after(verb).is_none() {
            let reason = if self.stage == Stage::Sender && self.counts.recipients > 0 {
                Reason::ChunkWithoutRecipients
            } else {
                Reason::ChunkOutOfSequence
            };
            self.count_error(reason, now_ms)?;
            self.begin_chunk(Event::ChunkBegins, size, last, Fate::Dropped(reason), now_ms);
            return None;
        }
        let first = self.stage == Stage::Recipients;
        if self.counts.message_octets.saturating_add(size) > self.config.limits.message_octets_max {
            let reason = Reason::MessageTooLarge;
            self.stage = Stage::Greeted;
            self.begin_chunk(Event::ChunkBegins, size, last, Fate::Dropped(reason), now_ms);
            return Some(Act::Discard(reason));
        }
        if first {
            self.ask(Question::Chunk { left: size, last });
            return Some(Act::Data(BodyFraming::Chunks { first_octets: size }));
        }
        self.begin_chunk(Event::ChunkBegins, size, last, Fate::Kept, now_ms);
        None
    }
}

/// Which of the two greetings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Greeting {
    Extended,
    Plain,
}

/// The row of the table for a command.
const fn verb(command: Command) -> Verb {
    match command {
        Command::Ehlo(_) | Command::Helo(_) => Verb::Hello,
        Command::StartTls => Verb::StartTls,
        Command::Mail { .. } => Verb::Mail,
        Command::Rcpt(_) => Verb::Rcpt,
        Command::Data => Verb::Data,
        Command::Bdat { last: false, .. } => Verb::Bdat,
        Command::Bdat { last: true, .. } => Verb::BdatLast,
        Command::Rset => Verb::Rset,
        Command::Noop | Command::Vrfy | Command::Help => Verb::Idle,
        Command::Quit => Verb::Quit,
    }
}
