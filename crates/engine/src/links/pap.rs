//! A push proxy gateway: some connections, each of which posts one push at a time and reads its answer.
//!
//! The bodies are the crate `push`'s, the HTTP is `http1`'s. Invariants: a push is in one place, at the desk or with
//! one connection; one that was posted and not answered is posted again with the same push-id, which a gateway that
//! has it already says; after a failure a connection waits, longer each time. What a gateway tells later about a push
//! (result notifications) is not asked for: taken is the last that is known.

use super::Parcel;
use super::board::{Board, Count, LinkStage, Why};
use super::desk::{Desk, Settled};
use super::dial::dial;
use super::plan::PapPlan;
use crate::alarm::Alarm;
use crate::hands::Hands;
use base::{Clock, Monotonic};
use futures_lite::{AsyncRead, AsyncWrite};
use glommio::net::TcpStream;
use http1::client::{Answer, AnswerEvent, AnswerReader, RequestBody, RequestHead, write_request};
use push::pap::{self, write_push};
use push::smpp::backoff::{Noise, after, wait_ms};
use push::{Outcome, Submission};
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Octets of an answer that are read at once; a whole one has some hundred.
const ROOM_OCTETS: usize = 4 << 10;

/// Milliseconds between two looks while nothing comes: whether the shard has fallen quiet, and whose time is over.
const LOOK_MS: u64 = 1_000;

/// The same while the shard drains.
const LEAVING_LOOK_MS: u64 = 20;

/// One gateway.
pub(crate) struct Gateway {
    hands: Rc<Hands>,
    board: Arc<Board>,
    plan: PapPlan,
    first: usize,
    desk: Desk,
    wakers: RefCell<Vec<Waker>>,
    given: Cell<u64>,
    seed: u64,
}

/// A connection's own state.
struct Line {
    stream: Option<TcpStream>,
    reader: AnswerReader,
    failures: u32,
    noise: Noise,
    alarm: Alarm,
    cell: usize,
}

impl Gateway {
    /// A gateway whose connections are not started yet.
    pub(crate) fn new(
        hands: Rc<Hands>,
        board: Arc<Board>,
        place: usize,
        plan: &PapPlan,
        seed: u64,
    ) -> Rc<Gateway> {
        let centre = u16::try_from(place).unwrap_or(u16::MAX);
        Rc::new(Gateway {
            desk: Desk::new(Rc::clone(&hands), centre),
            first: board.first(place),
            hands,
            board,
            plan: plan.clone(),
            wakers: RefCell::new(Vec::new()),
            given: Cell::new(0),
            seed: seed ^ (place as u64) << 32,
        })
    }

    /// Starts the connections' tasks.
    pub(crate) fn start(self: &Rc<Gateway>) {
        for number in 0..usize::from(self.plan.connections) {
            self.hands.open_link();
            // Not known to be down: the first push finds out.
            self.board.set_stage(self.first + number, LinkStage::Up);
            glommio::spawn_local(Rc::clone(self).run(number)).detach();
        }
    }

    /// Takes a parcel of any shard.
    pub(crate) fn take(&self, parcel: Parcel) {
        self.desk.wait(parcel);
        self.given.set(self.given.get() + 1);
        if let Some(waker) = self.wakers.borrow_mut().pop() {
            waker.wake();
        }
    }

    fn leaves(&self) -> bool {
        self.hands.is_draining() && self.hands.is_quiet()
    }

