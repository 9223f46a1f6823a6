//! An SMSC and its links: a task per link around the session of the crate `push`.
//!
//! The session decides (binds, window, pace, tests, waits); here are its socket and its timer. Invariants: a session
//! is never borrowed across an await; after each thing that came in, all its actions are carried out and its output
//! is offered to the socket; a link that lost its connection is built again when its session says so; while the
//! server ends each link finishes what it has begun, unbinds and is over.

use super::Parcel;
use super::board::{Board, Count, LinkStage, Why};
use super::desk::{Desk, Settled};
use super::dial::dial;
use super::plan::SmscPlan;
use crate::alarm::Alarm;
use crate::hands::Hands;
use base::Monotonic;
use futures_lite::{AsyncRead, AsyncWrite};
use glommio::net::TcpStream;
use push::choose::SmscId;
use push::smpp::{Action, IdForm, Loss, Receipts, Session, Why as Refusal, phase};
use push::{LinkId, NoLink, Outcome, PushId, Route, choose};
use std::cell::{Cell, RefCell};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Octets received at once: some hundred answers.
const ROOM_OCTETS: usize = 16 << 10;

/// Milliseconds between two looks whether the shard is quiet, while it drains.
const LEAVING_LOOK_MS: u64 = 20;

/// One link.
struct Link {
    session: RefCell<Session>,
    waker: RefCell<Option<Waker>>,
    /// Something was given to the session since its task last looked.
    is_woken: Cell<bool>,
    connect_ms: u32,
    cell: usize,
}

/// One SMSC.
pub(crate) struct Smsc {
    hands: Rc<Hands>,
    board: Arc<Board>,
    host: (String, u16),
    links: Vec<Link>,
    receipts: RefCell<Receipts>,
    desk: Desk,
}

/// What a link's task holds by itself.
struct Line {
    stream: Option<TcpStream>,
    alarm: Alarm,
    room: Vec<u8>,
    /// The task knows that the shard ends, and looks again by the clock.
    drain_told: bool,
}

/// What a link's task is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Orders {
    connect: bool,
    end: bool,
}

/// What came to a link's task.
enum Came {
    /// So many octets.
    Octets(usize),
    /// The connection is over.
    Ended,
    /// So many octets have left.
    Sent(usize),
    /// A push was given to it, its time has come, or the shard drains.
    Nothing,
}

impl Smsc {
    /// An SMSC whose links are not started yet.
    pub(crate) fn new(
        hands: Rc<Hands>,
        board: Arc<Board>,
        place: usize,
        plan: &SmscPlan,
        seed: u64,
    ) -> Rc<Smsc> {
        let now = hands.clock.monotonic();
        let first = board.first(place);
        let form = plan
            .links
            .first()
            .map_or(IdForm::Learn, |settings| settings.id_form);
        let mut links = Vec::new();
        for (number, settings) in plan.links.iter().enumerate() {
            let noise = seed ^ (place as u64) << 32 ^ number as u64;
            match Session::new(settings.clone(), noise, now) {
                Ok(session) => links.push(Link {
                    session: RefCell::new(session),
                    waker: RefCell::new(None),
                    is_woken: Cell::new(false),
                    connect_ms: settings.connect_ms,
                    cell: first + number,
                }),
                Err(unfit) => debug_assert!(false, "the program has checked {}", unfit.name),
            }
        }
        let place = u16::try_from(place).unwrap_or(u16::MAX);
        Rc::new(Smsc {
            desk: Desk::new(Rc::clone(&hands), place),
            receipts: RefCell::new(Receipts::new(form, plan.receipts)),
            host: plan.host.clone(),
            hands,
            board,
            links,
        })
    }

    /// Starts the links' tasks.
    pub(crate) fn start(self: &Rc<Smsc>) {
        for number in 0..self.links.len() {
            self.hands.open_link();
            glommio::spawn_local(Rc::clone(self).run(number)).detach();
        }
    }

    /// Takes a parcel of any shard.
    pub(crate) fn take(&self, parcel: Parcel) {
        self.desk.wait(parcel);
        self.dispatch();
    }

