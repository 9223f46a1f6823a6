//! The server's side of one connection, as a machine that the caller feeds and obeys.
//!
//! Stands between the socket and the shard. The caller receives into [`Connection::receive_buffer`], tells it
//! by [`Connection::received`], and asks [`Connection::step`] what to do, also when the deadline it was told
//! has come. Invariants: one request outstanding; after a refusal nothing of the peer is interpreted; the only
//! memory besides the receive buffer is one body and one head; time never enters but as the caller's `now_ms`,
//! which does not go back. Its states and transitions are the table in `phase`.

use crate::body::Body;
use crate::chunk::{ChunkDecoder, ChunkStop};
use crate::framing::{BodyLength, Framing, Persistence};
use crate::head::Head;
use crate::input::Input;
use crate::limits::Limits;
use crate::pace::{BodyTimes, send_deadline_ms};
use crate::phase::{AfterSend, BodyPhase, Event, Phase, Remaining};
use crate::reason::{Reason, Refusal};
use crate::request::Request;
use crate::request_line::RequestLine;
use crate::response::{self, Response};
use crate::scan::HeadScan;
use crate::step::{Close, NoRequestOutstanding, Step};

/// Least octets of a body that goes on in the buffer it came in: copying fewer is cheaper than to miss the buffer.
const LEAVING_OCTETS_MIN: u64 = 8 * 1024;

/// A request whose body is still to come.
#[derive(Debug)]
struct Parts {
    line: RequestLine,
    head: Head,
    framing: Framing,
}

/// One connection of a listener.
#[derive(Debug)]
pub struct Connection {
    limits: Limits,
    phase: Phase,
    input: Input,
    scan: HeadScan,
    leading_empty_lines: u8,
    parts: Option<Parts>,
    body: Body,
    /// The last receive buffer was the body's own room.
    receiving_body: bool,
    requests: u32,
    peer_ended: bool,
    retiring: bool,
}

impl Connection {
    /// A connection accepted at `now_ms`. The receive buffer is allocated when it is first asked for.
    #[must_use]
    pub fn new(limits: Limits, now_ms: u64) -> Self {
        debug_assert!(limits.relations_hold(), "the limits contradict each other");
        Self {
            limits,
            phase: Phase::Idle { since_ms: now_ms },
            input: Input::default(),
            scan: HeadScan::default(),
            leading_empty_lines: 0,
            parts: None,
            body: Body::default(),
            receiving_body: false,
            requests: 0,
            peer_ended: false,
            retiring: false,
        }
    }

    /// Lends a buffer of at least [`Limits::head_octets_max`] octets, all initialised, to receive a head into,
    /// with what comes behind it: an owner of many connections has them share one that the caches know. To be
    /// taken back by [`reclaim`](Self::reclaim) after each step and before each wait. With `may_leave` a body of
    /// some size that came whole with its head, and with nothing behind it, takes the buffer along into its
    /// [`Request`] instead of being copied.
    ///
    /// # Errors
    /// The buffer itself where it is of no use now: something is unread, or a body is being received.
    pub fn lend(&mut self, buffer: Vec<u8>, may_leave: bool) -> Result<(), Vec<u8>> {
        let at_head = matches!(self.phase, Phase::Idle { .. } | Phase::Head { .. });
        if !at_head || buffer.len() < self.limits.head_octets_max as usize {
            return Err(buffer);
        }
        self.input.lend(buffer, may_leave)
    }

    /// Gives the lent buffer back, if there is one with nothing unread in it but a part of a head, which is kept apart.
    pub fn reclaim(&mut self) -> Option<Vec<u8>> {
        let at_head = matches!(self.phase, Phase::Idle { .. } | Phase::Head { .. });
        let is_bounded = self.input.unread().len() <= self.limits.head_octets_max as usize;
        self.input.reclaim(at_head && is_bounded)
    }

