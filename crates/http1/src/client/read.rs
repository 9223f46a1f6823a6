//! Reading answers.
//!
//! Last stage on the client's side. Invariants: 100 is told apart from the answer; an answer without a length ends with
//! the connection; octets of the next answer stay for it.

use crate::chunk::{ChunkDecoder, ChunkStop};
use crate::framing::{BodyLength, Framing, Persistence};
use crate::head::Head;
use crate::limits::Limits;
use crate::reason::Reason;
use crate::request_line::{Version, parse_version};
use crate::scan::HeadScan;

/// Why an answer could not be read; the connection is of no further use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// The answer breaks the grammar or a limit, for the same reason as a request would.
    Malformed(Reason),
    /// The connection ended within an answer.
    Truncated,
}

impl From<Reason> for ClientError {
    fn from(reason: Reason) -> Self {
        Self::Malformed(reason)
    }
}

/// Whether the answer to the request in hand has a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerExpected {
    /// As the answer says.
    WithBody,
    /// None: the request was HEAD.
    HeadOnly,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Status line and fields.
    pub head: Head,
    /// The body, decoded if it was chunked.
    pub body: Vec<u8>,
    /// Whether the connection can be used again.
    pub persistence: Persistence,
}

/// What has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerEvent {
    /// 100: send the body now.
    Continue,
    /// The answer.
    Answer(Answer),
}

/// How the body in progress ends.
#[derive(Debug)]
enum Rest {
    Octets(u64),
    Chunks(ChunkDecoder),
    UntilEnd,
}

/// Reads the answers on one connection, one after the other.
#[derive(Debug)]
pub struct AnswerReader {
    limits: Limits,
    expected: AnswerExpected,
    input: Vec<u8>,
    taken: usize,
    scan: HeadScan,
    answer: Option<(Answer, Rest)>,
    ended: bool,
}

