//! A link's connection as octets, in clear or within TLS.
//!
//! Between a socket of glommio's and the link. rustls is driven without a socket of its own. Invariants: a read that is
//! given up loses nothing; what TLS has to say leaves before anything else is sent; what was received is opened whole
//! and taken from here, so memory is bounded by one receive buffer and what it holds.

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use glommio::net::TcpStream;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use std::io::{self, Read as _, Write as _};
use std::sync::Arc;

/// Octets that are received at once within TLS: a record is at most 16 KiB and its frame (RFC 8446 §5.2).
const SEALED_OCTETS: usize = 18 << 10;

/// A connection.
pub(super) struct Wire {
    stream: TcpStream,
    tls: Option<Box<Tls>>,
}

struct Tls {
    machine: ClientConnection,
    sealed: Vec<u8>,
    /// Opened, and not taken yet, from `taken` on.
    opened: Vec<u8>,
    taken: usize,
    /// Sealed, and not sent yet, from `sent` on.
    out: Vec<u8>,
    sent: usize,
}

impl Wire {
    /// In clear.
    pub(super) fn new(stream: TcpStream) -> Wire {
        Wire { stream, tls: None }
    }

    /// Receives into `room` (not empty); 0 at the end.
    pub(super) async fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return self.stream.read(room).await;
        };
        loop {
            let octets = tls.take(room);
            if octets > 0 {
                return Ok(octets);
            }
            let octets = self.stream.read(&mut tls.sealed).await?;
            if octets == 0 {
                return Ok(0);
            }
            let has_closed = tls.open(octets)?;
            if has_closed && tls.opened.is_empty() {
                return Ok(0);
            }
            tls.flush(&mut self.stream).await?;
        }
    }

    /// Sends some of `octets`; how many.
    pub(super) async fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return self.stream.write(octets).await;
        };
        tls.flush(&mut self.stream).await?;
        let taken = tls.machine.writer().write(octets)?;
        tls.flush(&mut self.stream).await?;
        Ok(taken)
    }

    /// Makes the handshake.
    pub(super) async fn start_tls(
        &mut self,
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> io::Result<()> {
        let machine = ClientConnection::new(config, name).map_err(io::Error::other)?;
        let mut tls = Box::new(Tls {
            machine,
            sealed: vec![0; SEALED_OCTETS],
            opened: Vec::new(),
            taken: 0,
            out: Vec::new(),
            sent: 0,
        });
        while tls.machine.is_handshaking() {
            tls.flush(&mut self.stream).await?;
            if !tls.machine.is_handshaking() {
                break;
            }
            let octets = self.stream.read(&mut tls.sealed).await?;
            if octets == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Err(error) = tls.open(octets) {
                // The alert that says why; whether it arrives changes nothing.
                let _ = tls.flush(&mut self.stream).await;
                return Err(error);
            }
        }
        tls.flush(&mut self.stream).await?;
        self.tls = Some(tls);
        Ok(())
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

    /// Opens the first `octets` of what was received; whether the peer says that nothing more comes.
    fn open(&mut self, octets: usize) -> io::Result<bool> {
        let mut rest = self.sealed.get(..octets).unwrap_or_default();
        let mut has_closed = false;
        while !rest.is_empty() {
            let read = self.machine.read_tls(&mut rest)?;
            let state = self.machine.process_new_packets().map_err(io::Error::other)?;
            has_closed |= state.peer_has_closed();
            let from = self.opened.len();
            self.opened.resize(from + state.plaintext_bytes_to_read(), 0);
            if let Some(room) = self.opened.get_mut(from..) {
                self.machine.reader().read_exact(room)?;
            }
            if read == 0 {
                break;
            }
        }
        Ok(has_closed)
    }

    /// Sends what TLS has to say. Given up midway, it goes on where it was.
    async fn flush(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        while self.machine.wants_write() {
            self.machine.write_tls(&mut self.out)?;
        }
        while let Some(rest) = self.out.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match stream.write(rest).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                octets => self.sent += octets,
            }
        }
        self.out.clear();
        self.sent = 0;
        Ok(())
    }
}