    /// A connection's task.
    async fn run(self: Rc<Gateway>, number: usize) {
        let cell = self.first + number;
        let mut line = Line {
            stream: None,
            reader: AnswerReader::new(http1::Limits::DEFAULT),
            failures: 0,
            noise: Noise::new(self.seed ^ number as u64),
            alarm: Alarm::default(),
            cell,
        };
        while !self.leaves() {
            self.desk.expire();
            let Some(parcel) = self.desk.next() else {
                self.board.set_load(cell, 0, self.desk.waiting_len());
                self.rest(&mut line, None).await;
                continue;
            };
            let submission = self.desk.begin(parcel);
            self.board.set_load(cell, 1, self.desk.waiting_len());
            let push = submission.id;
            let outcome = self.post(&mut line, submission).await;
            let has_failed = matches!(
                outcome,
                Outcome::Throttled(_) | Outcome::Unanswered(_) | Outcome::LinkLost(_)
            );
            self.settle(cell, push, outcome);
            if has_failed {
                self.pause(&mut line).await;
            } else {
                line.failures = 0;
                self.board.set_stage(cell, LinkStage::Up);
            }
        }
        self.board.set_stage(cell, LinkStage::Ended);
        self.hands.close_link();
    }

    /// Lets a connection wait after a failure; what waits may go to another gateway meanwhile.
    async fn pause(&self, line: &mut Line) {
        line.stream = None;
        let wait = wait_ms(
            line.failures,
            self.plan.retry_ms_min,
            self.plan.retry_ms_max,
            line.noise.draw(),
        );
        line.failures = line.failures.saturating_add(1);
        self.board.set_stage(line.cell, LinkStage::Down);
        self.desk.pass_on();
        let until = after(self.hands.clock.monotonic(), wait);
        while self.hands.clock.monotonic() < until && !self.leaves() {
            self.rest(line, Some(until)).await;
        }
    }

    fn settle(&self, cell: usize, push: push::PushId, outcome: Outcome) {
        let now_ms = self.hands.now_ms();
        let error = match &outcome {
            Outcome::Rejected { code } => Some(Why::gateway(*code)),
            Outcome::LinkLost(_) | Outcome::Unanswered(_) => Some(Why::gateway(0)),
            _ => None,
        };
        if let Some(why) = error {
            self.board.set_error(cell, why);
        }
        let count = match self.desk.settle(push, outcome) {
            Settled::Taken => Count::Taken,
            Settled::Refused => Count::Refused,
            Settled::Throttled => Count::Throttled,
            Settled::Unanswered => Count::Unanswered,
            Settled::Receipt => Count::Receipts,
            Settled::Nothing => return,
        };
        self.board.count(cell, count, now_ms);
    }

