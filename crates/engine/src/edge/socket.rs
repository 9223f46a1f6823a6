//! The socket of a connection: receive until a nudge, send a head and a body in one call, ask what the peer still owes.
//!
//! Under the edges. Invariants: nothing blocks; every wait ends by the connection's deadline at the latest; a body is
//! sent from where it lies, never copied behind its head.

use crate::hands::Hands;
use crate::handshake;
use crate::remains::Waits;
use crate::slots::SlotId;
use apn::Generation;
use base::Monotonic;
use futures_lite::{AsyncRead, AsyncWrite};
use glommio::net::TcpStream;
use socket2::SockRef;
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// A connection's socket and its place in the shard.
pub(crate) struct Socket {
    stream: TcpStream,
    hands: Rc<Hands>,
    id: SlotId,
    /// Octets given to the kernel since the connection began.
    sent: u64,
    /// The connection knows that the shard drains.
    drain_told: bool,
}

/// What came of waiting for octets.
#[derive(Debug)]
pub(crate) enum Received {
    /// So many; never zero.
    Octets(usize),
    /// The peer has shut its sending side.
    Ended,
    /// The connection is broken.
    Broken,
    /// The deadline has come, or the shard has begun to drain.
    Nudged,
}

/// An answer did not leave whole: the connection is broken, or the peer too slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotSent;

impl Socket {
    pub(crate) fn new(stream: TcpStream, hands: Rc<Hands>, id: SlotId) -> Socket {
        Socket {
            stream,
            hands,
            id,
            sent: 0,
            drain_told: false,
        }
    }

    /// Asks to be woken by the connection's deadline or the begin of a drain.
    pub(crate) fn poll_nudge(&self, context: &Context<'_>, waits: Waits) -> Poll<()> {
        let mut slots = self.hands.slots.borrow_mut();
        slots.poll_nudge(self.id, waits, context)
    }

    /// The newest session that is surely older than the octets that came when the socket was asked then.
    pub(crate) fn arrived(&self, asked: Monotonic) -> Generation {
        handshake::arrived(&self.stream, asked)
    }

    /// Octets given to the kernel since the connection began.
    pub(crate) fn sent_octets(&self) -> u64 {
        self.sent
    }

    /// Receives into `room` (not empty), waiting no longer than the deadline.
    pub(crate) async fn receive(&mut self, room: &mut [u8], deadline_ms: u64) -> Received {
        self.hands.set_deadline(self.id, deadline_ms);
        std::future::poll_fn(|context| self.poll_receive(context, room)).await
    }

    /// Receives into `room` (not empty) what is there, or asks to be woken.
    pub(crate) fn poll_receive(&mut self, context: &mut Context<'_>, room: &mut [u8]) -> Poll<Received> {
        match Pin::new(&mut self.stream).poll_read(context, room) {
            Poll::Ready(Ok(0)) => Poll::Ready(Received::Ended),
            Poll::Ready(Ok(octets)) => Poll::Ready(Received::Octets(octets)),
            Poll::Ready(Err(_)) => Poll::Ready(Received::Broken),
            Poll::Pending => {
                // Told only when nothing lies here to be read: what has come is served.
                if self.hands.is_draining() && !std::mem::replace(&mut self.drain_told, true) {
                    return Poll::Ready(self.receive_now(room));
                }
                let mut slots = self.hands.slots.borrow_mut();
                slots
                    .poll_nudge(self.id, Waits::Octets, context)
                    .map(|()| Received::Nudged)
            }
        }
    }

    /// Looks into the socket itself: the stream believes that nothing has come until the ring has told it so, and of a
    /// connection that was taken just now it has not.
    fn receive_now(&self, room: &mut [u8]) -> Received {
        match rustix::net::recv(self.borrow(), room, rustix::net::RecvFlags::DONTWAIT) {
            Ok((_, 0)) => Received::Ended,
            Ok((_, octets)) => Received::Octets(octets),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Received::Nudged,
            Err(_) => Received::Broken,
        }
    }

    /// Sends `head`, then `body`, in one call where the kernel takes them, until the deadline.
    pub(crate) async fn send(&mut self, head: &[u8], body: &[u8], deadline_ms: u64) -> Result<(), NotSent> {
        let mut left = Left { head, body };
        match self.send_now(&left) {
            Ok(octets) => self.took(&mut left, octets),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return Err(NotSent),
        }
        if left.is_empty() {
            return Ok(());
        }
        self.hands.set_deadline(self.id, deadline_ms);
        while !left.is_empty() {
            let octets = std::future::poll_fn(|context| self.poll_send(context, &left, deadline_ms)).await?;
            self.took(&mut left, octets);
        }
        Ok(())
    }