    /// Whether nothing of a request is here: the next octets are the first of one, or empty lines before it.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        matches!(self.phase, Phase::Idle { .. }) && self.input.is_empty()
    }

    /// Where the next octets are to be received: never empty; within a body it is the body itself, and ends
    /// with it.
    ///
    /// `None` means that nothing may be received now (the peer is ahead of us, or the connection is over).
    pub fn receive_buffer(&mut self) -> Option<&mut [u8]> {
        self.receiving_body = false;
        if self.peer_ended {
            return None;
        }
        let first = self.limits.receive_octets as usize;
        let room = match &self.phase {
            Phase::Closed(_) => return None,
            Phase::Idle { .. } | Phase::Head { .. } => self
                .input
                .room(first, first.max(self.limits.head_octets_max as usize)),
            Phase::Body(phase) if self.input.is_empty() => {
                let remaining = match &phase.remaining {
                    Remaining::Octets(octets) => *octets,
                    // Behind a short chunk its framing is received along with it.
                    Remaining::Chunks(decoder) if decoder.data_octets() < first as u64 => 0,
                    Remaining::Chunks(decoder) => decoder.data_octets(),
                };
                match self.body.room(remaining, &self.limits) {
                    Some(room) => {
                        self.receiving_body = true;
                        room
                    }
                    None => self.input.room(first, first),
                }
            }
            _ => self.input.room(first, first),
        };
        (!room.is_empty()).then_some(room)
    }

    /// Octets of a body of known length that are yet to come; zero where none is awaited.
    #[must_use]
    pub fn body_octets_left(&self) -> u64 {
        self.phase.body_octets_left()
    }

    /// `octets` were received into the last [`receive_buffer`](Self::receive_buffer). Call [`step`](Self::step)
    /// next.
    pub fn received(&mut self, octets: usize, now_ms: u64) {
        if let Phase::Body(phase) = &mut self.phase {
            phase.times.heard_ms = now_ms;
            if self.receiving_body {
                self.receiving_body = false;
                self.body.filled(octets);
                match &mut phase.remaining {
                    Remaining::Octets(left) => *left = left.saturating_sub(octets as u64),
                    Remaining::Chunks(decoder) => decoder.took(octets as u64),
                }
                return;
            }
        }
        self.input.filled(octets);
        if let Phase::Lingering { octets_left, .. } = &mut self.phase {
            *octets_left = octets_left.saturating_sub(octets as u64);
            self.input.consume(octets);
        }
    }

    /// Copies as many of `octets` as there is room for at once, and answers how many; for callers without a
    /// socket.
    pub fn receive(&mut self, octets: &[u8], now_ms: u64) -> usize {
        let Some(room) = self.receive_buffer() else {
            return 0;
        };
        let count = room.len().min(octets.len());
        if let (Some(to), Some(from)) = (room.get_mut(..count), octets.get(..count)) {
            to.copy_from_slice(from);
        }
        self.received(count, now_ms);
        count
    }

    /// The peer has shut its sending side. Requests that came whole before are still served.
    pub const fn end_of_stream(&mut self) {
        self.peer_ended = true;
    }

    /// The server is to end: the request in progress is answered and the connection then closed; an idle one
    /// closes.
    pub const fn retire(&mut self) {
        self.retiring = true;
    }

    /// What is to be done now. Call it after each event, and when a deadline has come.
    pub fn step(&mut self, now_ms: u64) -> Step {
        let outcome = match &self.phase {
            Phase::Idle { .. } | Phase::Head { .. } => self.read_head(now_ms),
            Phase::Body(_) => self.read_body(),
            Phase::Outstanding { .. } => return Step::Wait { deadline_ms: None },
            Phase::Sending { deadline_ms, .. } if now_ms < *deadline_ms => {
                return Step::Wait {
                    deadline_ms: Some(*deadline_ms),
                };
            }
            Phase::Sending { .. } => return self.close(Event::Deadline, Close::SendTimeout),
            Phase::Lingering {
                deadline_ms,
                octets_left,
                close,
            } => {
                if now_ms >= *deadline_ms || *octets_left == 0 || self.peer_ended {
                    let close = *close;
                    return self.close(Event::LingerEnds, close);
                }
                return Step::NeedMore {
                    deadline_ms: *deadline_ms,
                };
            }
            Phase::Closed(close) => return Step::Closed(*close),
        };
        match outcome {
            Ok(Some(step)) => step,
            Ok(None) => self.starved(now_ms),
            Err(reason) => self.refuse(reason, now_ms),
        }
    }

    /// Appends the head of the answer to the outstanding request; the caller appends the body, sends both and
    /// calls [`sent`](Self::sent). Answers what becomes of the connection.
    ///
    /// # Errors
    /// [`NoRequestOutstanding`] if there is nothing to answer.
    pub fn respond(
        &mut self,
        out: &mut Vec<u8>,
        response: &Response<'_>,
        now_ms: u64,
    ) -> Result<Persistence, NoRequestOutstanding> {
        let Phase::Outstanding { persistence } = self.phase else {
            return Err(NoRequestOutstanding);
        };
        let close = persistence == Persistence::Close
            || response.persistence == Persistence::Close
            || self.requests >= self.limits.requests_max
            || self.retiring;
        let (agreed, next) = if close {
            (Persistence::Close, AfterSend::Close)
        } else {
            (Persistence::KeepAlive, AfterSend::NextRequest)
        };
        response::write_head(out, response, agreed);
        self.phase.follow(
            Event::Respond,
            Phase::Sending {
                deadline_ms: send_deadline_ms(response.content_length, now_ms, &self.limits),
                next,
            },
        );
        Ok(agreed)
    }

    /// The answer or the refusal has left. Call [`step`](Self::step) next: another request may be here already.
    pub fn sent(&mut self, now_ms: u64) {
        let Phase::Sending { next, .. } = self.phase else {
            return;
        };
        let close = match next {
            AfterSend::NextRequest => {
                self.phase
                    .follow(Event::SentKeeping, Phase::Idle { since_ms: now_ms });
                return;
            }
            // Unread octets would turn the close into a reset, which can overtake the answer.
            AfterSend::Close if self.input.is_empty() => {
                self.phase.follow(Event::SentLast, Phase::Closed(Close::Answered));
                return;
            }
            AfterSend::Close => Close::Answered,
            AfterSend::Linger(reason) => Close::Refused(reason),
        };
        self.input = Input::default();
        self.phase.follow(
            Event::SentUnread,
            Phase::Lingering {
                deadline_ms: now_ms.saturating_add(self.limits.linger_ms),
                octets_left: self.limits.linger_octets_max,
                close,
            },
        );
    }

    /// Octets of memory that the connection holds now; at most [`Limits::connection_octets_max`].
    #[must_use]
    pub fn memory_octets(&self) -> u64 {
        let head = self.parts.as_ref().map_or(0, |parts| parts.head.memory_octets());
        let octets = self
            .input
            .memory_octets()
            .saturating_add(self.body.memory_octets())
            .saturating_add(head);
        octets as u64
    }

    fn read_head(&mut self, now_ms: u64) -> Result<Option<Step>, Reason> {
        self.skip_empty_lines();
        let may_skip = self.leading_empty_lines < self.limits.leading_empty_lines_max;
        if self.input.is_empty() || (may_skip && self.input.unread() == b"\r") {
            return Ok(None);
        }
        if let Phase::Idle { .. } = self.phase {
            self.phase
                .follow(Event::HeadBegins, Phase::Head { since_ms: now_ms });
        }
        let octets = self.input.unread();
        let Some(extent) = self.scan.advance(octets, &self.limits, RequestLine::check)? else {
            return Ok(None);
        };
        let line = RequestLine::parse(octets.get(..extent.first_line_octets).unwrap_or_default())?;
        let head = Head::parse(octets, extent)?;
        let framing = Framing::of_request(&line, &head, &self.limits)?;
        self.input.consume(extent.head_octets);
        self.scan = HeadScan::default();
        self.leading_empty_lines = 0;
        let remaining = match framing.body {
            BodyLength::Absent => Remaining::Octets(0),
            BodyLength::Octets(octets) => self.begin_body(octets),
            BodyLength::Chunked => Remaining::Chunks(ChunkDecoder::new()),
        };
        let continue_owed = framing.continue_wanted;
        self.parts = Some(Parts { line, head, framing });
        self.phase.follow(
            Event::HeadEnds,
            Phase::Body(BodyPhase {
                remaining,
                continue_owed,
                times: BodyTimes::starting(now_ms),
            }),
        );
        self.read_body()
    }

    /// Makes a body of a known length ready; answers what of it is still to be taken from the buffer.
    fn begin_body(&mut self, octets: u64) -> Remaining {
        if (LEAVING_OCTETS_MIN..=self.limits.body_octets_max).contains(&octets)
            && let Some(parcel) = self.input.leave(octets)
        {
            self.body = Body::whole(parcel);
            return Remaining::Octets(0);
        }
        self.body = Body::with_length(octets, &self.limits);
        Remaining::Octets(octets)
    }

    /// RFC 9112 §2.2: an empty line or two before a request line are passed over.
    fn skip_empty_lines(&mut self) {
        while self.leading_empty_lines < self.limits.leading_empty_lines_max
            && self.input.unread().starts_with(b"\r\n")
        {
            self.input.consume(2);
            self.leading_empty_lines = self.leading_empty_lines.saturating_add(1);
        }
    }

    fn read_body(&mut self) -> Result<Option<Step>, Reason> {
        let Phase::Body(mut phase) = self.phase else {
            return Ok(None);
        };
        let (over, untouched) = match &mut phase.remaining {
            Remaining::Octets(left) => {
                let octets = self.input.unread();
                let count = octets.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                self.body
                    .append(octets.get(..count).unwrap_or_default(), &self.limits);
                self.input.consume(count);
                *left = left.saturating_sub(count as u64);
                (*left == 0, self.body.total() == 0)
            }
            Remaining::Chunks(decoder) => {
                let over = read_chunks(decoder, &mut self.input, &mut self.body, &self.limits)?;
                (over, *decoder == ChunkDecoder::new())
            }
        };
        if over {
            return Ok(self.finish_request());
        }
        let continue_now = phase.continue_owed && untouched;
        phase.continue_owed = false;
        self.phase = Phase::Body(phase);
        Ok(continue_now.then_some(Step::Continue100))
    }

    fn finish_request(&mut self) -> Option<Step> {
        let Parts { line, head, framing } = self.parts.take()?;
        let (body, oversize_octets) = self.body.finish();
        self.requests = self.requests.saturating_add(1);
        self.phase.follow(
            Event::BodyEnds,
            Phase::Outstanding {
                persistence: framing.persistence,
            },
        );
        let (authority, persistence) = (framing.authority, framing.persistence);
        Some(Step::Request(Request {
            line,
            authority,
            persistence,
            head,
            body,
            oversize_octets,
        }))
    }

    /// There is nothing to go on with: the peer has ended, or is too late, or has time yet.
    fn starved(&mut self, now_ms: u64) -> Step {
        let idle = matches!(self.phase, Phase::Idle { .. });
        if self.peer_ended {
            let close = if idle {
                Close::PeerEnded
            } else {
                Close::PeerTruncated
            };
            return self.close(Event::PeerEnds, close);
        }
        if idle && self.retiring {
            return self.close(Event::Retire, Close::Retired);
        }
        let deadline_ms = self.receive_deadline_ms();
        if now_ms < deadline_ms {
            return Step::NeedMore { deadline_ms };
        }
        match self.phase {
            Phase::Head { .. } => self.refuse(Reason::HeadTimeout, now_ms),
            Phase::Body(_) => self.refuse(Reason::BodyTimeout, now_ms),
            _ => self.close(Event::Deadline, Close::IdleTimeout),
        }
    }

    fn receive_deadline_ms(&self) -> u64 {
        match &self.phase {
            Phase::Idle { since_ms } => since_ms.saturating_add(self.limits.idle_ms),
            Phase::Head { since_ms } => since_ms.saturating_add(self.limits.head_ms),
            Phase::Body(phase) => phase.times.deadline_ms(self.body.total(), &self.limits),
            _ => u64::MAX,
        }
    }

    fn refuse(&mut self, reason: Reason, now_ms: u64) -> Step {
        self.drop_message();
        let deadline_ms = send_deadline_ms(0, now_ms, &self.limits);
        self.phase.follow(
            Event::Refuse,
            Phase::Sending {
                deadline_ms,
                next: AfterSend::Linger(reason),
            },
        );
        Step::Refuse(Refusal { reason })
    }

    fn close(&mut self, event: Event, close: Close) -> Step {
        self.drop_message();
        self.phase.follow(event, Phase::Closed(close));
        Step::Closed(close)
    }

    fn drop_message(&mut self) {
        self.input = Input::default();
        self.body = Body::default();
        self.parts = None;
    }
}

/// Moves what is here of a chunked body; answers whether it is over.
fn read_chunks(
    decoder: &mut ChunkDecoder,
    input: &mut Input,
    body: &mut Body,
    limits: &Limits,
) -> Result<bool, Reason> {
    loop {
        let (used, stop) = decoder.advance(input.unread(), limits)?;
        input.consume(used);
        match stop {
            ChunkStop::Over => return Ok(true),
            ChunkStop::Starved => return Ok(false),
            ChunkStop::Data(octets) => {
                body.expect(octets, limits)?;
                let here = input.unread();
                let count = here.len().min(usize::try_from(octets).unwrap_or(usize::MAX));
                if count == 0 {
                    return Ok(false);
                }
                body.append(here.get(..count).unwrap_or_default(), limits);
                input.consume(count);
                decoder.took(count as u64);
            }
        }
    }
}
