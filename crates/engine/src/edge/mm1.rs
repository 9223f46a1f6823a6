//! A phone's connection: one task that frames requests, decides who asks, passes them on, and sends the answers.
//!
//! First and last stage of the flow. Invariants: one request is outstanding, so answers leave in order though each may
//! come from another shard; identity is decided per request (DESIGN §8: a gateway carries many subscribers on one
//! connection); every refusal here is in HTTP's words, except where a PDU can say it better and the brain is asked to.

use crate::buffers::Share;
use crate::clock::{coarse, stamp};
use crate::edge::answer::{PDU_MEDIA_TYPE, content_parts, refused, response};
use crate::edge::confirm::{self, Unconfirmed};
use crate::edge::socket::{Received, Socket};
use crate::hands::{Hands, Turn};
use crate::identity::Origin;
use crate::mesh::Envelope;
use crate::remains::Waits;
use crate::slots::SlotId;
use apn::{Binding, Generation};
use base::{Monotonic, Partition, Reason, Token};
use glommio::net::TcpStream;
use http1::{Connection, Persistence, Refusal, Step};
use meter::{Class, Counter, Laps, Stage, Stamp};
use shard::{Answer, Content, Input, Method, ReplyTo, Request};
use std::rc::Rc;
use std::task::Poll;

/// Milliseconds until a connection stops waiting for its shard's answer. Reason: longer than any disk that still works,
/// shorter than the patience of the gateways in use; reaching it is a defect of ours.
const ANSWER_MS_MAX: u64 = 60_000;

/// Octets of a body that may still be a report or a response: of those, none is over 1 KiB; a room to receive into is
/// at most 64 KiB.
const SETTLING_OCTETS_MAX: u64 = 16 << 10;

/// Octets of an answer's head, for the first allocation: status line, date and fields are about 250.
const HEAD_OCTETS: usize = 512;

/// Whether a connection goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goes {
    On,
    Over,
}

/// A connection being served.
struct Phone {
    hands: Rc<Hands>,
    id: SlotId,
    origin: Origin,
    /// The session that the request under way rests on.
    binding: Option<Binding>,
    /// The connection is older than its address's session: it ends with the next answer.
    is_outlived: bool,
    socket: Socket,
    machine: Connection,
    share: Share,
    out: Vec<u8>,
    unconfirmed: Option<Unconfirmed>,
    turn: Turn,
    /// When the first octets of the request under way came; none yet where it has not begun, or began behind another.
    began: Option<Stamp>,
    /// The newest session that is surely older than them, where that counts.
    arrived: Generation,
    /// When the socket was asked for octets last, by the kernel's ticks.
    asked: Monotonic,
    /// When the answer before it had left.
    answered: Stamp,
}

/// Serves a connection to its end and gives its place back.
pub(crate) async fn serve(hands: Rc<Hands>, stream: TcpStream, origin: Origin, id: SlotId) {
    let mut phone = Phone {
        socket: Socket::new(stream, Rc::clone(&hands), id),
        machine: Connection::new(hands.limits, hands.now_ms()),
        share: hands.budget.share(),
        out: Vec::with_capacity(HEAD_OCTETS),
        unconfirmed: None,
        turn: Turn::First,
        began: None,
        arrived: Generation(0),
        asked: Monotonic(0),
        answered: stamp(),
        origin,
        binding: None,
        is_outlived: false,
        id,
        hands,
    };
    while phone.advance().await == Goes::On {}
    confirm::settle(&mut phone.unconfirmed, &phone.socket, &phone.hands).await;
    phone.hands.close_slot(id);
}

impl Phone {
    async fn advance(&mut self) -> Goes {
        let now_ms = self.hands.now_ms();
        let step = self.machine.step(now_ms);
        self.hands.reclaim(&mut self.machine);
        match step {
            Step::NeedMore { deadline_ms } => self.receive(deadline_ms).await,
            Step::Continue100 if self.hands.is_overloaded() && self.is_large() => {
                self.hands.meter.count(Counter::OverloadRefused);
                self.turn_away().await
            }
            Step::Continue100 => {
                let deadline_ms = now_ms.saturating_add(self.hands.limits.send_grace_ms);
                match self.socket.send(http1::CONTINUE_100, &[], deadline_ms).await {
                    Ok(()) => Goes::On,
                    Err(_) => Goes::Over,
                }
            }
            Step::Request(request) => {
                self.hands.meter.count(Counter::HttpRequests);
                let began = self.began.take().unwrap_or(self.answered);
                let mut laps = Laps::begin(began, Class::Mm1Refused);
                let away = u32::from(request.body.is_part());
                self.hands.lent_away.update(|count| count.saturating_add(away));
                let answer = self.ask(request, &mut laps, now_ms).await;
                self.hands.lent_away.update(|count| count.saturating_sub(away));
                let answer = self.unless_over(answer);
                self.respond(answer, laps).await
            }
            Step::Refuse(refusal) => self.refuse(refusal).await,
            // Answers and refusals are sent before the machine is asked again.
            Step::Wait { .. } | Step::Closed(_) => Goes::Over,
        }
    }