    /// Waits until something was given, at most until `until`, and looks at the drain meanwhile.
    async fn rest(&self, line: &mut Line, until: Option<Monotonic>) {
        let now = self.hands.clock.monotonic();
        let knows_of_drain = self.hands.is_draining();
        let look = if knows_of_drain { LEAVING_LOOK_MS } else { LOOK_MS };
        let look = until.into_iter().chain([now + look]).min();
        let given = self.given.get();
        let (alarm, clock) = (&mut line.alarm, &self.hands.clock);
        std::future::poll_fn(|context| {
            // While it waits after a failure what is given is for others.
            if until.is_none() {
                if self.given.get() != given {
                    return Poll::Ready(());
                }
                let mut wakers = self.wakers.borrow_mut();
                if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                    wakers.push(context.waker().clone());
                }
            }
            if !knows_of_drain && self.hands.poll_drain(context).is_ready() {
                return Poll::Ready(());
            }
            alarm.poll(context, look, || clock.monotonic())
        })
        .await;
    }

    /// Posts a push and waits for its answer. A connection that the gateway has closed meanwhile is built anew, once.
    async fn post(&self, line: &mut Line, submission: Submission) -> Outcome {
        let request = self.request(&submission);
        for _ in 0..2 {
            let is_fresh = line.stream.is_none();
            if is_fresh {
                let (host, port) = &self.plan.host;
                line.stream = dial(&self.hands, host, *port, self.plan.connect_ms).await;
                line.reader = AnswerReader::new(http1::Limits::DEFAULT);
            }
            if line.stream.is_none() {
                return Outcome::LinkLost(submission);
            }
            match self.exchange(line, &request).await {
                Some(answer) => {
                    if answer.persistence != http1::Persistence::KeepAlive {
                        line.stream = None;
                    }
                    if answer.status >= 300 {
                        self.board
                            .set_error(line.cell, Why::gateway(answer.status.into()));
                    }
                    return pap::read::outcome(answer.status, &answer.body, false, submission);
                }
                None => line.stream = None,
            }
            if is_fresh {
                break;
            }
        }
        Outcome::Unanswered(submission)
    }

    fn request(&self, submission: &Submission) -> Vec<u8> {
        let wall = self.hands.clock.now().wall.seconds();
        let push_id = pap::push_id(submission.id, &self.plan.own_domain);
        let mut body = Vec::with_capacity(1_024);
        let content_type = write_push(
            &mut body,
            &pap::Push {
                push_id: &push_id,
                to: submission.to,
                gateway: &self.plan.domain,
                deliver_before: wall + submission.valid_for_s,
                notify_to: None,
                pdu: &submission.octets,
            },
        );
        let (host, port) = &self.plan.host;
        let host = format!("{host}:{port}");
        let mut fields = vec![("Content-Type", content_type.as_str())];
        let authorization = self.plan.authorization.as_ref();
        fields.extend(authorization.map(|value| ("Authorization", value.0.as_str())));
        let mut request = Vec::with_capacity(body.len() + 256);
        let head = RequestHead {
            method: "POST",
            target: &self.plan.path,
            version: http1::Version::Http11,
            host: Some(&host),
            fields: &fields,
            body: RequestBody::Octets(body.len() as u64),
        };
        write_request(&mut request, &head);
        request.extend_from_slice(&body);
        request
    }

    /// Sends a request and reads its answer, in the time allowed; nothing where the connection is of no more use.
    async fn exchange(&self, line: &mut Line, request: &[u8]) -> Option<Answer> {
        let deadline = Some(after(self.hands.clock.monotonic(), self.plan.answer_ms));
        let stream = line.stream.as_mut()?;
        let mut left = request;
        let mut room = [0; ROOM_OCTETS];
        loop {
            while let Some(event) = line.reader.step().ok()? {
                if let AnswerEvent::Answer(answer) = event {
                    return Some(answer);
                }
            }
            let (alarm, clock) = (&mut line.alarm, &self.hands.clock);
            let came = std::future::poll_fn(|context| {
                if let Poll::Ready(came) = poll_stream(stream, context, &mut room, left) {
                    return Poll::Ready(Some(came));
                }
                alarm.poll(context, deadline, || clock.monotonic()).map(|()| None)
            })
            .await?;
            match came {
                Came::Octets(octets) => line.reader.receive(room.get(..octets)?),
                Came::Sent(octets) => left = left.get(octets..)?,
                Came::Ended => {
                    line.reader.end_of_stream();
                    return match line.reader.step() {
                        Ok(Some(AnswerEvent::Answer(answer))) => Some(answer),
                        _ => None,
                    };
                }
            }
        }
    }
}

/// What came of a connection.
enum Came {
    /// So many octets.
    Octets(usize),
    /// So many have left.
    Sent(usize),
    /// It is over.
    Ended,
}

fn poll_stream(
    stream: &mut TcpStream,
    context: &mut Context<'_>,
    room: &mut [u8],
    left: &[u8],
) -> Poll<Came> {
    if !left.is_empty() {
        return match Pin::new(stream).poll_write(context, left) {
            Poll::Ready(Ok(octets)) if octets > 0 => Poll::Ready(Came::Sent(octets)),
            Poll::Ready(_) => Poll::Ready(Came::Ended),
            Poll::Pending => Poll::Pending,
        };
    }
    match Pin::new(stream).poll_read(context, room) {
        Poll::Ready(Ok(0) | Err(_)) => Poll::Ready(Came::Ended),
        Poll::Ready(Ok(octets)) => Poll::Ready(Came::Octets(octets)),
        Poll::Pending => Poll::Pending,
    }
}