impl AnswerReader {
    /// A reader for a new connection. A body may be as long as `limits.drain_octets_max`.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            expected: AnswerExpected::WithBody,
            input: Vec::new(),
            taken: 0,
            scan: HeadScan::default(),
            answer: None,
            ended: false,
        }
    }

    /// Says which kind of answer the next one is.
    pub const fn expect(&mut self, expected: AnswerExpected) {
        self.expected = expected;
    }

    /// Takes octets received.
    pub fn receive(&mut self, octets: &[u8]) {
        self.input.drain(..self.taken.min(self.input.len()));
        self.taken = 0;
        self.input.extend_from_slice(octets);
    }

    /// The peer has ended the connection.
    pub const fn end_of_stream(&mut self) {
        self.ended = true;
    }

    /// The next thing that has come whole; `None` asks for more octets, or after the end says that all is read.
    ///
    /// # Errors
    /// [`ClientError`] if the answer is malformed, over a limit or cut short.
    pub fn step(&mut self) -> Result<Option<AnswerEvent>, ClientError> {
        while self.answer.is_none() {
            match self.read_head()? {
                None => {
                    let cut = self.ended && !self.unread().is_empty();
                    return if cut {
                        Err(ClientError::Truncated)
                    } else {
                        Ok(None)
                    };
                }
                Some((answer, _)) if answer.status == 100 => return Ok(Some(AnswerEvent::Continue)),
                // RFC 9110 §15.2: other interim answers are passed over; 101 was never asked for.
                Some((answer, _)) if answer.status == 101 => return Err(Reason::RequestLineMalformed.into()),
                Some((answer, _)) if answer.status < 200 => {}
                begun => self.answer = begun,
            }
        }
        if self.read_body()? {
            return Ok(self.answer.take().map(|(answer, _)| AnswerEvent::Answer(answer)));
        }
        if self.ended {
            Err(ClientError::Truncated)
        } else {
            Ok(None)
        }
    }

    fn unread(&self) -> &[u8] {
        self.input.get(self.taken..).unwrap_or_default()
    }

    fn read_head(&mut self) -> Result<Option<(Answer, Rest)>, ClientError> {
        let octets = self.input.get(self.taken..).unwrap_or_default();
        let check = |line: &[u8]| parse_status_line(line).map(|_| ());
        let Some(extent) = self.scan.advance(octets, &self.limits, check)? else {
            return Ok(None);
        };
        let line = octets.get(..extent.first_line_octets).unwrap_or_default();
        let (version, status) = parse_status_line(line)?;
        let head = Head::parse(octets, extent)?;
        self.scan = HeadScan::default();
        self.taken = self.taken.saturating_add(extent.head_octets);
        let (length, mut persistence) = Framing::of_response(&head, version)?;
        // RFC 9112 §6.3: these never have a body, whatever their fields say.
        let bodiless =
            status < 200 || matches!(status, 204 | 304) || self.expected == AnswerExpected::HeadOnly;
        let rest = match length {
            _ if bodiless => Rest::Octets(0),
            BodyLength::Octets(octets) if octets > self.limits.drain_octets_max => {
                return Err(Reason::BodyTooLarge.into());
            }
            BodyLength::Octets(octets) => Rest::Octets(octets),
            BodyLength::Chunked => Rest::Chunks(ChunkDecoder::new()),
            BodyLength::Absent => {
                persistence = Persistence::Close;
                Rest::UntilEnd
            }
        };
        Ok(Some((
            Answer {
                status,
                head,
                body: Vec::new(),
                persistence,
            },
            rest,
        )))
    }

    fn read_body(&mut self) -> Result<bool, ClientError> {
        let Some((answer, rest)) = &mut self.answer else {
            return Ok(false);
        };
        loop {
            let octets = self.input.get(self.taken..).unwrap_or_default();
            let wanted = match rest {
                Rest::Octets(0) => return Ok(true),
                Rest::Octets(left) => *left,
                Rest::UntilEnd if self.ended && octets.is_empty() => return Ok(true),
                Rest::UntilEnd => u64::MAX,
                Rest::Chunks(decoder) => {
                    let (used, stop) = decoder.advance(octets, &self.limits)?;
                    self.taken = self.taken.saturating_add(used);
                    match stop {
                        ChunkStop::Over => return Ok(true),
                        ChunkStop::Starved => return Ok(false),
                        ChunkStop::Data(octets) if octets > self.limits.drain_octets_max => {
                            return Err(Reason::BodyTooLarge.into());
                        }
                        ChunkStop::Data(octets) => octets,
                    }
                }
            };
            let octets = self.input.get(self.taken..).unwrap_or_default();
            let count = octets.len().min(usize::try_from(wanted).unwrap_or(usize::MAX));
            if count == 0 {
                return Ok(false);
            }
            if answer.body.len().saturating_add(count) as u64 > self.limits.drain_octets_max {
                return Err(Reason::BodyTooLarge.into());
            }
            answer
                .body
                .extend_from_slice(octets.get(..count).unwrap_or_default());
            self.taken = self.taken.saturating_add(count);
            match rest {
                Rest::Octets(left) => *left = left.saturating_sub(count as u64),
                Rest::Chunks(decoder) => decoder.took(count as u64),
                Rest::UntilEnd => {}
            }
        }
    }
}

/// `HTTP/1.1 200 reason`, the reason being optional (RFC 9112 §4).
fn parse_status_line(line: &[u8]) -> Result<(Version, u16), Reason> {
    let mut parts = line.splitn(3, |octet| *octet == b' ');
    let version = parse_version(parts.next().unwrap_or_default())?;
    match parts.next() {
        Some([a @ b'1'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9']) => {
            let digit = |octet: &u8| u16::from(octet.wrapping_sub(b'0'));
            let tens = digit(a).wrapping_mul(10).wrapping_add(digit(b));
            Ok((version, tens.wrapping_mul(10).wrapping_add(digit(c))))
        }
        _ => Err(Reason::RequestLineMalformed),
    }
}
