//! One connection to a peer's machine: mail after mail, until nothing comes for a while.
//!
//! Drives the client session of `smtp` over a socket of glommio's. Invariants: every mail that it takes is answered
//! once, whatever happens; every wait has a deadline, and a mail has one in all, so that a peer which answers each
//! command just in time gets its connection back from nobody; after a drain has begun it takes nothing new.

use super::dial::{self, NoWay};
use super::wire::Wire;
use super::{Lane, answer, answer_all, verdict};
use crate::hands::Hands;
use glommio::timer::Timer as Sleep;
use profile::Peer;
use profile::peers::Tls;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use shard::{Relay, Verdict};
use smtp::client::{Close, Config, Message, Outcome, Session, Step, Survey, TlsPolicy};
use smtp::{Address, Limits, Timer, Timers};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Milliseconds that a link without a mail is kept. Reason: connections are dear to both sides, and peers close idle
/// ones after some minutes.
const IDLE_MS: u64 = 60_000;

/// Milliseconds that one mail may take in all. Reason: longer than any answer to its end (RFC 5321 §4.5.3.2.6), short
/// enough that a tarpit holds a connection for no longer than that.
const MAIL_MS_MAX: u64 = 660_000;

/// Milliseconds that a handshake of TLS may take.
const HANDSHAKE_MS: u64 = 60_000;

/// Milliseconds that a peer which offered TLS and could not do it is spoken to in clear, where its profile allows that.
const PLAIN_MS: u64 = 600_000;

/// Octets of a mail that are made before they are sent. Reason: a photograph of 30 KB in base64 is 42 KB and leaves in
/// one call to the kernel; with the default it takes two.
const OUTPUT_OCTETS_MAX: u32 = 64 << 10;

/// Waits of a link that differ from the RFC's: between MMSCs nobody waits five minutes for a greeting, and one who does
/// keeps a connection of its peer's few.
const WAITS_MS: &[(Timer, u64)] = &[
    (Timer::ClientGreeting, 60_000),
    (Timer::ClientHello, 60_000),
    (Timer::ClientStartTls, 60_000),
    (Timer::ClientMail, 120_000),
    (Timer::ClientRecipient, 120_000),
    (Timer::Send, 120_000),
];

/// Carries the mails of a peer over one connection.
pub(super) async fn link(hands: Rc<Hands>, lane: Rc<Lane>, peer: Arc<str>) {
    let profile = hands.profile();
    let found = profile.peers.find(&peer).and_then(|id| profile.peers.profile(id));
    let Some(peer) = found else {
        let gone = NoWay::lost("the peer is not in the settings any more");
        return give_up(&hands, &lane, &gone);
    };
    let (stream, host) = match dial::connect(&hands, &lane, peer).await {
        Ok(connected) => connected,
        Err(no_way) => return give_up(&hands, &lane, &no_way),
    };
    let domain = &profile.mm4.domain;
    let mut link = Link {
        session: Session::new(Arc::new(config(domain, peer, &hands, &lane)), hands.now_ms()),
        wire: Wire::new(stream),
        security: dial::security(&hands, peer, &host),
        no_tls: None,
        hands: Rc::clone(&hands),
        deadline_ms: hands.now_ms().saturating_add(MAIL_MS_MAX),
        was_ready: false,
    };
    let close = loop {
        // Greeting and EHLO come first, so that a machine which does not even greet fails over.
        match link.until_ready().await {
            Ok(()) => {
                link.was_ready = true;
                lane.hosts.borrow_mut().reached(&host);
            }
            Err(close) => break close,
        }
        match link.next(&lane).await {
            Ok(Some(relay)) => {
                if let Err(close) = link.carry(&relay).await {
                    break close;
                }
            }
            Ok(None) => return link.quit().await,
            Err(close) => break close,
        }
    };
    if !link.was_ready {
        let said = match link.no_tls.take() {
            None => verdict::of_close(&close),
            Some(said) => {
                lane.plain_until_ms.set(hands.now_ms().saturating_add(PLAIN_MS));
                said
            }
        };
        lane.hosts.borrow_mut().failed(&host, hands.now_ms());
        let no_way = NoWay::lost(format!("{}:{}: {said}", host.name, host.port));
        give_up(&hands, &lane, &no_way);
    } else if let Some(relay) = lane.take() {
        // The connection ended between two mails, and one came for it meanwhile.
        answer_all(&hands, &relay, Verdict::Lost, &verdict::of_close(&close));
    }
}

