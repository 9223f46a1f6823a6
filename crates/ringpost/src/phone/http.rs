//! A small HTTP client on blocking sockets: one connection, kept, with a deadline for each call.
//!
//! Under [`Phone`](super::Phone). Framing is `http1`'s. Invariant: a kept connection that turns out to be closed before
//! any octet of an answer is opened anew once; what MM1 sends is safe to send again (a repeated M-Send.req is known).

use super::PhoneError;
use http1::client::{Answer, AnswerEvent, AnswerReader, RequestBody, RequestHead, write_request};
use http1::{Limits, Persistence, Version};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::str::FromStr;
use std::time::{Duration, Instant};

/// Octets read at once.
const READ_OCTETS: usize = 64 << 10;

/// An address on the web: `http://HOST[:PORT]/PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// Host and port, as in `Host`.
    authority: String,
    /// Path and query, `/` in front.
    path: String,
}

impl Url {
    /// The URL of something below this one.
    #[must_use]
    pub fn join(&self, below: &str) -> Url {
        let base = self.path.strip_suffix('/').unwrap_or(&self.path);
        Url {
            authority: self.authority.clone(),
            path: format!("{base}/{below}"),
        }
    }

    /// What to connect to: the authority, with HTTP's port where it names none.
    fn endpoint(&self) -> String {
        let port = self.authority.rsplit_once(':').map(|(_, port)| port);
        let has_port = port.is_some_and(|port| !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit()));
        if has_port {
            self.authority.clone()
        } else {
            format!("{}:80", self.authority)
        }
    }
}

impl FromStr for Url {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Url, PhoneError> {
        let refuse = || PhoneError::Url(text.to_owned());
        let rest = text.strip_prefix("http://").ok_or_else(refuse)?;
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, "/"),
        };
        let fine = |part: &str| part.bytes().all(|c| c.is_ascii_graphic());
        if authority.is_empty() || authority.contains('@') || !fine(authority) || !fine(path) {
            return Err(refuse());
        }
        Ok(Url {
            authority: authority.to_owned(),
            path: path.to_owned(),
        })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.path)
    }
}

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Where.
    pub url: &'a Url,
    /// Headers beside Host and the body's.
    pub fields: &'a [(&'a str, &'a str)],
    /// With a body POST, without GET.
    pub body: Option<&'a [u8]>,
    /// The longest that it may take.
    pub patience: Duration,
}

/// A client with at most one connection open.
#[derive(Debug)]
pub struct Client {
    proxy: Option<String>,
    kept: Option<Connection>,
}

#[derive(Debug)]
struct Connection {
    endpoint: String,
    stream: TcpStream,
    reader: AnswerReader,
}

impl Client {
    /// A client that talks to each URL's own host, or to `proxy` (`HOST:PORT`) always.
    #[must_use]
    pub fn new(proxy: Option<String>) -> Client {
        Client { proxy, kept: None }
    }

    /// Makes one request and reads its answer whole.
    ///
    /// # Errors
    /// [`PhoneError::Io`], [`PhoneError::Late`] or [`PhoneError::Answer`].
    pub fn call(&mut self, call: &Call<'_>) -> Result<Answer, PhoneError> {
        let deadline = clock() + call.patience;
        let endpoint = self.proxy.clone().unwrap_or_else(|| call.url.endpoint());
        let request = self.request(call);
        if let Some(mut kept) = self.kept.take().filter(|kept| kept.endpoint == endpoint) {
            match kept.exchange(&request, deadline) {
                Ok(answer) => return Ok(self.keep(kept, answer)),
                // The server may close an idle connection at any time.
                Err(Broken::BeforeAnswer(_)) => {}
                Err(Broken::Within(error)) => return Err(error),
            }
        }
        let mut fresh = Connection::open(endpoint, deadline)?;
        match fresh.exchange(&request, deadline) {
            Ok(answer) => Ok(self.keep(fresh, answer)),
            Err(Broken::BeforeAnswer(error) | Broken::Within(error)) => Err(error),
        }
    }

