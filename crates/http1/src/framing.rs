//! What a head says of the message's end and of the connection's: one length, or a refusal (RFC 9112 §6 and §9).
//!
//! Stands between the head and the body. Invariant: every way in which two readers could come to different lengths is
//! refused here, so that nothing can hide between two requests.

use crate::head::{Field, Head, Span};
use crate::limits::Limits;
use crate::reason::Reason;
use crate::request_line::{Form, Method, RequestLine, Version, host_octets};

/// What becomes of a connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Persistence {
    /// Another request may follow.
    KeepAlive,
    /// The connection ends with this answer.
    Close,
}

/// How a body is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyLength {
    /// No field speaks of a body.
    Absent,
    /// Content-Length.
    Octets(u64),
    /// Transfer-Encoding: chunked.
    Chunked,
}

/// What a request's fields say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Framing {
    pub(crate) body: BodyLength,
    pub(crate) persistence: Persistence,
    /// The peer waits for 100 before it sends the body.
    pub(crate) continue_wanted: bool,
    /// The host that was asked for: of an absolute target, else of the Host field.
    pub(crate) authority: Option<Span>,
}

/// The fields that matter, as found so far.
#[derive(Default)]
struct Found {
    length: Option<u64>,
    coding: Option<Coding>,
    host: Option<Span>,
    close: bool,
    keep_alive: bool,
    continue_wanted: bool,
}

/// A Transfer-Encoding field's worth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Coding {
    Chunked,
    Unknown,
}

impl Framing {
    /// Reads the framing of a request.
    pub(crate) fn of_request(line: &RequestLine, head: &Head, limits: &Limits) -> Result<Self, Reason> {
        let mut found = Found::default();
        for field in head.field_spans() {
            found.take(head.raw(), field)?;
        }
        let body = body_length(found.length, found.coding, line.version)?;
        if let BodyLength::Octets(octets) = body
            && octets > limits.drain_octets_max
        {
            return Err(Reason::BodyTooLarge);
        }
        // RFC 9112 §3.2: HTTP/1.1 must send Host, and §3.2.2: an absolute target outranks it.
        if found.host.is_none() && line.version == Version::Http11 {
            return Err(Reason::HostMissing);
        }
        let authority = if line.target.form == Form::Absolute {
            line.target.authority
        } else {
            found.host
        };
        // A POST that tells no length has no body (§6.3), and nothing behind it is taken for a request.
        let unmeasured = line.method == Method::Post && body == BodyLength::Absent;
        let keep = !unmeasured && found.keeps_alive(line.version);
        Ok(Self {
            body,
            persistence: if keep {
                Persistence::KeepAlive
            } else {
                Persistence::Close
            },
            continue_wanted: found.continue_wanted && line.version == Version::Http11,
            authority: authority.filter(|span| !span.is_empty()),
        })
    }

    /// Reads the body's length and the persistence of a response, which has no Host and no expectation.
    pub(crate) fn of_response(head: &Head, version: Version) -> Result<(BodyLength, Persistence), Reason> {
        let mut found = Found::default();
        for field in head.field_spans() {
            found.take_common(head.raw(), field)?;
        }
        let body = body_length(found.length, found.coding, version)?;
        let keep = found.keeps_alive(version);
        Ok((
            body,
            if keep {
                Persistence::KeepAlive
            } else {
                Persistence::Close
            },
        ))
    }
}

impl Found {
    fn take(&mut self, raw: &[u8], field: &Field) -> Result<(), Reason> {
        let value = field.value.of(raw);
        // The length of the name tells nearly all other fields apart without looking at them.
        match field.name.of(raw) {
            name if name.eq_ignore_ascii_case(b"host") => {
                host_octets(value).ok_or(Reason::HostMalformed)?;
                match self.host.replace(field.value) {
                    None => Ok(()),
                    Some(_) => Err(Reason::HostRepeated),
                }
            }
            name if name.eq_ignore_ascii_case(b"expect") => {
                if !value.eq_ignore_ascii_case(b"100-continue") {
                    return Err(Reason::ExpectationUnknown);
                }
                self.continue_wanted = true;
                Ok(())
            }
            _ => self.take_common(raw, field),
        }
    }

    fn take_common(&mut self, raw: &[u8], field: &Field) -> Result<(), Reason> {
        let value = field.value.of(raw);
        match field.name.of(raw) {
            name if name.eq_ignore_ascii_case(b"content-length") => {
                if self.length.is_some() {
                    return Err(Reason::ContentLengthRepeated);
                }
                self.length = Some(parse_decimal(value).ok_or(Reason::ContentLengthMalformed)?);
            }
            name if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                if self.coding.is_some() {
                    return Err(Reason::CodingRepeated);
                }
                let chunked = value.eq_ignore_ascii_case(b"chunked");
                self.coding = Some(if chunked { Coding::Chunked } else { Coding::Unknown });
            }
            name if name.eq_ignore_ascii_case(b"connection") => {
                for option in value.split(|octet| *octet == b',').map(<[u8]>::trim_ascii) {
                    self.close |= option.eq_ignore_ascii_case(b"close");
                    self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            _ => {}
        }
        Ok(())
    }

    const fn keeps_alive(&self, version: Version) -> bool {
        // RFC 9112 §9.3: close outranks all; 1.1 persists; 1.0 persists where it was asked for.
        !self.close && (self.keep_alive || matches!(version, Version::Http11))
    }
}

fn body_length(length: Option<u64>, coding: Option<Coding>, version: Version) -> Result<BodyLength, Reason> {
    match (length, coding) {
        (None, None) => Ok(BodyLength::Absent),
        (Some(octets), None) => Ok(BodyLength::Octets(octets)),
        (Some(_), Some(_)) => Err(Reason::LengthAndCoding),
        (None, Some(_)) if version == Version::Http10 => Err(Reason::CodingOnOldVersion),
        (None, Some(Coding::Unknown)) => Err(Reason::CodingUnknown),
        (None, Some(Coding::Chunked)) => Ok(BodyLength::Chunked),
    }
}

/// A number of one or more digits and nothing else, that fits 64 bits (RFC 9110 §8.6).
fn parse_decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, octet| {
        let digit = octet.is_ascii_digit().then(|| octet.wrapping_sub(b'0'))?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}
