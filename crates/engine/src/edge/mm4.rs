//! A peer's connection: one task that drives an SMTP session, judges what it asks, and brings whole mails to their
//! homes.
//!
//! First and last stage of the flow, as `mm1` is for phones. Reading order: [`serve`], the session's steps,
//! `transaction` (one mail), `verdict` (who may what). Invariants: one mail is outstanding; 250 is said when the home
//! has answered that it is on disk; a connection whose answer was given up ends; who is connected is asked anew for
//! each mail, so that a reload and STARTTLS count at once; nothing of a refused mail is kept.

pub(crate) mod pace;
mod transaction;
mod verdict;

use crate::clock::stamp;
use crate::edge::socket::{Received, Socket};
use crate::edge::wire::Wire;
use crate::hands::{Hands, Turn};
use crate::mm4::Mm4;
use crate::slots::SlotId;
use base::Reason;
use glommio::net::TcpStream;
use meter::{Counter, Laps, Stage};
use shard::Content;
use smtp::server::{Close, Session, Step};
use smtp::{Enhanced, Reply, Timer};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use transaction::Transaction;
use verdict::reply_of;

/// Whether a connection goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goes {
    On,
    Over,
}

/// A connection being served.
struct Mmsc {
    hands: Rc<Hands>,
    id: SlotId,
    source: IpAddr,
    terms: Arc<Mm4>,
    wire: Wire,
    session: Session,
    transaction: Transaction,
    /// Names in the certificate that the peer has shown.
    certificate_names: Vec<String>,
    /// An answer was given up. It may still come, and must not be taken for the next mail's.
    gave_up: bool,
    /// Whether it has brought a mail.
    turn: Turn,
}

/// What a step of the session wants, owned.
enum Wish {
    /// Another step.
    On,
    Receive(u64),
    Flush(u64),
    Mail(Option<String>),
    Recipient(String),
    Data,
    End,
    StartTls,
    Finish(u64),
    Closed(Close),
}

/// Serves a connection to its end and gives its place back.
pub(crate) async fn serve(hands: Rc<Hands>, stream: TcpStream, source: IpAddr, id: SlotId) {
    if let Some(terms) = hands.mm4.terms() {
        let now_ms = hands.now_ms();
        let session = Session::new(Arc::clone(&terms.smtp), now_ms);
        attend(&hands, (stream, source, id), terms, session).await;
    }
    hands.mm4.end(source);
    hands.close_slot(id);
}

/// Says 421 to a connection over the limit.
pub(crate) async fn turn_away(hands: Rc<Hands>, stream: TcpStream, source: IpAddr, id: SlotId) {
    if let Some(terms) = hands.mm4.terms() {
        let reason = Reason::ConnectionsTooMany;
        hands.meter.count_reason(reason as usize);
        let reply = reply_of(reason);
        let session = Session::refusing(Arc::clone(&terms.smtp), reply, hands.now_ms());
        attend(&hands, (stream, source, id), terms, session).await;
    }
    hands.close_turned_away(id);
}

async fn attend(
    hands: &Rc<Hands>,
    (stream, source, id): (TcpStream, IpAddr, SlotId),
    terms: Arc<Mm4>,
    session: Session,
) {
    let mut mmsc = Mmsc {
        wire: Wire::new(Socket::new(stream, Rc::clone(hands), id)),
        transaction: Transaction::new(hands.budget.share()),
        certificate_names: Vec::new(),
        gave_up: false,
        turn: Turn::First,
        hands: Rc::clone(hands),
        id,
        source,
        terms,
        session,
    };
    while mmsc.advance().await == Goes::On {}
}

