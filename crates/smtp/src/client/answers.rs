//! What each reply of a peer does to the client's machine.
//!
//! Part of the machine: from a whole reply to the next command, the body, or the transaction's end. Invariants: 421 may
//! come for any command and ends the connection; whoever was refused keeps the peer's own words; RSET follows wherever
//! the peer may still have a transaction.

use super::TlsPolicy;
use super::capabilities::Capabilities;
use super::outcome::{Close, Verdict};
use super::reply::PeerReply;
use super::session::{BodyChanged, Expected, Session};
use super::state::{Event, State};
use super::transaction::{Carriage, Transaction};
use crate::reply::append_number;

impl Session {
    /// A reply has come.
    pub(super) fn hear(&mut self, reply: PeerReply, now_ms: u64) {
        self.since_ms = now_ms;
        let expected = self.expected.pop_front();
        if reply.code == 421 && expected != Some(Expected::Quit) {
            self.lose(reply);
            return;
        }
        match expected {
            None if self.state == State::Body && !reply.is_success() && reply.code >= 400 => self.lose(reply),
            None => self.close(Close::Unasked(reply)),
            Some(Expected::Greeting) if reply.code == 220 => {
                self.say_hello(Expected::Ehlo, now_ms);
                self.state.follow(Event::Greeted, State::Hello);
            }
            Some(Expected::Ehlo) if reply.code == 250 => self.welcomed(now_ms),
            Some(Expected::Ehlo) if reply.is_permanent() => {
                if self.config.tls == TlsPolicy::Demanded && !self.tls {
                    self.close(Close::NoTls);
                } else {
                    self.say_hello(Expected::Helo, now_ms);
                }
            }
            Some(Expected::Helo) if reply.code == 250 => self.state.follow(Event::Welcomed, State::Ready),
            Some(Expected::StartTls) => self.answered_tls(&reply),
            Some(Expected::Greeting | Expected::Ehlo | Expected::Helo) => self.close(Close::Refused(reply)),
            Some(Expected::Mail | Expected::Recipient | Expected::Data) => {
                self.hear_envelope(expected, reply, now_ms);
            }
            Some(Expected::End) => {
                if let Some(transaction) = &mut self.transaction {
                    transaction.decide(&Verdict::of(&reply));
                }
                self.conclude(Event::Ended);
            }
            Some(Expected::VoidEnd) => self.conclude(Event::Ended),
            Some(Expected::Reset) if reply.is_success() => self.state.follow(Event::Ended, State::Ready),
            Some(Expected::Reset) => self.close(Close::Refused(reply)),
            Some(Expected::Quit) => self.close(Close::Quit),
        }
    }

    fn welcomed(&mut self, now_ms: u64) {
        self.capabilities = Capabilities::read(self.reader.lines());
        let offered = self.capabilities.start_tls();
        match self.config.tls {
            TlsPolicy::IfOffered | TlsPolicy::Demanded if offered && !self.tls => {
                self.output.writer(now_ms).extend_from_slice(b"STARTTLS\r\n");
                self.expect(Expected::StartTls, now_ms);
                self.state.follow(Event::TlsOffered, State::StartTls);
            }
            TlsPolicy::Demanded if !self.tls => self.close(Close::NoTls),
            _ => self.state.follow(Event::Welcomed, State::Ready),
        }
    }

    fn answered_tls(&mut self, reply: &PeerReply) {
        if reply.code != 220 {
            match self.config.tls {
                TlsPolicy::Demanded => self.close(Close::NoTls),
                _ => self.state.follow(Event::TlsRefused, State::Ready),
            }
        } else if self.input.is_empty() {
            self.state.follow(Event::TlsAgreed, State::Handshake);
        } else {
            self.close(Close::EarlyBeforeTls);
        }
    }