    /// Whether a body is to come that only a message with content has: what settles something is smaller.
    fn is_large(&self) -> bool {
        self.machine.body_octets_left() > SETTLING_OCTETS_MAX
    }

    async fn receive(&mut self, deadline_ms: u64) -> Goes {
        if self.share.resize(self.machine.memory_octets()).is_err() {
            self.hands.meter.count(Counter::MemoryRefused);
            return self.turn_away().await;
        }
        confirm::settle_now(&mut self.unconfirmed, &self.socket, &self.hands);
        let now_ms = self.hands.now_ms();
        let wake_ms = match &mut self.unconfirmed {
            Some(unconfirmed) => deadline_ms.min(now_ms + unconfirmed.next_wait_ms(now_ms)),
            None => deadline_ms,
        };
        let kept_until_ms = self.hands.kept_until_ms(self.turn);
        let wake_ms = if now_ms < kept_until_ms {
            wake_ms.min(kept_until_ms)
        } else {
            wake_ms
        };
        let is_first = self.machine.is_at_rest();
        let Some(received) = self.received(wake_ms).await else {
            // The peer has ended; the next step says so.
            return Goes::On;
        };
        match received {
            Received::Octets(octets) => {
                self.began.get_or_insert_with(stamp);
                if is_first && self.hands.access.borrow().asks_for_arrivals() {
                    self.arrived = self.socket.arrived(self.asked);
                }
                let now_ms = self.hands.now_ms();
                self.machine.received(octets, now_ms);
            }
            Received::Ended => self.machine.end_of_stream(),
            Received::Broken => {
                // Receiving took the socket's error away; asked again it would look like a peer that is only slow.
                confirm::broken(self.unconfirmed.take().map(Unconfirmed::ticket), &self.hands);
                return Goes::Over;
            }
            Received::Nudged if self.is_over() => self.machine.retire(),
            Received::Nudged => {}
        }
        Goes::On
    }

    /// Waits for octets. A connection that waits holds no buffer: it gets one when there may be something to read.
    async fn received(&mut self, wake_ms: u64) -> Option<Received> {
        self.hands.set_deadline(self.id, wake_ms);
        std::future::poll_fn(|context| {
            self.asked = coarse();
            self.hands.lend(&mut self.machine);
            let polled = match self.machine.receive_buffer() {
                Some(room) => self.socket.poll_receive(context, room).map(Some),
                None => Poll::Ready(None),
            };
            if !matches!(polled, Poll::Ready(Some(Received::Octets(_)))) {
                self.hands.reclaim(&mut self.machine);
            }
            polled
        })
        .await
    }

    /// Whether the shard's end has come for this connection, should nothing be under way on it.
    fn is_over(&self) -> bool {
        self.hands.is_draining() && self.hands.now_ms() >= self.hands.kept_until_ms(self.turn)
    }

    /// Has the request answered: here if it is not for the brain, else by the subscriber's home, which goes on with its
    /// laps.
    async fn ask(&mut self, request: http1::Request, laps: &mut Laps, now_ms: u64) -> Answer {
        let method = match request.method() {
            http1::Method::Get => Method::Get,
            http1::Method::Post => Method::Post,
            http1::Method::Other => return self.refused_here(laps, Reason::MethodUnsupported),
            // RFC 9110 §9.3.2: no answer to HEAD has content, or the next answer's head would be taken for it.
            http1::Method::Head => {
                let content = Content::Empty;
                let refused = self.refused_here(laps, Reason::MethodUnsupported);
                return Answer { content, ..refused };
            }
        };
        if method == Method::Post && !is_pdu(&request) {
            return self.refused_here(laps, Reason::MediaTypeUnsupported);
        }
        // The body moves on with the request; its octets stay counted here until the answer is there. What can't be
        // counted any more was counted while it arrived.
        let body_octets = request.body.capacity() as u64;
        let _ = self
            .share
            .resize(body_octets.saturating_add(self.machine.memory_octets()));
        let mut request = self.identified(method, request, *laps);
        laps.lap(Stage::Accept, stamp());
        request.reply_to.laps = *laps;
        match self.pass_on(request) {
            Ok(()) => self.answered(laps, now_ms.saturating_add(ANSWER_MS_MAX)).await,
            Err(answer) => answer,
        }
    }

