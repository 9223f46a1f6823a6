//! Writing a request.
//!
//! First stage on the client's side. Invariant: the head ends where it should, whatever the fields hold; unlike an
//! answer's, the request line is written as given, since tests send wrong ones.

use crate::request_line::Version;
use crate::response::{write_fields, write_number};

/// How the body of a request is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestBody {
    /// No body, no field about it.
    None,
    /// Content-Length, in octets; the caller appends as many.
    Octets(u64),
    /// Transfer-Encoding: chunked; the caller appends chunks.
    Chunked,
}

/// The head of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHead<'a> {
    /// The method's word.
    pub method: &'a str,
    /// The target in the form wanted: `/path` or `http://host/path`.
    pub target: &'a str,
    /// The version to state.
    pub version: Version,
    /// The Host field; `None` leaves it out.
    pub host: Option<&'a str>,
    /// Further fields, such as Content-Type, Connection, Expect or the subscriber's number.
    pub fields: &'a [(&'a str, &'a str)],
    /// The body's announcement.
    pub body: RequestBody,
}

/// Appends the head to `out`.
pub fn write_request(out: &mut Vec<u8>, head: &RequestHead<'_>) {
    out.extend_from_slice(head.method.as_bytes());
    out.push(b' ');
    out.extend_from_slice(head.target.as_bytes());
    out.extend_from_slice(match head.version {
        Version::Http10 => b" HTTP/1.0",
        Version::Http11 => b" HTTP/1.1",
    });
    if let Some(host) = head.host {
        write_fields(out, &[("Host", host)]);
    }
    write_fields(out, head.fields);
    match head.body {
        RequestBody::None => {}
        RequestBody::Octets(octets) => {
            out.extend_from_slice(b"\r\nContent-Length: ");
            write_number(out, octets);
        }
        RequestBody::Chunked => out.extend_from_slice(b"\r\nTransfer-Encoding: chunked"),
    }
    out.extend_from_slice(b"\r\n\r\n");
}

/// Appends one chunk; an empty one is left out, since it would end the body.
pub fn write_chunk(out: &mut Vec<u8>, data: &[u8]) {
    if !data.is_empty() {
        out.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
        out.extend_from_slice(data);
        out.extend_from_slice(b"\r\n");
    }
}

/// Appends the end of a chunked body, without trailers.
pub fn write_last_chunk(out: &mut Vec<u8>) {
    out.extend_from_slice(b"0\r\n\r\n");
}