impl Mmsc {
    async fn advance(&mut self) -> Goes {
        let now_ms = self.hands.now_ms();
        if self.hands.is_retiring() && self.may_retire(now_ms) {
            self.session.retire();
        }
        let wish = self.next(now_ms);
        let meter = &self.hands.meter;
        self.session
            .take_refused(|reason, times| meter.count_protocol_reason(reason as usize, u64::from(times)));
        match wish {
            Wish::On => Goes::On,
            Wish::Receive(deadline_ms) => self.receive(deadline_ms).await,
            Wish::Flush(deadline_ms) => self.flush(deadline_ms).await,
            Wish::Mail(from) => {
                let verdict = self.mail(from.as_deref());
                self.say(verdict, Reply::SENDER_OK)
            }
            Wish::Recipient(path) => {
                let verdict = self.recipient(&path);
                self.say(verdict, Reply::RECIPIENT_OK)
            }
            Wish::Data => {
                self.transaction.begin(stamp());
                self.say(Ok(()), Reply::GO_AHEAD)
            }
            Wish::End => {
                let verdict = self.end().await;
                self.turn = Turn::Later;
                self.transaction.forget();
                match self.gave_up {
                    true => self.dismiss(),
                    false => self.say(verdict, Reply::ACCEPTED),
                }
            }
            Wish::StartTls => self.start_tls().await,
            Wish::Finish(deadline_ms) => self.finish(deadline_ms).await,
            Wish::Closed(close) => {
                if let Close::Refused(_) = close {
                    self.hands.meter.count(Counter::SmtpFaults);
                }
                Goes::Over
            }
        }
    }

    /// Whether a connection may be told to come again, where this shard ends. One that has brought nothing yet was
    /// promised service by being accepted; while others take over it gets a moment for its first mail.
    fn may_retire(&self, now_ms: u64) -> bool {
        match self.turn {
            Turn::Later => true,
            Turn::First => self.hands.is_draining() && now_ms >= self.hands.kept_until_ms(Turn::First),
        }
    }

    /// The session's next wish; pieces of a mail are taken on the way.
    fn next(&mut self, now_ms: u64) -> Wish {
        let octets = self.session.memory_octets();
        match self.session.step(now_ms) {
            Step::NeedMore { deadline } => Wish::Receive(deadline.at_ms),
            Step::Send { deadline } => Wish::Flush(deadline.at_ms),
            Step::Mail(mail) => {
                self.transaction.declare(mail.size_octets);
                Wish::Mail(mail.from.map(|from| from.as_str().to_owned()))
            }
            Step::Recipient(address) => Wish::Recipient(address.as_str().to_owned()),
            Step::Data(_) => Wish::Data,
            Step::Body(piece) => {
                if self.transaction.take(piece, octets).is_err() {
                    self.hands.meter.count(Counter::MemoryRefused);
                }
                Wish::On
            }
            Step::End => Wish::End,
            Step::Discard(_) => {
                self.hands.meter.count(Counter::SmtpFaults);
                self.transaction.forget();
                Wish::On
            }
            Step::Abandoned => {
                self.transaction.forget();
                Wish::On
            }
            Step::StartTls => Wish::StartTls,
            Step::Finish { deadline } => Wish::Finish(deadline.at_ms),
            // Every question is answered before the session is asked again.
            Step::Wait => Wish::Closed(Close::Dismissed),
            Step::Closed(close) => Wish::Closed(close),
        }
    }

    /// Answers the session's question.
    fn say(&mut self, verdict: Result<(), Reason>, positive: Reply<'static>) -> Goes {
        let reply = match verdict {
            Ok(()) => positive,
            Err(reason) => {
                self.hands.meter.count_reason(reason as usize);
                reply_of(reason)
            }
        };
        match self.session.reply(reply, self.hands.now_ms()) {
            Ok(()) => Goes::On,
            Err(_) => Goes::Over,
        }
    }

    /// Ends the connection with 421, after which nothing of it is asked or answered.
    fn dismiss(&mut self) -> Goes {
        let reason = Reason::Internal;
        self.hands.meter.count_reason(reason as usize);
        let reply = Reply::new(421, Enhanced::new(3, 0), reason.row().text);
        match self.session.reply(reply, self.hands.now_ms()) {
            Ok(()) => Goes::On,
            Err(_) => Goes::Over,
        }
    }

