//! Who attacks: connections that are opened and hardly used, or that ask and never read, or that are broken off.
//!
//! A thread on the driver's core, beside the phone that is measured. Invariants: it does a little every tick, so that
//! it does not itself hold up the phone for long; connections are opened by and by, and one that asks for something is
//! there when it was answered: it is the standing crowd that is measured, not how it came; one that the server closes
//! is opened again in its next turn, no faster than at first.

use bench::BenchError;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketType, connect, socket, sockopt};
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Between two turns of the attackers.
const TICK: Duration = Duration::from_millis(1);
/// Each connection is looked after in so many ticks.
const ROUND_TICKS: usize = 1_000;
/// So many are opened in a tick at most: 2,000 a second.
const OPENED_A_TICK: usize = 2;
/// So many who ask wait for their answers while others are opened.
const UNANSWERED_MAX: usize = 64;
/// How long one who asks waits for the first octets of the answer.
const ANSWER: Duration = Duration::from_secs(20);
/// It says an octet in so many rounds.
const OCTET_ROUNDS: usize = 5;

/// Requests that one who never reads sends at once.
const PIPELINED: usize = 8;
/// Octets of receive buffer that it asks for: the kernel gives the least that it has.
const READERS_OCTETS: usize = 1_024;

/// What attackers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// A head without end, an octet at a time.
    Heads,
    /// A body of 300,000 octets, an octet at a time.
    Bodies,
    /// Retrievals of a whole message, several at once, whose answers are never read.
    Readers,
    /// Connections that are broken off as soon as they are there, so many a second.
    Storm(u32),
}

impl Manner {
    /// Whether its connections stay.
    pub(crate) fn stays(self) -> bool {
        !matches!(self, Manner::Storm(_))
    }

    /// What is said at once; `retrieval` is one of a message that is there.
    fn greeting(self, retrieval: &[u8]) -> Vec<u8> {
        let greeting: &[u8] = match self {
            Manner::Heads => b"GET /nothing HTTP/1.1\r\nHost: flood\r\nX-Flood: ",
            Manner::Readers => return retrieval.repeat(PIPELINED),
            Manner::Bodies => {
                b"POST / HTTP/1.1\r\nHost: flood\r\nX-MSISDN: +99930000001\r\nContent-Type: \
                  application/vnd.wap.mms-message\r\nContent-Length: 300000\r\n\r\n"
            }
            Manner::Storm(_) => b"",
        };
        greeting.to_vec()
    }
}

/// Attackers at work; they end when it is dropped.
#[derive(Debug)]
pub(crate) struct Attack {
    stop: Arc<AtomicBool>,
    opened: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Attack {
    /// Opens `connections` connections, or storms; answers when all are there. `retrieval` is a request for a message
    /// that may be retrieved again and again.
    ///
    /// # Errors
    /// What the system answered.
    pub(crate) fn begin(
        server: SocketAddr,
        manner: Manner,
        connections: usize,
        retrieval: &[u8],
    ) -> Result<Attack, BenchError> {
        let mut gang = Gang {
            server,
            manner,
            greeting: manner.greeting(retrieval),
            connections: Vec::new(),
            at: 0,
            round: 0,
            opened: Arc::default(),
        };
        if manner.stays() {
            gang.gather(connections)?;
        }
        let stop = Arc::<AtomicBool>::default();
        let attack = Attack {
            opened: Arc::clone(&gang.opened),
            stop: Arc::clone(&stop),
            thread: Some(std::thread::spawn(move || gang.work(&stop))),
        };
        Ok(attack)
    }

    /// Connections opened so far.
    pub(crate) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }
}

impl Drop for Attack {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        debug_assert!(ended.is_some_and(|ended| ended.is_ok()), "attackers do not panic");
    }
}

struct Gang {
    server: SocketAddr,
    manner: Manner,
    greeting: Vec<u8>,
    connections: Vec<Option<TcpStream>>,
    /// Whose turn it is, in which round.
    at: usize,
    round: usize,
    opened: Arc<AtomicU64>,
}

impl Gang {
    fn open(&self) -> io::Result<TcpStream> {
        let mut stream = match self.manner {
            Manner::Readers => connect_narrowly(self.server)?,
            _ => TcpStream::connect(self.server)?,
        };
        stream.set_nonblocking(true)?;
        stream.write_all(&self.greeting)?;
        self.opened.fetch_add(1, Ordering::Relaxed);
        Ok(stream)
    }