    fn refused_here(&self, laps: &mut Laps, reason: Reason) -> Answer {
        laps.lap(Stage::Accept, stamp());
        self.hands.meter.count(Counter::HttpRefused);
        refused(reason)
    }

    fn identified(&mut self, method: Method, request: http1::Request, laps: Laps) -> Box<Request> {
        let identified =
            self.hands
                .access
                .borrow()
                .identify(self.hands.own, &self.origin, self.arrived, &request);
        self.binding = identified.ok().and_then(|identity| identity.binding);
        if let Err(reason) = identified {
            self.hands.meter.count(Counter::IdentityRefused);
            if let Some(counter) = counter_of(reason) {
                self.hands.meter.count(counter);
            }
            self.is_outlived = reason == Reason::IdentityEnded;
        }
        let last_segment = request.path().rsplit('/').next().unwrap_or_default();
        Box::new(Request {
            reply_to: ReplyTo {
                shard: self.hands.own,
                slot: self.id.index,
                generation: self.id.generation,
                laps,
            },
            subscriber: identified.ok().map(|identity| identity.msisdn),
            method,
            token: Token::from_wire(last_segment.as_bytes()),
            oversize: request.oversize_octets,
            body: request.body,
            refusal: identified.err(),
        })
    }

    /// Gives the request to its subscriber's home. Without credit a POST goes to the own brain, which says Busy in a
    /// PDU with the request's Transaction-ID; a GET is told here.
    fn pass_on(&self, mut request: Box<Request>) -> Result<(), Answer> {
        let hands = &self.hands;
        let home = request.subscriber.map_or(hands.own, |subscriber| {
            Partition::of(subscriber).home(hands.shards)
        });
        if home == hands.own {
            hands.push(Input::Request(request));
        } else if hands.mesh.reserve(home) {
            hands.meter.count(Counter::RequestsForwarded);
            hands.meter.count(Counter::MeshSent);
            hands.mesh.send(home, Envelope::Request(request));
        } else {
            hands.meter.count(Counter::RequestsRefusedBusy);
            if request.method == Method::Get {
                return Err(refused(Reason::Busy));
            }
            request.refusal = Some(Reason::Busy);
            hands.push(Input::Request(request));
        }
        Ok(())
    }

    /// The answer, unless the session that asked has ended: another subscriber may have the address by now. What was
    /// done stays done, and is told to who repeats it.
    fn unless_over(&mut self, mut answer: Answer) -> Answer {
        answer.close |= self.is_outlived;
        let Some(binding) = self.binding.take() else {
            return answer;
        };
        if self.hands.access.borrow().still_holds(binding) {
            return answer;
        }
        self.hands.meter.count(Counter::IdentityEnded);
        confirm::broken(answer.sent, &self.hands);
        Answer {
            close: true,
            ..refused(Reason::IdentityEnded)
        }
    }

    async fn answered(&self, laps: &mut Laps, deadline_ms: u64) -> Answer {
        self.hands.set_deadline(self.id, deadline_ms);
        loop {
            let answer =
                std::future::poll_fn(|context| self.hands.slots.borrow_mut().poll_answer(self.id, context));
            match answer.await {
                Some((passed, answer)) => {
                    *laps = passed;
                    return answer;
                }
                // A drain nudges too; the answer is still owed.
                None if self.hands.now_ms() < deadline_ms => {}
                None => {
                    let close = true;
                    return Answer {
                        close,
                        ..refused(Reason::Internal)
                    };
                }
            }
        }
    }

