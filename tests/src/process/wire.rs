//! Raw octets to a server and back, for what no library would send.
//!
//! Beside the phones, on one blocking socket. Invariant: every read has a deadline.

use super::Failure;
use http1::Limits;
use http1::client::{Answer, AnswerEvent, AnswerReader};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

/// The longest that one read may take.
const READ_WAIT: Duration = Duration::from_secs(20);

/// A connection.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    reader: AnswerReader,
}

impl Wire {
    /// Opens one.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn open(address: SocketAddr) -> Result<Wire, Failure> {
        Wire::on(TcpStream::connect(address)?)
    }

    /// Opens one from an address of this machine, as a phone that has it.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn open_from(source: IpAddr, address: SocketAddr) -> Result<Wire, Failure> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.bind(&SocketAddr::new(source, 0).into())?;
        socket.connect_timeout(&address.into(), READ_WAIT)?;
        Wire::on(socket.into())
    }

    fn on(stream: TcpStream) -> Result<Wire, Failure> {
        stream.set_read_timeout(Some(READ_WAIT))?;
        stream.set_write_timeout(Some(READ_WAIT))?;
        stream.set_nodelay(true)?;
        Ok(Wire {
            stream,
            reader: AnswerReader::new(Limits::DEFAULT),
        })
    }

    /// Sends octets as they are.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn send(&mut self, octets: &[u8]) -> Result<(), Failure> {
        Ok(self.stream.write_all(octets)?)
    }

    /// The next answer, whole; nothing where the server closed before one.
    ///
    /// # Errors
    /// Where none comes in time, or what comes is no answer.
    pub fn answer(&mut self) -> Result<Option<Answer>, Failure> {
        let mut buffer = vec![0; 16 << 10];
        let mut ended = false;
        loop {
            match self.reader.step() {
                Ok(Some(AnswerEvent::Answer(answer))) => return Ok(Some(answer)),
                Ok(Some(AnswerEvent::Continue)) => continue,
                Ok(None) if ended => return Ok(None),
                Ok(None) => {}
                Err(_) if ended => return Ok(None),
                Err(error) => return Err(Failure(format!("no answer: {error:?}"))),
            }
            match self.stream.read(&mut buffer) {
                Ok(0) => {
                    ended = true;
                    self.reader.end_of_stream();
                }
                Ok(octets) => self.reader.receive(buffer.get(..octets).unwrap_or_default()),
                // A server that closes with octets unread resets the connection.
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => ended = true,
                Err(error) => return Err(Failure::of("reading an answer", error)),
            }
        }
    }

    /// Whether the server has closed, with nothing more to come.
    ///
    /// # Errors
    /// Where it neither closes nor says anything in time.
    pub fn is_closed(&mut self) -> Result<bool, Failure> {
        match self.stream.read(&mut [0; 1]) {
            Ok(octets) => Ok(octets == 0),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Ok(true),
            Err(error) => Err(Failure::of("waiting for the end", error)),
        }
    }
}
