//! A small HTTP client on blocking sockets: one connection, kept, with a deadline for each call.
//!
//! Under [`Phone`](super::Phone). Framing is `http1`'s. Invariant: a kept connection that turns out to be closed before
//! any octet of an answer is opened anew once; what MM1 sends is safe to send again (a repeated M-Send.req is known).

use super::PhoneError;
use http1::client::{
    Answer, AnswerEvent, AnswerReader, RequestBody, RequestHead, write_chunk, write_last_chunk, write_request,
};
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

    /// Host and port, as in `Host`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
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

/// How a body is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// With its length.
    #[default]
    Length,
    /// In chunks.
    Chunks,
    /// With its length, and with leave asked for first (`Expect: 100-continue`); it is sent without waiting for it, as
    /// RFC 9110 §10.1.1 lets a client do after a while.
    Expect,
}

/// Octets of one chunk: what some proxies make.
const CHUNK_OCTETS: usize = 4_096;

/// An exchange as it was on the wire.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The request, body included.
    pub request: Vec<u8>,
    /// Where its body begins.
    pub body_at: usize,
    /// The answer.
    pub answer: Answer,
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
    framing: Framing,
    /// Where somebody asked for it.
    recorded: Option<Vec<Exchange>>,
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
        Client {
            proxy,
            kept: None,
            framing: Framing::Length,
            recorded: None,
        }
    }

    /// Sends bodies like this.
    #[must_use]
    pub fn framed(self, framing: Framing) -> Client {
        Client { framing, ..self }
    }

    /// Keeps every exchange from now on.
    pub fn record(&mut self) {
        self.recorded.get_or_insert_default();
    }

    /// The exchanges since the last call.
    pub fn take_recorded(&mut self) -> Vec<Exchange> {
        self.recorded.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Makes one request and reads its answer whole.
    ///
    /// # Errors
    /// [`PhoneError::Io`], [`PhoneError::Late`] or [`PhoneError::Answer`].
    pub fn call(&mut self, call: &Call<'_>) -> Result<Answer, PhoneError> {
        let deadline = clock() + call.patience;
        let endpoint = self.proxy.clone().unwrap_or_else(|| call.url.endpoint());
        let (request, body_at) = self.request(call);
        let answer = self.exchange(&request, endpoint, deadline)?;
        if let Some(recorded) = &mut self.recorded {
            recorded.push(Exchange {
                request,
                body_at,
                answer: answer.clone(),
            });
        }
        Ok(answer)
    }

    fn exchange(
        &mut self,
        request: &[u8],
        endpoint: String,
        deadline: Instant,
    ) -> Result<Answer, PhoneError> {
        if let Some(mut kept) = self.kept.take().filter(|kept| kept.endpoint == endpoint) {
            match kept.exchange(request, deadline) {
                Ok(answer) => return Ok(self.keep(kept, answer)),
                // The server may close an idle connection at any time.
                Err(Broken::BeforeAnswer(_)) => {}
                Err(Broken::Within(error)) => return Err(error),
            }
        }
        let mut fresh = Connection::open(endpoint, deadline)?;
        match fresh.exchange(request, deadline) {
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

    /// The request's octets, and where its body begins.
    fn request(&self, call: &Call<'_>) -> (Vec<u8>, usize) {
        let absolute = call.url.to_string();
        let body = call.body.unwrap_or_default();
        let mut request = Vec::with_capacity(body.len() + 512);
        let mut fields = call.fields.to_vec();
        if call.body.is_some() && self.framing == Framing::Expect {
            fields.push(("Expect", "100-continue"));
        }
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
            fields: &fields,
            body: match (call.body, self.framing) {
                (None, _) => RequestBody::None,
                (Some(_), Framing::Chunks) => RequestBody::Chunked,
                (Some(body), _) => RequestBody::Octets(body.len() as u64),
            },
        };
        write_request(&mut request, &head);
        let body_at = request.len();
        if call.body.is_some() && self.framing == Framing::Chunks {
            body.chunks(CHUNK_OCTETS)
                .for_each(|chunk| write_chunk(&mut request, chunk));
            write_last_chunk(&mut request);
        } else {
            request.extend_from_slice(body);
        }
        (request, body_at)
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
