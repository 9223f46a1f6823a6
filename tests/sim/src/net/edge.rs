//! The server's end of a connection: the edge of the product, without its sockets.
//!
//! What `engine::edge::mm1` does with a socket and a task, done with queues: the same session (`http1::Connection`),
//! the same decisions about method, media type and identity, the same request for the shard. Invariant: identity is
//! decided for each request, from the header that the gateway writes.

use crate::book::Book;
use crate::event::Question;
use crate::net::{Happening, Link, SEND_BUFFER_OCTETS};
use crate::world::World;
use base::{Msisdn, Reason, Retry, Token};
use http1::{CONTINUE_100, Close, Persistence, Refusal, Response, Step};
use shard::{Answer, Content, Method, Request};

/// Media type of every PDU (OMA MMS Encapsulation §4).
pub(crate) const PDU_MEDIA_TYPE: &str = "application/vnd.wap.mms-message";

/// One request in so many finds no room in the mesh.
const BUSY_ODDS: u32 = 300;

impl Link {
    /// Does what the session says for as long as it has something to do.
    pub(super) fn serve(&mut self, world: &mut World, book: &Book, happened: &mut Vec<Happening>) {
        let now_ms = world.now.monotonic.0;
        self.confirm(world, happened);
        while !self.is_closed {
            if self.is_sending && self.written - self.taken <= SEND_BUFFER_OCTETS {
                self.is_sending = false;
                self.server.sent(now_ms);
            }
            match self.server.step(now_ms) {
                Step::NeedMore { .. } => {
                    if self.arrived.is_empty() && self.up_ended && self.up.is_empty() {
                        self.up_ended = false;
                        self.server.end_of_stream();
                        continue;
                    }
                    let (octets, _) = self.arrived.as_slices();
                    let taken = self.server.receive(octets, now_ms);
                    if taken == 0 {
                        return;
                    }
                    self.arrived.drain(..taken);
                }
                Step::Continue100 => self.write(CONTINUE_100),
                Step::Request(request) => {
                    self.pass_on(request, world, book, happened);
                    if self.slot.is_some() {
                        return;
                    }
                }
                Step::Refuse(refusal) => {
                    happened.push(Happening::Refused(refusal.reason));
                    let mut out = Vec::new();
                    refusal.write(&mut out);
                    self.write(&out);
                    self.server.sent(now_ms);
                }
                Step::Wait { .. } => return,
                Step::Closed(close) => {
                    self.is_closed = true;
                    if close == Close::SendTimeout {
                        // Closing a socket with octets unread by the peer: they are gone.
                        self.down.clear();
                    }
                    happened.push(Happening::Closed(close));
                }
            }
        }
    }

    fn write(&mut self, octets: &[u8]) {
        self.down.extend(octets);
        self.written += octets.len() as u64;
    }

    /// Retrievals whose last octet was taken.
    fn confirm(&mut self, world: &mut World, happened: &mut Vec<Happening>) {
        while let Some(&(ticket, end)) = self.tickets.front() {
            if self.taken < end {
                return;
            }
            self.tickets.pop_front();
            world.sent(ticket, true);
            happened.push(Happening::Sent(ticket, true));
        }
    }

    fn pass_on(
        &mut self,
        request: http1::Request,
        world: &mut World,
        book: &Book,
        happened: &mut Vec<Happening>,
    ) {
        let now_ms = world.now.monotonic.0;
        let method = match request.method() {
            http1::Method::Get => Method::Get,
            http1::Method::Post => Method::Post,
            _ => return self.send(&refused(Reason::MethodUnsupported), now_ms),
        };
        if method == Method::Post && !is_pdu(&request) {
            return self.send(&refused(Reason::MediaTypeUnsupported), now_ms);
        }
        let subscriber = identity(&request, world);
        let last_segment = request.path().rsplit('/').next().unwrap_or_default();
        let token = Token::from_wire(last_segment.as_bytes());
        let is_busy = method == Method::Post && world.dice.one_in(BUSY_ODDS);
        let who = subscriber.map(Msisdn::digits);
        let question = Question::read(book, who, method == Method::Get, token, &request.body);
        happened.push(Happening::Heard(question.clone()));
        self.question = Some(question);
        let (body, oversize) = (request.body, request.oversize_octets);
        self.slot = Some(world.ask(|reply_to| Request {
            reply_to,
            subscriber,
            method,
            token,
            body,
            oversize,
            refusal: is_busy.then_some(Reason::Busy),
        }));
    }

    /// The shard has answered.
    pub(super) fn respond(&mut self, answer: &Answer, now_ms: u64) {
        self.slot = None;
        self.send(answer, now_ms);
        if let Some(ticket) = answer.sent {
            self.tickets.push_back((ticket, self.written));
        }
    }

    fn send(&mut self, answer: &Answer, now_ms: u64) {
        let (content_type, content) = match &answer.content {
            Content::Empty | Content::Verdict(_) => (None, Vec::new()),
            Content::Text(text) => (Some("text/plain"), text.as_bytes().to_vec()),
            Content::Pdu { .. } => (Some(PDU_MEDIA_TYPE), crate::phone::pdu_of(answer)),
        };
        let response = Response {
            content_type,
            content_length: content.len() as u64,
            retry_after_s: answer.retry_after_s,
            persistence: match answer.close {
                true => Persistence::Close,
                false => Persistence::KeepAlive,
            },
            ..Response::new(answer.http_status)
        };
        let mut out = Vec::new();
        let agreed = self.server.respond(&mut out, &response, now_ms);
        agreed.expect("a request is outstanding");
        out.extend(content);
        self.write(&out);
        self.is_sending = true;
    }
}

/// A refusal that needs no PDU.
fn refused(reason: Reason) -> Answer {
    let row = reason.row();
    Answer {
        http_status: row.http_status,
        content: Content::Text(row.text),
        retry_after_s: (row.retry == Retry::Later).then_some(Refusal::RETRY_AFTER_S),
        close: false,
        sent: None,
    }
}

fn is_pdu(request: &http1::Request) -> bool {
    request.field("content-type").is_none()
        || request
            .media_type()
            .is_some_and(|found| found.eq_ignore_ascii_case(PDU_MEDIA_TYPE))
}

/// Who is asking, by the gateway's header; two that differ are nobody.
fn identity(request: &http1::Request, world: &World) -> Option<Msisdn> {
    let profile = &world.shape.profile;
    let headers = profile.identity.headers.iter();
    let name = headers
        .into_iter()
        .find(|name| request.head.field(name).is_some())?;
    let mut numbers = request
        .head
        .fields_named(name)
        .map(|value| profile.numbering.normalise(value));
    let first = numbers.next().flatten();
    first.filter(|_| numbers.all(|other| other == first))
}