    /// Gives what waits to links, as far as they have room.
    fn dispatch(&self) {
        if self.hands.is_draining() && self.hands.is_quiet() {
            return;
        }
        let now = self.hands.clock.monotonic();
        let smscs = [SmscId(0)];
        let routes = [Route {
            prefix: "",
            smscs: &smscs,
        }];
        let mut states: Vec<_> = Vec::with_capacity(self.links.len());
        while let Some(parcel) = self.desk.next() {
            states.clear();
            states.extend((0_u16..).zip(&self.links).map(|(id, link)| {
                let session = link.session.borrow();
                session.state(LinkId(id), SmscId(0), now)
            }));
            match choose(&routes, &states, parcel.submission.to) {
                Ok(id) => {
                    if let Some(link) = self.links.get(usize::from(id.0))
                        && !self.give(link, parcel, now)
                    {
                        return;
                    }
                }
                Err(NoLink::AllDown) => {
                    self.desk.put_back(parcel);
                    return self.desk.pass_on();
                }
                Err(NoLink::AllFull | NoLink::NoRoute) => return self.desk.put_back(parcel),
            }
        }
    }

    /// Gives a parcel to a link that has room for it; whether the next one may follow.
    fn give(&self, link: &Link, parcel: Parcel, now: Monotonic) -> bool {
        let submission = self.desk.begin(parcel);
        let push = submission.id;
        let offered = link.session.borrow_mut().offer(submission, now);
        link.wake();
        let Err(refused) = offered else { return true };
        let is_too_long = refused.why == Refusal::TooLong;
        debug_assert!(
            is_too_long,
            "a link that was chosen takes a push: {:?}",
            refused.why
        );
        let outcome = match is_too_long {
            true => Outcome::Rejected { code: 0 },
            false => Outcome::LinkLost(refused.submission),
        };
        self.settle(link, push, outcome, now);
        is_too_long
    }

    /// A link's task.
    async fn run(self: Rc<Smsc>, number: usize) {
        let Some(link) = self.links.get(number) else {
            return;
        };
        let mut line = Line {
            stream: None,
            alarm: Alarm::default(),
            room: vec![0; ROOM_OCTETS],
            drain_told: false,
        };
        loop {
            let orders = self.step(link, &mut line.stream);
            if orders.end {
                break;
            }
            if orders.connect {
                line.stream = dial(&self.hands, &self.host.0, self.host.1, link.connect_ms).await;
                let now = self.hands.clock.monotonic();
                match line.stream {
                    Some(_) => link.session.borrow_mut().connected(now),
                    None => {
                        link.session.borrow_mut().disconnected(now);
                        self.lost(link, Loss::Peer, now);
                    }
                }
                continue;
            }
            let deadline = self.deadline(link);
            let came = std::future::poll_fn(|context| self.poll(link, &mut line, context, deadline)).await;
            let now = self.hands.clock.monotonic();
            match came {
                Came::Octets(octets) => {
                    let octets = line.room.get(..octets).unwrap_or_default();
                    let mut receipts = self.receipts.borrow_mut();
                    link.session.borrow_mut().received(octets, now, &mut receipts);
                }
                Came::Ended => {
                    line.stream = None;
                    link.session.borrow_mut().disconnected(now);
                    self.lost(link, Loss::Peer, now);
                }
                Came::Sent(octets) => link.session.borrow_mut().sent(octets),
                Came::Nothing => {}
            }
        }
        self.board.set_stage(link.cell, LinkStage::Ended);
        self.hands.close_link();
    }

    /// Lets time pass for the session and carries its actions out.
    fn step(&self, link: &Link, stream: &mut Option<TcpStream>) -> Orders {
        let now = self.hands.clock.monotonic();
        let leaves = self.hands.is_draining() && self.hands.is_quiet();
        {
            let mut session = link.session.borrow_mut();
            let mut receipts = self.receipts.borrow_mut();
            if leaves {
                session.retire(now);
            }
            session.tick(now, &mut receipts);
        }
        self.expire(link, now);
        let mut orders = Orders::default();
        loop {
            let action = link.session.borrow_mut().action();
            let Some(action) = action else { break };
            match action {
                Action::Connect => orders.connect = true,
                Action::Close(loss) => {
                    self.lost(link, loss, now);
                    self.send_last(link, stream);
                }
                Action::Outcome(push, outcome) => self.settle(link, push, outcome, now),
                Action::Reachable(phone) => {
                    if let Some(links) = self.hands.links() {
                        links.reachable(phone);
                    }
                }
                Action::Ended => orders.end = true,
                Action::Bound | Action::CarriageLowered => {}
            }
        }
        self.dispatch();
        self.show(link, now);
        orders
    }