    /// An answer to MAIL, RCPT or DATA.
    fn hear_envelope(&mut self, expected: Option<Expected>, reply: PeerReply, now_ms: u64) {
        let Some(transaction) = &mut self.transaction else {
            return;
        };
        match expected {
            Some(Expected::Mail) => {
                if !reply.is_success() {
                    transaction.refusal = Some(reply);
                }
            }
            Some(Expected::Recipient) => transaction.answer_recipient(&reply),
            _ if reply.code == 354 => {
                if transaction.has_recipients() {
                    self.go_ahead(now_ms);
                } else {
                    self.output.writer(now_ms).extend_from_slice(b".\r\n");
                    self.expect(Expected::VoidEnd, now_ms);
                    self.state.follow(Event::Void, State::End);
                }
                return;
            }
            _ if reply.code < 400 => {
                self.close(Close::Unasked(reply));
                return;
            }
            _ => {
                transaction.decide(&Verdict::of(&reply));
                self.give_up(now_ms);
                return;
            }
        }
        if !self.expected.is_empty() {
            return;
        }
        // Without groups the next command follows its answer; RCPT and DATA only while they have a use.
        let useless = transaction.refusal.is_some();
        let next = !useless && self.write_envelope_command(now_ms).is_some();
        if next {
            return;
        }
        let ready = self.transaction.as_ref().is_some_and(Transaction::has_recipients);
        if ready {
            self.go_ahead(now_ms);
        } else {
            self.give_up(now_ms);
        }
    }

    /// The next command of the envelope; DATA only if somebody was accepted.
    fn write_envelope_command(&mut self, now_ms: u64) -> Option<()> {
        let transaction = self.transaction.as_mut()?;
        if transaction.asks_for_data() && !transaction.has_recipients() {
            return None;
        }
        self.write_command(now_ms)
    }

    /// Writes the next command of the transaction.
    pub(super) fn write_command(&mut self, now_ms: u64) -> Option<()> {
        let (expected, line) = self.transaction.as_mut()?.next_command()?;
        self.output.writer(now_ms).extend_from_slice(line);
        self.expect(expected, now_ms);
        Some(())
    }

    /// The body may go out.
    fn go_ahead(&mut self, now_ms: u64) {
        self.state.follow(Event::GoAhead, State::Body);
        let Some(transaction) = &mut self.transaction else {
            return;
        };
        if transaction.carriage != Carriage::Text {
            let out = self.output.writer(now_ms);
            out.extend_from_slice(b"BDAT ");
            append_number(out, transaction.octets);
            out.extend_from_slice(b" LAST\r\n");
        }
        if transaction.left() == 0 && self.end_body(now_ms).is_err() {
            self.close(Close::BodyChanged);
        }
    }

    /// Writes what ends the body.
    pub(super) fn end_body(&mut self, now_ms: u64) -> Result<(), BodyChanged> {
        let transaction = self.transaction.as_mut().ok_or(BodyChanged)?;
        transaction
            .end(self.output.writer(now_ms))
            .map_err(|_| BodyChanged)?;
        self.expect(Expected::End, now_ms);
        self.state.follow(Event::BodySent, State::End);
        Ok(())
    }

    /// Nobody gets the message: the peer's transaction is ended, if MAIL began one.
    fn give_up(&mut self, now_ms: u64) {
        let refusal = self.transaction.as_ref().and_then(|t| t.refusal.clone());
        let Some(refusal) = refusal else {
            self.output.writer(now_ms).extend_from_slice(b"RSET\r\n");
            self.expect(Expected::Reset, now_ms);
            self.conclude(Event::Reset);
            return;
        };
        if let Some(transaction) = &mut self.transaction {
            transaction.decide(&Verdict::of(&refusal));
        }
        self.conclude(Event::Refused);
    }

    /// The transaction is over, the connection goes on.
    fn conclude(&mut self, event: Event) {
        self.done = self.transaction.take().map(Transaction::outcome);
        let next = if event == Event::Reset {
            State::Resetting
        } else {
            State::Ready
        };
        self.state.follow(event, next);
    }

    /// The peer ends the connection by a reply, which is the verdict for whoever has none.
    fn lose(&mut self, reply: PeerReply) {
        if let Some(transaction) = &mut self.transaction {
            transaction.decide(&Verdict::of(&reply));
        }
        self.close(Close::Refused(reply));
    }
}