/// A link that came to nothing answers the mail that it was made for.
fn give_up(hands: &Hands, lane: &Lane, no_way: &NoWay) {
    if let Some(relay) = lane.take() {
        answer_all(hands, &relay, no_way.verdict, &no_way.said);
    }
}

fn config(domain: &str, peer: &Peer, hands: &Hands, lane: &Lane) -> Config {
    let mut timers = Timers::default();
    for &(timer, ms) in WAITS_MS {
        timers = timers.with(timer, ms);
    }
    Config {
        name: domain.to_owned(),
        tls: match peer.tls {
            Tls::Never => TlsPolicy::Never,
            Tls::Offered if hands.now_ms() < lane.plain_until_ms.get() => TlsPolicy::Never,
            Tls::Offered => TlsPolicy::IfOffered,
            Tls::Required => TlsPolicy::Demanded,
        },
        limits: Limits {
            output_octets_max: OUTPUT_OCTETS_MAX,
            ..Limits::DEFAULT
        },
        timers,
    }
}

/// A connection with its session.
struct Link {
    session: Session,
    wire: Wire,
    /// What TLS is started with.
    security: Result<(Arc<ClientConfig>, ServerName<'static>), String>,
    /// Why it could not be.
    no_tls: Option<String>,
    hands: Rc<Hands>,
    /// Until when the mail under way, or the greeting, may take.
    deadline_ms: u64,
    /// The session came as far as taking mails.
    was_ready: bool,
}

impl Link {
    /// The next mail; nothing where none comes for so long that the link is not kept, or no more are taken.
    async fn next(&mut self, lane: &Lane) -> Result<Option<Box<Relay>>, Close> {
        if let Some(relay) = lane.take() {
            return Ok(Some(relay));
        }
        if self.hands.is_draining() {
            return Ok(None);
        }
        enum Came {
            Mail(Box<Relay>),
            Octets(usize),
            Nothing,
        }
        lane.idle.set(lane.idle.get() + 1);
        let mut room = [0; 512];
        let mail = async { Came::Mail(std::future::poll_fn(|context| lane.poll_take(context)).await) };
        let octets = async { Came::Octets(self.wire.read(&mut room).await.unwrap_or(0)) };
        let late = async {
            Sleep::new(Duration::from_millis(IDLE_MS)).await;
            Came::Nothing
        };
        let came = futures_lite::future::or(mail, futures_lite::future::or(octets, late)).await;
        lane.idle.set(lane.idle.get() - 1);
        match came {
            Came::Mail(relay) => Ok(Some(relay)),
            Came::Nothing => Ok(None),
            Came::Octets(0) => Err(Close::PeerEnded),
            // 421, most likely: the session says what it is.
            Came::Octets(count) => {
                self.session.receive(room.get(..count).unwrap_or_default());
                self.until_ready().await.map(|()| lane.take())
            }
        }
    }

    /// Goes on until a mail may begin.
    async fn until_ready(&mut self) -> Result<(), Close> {
        loop {
            match self.step().await? {
                Some(Done::Ready) => return Ok(()),
                Some(Done::Body(_) | Done::Mail(_)) | None => {}
            }
        }
    }

    /// Carries a mail and answers it.
    async fn carry(&mut self, relay: &Relay) -> Result<(), Close> {
        self.deadline_ms = self.hands.now_ms().saturating_add(MAIL_MS_MAX);
        let result = self.transact(relay).await;
        match &result {
            Ok(outcome) => {
                let verdicts = outcome.recipients.iter().map(verdict::of_recipient).collect();
                let said = outcome.recipients.iter().find_map(verdict::text);
                answer(&self.hands, relay, verdicts, &said.unwrap_or_default());
            }
            Err(Ended::Unsendable(verdict)) => {
                answer_all(&self.hands, relay, *verdict, "it can't be sent as it is")
            }
            Err(Ended::Closed(close)) => {
                answer_all(&self.hands, relay, Verdict::Lost, &verdict::of_close(close))
            }
        }
        match result {
            Err(Ended::Closed(close)) => Err(close),
            Ok(_) | Err(Ended::Unsendable(_)) => Ok(()),
        }
    }

