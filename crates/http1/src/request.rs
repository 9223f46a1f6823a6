//! A request that is whole, owned, ready to cross to another shard.
//!
//! The machine's product. Invariants: its body is complete or marked as oversize; its target was checked; its memory
//! is its own, so moving it copies nothing of the message.

use crate::framing::Persistence;
use crate::head::{Head, Span};
use crate::request_line::{Form, Method, RequestLine, Version};
use base::Parcel;

/// A request with its whole body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub(crate) line: RequestLine,
    pub(crate) authority: Option<Span>,
    pub(crate) persistence: Persistence,
    /// Request line and fields.
    pub head: Head,
    /// The body, decoded if it was chunked; of an oversize one only the first octets. One that came whole with its
    /// head lies in the buffer that was lent for them, where the owner agreed to that.
    pub body: Parcel,
    /// The body's true size in octets, if it was over `Limits::body_octets_max` and thus not kept.
    pub oversize_octets: Option<u64>,
}

impl Request {
    /// The method.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.line.method
    }

    /// The method's own word.
    #[must_use]
    pub fn method_text(&self) -> &str {
        self.text(self.line.method_span)
    }

    /// The version whose rules the request follows.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.line.version
    }

    /// The target's form.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.line.target.form
    }

    /// The target as it came.
    #[must_use]
    pub fn target(&self) -> &str {
        self.text(self.line.target.whole)
    }

    /// The path without the query; `/` where an absolute target has none. Nothing is decoded or normalised.
    #[must_use]
    pub fn path(&self) -> &str {
        if self.line.target.path.is_empty() {
            "/"
        } else {
            self.text(self.line.target.path)
        }
    }

    /// What stands behind the first `?`, if there is one.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.line.target.query.map(|span| self.text(span))
    }

    /// `host[:port]` of an absolute target, else of the Host field; `None` where both are missing or empty.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.authority.map(|span| self.text(span))
    }

    /// What the peer wants to become of the connection.
    #[must_use]
    pub const fn persistence(&self) -> Persistence {
        self.persistence
    }

    /// The value of the first field of that name, whatever its case.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.head.field(name)
    }

    /// The media type of Content-Type without its parameters (handsets add a charset); compare it in any case.
    #[must_use]
    pub fn media_type(&self) -> Option<&str> {
        let value = std::str::from_utf8(self.field("content-type")?).ok()?;
        value.split(';').next().map(str::trim_ascii)
    }

    /// Method, target and authority were checked to be ASCII when they were parsed.
    fn text(&self, span: Span) -> &str {
        std::str::from_utf8(span.of(self.head.raw())).unwrap_or_default()
    }
}