    fn took(&mut self, left: &mut Left<'_>, octets: usize) {
        self.sent += octets as u64;
        left.advance(octets);
    }

    fn poll_send(
        &mut self,
        context: &mut Context<'_>,
        left: &Left<'_>,
        deadline_ms: u64,
    ) -> Poll<Result<usize, NotSent>> {
        match Pin::new(&mut self.stream).poll_write(context, left.front()) {
            Poll::Ready(Ok(octets)) if octets > 0 => Poll::Ready(Ok(octets)),
            Poll::Ready(_) => Poll::Ready(Err(NotSent)),
            Poll::Pending => {
                // A drain nudges too; only the deadline ends a sending.
                while self
                    .hands
                    .slots
                    .borrow_mut()
                    .poll_nudge(self.id, Waits::Room, context)
                    .is_ready()
                {
                    if self.hands.now_ms() >= deadline_ms {
                        return Poll::Ready(Err(NotSent));
                    }
                }
                Poll::Pending
            }
        }
    }

    fn send_now(&self, left: &Left<'_>) -> io::Result<usize> {
        let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        let descriptor = self.borrow();
        let socket = SockRef::from(&descriptor);
        // Most answers are one part; a list of parts has the kernel fetch and check the list, too.
        match left.body.is_empty() {
            true => socket.send_with_flags(left.head, flags),
            false => {
                let parts = [IoSlice::new(left.head), IoSlice::new(left.body)];
                socket.send_vectored_with_flags(&parts, flags)
            }
        }
    }

    /// Shuts our sending side: the peer reads the end after what was sent.
    pub(crate) fn shut_sending(&self) {
        let descriptor = self.borrow();
        // A socket that is broken already needs no shutting.
        let _ = SockRef::from(&descriptor).shutdown(std::net::Shutdown::Write);
    }

    /// Octets that the peer's kernel has acknowledged; `None` where the connection is broken.
    pub(crate) fn acknowledged_octets(&self) -> Option<u64> {
        let descriptor = self.borrow();
        if SockRef::from(&descriptor).take_error().ok()?.is_some() {
            return None;
        }
        let mut queued: libc::c_int = 0;
        // SAFETY: TIOCOUTQ (SIOCOUTQ of tcp(7)) writes one int, which outlives the call.
        #[expect(unsafe_code, reason = "what is not acknowledged can only be asked by ioctl")]
        let failed = unsafe { libc::ioctl(descriptor.as_raw_fd(), libc::TIOCOUTQ, &raw mut queued) } != 0;
        if failed {
            return None;
        }
        Some(self.sent.saturating_sub(u64::try_from(queued).unwrap_or(0)))
    }

    /// Whether the peer has ended or reset its side, without taking anything from the socket.
    pub(crate) fn peer_state(&self) -> PeerState {
        let descriptor = self.borrow();
        let mut octet = [std::mem::MaybeUninit::uninit()];
        let flags = libc::MSG_PEEK | libc::MSG_DONTWAIT;
        match SockRef::from(&descriptor).recv_with_flags(&mut octet, flags) {
            Ok(0) => PeerState::Ended,
            Ok(_) => PeerState::Open,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => PeerState::Open,
            Err(_) => PeerState::Broken,
        }
    }

    #[expect(
        unsafe_code,
        reason = "glommio's stream lends its descriptor as a number only"
    )]
    fn borrow(&self) -> BorrowedFd<'_> {
        // SAFETY: the stream owns the descriptor and lives as long as the borrow.
        unsafe { BorrowedFd::borrow_raw(self.stream.as_raw_fd()) }
    }
}

/// The other side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PeerState {
    /// It may send yet.
    Open,
    /// It has shut its sending side.
    Ended,
    /// It has reset the connection.
    Broken,
}

/// What is still to be sent.
struct Left<'a> {
    head: &'a [u8],
    body: &'a [u8],
}

impl<'a> Left<'a> {
    fn is_empty(&self) -> bool {
        self.head.is_empty() && self.body.is_empty()
    }

    fn front(&self) -> &'a [u8] {
        if self.head.is_empty() {
            self.body
        } else {
            self.head
        }
    }

    fn advance(&mut self, octets: usize) {
        let of_head = octets.min(self.head.len());
        self.head = self.head.get(of_head..).unwrap_or_default();
        self.body = self.body.get(octets - of_head..).unwrap_or_default();
    }
}