    /// What waits to be sent leaves before anything is waited for.
    async fn receive(&mut self, deadline_ms: u64) -> Goes {
        if !self.session.unsent().is_empty() && self.flush(deadline_ms).await == Goes::Over {
            return Goes::Over;
        }
        let Some(room) = self.session.receive_buffer() else {
            return Goes::Over;
        };
        let kept_until_ms = self.hands.kept_until_ms(self.turn);
        let deadline_ms = match self.hands.now_ms() < kept_until_ms {
            true => deadline_ms.min(kept_until_ms),
            false => deadline_ms,
        };
        match self.wire.receive(room, deadline_ms).await {
            Received::Octets(octets) => self.session.received(octets, self.hands.now_ms()),
            Received::Ended => self.session.end_of_stream(),
            Received::Broken => return Goes::Over,
            // The session knows what its deadline means; that the shard ends, the next step tells it.
            Received::Nudged => {}
        }
        Goes::On
    }

    async fn flush(&mut self, deadline_ms: u64) -> Goes {
        let octets = self.session.unsent().len();
        if self.wire.send(self.session.unsent(), deadline_ms).await.is_err() {
            return Goes::Over;
        }
        self.session.sent(octets, self.hands.now_ms());
        Goes::On
    }

    /// All is said: the sending side is shut, and what still comes is dropped, lest a reset destroy what was said.
    async fn finish(&mut self, deadline_ms: u64) -> Goes {
        self.wire.shut_sending(deadline_ms).await;
        loop {
            let now_ms = self.hands.now_ms();
            if let Step::Closed(_) = self.session.step(now_ms) {
                return Goes::On;
            }
            let Some(room) = self.session.receive_buffer() else {
                return Goes::Over;
            };
            match self.wire.receive(room, deadline_ms).await {
                Received::Octets(octets) => self.session.received(octets, self.hands.now_ms()),
                Received::Ended => self.session.end_of_stream(),
                Received::Broken => return Goes::Over,
                Received::Nudged => {}
            }
        }
    }

    async fn start_tls(&mut self) -> Goes {
        let Some(config) = self.terms.tls.clone() else {
            return Goes::Over;
        };
        let hands = &self.hands;
        let patience_ms = self.terms.smtp.timers.ms(Timer::ServerCommand);
        let deadline_ms = hands.now_ms().saturating_add(patience_ms);
        if self.flush(deadline_ms).await == Goes::Over {
            return Goes::Over;
        }
        let hands = &self.hands;
        let clock = || hands.now_ms();
        if self.wire.start_tls(config, (clock, deadline_ms)).await.is_err() {
            self.hands.meter.count(Counter::SmtpFaults);
            return Goes::Over;
        }
        self.certificate_names = self.wire.certificate_names();
        self.session.tls_started(self.hands.now_ms());
        Goes::On
    }

    /// Waits for the home's answer to a mail.
    async fn answered(&mut self, laps: &mut Laps) -> Result<(), Reason> {
        let deadline_ms = self.hands.now_ms().saturating_add(self.terms.answer_ms_max);
        self.hands.set_deadline(self.id, deadline_ms);
        loop {
            let answer =
                std::future::poll_fn(|context| self.hands.slots.borrow_mut().poll_answer(self.id, context));
            match answer.await {
                Some((passed, answer)) => {
                    *laps = passed;
                    laps.lap(Stage::Send, stamp());
                    self.hands.meter.spans.record(laps);
                    return match answer.content {
                        Content::Verdict(verdict) => verdict,
                        _ => Err(Reason::Internal),
                    };
                }
                // A drain nudges too; the answer is still owed.
                None if self.hands.now_ms() < deadline_ms => {}
                None => {
                    self.gave_up = true;
                    return Err(Reason::Internal);
                }
            }
        }
    }
}