    async fn respond(&mut self, mut answer: Answer, laps: Laps) -> Goes {
        answer.close |= self.hands.is_retiring();
        self.turn = Turn::Later;
        // An answer that asks to hear of its end waits for the one before; it has long been told of, nearly always.
        if answer.sent.is_some() {
            confirm::settle(&mut self.unconfirmed, &self.socket, &self.hands).await;
        }
        let now_ms = self.hands.now_ms();
        let response = response(&answer, self.hands.http_date(now_ms));
        self.out.clear();
        let Ok(persistence) = self.machine.respond(&mut self.out, &response, now_ms) else {
            confirm::broken(answer.sent, &self.hands);
            return Goes::Over;
        };
        let (_, head, body) = content_parts(&answer.content);
        self.out.extend_from_slice(head);
        let Step::Wait { deadline_ms } = self.machine.step(now_ms) else {
            confirm::broken(answer.sent, &self.hands);
            return Goes::Over;
        };
        let deadline_ms = deadline_ms.unwrap_or(u64::MAX);
        // Its place in the row is taken, and counted, before its client can know of the refusal. A connection that ends
        // with it would only keep its socket: who was there comes again through the door, if at all.
        let is_paused = answer.retry_after_s.is_some() && persistence == Persistence::KeepAlive;
        let pause_until_ms = is_paused.then(|| self.place(now_ms)).flatten();
        let sent = self.socket.send(&self.out, body, deadline_ms).await;
        // What the body's size was is no longer this connection's.
        let _ = self.share.resize(0);
        if sent.is_err() {
            confirm::broken(answer.sent, &self.hands);
            return Goes::Over;
        }
        self.record(laps);
        if let Some(ticket) = answer.sent {
            self.unconfirmed = Some(Unconfirmed::new(ticket, &self.socket, deadline_ms));
            confirm::settle_now(&mut self.unconfirmed, &self.socket, &self.hands);
        }
        self.machine.sent(self.hands.now_ms());
        if let Some(until_ms) = pause_until_ms {
            self.pause(until_ms).await;
        }
        Goes::On
    }

    /// Until when a connection that is refused for now is left alone; `None` while there are no more of them than are
    /// to be.
    fn place(&self, now_ms: u64) -> Option<u64> {
        let until_ms = self.hands.refused_until_ms(now_ms);
        (until_ms > now_ms).then(|| {
            self.hands.meter.count(Counter::ConnectionsPaused);
            until_ms
        })
    }

    async fn pause(&self, until_ms: u64) {
        self.hands.set_deadline(self.id, until_ms);
        while !self.hands.is_draining() && self.hands.now_ms() < until_ms {
            let slots = &self.hands.slots;
            std::future::poll_fn(|context| slots.borrow_mut().poll_nudge(self.id, Waits::Pause, context))
                .await;
        }
    }

    /// The answer is the kernel's: its request's laps are recorded.
    fn record(&mut self, mut laps: Laps) {
        self.answered = stamp();
        laps.lap(Stage::Send, self.answered);
        self.hands.meter.spans.record(&laps);
    }

    async fn refuse(&mut self, refusal: Refusal) -> Goes {
        self.hands.meter.count(Counter::HttpRefused);
        let now_ms = self.hands.now_ms();
        self.out.clear();
        refusal.write(&mut self.out);
        let deadline_ms = now_ms.saturating_add(self.hands.limits.send_grace_ms);
        if self.socket.send(&self.out, &[], deadline_ms).await.is_err() {
            return Goes::Over;
        }
        self.machine.sent(self.hands.now_ms());
        self.socket.shut_sending();
        Goes::On
    }

    /// Says 503 in the midst of a request that there is no memory for, and ends.
    async fn turn_away(&mut self) -> Goes {
        turn_away(&mut self.socket, &self.hands).await;
        Goes::Over
    }
}

/// What a refusal for want of an identity counts as, beside the sum of all.
fn counter_of(reason: Reason) -> Option<Counter> {
    match reason {
        Reason::IdentityUntrusted => Some(Counter::IdentityUntrusted),
        Reason::IdentityContradicted => Some(Counter::IdentityContradicted),
        Reason::IdentityAmbiguous => Some(Counter::IdentityAmbiguous),
        Reason::IdentityEnded => Some(Counter::IdentityEnded),
        _ => None,
    }
}

/// Says 503, shuts the sending side, and drops what the peer still sends for a while, lest a reset destroy the answer.
pub(crate) async fn turn_away(socket: &mut Socket, hands: &Hands) {
    let reason = http1::Reason::ConnectionsTooMany;
    let mut out = Vec::with_capacity(HEAD_OCTETS);
    Refusal { reason }.write(&mut out);
    let deadline_ms = hands.now_ms().saturating_add(hands.limits.linger_ms);
    if socket.send(&out, &[], deadline_ms).await.is_err() {
        return;
    }
    socket.shut_sending();
    let mut dropped = 0_u64;
    let mut room = [0; 4_096];
    while dropped < hands.limits.linger_octets_max && hands.now_ms() < deadline_ms {
        match socket.receive(&mut room, deadline_ms).await {
            Received::Octets(octets) => dropped += octets as u64,
            Received::Nudged => {}
            Received::Ended | Received::Broken => return,
        }
    }
}

/// Whether a body is a PDU by its media type, parameters aside. Some phones leave the field out.
fn is_pdu(request: &http1::Request) -> bool {
    request.field("content-type").is_none()
        || request
            .media_type()
            .is_some_and(|found| found.eq_ignore_ascii_case(PDU_MEDIA_TYPE))
}
