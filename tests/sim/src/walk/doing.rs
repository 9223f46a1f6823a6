//! What phones are about: the words of the crowd.
//!
//! Beside `crowd`. Invariant: a phone knows only what it was told.

use crate::net::Request;
use crate::phone::Note;
use http1::client::{RequestBody, RequestHead, write_chunk, write_last_chunk, write_request};
use std::fmt;

/// What an exchange is for.
#[derive(Clone, Debug)]
pub(super) enum Doing {
    /// To submit: the book's number.
    Submit(usize),
    /// To fetch.
    Fetch(Known),
    /// Anything whose answer changes nothing.
    Other,
}

/// A notification that a phone has had.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) who: u64,
    pub(super) note: Note,
    pub(super) message: u64,
    pub(super) recipient: u16,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}/{}", self.message, self.recipient)
    }
}

/// The number of a phone.
pub(super) fn phone(index: u64) -> String {
    format!("4477009000{index:02}")
}

/// What a request looks like on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style<'a> {
    /// The number that the gateway writes, if it does.
    pub(super) who: Option<&'a str>,
    pub(super) method: &'a str,
    pub(super) target: &'a str,
    pub(super) media_type: &'a str,
    pub(super) framing: Framing,
}

/// How a body is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length,
    Chunked,
    /// After 100 Continue.
    Expecting,
}

/// Writes a request.
pub(super) fn write(style: Style<'_>, body: &[u8]) -> Request {
    let mut fields = Vec::new();
    if let Some(who) = style.who {
        fields.push(("X-MSISDN", who));
    }
    let is_get = style.method == "GET";
    if !is_get {
        fields.push(("Content-Type", style.media_type));
    }
    if style.framing == Framing::Expecting && !is_get {
        fields.push(("Expect", "100-continue"));
    }
    let mut request = Request::default();
    write_request(
        &mut request.first,
        &RequestHead {
            method: style.method,
            target: style.target,
            version: http1::Version::Http11,
            host: Some("mms.invalid"),
            fields: &fields,
            body: match style.framing {
                _ if is_get => RequestBody::None,
                Framing::Chunked => RequestBody::Chunked,
                Framing::Length | Framing::Expecting => RequestBody::Octets(body.len() as u64),
            },
        },
    );
    match style.framing {
        _ if is_get => {}
        Framing::Length => request.first.extend_from_slice(body),
        Framing::Expecting => request.then.extend_from_slice(body),
        Framing::Chunked => {
            for piece in body.chunks(9_000) {
                write_chunk(&mut request.first, piece);
            }
            write_last_chunk(&mut request.first);
        }
    }
    request
}