    fn lost(&self, link: &Link, loss: Loss, now: Monotonic) {
        if loss != Loss::Retired {
            self.board.count(link.cell, Count::Lost, now.0);
            self.board.set_error(link.cell, Why::link(loss));
        }
    }

    fn settle(&self, link: &Link, push: PushId, outcome: Outcome, now: Monotonic) {
        let count = match self.desk.settle(push, outcome) {
            Settled::Taken => Count::Taken,
            Settled::Refused => Count::Refused,
            Settled::Throttled => Count::Throttled,
            Settled::Unanswered => Count::Unanswered,
            Settled::Receipt => Count::Receipts,
            Settled::Nothing => return,
        };
        self.board.count(link.cell, count, now.0);
    }

    /// What waited too long: receipts that never came, pushes that no link took.
    fn expire(&self, link: &Link, now: Monotonic) {
        loop {
            let ended = self.receipts.borrow_mut().expire(now);
            let Some((push, outcome)) = ended else { break };
            self.settle(link, push, outcome, now);
        }
        self.desk.expire();
    }

    fn show(&self, link: &Link, now: Monotonic) {
        let session = link.session.borrow();
        let stage = match session.phase() {
            phase::Name::Waiting => LinkStage::Down,
            phase::Name::Connecting | phase::Name::Binding => LinkStage::Rising,
            phase::Name::Ended => LinkStage::Ended,
            _ if session.state(LinkId(0), SmscId(0), now).is_paused => LinkStage::Paused,
            _ => LinkStage::Up,
        };
        self.board.set_stage(link.cell, stage);
        self.board
            .set_load(link.cell, session.outstanding(), self.desk.waiting_len());
    }

    /// When the task is to look again.
    fn deadline(&self, link: &Link) -> Option<Monotonic> {
        let now = self.hands.clock.monotonic();
        let session = link.session.borrow().deadline();
        let receipts = self.receipts.borrow().deadline();
        let desk = self.desk.look_ms().map(Monotonic);
        let leaving = self.hands.is_draining().then(|| now + LEAVING_LOOK_MS);
        let first = session
            .into_iter()
            .chain(receipts)
            .chain(desk)
            .chain(leaving)
            .min();
        // What is due already and could not be done waits for the socket or the SMSC, not for time.
        first.map(|at| at.max(now + 1))
    }

    /// Sends what a link that is about to close still has, if the socket takes it at once.
    fn send_last(&self, link: &Link, stream: &mut Option<TcpStream>) {
        if let Some(stream) = stream.take() {
            let session = link.session.borrow();
            #[expect(
                unsafe_code,
                reason = "glommio's stream lends its descriptor as a number only"
            )]
            // SAFETY: the stream owns the descriptor and outlives the borrow.
            let descriptor = unsafe { BorrowedFd::borrow_raw(stream.as_raw_fd()) };
            let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
            // The link is given up: what the socket does not take is lost with it.
            let _ = socket2::SockRef::from(&descriptor).send_with_flags(session.output(), flags);
        }
    }

    fn poll(
        &self,
        link: &Link,
        line: &mut Line,
        context: &mut Context<'_>,
        deadline: Option<Monotonic>,
    ) -> Poll<Came> {
        if let Some(stream) = &mut line.stream {
            let session = link.session.borrow();
            if session.is_receiving() {
                match Pin::new(&mut *stream).poll_read(context, &mut line.room) {
                    Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Came::Ended),
                    Poll::Ready(Ok(octets)) => return Poll::Ready(Came::Octets(octets)),
                    Poll::Pending => {}
                }
            }
            if !session.output().is_empty() {
                match Pin::new(stream).poll_write(context, session.output()) {
                    Poll::Ready(Ok(octets)) if octets > 0 => return Poll::Ready(Came::Sent(octets)),
                    Poll::Ready(_) => return Poll::Ready(Came::Ended),
                    Poll::Pending => {}
                }
            }
        }
        if link.is_woken.replace(false) {
            return Poll::Ready(Came::Nothing);
        }
        *link.waker.borrow_mut() = Some(context.waker().clone());
        // Told once, for the deadline that is waited for was set before the end began.
        if !line.drain_told && self.hands.poll_drain(context).is_ready() {
            line.drain_told = true;
            return Poll::Ready(Came::Nothing);
        }
        line.alarm
            .poll(context, deadline, || self.hands.clock.monotonic())
            .map(|()| Came::Nothing)
    }
}

impl Link {
    fn wake(&self) {
        self.is_woken.set(true);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}