    /// Opens so many by and by.
    fn gather(&mut self, connections: usize) -> Result<(), BenchError> {
        for index in 0..connections {
            let connection = self.open()?;
            self.connections.push(Some(connection));
            if let Some(asked) = index.checked_sub(UNANSWERED_MAX) {
                self.wait_for(asked)?;
            }
            if index % OPENED_A_TICK == 0 {
                pause();
            }
        }
        for asked in connections.saturating_sub(UNANSWERED_MAX)..connections {
            self.wait_for(asked)?;
        }
        Ok(())
    }

    /// Waits until one who asks is being answered.
    fn wait_for(&self, asked: usize) -> Result<(), BenchError> {
        match self.connections.get(asked) {
            Some(Some(connection)) if self.manner == Manner::Readers => answered(connection),
            _ => Ok(()),
        }
    }

    fn work(mut self, stop: &AtomicBool) {
        let mut owed = 0.0;
        while !stop.load(Ordering::Relaxed) {
            match self.manner {
                Manner::Storm(per_s) => {
                    owed += f64::from(per_s) * TICK.as_secs_f64();
                    while owed >= 1.0 {
                        owed -= 1.0;
                        // Broken off with a reset, lest ports run out; who is not let in has flooded all the same.
                        let _ = self.open().map(|stream| reset_at_end(&stream));
                    }
                }
                Manner::Heads | Manner::Bodies | Manner::Readers => {
                    self.look_after(self.connections.len().div_ceil(ROUND_TICKS))
                }
            }
            pause();
        }
    }

    /// Of the next few some say an octet, and those that were closed are opened again.
    fn look_after(&mut self, count: usize) {
        let mut may_open = OPENED_A_TICK;
        for _ in 0..count {
            self.at += 1;
            if self.at >= self.connections.len() {
                self.at = 0;
                self.round += 1;
            }
            let says = self.at % OCTET_ROUNDS == self.round % OCTET_ROUNDS;
            let Some(place) = self.connections.get_mut(self.at) else {
                return;
            };
            let is_open = |stream: &mut TcpStream| match self.manner {
                Manner::Readers => !is_given_up(stream),
                _ => is_open(stream, says),
            };
            if !place.as_mut().is_some_and(is_open) {
                *place = None;
                if may_open > 0 {
                    may_open -= 1;
                    let again = self.open().ok();
                    if let Some(place) = self.connections.get_mut(self.at) {
                        *place = again;
                    }
                }
            }
        }
    }
}

/// Until the next tick.
fn pause() {
    // Nothing to wait for but time; interrupted, the next turn comes early.
    let _ = poll(&mut [], Timespec::try_from(TICK).ok().as_ref());
}

/// Waits until its request is being answered with what it asks for.
fn answered(stream: &TcpStream) -> Result<(), BenchError> {
    const TAKEN: &[u8] = b"HTTP/1.1 200";
    let mut polled = [PollFd::new(stream, PollFlags::IN)];
    // What did not come in time is missed below.
    let _ = poll(&mut polled, Timespec::try_from(ANSWER).ok().as_ref());
    let mut room = [0; TAKEN.len()];
    let octets = stream.peek(&mut room)?;
    match room.get(..octets) == Some(TAKEN) {
        true => Ok(()),
        false => Err(BenchError::broken("one who never reads is refused")),
    }
}

/// Whether the server has not closed it, and takes an octet where it says one.
fn is_open(stream: &mut TcpStream, says: bool) -> bool {
    // An answer, 408 or 503, is followed by the end.
    let is_silent = matches!(stream.peek(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
    is_silent && (!says || stream.write_all(b"x").is_ok())
}

/// A connection into which hardly anything fits that is not read.
fn connect_narrowly(server: SocketAddr) -> io::Result<TcpStream> {
    let family = match server {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let socket = socket(family, SocketType::STREAM, None)?;
    // Before the handshake, which tells the peer of it.
    sockopt::set_socket_recv_buffer_size(&socket, READERS_OCTETS)?;
    connect(&socket, &server)?;
    Ok(TcpStream::from(socket))
}

/// Whether the server has ended it or broken it off, whatever lies unread before that.
fn is_given_up(stream: &TcpStream) -> bool {
    let mut polled = [PollFd::new(stream, PollFlags::RDHUP)];
    let ready = poll(&mut polled, Some(&Timespec::default()));
    ready.is_ok_and(|ready| ready > 0)
}

/// Its end is a reset.
fn reset_at_end(stream: &TcpStream) {
    // Where it can't be set, the connection closes as others do.
    let _ = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
}
