//! The sockets of one driver thread, on one io_uring: batches of sends and receives, a system call for many of them.
//!
//! Lowest in this package: below it is the kernel, above it [`crate::driver`] (a client) and [`crate::null`] (a
//! server). Everything that is unsafe in this package stands here and in `wire/buffers.rs`.
//!
//! ```text
//!  send(slot) ──► front │ body (shared) │ tail ──► SENDMSG, whole ──────────► Done::Sent
//!  multishot RECV ──► one of the provided buffers ──► Done::Received(buffer) ──► buffer ──► give_back
//! ```
//!
//! Invariants: the memory of an operation is the slot's own or counted by an `Arc` that the slot holds, and neither
//! is changed or freed while the operation is under way ([`Wire::front`] gives nothing then); a slot is vacant only
//! when the kernel has nothing of it left; dropping a wire cancels all and waits for it.
#![expect(
    unsafe_code,
    reason = "io_uring takes addresses: each block says why what it points to outlives the operation"
)]

mod buffers;
mod slot;

use buffers::Buffers;
use io_uring::{IoUring, cqueue, opcode, squeue, types};
use slot::Slot;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, FromRawFd};
use std::sync::Arc;
use std::time::Duration;

/// Entries of the submission queue: what one turn may add before a system call is made for it.
const ENTRIES: u32 = 1_024;
/// Entries of the completion queue: every slot may have a receive and a send complete at once.
const COMPLETIONS: u32 = 16_384;
/// Send buffer asked for, in octets: a message leaves in one go. Linux doubles it.
const SEND_OCTETS: usize = 512 << 10;

/// What the kernel has done.
#[derive(Debug)]
pub enum Done {
    /// A connection stands.
    Connected,
    /// A client came; it has this slot.
    Accepted,
    /// So many octets were sent: all that were given, unless the peer is gone.
    Sent(usize),
    /// Octets came: to be looked at, then given back.
    Received(Received),
    /// The peer has ended the connection, or it broke. The slot is to be closed.
    Ended,
    /// A closed slot is free for another connection.
    Vacant,
}

/// A lent buffer with what was received.
#[derive(Debug)]
pub struct Received {
    id: u16,
    memory: Box<[u8]>,
    length: usize,
}

impl Received {
    /// What came.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        self.memory.get(..self.length).unwrap_or_default()
    }
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a FIN, as a phone that has what it wants.
    Orderly,
    /// With a reset, as a phone that loses its radio.
    Reset,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Connect = 1,
    Send = 2,
    Receive = 3,
    Cancel = 4,
    Accept = 5,
}

/// The ring, its slots and its buffers. It belongs to the thread that made it.
pub struct Wire {
    ring: IoUring,
    buffers: Buffers,
    slots: Vec<Slot>,
    listener: Option<TcpListener>,
    free: Vec<u32>,
    vacated: Vec<u32>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Wire")
            .field("slots", &self.slots.len())
            .finish_non_exhaustive()
    }
}

/// A completion as the kernel told it; [`Wire::interpret`] says what it means.
#[derive(Clone, Copy, Debug)]
pub struct Completion(Told);

#[derive(Clone, Copy, Debug)]
enum Told {
    Kernel { user: u64, result: i32, flags: u32 },
    Vacated(u32),
}

impl Wire {
    /// A ring for so many connections, made by the thread that will use it.
    ///
    /// # Errors
    /// What the kernel says: io_uring forbidden (`kernel.io_uring_disabled`), memory locked, a kernel below 6.1.
    pub fn new(slots: u32) -> io::Result<Wire> {
        let ring = IoUring::builder()
            .setup_coop_taskrun()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_cqsize(COMPLETIONS)
            .build(ENTRIES)?;
        let buffers = Buffers::new(&ring)?;
        Ok(Wire {
            ring,
            buffers,
            slots: (0..slots).map(|_| Slot::new()).collect(),
            listener: None,
            free: (0..slots).rev().collect(),
            vacated: Vec::new(),
        })
    }

