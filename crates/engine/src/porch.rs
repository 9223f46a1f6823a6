//! Before a listener: how many stand there, and whether the kernel hears who wants to join them.
//!
//! Beside `accept`, which looks here between connections. `admit::Doorstep` decides; this knows the socket. A door is
//! shut by a filter on the listener that drops SYNs: whoever stands there is served, handshakes that have begun end
//! well, and who is not heard asks again as TCP has it, after a second. A queue that is only made shorter does not do
//! that: the kernel drops the third packet of a handshake that finds it full, and its client believes that it is
//! connected.
//! Invariants: a door is shut only while somebody stands before it, so who is let in looks again; it is open when the
//! listener goes to a successor or into a drain; where the kernel takes no filter it stays open.

use crate::hands::Hands;
use crate::handshake::standing;
use admit::Doorstep;
use glommio::net::TcpStream;
use meter::Counter;
use socket2::{SockFilter, SockRef};
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

/// SYN and ACK among the flags of a TCP header (RFC 9293 §3.1), which stand in its octet 13.
const FLAGS_OCTET: u32 = 13;
const SYN: u32 = 0x02;
const ACK: u32 = 0x10;

/// What drops SYNs and nothing else, in the words of classic BPF (`linux/bpf_common.h`): a filter of a TCP socket sees
/// a packet from its TCP header on.
const NO_SYN: [SockFilter; 5] = [
    SockFilter::new(
        (libc::BPF_LD | libc::BPF_B | libc::BPF_ABS) as u16,
        0,
        0,
        FLAGS_OCTET,
    ),
    SockFilter::new(
        (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16,
        0,
        0,
        SYN | ACK,
    ),
    SockFilter::new((libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16, 0, 1, SYN),
    SockFilter::new((libc::BPF_RET | libc::BPF_K) as u16, 0, 0, 0),
    SockFilter::new((libc::BPF_RET | libc::BPF_K) as u16, 0, 0, u32::MAX),
];

/// What is before one listener.
pub(crate) struct Porch {
    listener: RawFd,
    doorstep: Doorstep,
    /// Let in since the last look.
    let_in: u32,
    is_shut: bool,
    /// Who is let in may have the filter of the listener.
    leaves_filters: bool,
}

impl Porch {
    /// Before a listener that is open for longer than this value is there.
    pub(crate) fn new(listener: RawFd) -> Porch {
        Porch {
            listener,
            doorstep: Doorstep::default(),
            let_in: 0,
            is_shut: false,
            leaves_filters: false,
        }
    }

    /// Let in since the last look.
    pub(crate) fn let_in(&self) -> u32 {
        self.let_in
    }

    /// Somebody is let in.
    pub(crate) fn lets_in(&mut self, stream: &TcpStream) {
        self.let_in = self.let_in.saturating_add(1);
        if self.leaves_filters {
            // Who was established while the door was shut would not hear a SYN either, which tells of a peer that has
            // lost its side.
            let _ = SockRef::from(&borrowed(stream.as_raw_fd())).detach_filter();
        }
    }

    /// Nobody stands there.
    pub(crate) fn is_empty(&mut self, hands: &Hands) {
        self.observe(0, hands);
        self.leaves_filters = false;
    }

    /// Looks who stands there, and shuts the door or opens it.
    pub(crate) fn look(&mut self, hands: &Hands) {
        self.observe(standing(self.listener), hands);
    }

    fn observe(&mut self, standing: u32, hands: &Hands) {
        let let_in = std::mem::take(&mut self.let_in);
        let now = hands.clock.monotonic();
        let limits = &hands.profile().overload;
        match (self.doorstep.observe(now, standing, let_in, limits), self.is_shut) {
            (true, false) => self.shut(hands),
            (false, true) => self.open(),
            _ => {}
        }
    }

    fn shut(&mut self, hands: &Hands) {
        if SockRef::from(&borrowed(self.listener))
            .attach_filter(&NO_SYN)
            .is_ok()
        {
            self.is_shut = true;
            self.leaves_filters = true;
            hands.meter.count(Counter::DoorsShut);
        }
    }

    fn open(&mut self) {
        self.is_shut = SockRef::from(&borrowed(self.listener)).detach_filter().is_err();
    }
}

impl Drop for Porch {
    fn drop(&mut self) {
        if self.is_shut {
            self.open();
        }
    }
}

#[expect(unsafe_code, reason = "glommio lends descriptors as numbers only")]
fn borrowed<'a>(descriptor: RawFd) -> BorrowedFd<'a> {
    // SAFETY: the listener outlives its porch, a stream the call that it is lent to; nobody keeps what is borrowed.
    unsafe { BorrowedFd::borrow_raw(descriptor) }
}
