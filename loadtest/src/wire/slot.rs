//! One connection's place in a wire: its socket, its octets, and what is under way.
//!
//! Under [`super::Wire`], which alone changes it. Invariants: what an operation points to (address, header, vectors) is
//! boxed, so it stays where it is; `front`, `body` and `tail` are not touched while `sending` is set.

use socket2::{SockAddr, Socket};
use std::net::SocketAddr;
use std::sync::Arc;

/// One connection's place.
pub(super) struct Slot {
    pub(super) socket: Option<Socket>,
    pub(super) address: Box<SockAddr>,
    pub(super) front: Vec<u8>,
    pub(super) body: Option<Arc<[u8]>>,
    pub(super) tail: &'static [u8],
    pub(super) vectors: Box<[libc::iovec; 3]>,
    pub(super) header: Box<libc::msghdr>,
    pub(super) connecting: bool,
    pub(super) sending: bool,
    pub(super) receiving: bool,
    pub(super) closing: bool,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Slot")
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}

impl Slot {
    pub(super) fn new() -> Slot {
        let nothing = libc::iovec {
            iov_base: std::ptr::null_mut(),
            iov_len: 0,
        };
        Slot {
            socket: None,
            address: Box::new(SockAddr::from(SocketAddr::from(([0, 0, 0, 0], 0)))),
            front: Vec::new(),
            body: None,
            tail: &[],
            vectors: Box::new([nothing; 3]),
            // SAFETY: all zeros is a message without address, vectors and control data.
            header: Box::new(unsafe { std::mem::zeroed() }),
            connecting: false,
            sending: false,
            receiving: false,
            closing: false,
        }
    }

    pub(super) fn begin(&mut self, socket: Socket) {
        self.socket = Some(socket);
        self.front.clear();
        self.body = None;
        self.tail = &[];
        self.closing = false;
    }
}
