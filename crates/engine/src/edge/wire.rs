//! A peer's connection as octets, in clear or within TLS.
//!
//! Between `socket` and the edge of MM4. rustls is driven without a socket of its own: sealed octets go in and come out
//! of buffers here. Invariants: what is received is opened only as far as there is room for it, so that memory is
//! bounded by two receive buffers; whatever TLS has to say leaves before anything else is waited for; a TLS fault ends
//! the connection after its alert.

use crate::edge::socket::{NotSent, Received, Socket};
use rustls::{ServerConfig, ServerConnection};
use std::io::{Read as _, Write as _};
use std::sync::Arc;

/// Octets that are received at once within TLS: a record is at most 16 KiB and its frame (RFC 8446 §5.2).
const SEALED_OCTETS: usize = 18 << 10;

/// A connection.
pub(crate) struct Wire {
    socket: Socket,
    tls: Option<Box<Tls>>,
}

/// TLS on a connection.
struct Tls {
    machine: ServerConnection,
    sealed: Vec<u8>,
    /// Opened, and not taken yet, from `taken` on.
    opened: Vec<u8>,
    taken: usize,
    ended: bool,
    out: Vec<u8>,
}

/// TLS is not to be had: a fault of the protocol, of a certificate, or silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoTls;

impl Wire {
    /// In clear.
    pub(crate) fn new(socket: Socket) -> Wire {
        Wire { socket, tls: None }
    }

    /// Receives into `room` (not empty), waiting no longer than the deadline.
    pub(crate) async fn receive(&mut self, room: &mut [u8], deadline_ms: u64) -> Received {
        let Some(tls) = &mut self.tls else {
            return self.socket.receive(room, deadline_ms).await;
        };
        loop {
            match tls.take(room) {
                0 if tls.ended => return Received::Ended,
                0 => {}
                octets => return Received::Octets(octets),
            }
            let received = self.socket.receive(&mut tls.sealed, deadline_ms).await;
            let Received::Octets(octets) = received else {
                return received;
            };
            let opened = tls.open(octets);
            let said = tls.flush(&mut self.socket, deadline_ms).await;
            if opened.is_err() || said.is_err() {
                return Received::Broken;
            }
        }
    }

    /// Sends `octets` until the deadline.
    pub(crate) async fn send(&mut self, octets: &[u8], deadline_ms: u64) -> Result<(), NotSent> {
        match &mut self.tls {
            None => self.socket.send(octets, &[], deadline_ms).await,
            Some(tls) => {
                tls.machine.writer().write_all(octets).map_err(|_| NotSent)?;
                tls.flush(&mut self.socket, deadline_ms).await
            }
        }
    }

    /// Takes the handshake as a server.
    pub(crate) async fn start_tls(
        &mut self,
        config: Arc<ServerConfig>,
        (now_ms, deadline_ms): (impl Fn() -> u64, u64),
    ) -> Result<(), NoTls> {
        let machine = ServerConnection::new(config).map_err(|_| NoTls)?;
        let mut tls = Box::new(Tls {
            machine,
            sealed: vec![0; SEALED_OCTETS],
            opened: Vec::new(),
            taken: 0,
            ended: false,
            out: Vec::new(),
        });
        while tls.machine.is_handshaking() {
            match self.socket.receive(&mut tls.sealed, deadline_ms).await {
                Received::Octets(octets) => {
                    let opened = tls.open(octets);
                    let said = tls.flush(&mut self.socket, deadline_ms).await;
                    opened?;
                    said.map_err(|_| NoTls)?;
                }
                // A drain nudges too; only the deadline ends a handshake.
                Received::Nudged if now_ms() < deadline_ms => {}
                Received::Nudged | Received::Ended | Received::Broken => return Err(NoTls),
            }
        }
        self.tls = Some(tls);
        Ok(())
    }

    /// The DNS names in the certificate that the peer has shown, which was verified; none where it has shown none.
    pub(crate) fn certificate_names(&self) -> Vec<String> {
        let certificates = self.tls.as_ref().and_then(|tls| tls.machine.peer_certificates());
        let Some(certificate) = certificates.and_then(<[_]>::first) else {
            return Vec::new();
        };
        webpki::EndEntityCert::try_from(certificate)
            .map(|entity| entity.valid_dns_names().map(str::to_owned).collect())
            .unwrap_or_default()
    }

    /// Says that nothing more comes from here.
    pub(crate) async fn shut_sending(&mut self, deadline_ms: u64) {
        if let Some(tls) = &mut self.tls {
            tls.machine.send_close_notify();
            // Whether it arrives changes nothing: the connection is over.
            let _ = tls.flush(&mut self.socket, deadline_ms).await;
        }
        self.socket.shut_sending();
    }
}

impl Tls {
    /// Gives what was opened.
    fn take(&mut self, room: &mut [u8]) -> usize {
        let unread = self.opened.get(self.taken..).unwrap_or_default();
        let octets = unread.len().min(room.len());
        if let (Some(to), Some(from)) = (room.get_mut(..octets), unread.get(..octets)) {
            to.copy_from_slice(from);
        }
        self.taken += octets;
        if self.taken >= self.opened.len() {
            self.opened.clear();
            self.taken = 0;
        }
        octets
    }

    /// Opens the first `octets` of what was received. Called only when everything opened before was taken.
    fn open(&mut self, octets: usize) -> Result<(), NoTls> {
        let mut rest = self.sealed.get(..octets).unwrap_or_default();
        while !rest.is_empty() {
            let read = self.machine.read_tls(&mut rest).map_err(|_| NoTls)?;
            let state = self.machine.process_new_packets().map_err(|_| NoTls)?;
            self.ended |= state.peer_has_closed();
            let from = self.opened.len();
            self.opened.resize(from + state.plaintext_bytes_to_read(), 0);
            if let Some(room) = self.opened.get_mut(from..) {
                self.machine.reader().read_exact(room).map_err(|_| NoTls)?;
            }
            if read == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Sends what TLS has to say.
    async fn flush(&mut self, socket: &mut Socket, deadline_ms: u64) -> Result<(), NotSent> {
        self.out.clear();
        while self.machine.wants_write() {
            self.machine.write_tls(&mut self.out).map_err(|_| NotSent)?;
        }
        match self.out.is_empty() {
            true => Ok(()),
            false => socket.send(&self.out, &[], deadline_ms).await,
        }
    }
}