    /// Accepts from a listener from now on; each client gets a free slot, or is turned away when there is none.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn listen(&mut self, listener: TcpListener) -> io::Result<()> {
        let entry = opcode::AcceptMulti::new(types::Fd(listener.as_raw_fd())).build();
        self.listener = Some(listener);
        // SAFETY: the entry points to nothing.
        unsafe { self.push(&entry.user_data(user(0, Kind::Accept))) }
    }

    /// Takes a free slot and begins to connect it; [`Done::Connected`] or [`Done::Ended`] follows.
    /// Gives `None` when every slot is in use.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn connect(&mut self, address: SocketAddr) -> io::Result<Option<u32>> {
        let Some(slot) = self.free.pop() else {
            return Ok(None);
        };
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        prepare(&socket)?;
        let place = &mut self.slots[slot as usize];
        *place.address = SockAddr::from(address);
        let entry = opcode::Connect::new(
            types::Fd(socket.as_raw_fd()),
            place.address.as_ptr().cast(),
            place.address.len(),
        );
        place.begin(socket);
        place.connecting = true;
        // SAFETY: the address is boxed in the slot, which is not vacant before the completion.
        unsafe { self.push(&entry.build().user_data(user(slot, Kind::Connect)))? };
        Ok(Some(slot))
    }

    /// The slot's own send buffer, to write a request's beginning to; nothing while a send is under way.
    pub fn front(&mut self, slot: u32) -> Option<&mut Vec<u8>> {
        let place = &mut self.slots[slot as usize];
        (!place.sending).then_some(&mut place.front)
    }

    /// Says what stands behind the front: a shared body that is sent from where it lies, and a tail.
    pub fn attach(&mut self, slot: u32, body: Option<&Arc<[u8]>>, tail: &'static [u8]) {
        let place = &mut self.slots[slot as usize];
        if !place.sending {
            place.body = body.cloned();
            place.tail = tail;
        }
    }

    /// Octets of front, body and tail together.
    #[must_use]
    pub fn octets(&self, slot: u32) -> usize {
        let place = &self.slots[slot as usize];
        place.front.len() + place.body.as_ref().map_or(0, |body| body.len()) + place.tail.len()
    }

    /// Sends the octets `from..to` of front, body and tail. Nothing while another send is under way.
    ///
    /// # Errors
    /// What the kernel says to the submission; what becomes of it is told by [`Done`].
    pub fn send(&mut self, slot: u32, from: usize, to: usize) -> io::Result<()> {
        let place = &mut self.slots[slot as usize];
        let Some(socket) = place.socket.as_ref().filter(|_| !place.sending && !place.closing) else {
            return Ok(());
        };
        let fd = types::Fd(socket.as_raw_fd());
        let parts = [
            place.front.as_slice(),
            place.body.as_deref().unwrap_or_default(),
            place.tail,
        ];
        let (mut skipped, mut count) = (0, 0);
        for part in parts {
            let (first, last) = (from.max(skipped), to.min(skipped + part.len()));
            if let Some(octets) = part.get(first.wrapping_sub(skipped)..last.saturating_sub(skipped))
                && !octets.is_empty()
            {
                place.vectors[count] = vector(octets);
                count += 1;
            }
            skipped += part.len();
        }
        place.sending = true;
        let entry = if count == 1 {
            let whole = place.vectors[0];
            opcode::Send::new(fd, whole.iov_base.cast_const().cast(), whole.iov_len as u32)
                .flags(libc::MSG_WAITALL | libc::MSG_NOSIGNAL)
                .build()
        } else {
            place.header.msg_iov = place.vectors.as_mut_ptr();
            place.header.msg_iovlen = count;
            opcode::SendMsg::new(fd, &raw const *place.header)
                .flags((libc::MSG_WAITALL | libc::MSG_NOSIGNAL) as u32)
                .build()
        };
        // SAFETY: header and vectors are boxed in the slot; front is not lent, body and tail not exchanged while
        // `sending` is set; the slot itself stays until the completion.
        unsafe { self.push(&entry.user_data(user(slot, Kind::Send))) }
    }

    /// Ends a connection. [`Done::Vacant`] follows when the kernel holds nothing of it any longer.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn close(&mut self, slot: u32, ending: Ending) -> io::Result<()> {
        let place = &mut self.slots[slot as usize];
        let Some(socket) = place.socket.as_ref().filter(|_| !place.closing) else {
            return Ok(());
        };
        if ending == Ending::Reset {
            // Where it fails the peer sees a FIN instead, which is a weaker misbehaviour, not a wrong measurement.
            let _ = socket.set_linger(Some(Duration::ZERO));
        }
        place.closing = true;
        let waiting = [
            (place.connecting, Kind::Connect),
            (place.sending, Kind::Send),
            (place.receiving, Kind::Receive),
        ];
        for (_, kind) in waiting.into_iter().filter(|(is_waiting, _)| *is_waiting) {
            let entry = opcode::AsyncCancel::new(user(slot, kind)).build();
            // SAFETY: a cancellation points to nothing.
            unsafe { self.push(&entry.user_data(user(slot, Kind::Cancel)))? };
        }
        self.settle(slot);
        Ok(())
    }

    /// Hands everything to the kernel and waits for something to be done, at most so long; adds what was done.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn wait(&mut self, patience: Duration, completions: &mut Vec<Completion>) -> io::Result<()> {
        let patience = if self.vacated.is_empty() {
            patience
        } else {
            Duration::ZERO
        };
        let time = types::Timespec::from(patience);
        let arguments = types::SubmitArgs::new().timespec(&time);
        match self.ring.submitter().submit_with_args(1, &arguments) {
            Ok(_) => {}
            Err(error)
                if matches!(
                    error.raw_os_error(),
                    Some(libc::ETIME | libc::EINTR | libc::EBUSY)
                ) => {}
            Err(error) => return Err(error),
        }
        completions.extend(self.ring.completion().map(|entry| {
            Completion(Told::Kernel {
                user: entry.user_data(),
                result: entry.result(),
                flags: entry.flags(),
            })
        }));
        completions.extend(self.vacated.drain(..).map(|slot| Completion(Told::Vacated(slot))));
        Ok(())
    }

    /// What a completion means: the slot and what was done there; nothing where it is the wire's own business.
    ///
    /// # Errors
    /// What the kernel says to what follows from it (receiving from a new connection).
    pub fn interpret(&mut self, completion: Completion) -> io::Result<Option<(u32, Done)>> {
        let (user, result, flags) = match completion.0 {
            Told::Kernel { user, result, flags } => (user, result, flags),
            Told::Vacated(slot) => {
                self.free.push(slot);
                return Ok(Some((slot, Done::Vacant)));
            }
        };
        let slot = (user >> 8) as u32;
        match user & 0xff {
            kind if kind == Kind::Connect as u64 => self.connected(slot, result),
            kind if kind == Kind::Send as u64 => Ok(self.sent(slot, result)),
            kind if kind == Kind::Receive as u64 => self.received(slot, result, flags),
            kind if kind == Kind::Accept as u64 => self.accepted(result, flags),
            _ => Ok(None),
        }
    }

    /// Takes a buffer back, for other octets.
    pub fn give_back(&mut self, received: Received) {
        self.buffers.give_back(received.id, received.memory);
    }

    fn connected(&mut self, slot: u32, result: i32) -> io::Result<Option<(u32, Done)>> {
        self.slots[slot as usize].connecting = false;
        if self.settle(slot) {
            return Ok(None);
        }
        if result < 0 {
            return Ok(Some((slot, Done::Ended)));
        }
        self.receive(slot)?;
        Ok(Some((slot, Done::Connected)))
    }

    fn sent(&mut self, slot: u32, result: i32) -> Option<(u32, Done)> {
        self.slots[slot as usize].sending = false;
        if self.settle(slot) {
            return None;
        }
        Some(match usize::try_from(result) {
            Ok(octets) => (slot, Done::Sent(octets)),
            Err(_) => (slot, Done::Ended),
        })
    }

    fn received(&mut self, slot: u32, result: i32, flags: u32) -> io::Result<Option<(u32, Done)>> {
        let buffer = cqueue::buffer_select(flags).and_then(|id| {
            let length = usize::try_from(result).ok()?;
            let memory = self.buffers.take(id);
            Some(Received { id, memory, length })
        });
        let goes_on = cqueue::more(flags);
        self.slots[slot as usize].receiving = goes_on;
        if self.slots[slot as usize].closing {
            if let Some(received) = buffer {
                self.give_back(received);
            }
            self.settle(slot);
            return Ok(None);
        }
        match buffer {
            Some(received) if received.length > 0 => {
                if !goes_on {
                    self.receive(slot)?;
                }
                Ok(Some((slot, Done::Received(received))))
            }
            Some(received) => {
                self.give_back(received);
                Ok(Some((slot, Done::Ended)))
            }
            // All buffers were lent at that moment: they are back now.
            None if result == -libc::ENOBUFS => self.receive(slot).map(|()| None),
            None => Ok(Some((slot, Done::Ended))),
        }
    }

    fn accepted(&mut self, result: i32, flags: u32) -> io::Result<Option<(u32, Done)>> {
        if !cqueue::more(flags)
            && let Some(listener) = self.listener.take()
        {
            self.listen(listener)?;
        }
        if result < 0 {
            return Ok(None);
        }
        // SAFETY: the kernel has just made this descriptor for us; nobody else knows it.
        let socket = unsafe { Socket::from_raw_fd(result) };
        prepare(&socket)?;
        let Some(slot) = self.free.pop() else {
            return Ok(None);
        };
        self.slots[slot as usize].begin(socket);
        self.receive(slot)?;
        Ok(Some((slot, Done::Accepted)))
    }

    fn receive(&mut self, slot: u32) -> io::Result<()> {
        let place = &mut self.slots[slot as usize];
        let Some(socket) = &place.socket else {
            return Ok(());
        };
        place.receiving = true;
        let entry = opcode::RecvMulti::new(types::Fd(socket.as_raw_fd()), buffers::GROUP).build();
        // SAFETY: what it writes to are the provided buffers, which `Buffers` keeps.
        unsafe { self.push(&entry.user_data(user(slot, Kind::Receive))) }
    }

    /// Frees a closed slot of which nothing is under way; says whether it is closed.
    fn settle(&mut self, slot: u32) -> bool {
        let place = &mut self.slots[slot as usize];
        if place.closing
            && !(place.connecting || place.sending || place.receiving)
            && place.socket.take().is_some()
        {
            place.body = None;
            self.vacated.push(slot);
        }
        place.closing
    }

    /// # Safety
    /// What the entry points to stays until its completion.
    unsafe fn push(&mut self, entry: &squeue::Entry) -> io::Result<()> {
        loop {
            // SAFETY: promised by the caller.
            if unsafe { self.ring.submission().push(entry) }.is_ok() {
                return Ok(());
            }
            self.ring.submit()?;
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // Everything under way is ended before its memory goes; it fails only where there was nothing.
        let all = types::CancelBuilder::any();
        let _ = self.ring.submit();
        let _ = self
            .ring
            .submitter()
            .register_sync_cancel(Some(types::Timespec::new().sec(2)), all);
        self.buffers.unregister(&self.ring);
    }
}

fn prepare(socket: &Socket) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(SEND_OCTETS)
}

fn vector(octets: &[u8]) -> libc::iovec {
    libc::iovec {
        iov_base: octets.as_ptr().cast_mut().cast(),
        iov_len: octets.len(),
    }
}

fn user(slot: u32, kind: Kind) -> u64 {
    (u64::from(slot) << 8) | kind as u64
}

#[cfg(test)]
mod tests;
