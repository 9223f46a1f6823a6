//! Why a connection is refused, and what is said to the peer.
//!
//! Stands at every way out of the machine that is not a request. Invariant: each reason has one status; a refusal
//! always closes the connection, since after it the place of the next message is unknown.

use crate::framing::Persistence;
use crate::response::{self, Response};

/// Declares [`Reason`] as one table: name, status, sentence.
macro_rules! reasons {
    ($($(#[$doc:meta])+ $name:ident = $status:literal, $text:literal;)+) => {
        /// Why the machine refuses. The variant is what meters and events count by.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $($(#[$doc])+ $name,)+
        }

        impl Reason {
            /// Every reason, in the order of the table.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)+];

            /// The HTTP status that the peer is told.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)+
                }
            }

            /// One sentence, also the body of the answer.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

reasons! {
    /// RFC 9112 §3: method, one space, target, one space, version.
    RequestLineMalformed = 400, "The request line is malformed.";
    /// A method is a token (RFC 9110 §9.1).
    MethodMalformed = 400, "The method is not a token.";
    /// A tunnel is no service of an MMSC, and its target has another form.
    ConnectMethod = 501, "CONNECT is not served.";
    /// HTTP/0.9, or a broken version.
    VersionMalformed = 400, "The version is missing or malformed.";
    /// A major version other than 1 (RFC 9110 §15.6.6).
    VersionUnsupported = 505, "Only HTTP/1.0 and HTTP/1.1 are served.";
    /// Neither origin-form nor absolute-form nor, for OPTIONS, an asterisk.
    TargetMalformed = 400, "The request target is malformed.";
    /// The request line is over its limit (RFC 9112 §3).
    RequestLineTooLong = 414, "The request line is too long.";
    /// A line feed without its carriage return (RFC 9112 §2.2 lets a recipient accept it; we do not).
    LineFeedBare = 400, "A line ends without a carriage return.";
    /// A carriage return without its line feed (RFC 9112 §2.2).
    CarriageReturnBare = 400, "A carriage return stands alone.";
    /// NUL or another control octet in the head (RFC 9110 §5.5).
    ControlOctet = 400, "The head holds a control octet.";
    /// A field line that begins with white space (RFC 9112 §5.2).
    LineFolded = 400, "A field line is folded.";
    /// A field line without a colon, with white space before it, or with a name that is no token (RFC 9112 §5.1).
    FieldMalformed = 400, "A field line is malformed.";
    /// The head is over its limit (RFC 6585 §5).
    HeadTooLong = 431, "The head is too long.";
    /// More field lines than allowed (RFC 6585 §5).
    FieldsTooMany = 431, "There are too many fields.";
    /// HTTP/1.1 without Host (RFC 9112 §3.2).
    HostMissing = 400, "The Host field is missing.";
    /// More than one Host (RFC 9112 §3.2).
    HostRepeated = 400, "The Host field is repeated.";
    /// Host, or the authority of an absolute target, is no host with an optional port.
    HostMalformed = 400, "The host is malformed.";
    /// More than one Content-Length, even if they agree (stricter than RFC 9112 §6.3).
    ContentLengthRepeated = 400, "The Content-Length field is repeated.";
    /// Content-Length is not a plain decimal number of 64 bits.
    ContentLengthMalformed = 400, "The Content-Length field is malformed.";
    /// Content-Length beside Transfer-Encoding (RFC 9112 §6.1 lets a server refuse).
    LengthAndCoding = 400, "Content-Length and Transfer-Encoding exclude each other.";
    /// More than one Transfer-Encoding field.
    CodingRepeated = 400, "The Transfer-Encoding field is repeated.";
    /// A transfer coding other than exactly one `chunked` (RFC 9112 §6.1).
    CodingUnknown = 501, "The transfer coding is not served.";
    /// Transfer-Encoding on HTTP/1.0, whose framing must be taken as faulty (RFC 9112 §6.1).
    CodingOnOldVersion = 400, "HTTP/1.0 has no Transfer-Encoding.";
    /// An expectation other than 100-continue (RFC 9110 §10.1.1).
    ExpectationUnknown = 417, "The expectation cannot be met.";
    /// A chunk size that is not 1 to 16 hexadecimal digits, or is followed by something strange.
    ChunkSizeMalformed = 400, "A chunk size is malformed.";
    /// The chunk extensions together are over their limit.
    ChunkExtensionTooLong = 400, "The chunk extensions are too long.";
    /// A chunk's data is not followed by CR LF.
    ChunkEndMalformed = 400, "A chunk does not end where its size says.";
    /// A trailer line is malformed.
    TrailerMalformed = 400, "A trailer field is malformed.";
    /// The trailer section is over its limit.
    TrailerTooLong = 431, "The trailer section is too long.";
    /// The body is over even the limit up to which it is drained.
    BodyTooLarge = 413, "The body is too large.";
    /// The head was not whole in time.
    HeadTimeout = 408, "The head did not arrive in time.";
    /// The body came too slowly or not at all.
    BodyTimeout = 408, "The body did not arrive in time.";
    /// Said by the accept loop when it has its number of connections.
    ConnectionsTooMany = 503, "There are too many connections.";
}

/// A refusal: what the caller writes before it closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
}

impl Refusal {
    /// The delay that a refusal for want of room proposes, in seconds: a handset's second try comes after a minute.
    pub const RETRY_AFTER_S: u32 = 60;

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.reason.status()
    }

    /// Appends the whole answer, head and one line of text, to `out`. It says `Connection: close`.
    pub fn write(self, out: &mut Vec<u8>) {
        let text = self.reason.text();
        let response = Response {
            content_type: Some("text/plain"),
            content_length: text.len() as u64,
            retry_after_s: (self.status() == 503).then_some(Self::RETRY_AFTER_S),
            ..Response::new(self.status())
        };
        response::write_head(out, &response, Persistence::Close);
        out.extend_from_slice(text.as_bytes());
    }
}