    async fn transact(&mut self, relay: &Relay) -> Result<Outcome, Ended> {
        let unwritable = Ended::Unsendable(verdict::of_unsendable(smtp::client::Unsendable::HeaderUnsound));
        let Ok(from) = Address::parse(&relay.from) else {
            return Err(unwritable);
        };
        let parsed: Result<Vec<Address<'_>>, _> =
            relay.recipients.iter().map(|path| Address::parse(path)).collect();
        let Ok(recipients) = parsed else {
            return Err(unwritable);
        };
        let message = Message {
            from: Some(from),
            recipients: &recipients,
            survey: Survey::of(&relay.mail),
        };
        self.session
            .begin(&message, self.hands.now_ms())
            .map_err(|unsendable| Ended::Unsendable(verdict::of_unsendable(unsendable)))?;
        loop {
            match self.step().await.map_err(Ended::Closed)? {
                Some(Done::Mail(outcome)) => return Ok(outcome),
                Some(Done::Body(offset)) => {
                    let rest = usize::try_from(offset)
                        .ok()
                        .and_then(|offset| relay.mail.get(offset..));
                    let now_ms = self.hands.now_ms();
                    self.session
                        .body(rest.unwrap_or_default(), now_ms)
                        .map_err(|_| Ended::Closed(Close::BodyChanged))?;
                }
                Some(Done::Ready) | None => {}
            }
        }
    }

    /// Sends what is to be sent, takes one step, and receives where the session wants that.
    async fn step(&mut self) -> Result<Option<Done>, Close> {
        self.flush().await;
        let now_ms = self.hands.now_ms();
        let step = self.session.step(now_ms);
        match step {
            Step::Ready => Ok(Some(Done::Ready)),
            Step::Body { offset } => Ok(Some(Done::Body(offset))),
            Step::Done(outcome) => Ok(Some(Done::Mail(outcome))),
            Step::Closed(close) => Err(close),
            Step::StartTls => self.start_tls().await.map(|()| None),
            Step::NeedMore { deadline } => {
                self.flush().await;
                let at_ms = deadline.at_ms.min(self.deadline_ms);
                match now_ms >= self.deadline_ms {
                    // The session says then what the peer may have.
                    true => self.session.end_of_stream(),
                    false => self.receive(at_ms).await,
                }
                Ok(None)
            }
        }
    }

    /// Makes the handshake that both sides have agreed on.
    async fn start_tls(&mut self) -> Result<(), Close> {
        let late = sleep_until(&self.hands, self.hands.now_ms().saturating_add(HANDSHAKE_MS));
        let made = match self.security.clone() {
            Err(said) => Err(said),
            Ok((config, name)) => {
                let made = async {
                    let made = self.wire.start_tls(config, name).await;
                    made.map_err(|error| format!("TLS: {error}"))
                };
                let late = async {
                    late.await;
                    Err("TLS: no answer in time".to_owned())
                };
                futures_lite::future::or(made, late).await
            }
        };
        match made {
            Ok(()) => {
                self.session.tls_started(self.hands.now_ms());
                Ok(())
            }
            Err(said) => {
                self.no_tls = Some(said);
                Err(Close::NoTls)
            }
        }
    }

    /// Sends what is to be sent; where that can't be done, the session says what the peer may have.
    async fn flush(&mut self) {
        while !self.session.unsent().is_empty() {
            let late = sleep_until(&self.hands, self.deadline_ms);
            let written = async { Some(self.wire.write(self.session.unsent()).await) };
            let late = async {
                late.await;
                None
            };
            match futures_lite::future::or(written, late).await {
                Some(Ok(octets)) if octets > 0 => self.session.sent(octets, self.hands.now_ms()),
                Some(_) => {
                    self.session.end_of_stream();
                    return;
                }
                None => {
                    self.session.end_of_stream();
                    return;
                }
            }
        }
    }

    async fn receive(&mut self, at_ms: u64) {
        let late = sleep_until(&self.hands, at_ms);
        let Some(room) = self.session.receive_buffer() else {
            return self.session.end_of_stream();
        };
        let read = async { Some(self.wire.read(room).await) };
        let late = async {
            late.await;
            None
        };
        match futures_lite::future::or(read, late).await {
            Some(Ok(octets)) if octets > 0 => self.session.received(octets),
            Some(_) => self.session.end_of_stream(),
            None => {}
        }
    }

    /// Says QUIT and waits for the answer, for as long as the session does.
    async fn quit(&mut self) {
        self.session.quit(self.hands.now_ms());
        self.deadline_ms = self.hands.now_ms().saturating_add(MAIL_MS_MAX);
        while let Ok(_going) = self.step().await {}
    }
}

/// What a step came to.
enum Done {
    Ready,
    Body(u64),
    Mail(Outcome),
}

/// Why a mail has no outcome of the session's.
enum Ended {
    Unsendable(Verdict),
    Closed(Close),
}

fn sleep_until(hands: &Hands, at_ms: u64) -> Sleep {
    Sleep::new(Duration::from_millis(at_ms.saturating_sub(hands.now_ms()).max(1)))
}
