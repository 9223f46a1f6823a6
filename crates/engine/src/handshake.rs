//! When a connection was established, or its last octets came: before or behind a binding of an address. And how many
//! stand before a listener.
//!
//! Beside `accept`, which takes connections that may have waited in the kernel's queue, and the edge, whose requests
//! may have waited in a socket. The kernel counts the milliseconds since octets were last sent, beginning with the
//! handshake's end, and since octets were last received. Invariant: where the kernel does not say, all is older than
//! every binding.

use crate::clock;
use apn::{Generation, moment};
use base::Monotonic;
use glommio::net::TcpStream;
use std::os::fd::{AsRawFd, RawFd};

/// The newest binding that is surely older than this connection, on which nothing was sent yet.
pub(crate) fn established(stream: &TcpStream) -> Generation {
    judged(stream, |told| told.tcpi_last_data_sent)
}

/// The newest binding that is surely older than the octets that were received when the socket was asked at that moment,
/// by the ticks. The kernel speaks of the last octets, of which some may have come since.
pub(crate) fn arrived(stream: &TcpStream, asked: Monotonic) -> Generation {
    let last = judged(stream, |told| told.tcpi_last_data_recv);
    last.min(moment::established(asked, 0, clock::tick_ms()))
}

/// How many connections stand in a listener's queue; none where the kernel does not say.
pub(crate) fn standing(listener: RawFd) -> u32 {
    // Of a listener the kernel tells this, and in `tcpi_sacked` how many may.
    told(listener).map_or(0, |told| told.tcpi_unacked)
}

fn judged(stream: &TcpStream, age_ms: fn(&libc::tcp_info) -> u32) -> Generation {
    // Before the age: a tick between the two makes what is asked for older, never newer.
    let coarse = clock::coarse();
    let age_ms = told(stream.as_raw_fd()).map_or(u32::MAX, |told| age_ms(&told));
    moment::established(coarse, age_ms, clock::tick_ms())
}

fn told(socket: RawFd) -> Option<libc::tcp_info> {
    let mut told = std::mem::MaybeUninit::<libc::tcp_info>::zeroed();
    let mut octets = size_of::<libc::tcp_info>() as libc::socklen_t;
    // SAFETY: the caller's socket is open; the kernel writes at most `octets` octets into room of that size; any
    // octets, zeros included, are a tcp_info.
    #[expect(unsafe_code, reason = "ages are told by getsockopt only")]
    let (failed, told) = unsafe {
        let failed = libc::getsockopt(
            socket,
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            told.as_mut_ptr().cast(),
            &raw mut octets,
        );
        (failed != 0, told.assume_init())
    };
    (!failed).then_some(told)
}