    fn keep(&mut self, connection: Connection, answer: Answer) -> Answer {
        if answer.persistence == Persistence::KeepAlive {
            self.kept = Some(connection);
        }
        answer
    }

    fn request(&self, call: &Call<'_>) -> Vec<u8> {
        let absolute = call.url.to_string();
        let body = call.body.unwrap_or_default();
        let mut request = Vec::with_capacity(body.len() + 512);
        let head = RequestHead {
            method: if call.body.is_some() { "POST" } else { "GET" },
            // RFC 9112 §3.2.2: a proxy is asked in absolute form.
            target: if self.proxy.is_some() {
                &absolute
            } else {
                &call.url.path
            },
            version: Version::Http11,
            host: Some(&call.url.authority),
            fields: call.fields,
            body: if call.body.is_some() {
                RequestBody::Octets(body.len() as u64)
            } else {
                RequestBody::None
            },
        };
        write_request(&mut request, &head);
        request.extend_from_slice(body);
        request
    }
}

/// How an exchange failed.
enum Broken {
    /// Not an octet of an answer had come.
    BeforeAnswer(PhoneError),
    /// Later, or in a way that another connection would not mend.
    Within(PhoneError),
}

impl Connection {
    fn open(endpoint: String, deadline: Instant) -> Result<Connection, PhoneError> {
        let mut refused = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in endpoint.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, left(deadline)?) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    let limits = Limits {
                        drain_octets_max: 64 << 20,
                        ..Limits::DEFAULT
                    };
                    return Ok(Connection {
                        endpoint,
                        stream,
                        reader: AnswerReader::new(limits),
                    });
                }
                Err(error) => refused = error,
            }
        }
        Err(refused.into())
    }

    fn exchange(&mut self, request: &[u8], deadline: Instant) -> Result<Answer, Broken> {
        let sent = left(deadline).and_then(|left| {
            self.stream.set_write_timeout(Some(left))?;
            Ok(self.stream.write_all(request)?)
        });
        // A server that refuses early may answer and close before it has read everything: the answer counts.
        let mut buffer = vec![0; READ_OCTETS];
        let mut begun = false;
        loop {
            match self.reader.step().map_err(|error| Broken::Within(error.into()))? {
                Some(AnswerEvent::Answer(answer)) => return Ok(answer),
                Some(AnswerEvent::Continue) => continue,
                None => {}
            }
            let read = left(deadline).and_then(|left| {
                self.stream.set_read_timeout(Some(left))?;
                Ok(self.stream.read(&mut buffer)?)
            });
            match read {
                Ok(0) if !begun => {
                    let closed = io::Error::new(io::ErrorKind::UnexpectedEof, "the connection was closed");
                    return Err(Broken::BeforeAnswer(sent.err().unwrap_or(closed.into())));
                }
                Ok(0) => self.reader.end_of_stream(),
                Ok(octets) => {
                    begun = true;
                    self.reader.receive(buffer.get(..octets).unwrap_or_default());
                }
                Err(error) => {
                    let error = late(error);
                    let again = !begun && !matches!(error, PhoneError::Late);
                    return Err(if again {
                        Broken::BeforeAnswer(error)
                    } else {
                        Broken::Within(error)
                    });
                }
            }
        }
    }
}

/// A socket's deadline comes as one of two kinds of error, by system.
fn late(error: PhoneError) -> PhoneError {
    match error {
        PhoneError::Io(error)
            if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
        {
            PhoneError::Late
        }
        error => error,
    }
}

fn left(deadline: Instant) -> Result<Duration, PhoneError> {
    let left = deadline.saturating_duration_since(clock());
    if left.is_zero() {
        Err(PhoneError::Late)
    } else {
        Ok(left)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a tool outside the server: it times its own patience"
)]
fn clock() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests;
