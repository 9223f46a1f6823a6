//! What an SMTP server says to a command: a code, an enhanced code and a text.
//!
//! Written by the server's session, read by the client's ([`crate::client`]). Invariants: the class of the enhanced
//! code is the code's own first digit; no octet of a text can end a line or is no printable ASCII; a line of ours fits
//! RFC 5321's 512 octets.

use crate::limits::REPLY_OCTETS_MAX;

/// Subject and detail of an enhanced status code (RFC 3463); the class is that of the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Enhanced {
    /// What it is about: 1 addresses, 2 mailbox, 3 mail system, 4 network, 5 protocol, 6 content, 7 policy.
    pub subject: u16,
    /// What about it.
    pub detail: u16,
}

impl Enhanced {
    /// A pair as RFC 3463 writes it behind the class: `X.1.1` is `Enhanced::new(1, 1)`.
    #[must_use]
    pub const fn new(subject: u16, detail: u16) -> Self {
        Self { subject, detail }
    }
}

/// A reply of the owner to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'t> {
    /// 200 to 599. Whatever is none becomes 451.
    pub code: u16,
    /// Subject and detail.
    pub enhanced: Enhanced,
    /// One line of words; what is not printable ASCII becomes a question mark.
    pub text: &'t str,
}

impl Reply<'static> {
    /// 250: accepted.
    pub const OK: Self = Self::new(250, Enhanced::new(0, 0), "Ok");
    /// 250 to MAIL.
    pub const SENDER_OK: Self = Self::new(250, Enhanced::new(1, 0), "Sender ok");
    /// 250 to RCPT.
    pub const RECIPIENT_OK: Self = Self::new(250, Enhanced::new(1, 5), "Recipient ok");
    /// 250 to the end of a message that is durable.
    pub const ACCEPTED: Self = Self::new(250, Enhanced::new(6, 0), "Message accepted");
    /// 354 to DATA, or leave for the first BDAT.
    pub const GO_AHEAD: Self = Self::new(354, Enhanced::new(0, 0), "Send the message, end with CRLF.CRLF");
    /// 421: the connection ends.
    pub const SHUTTING_DOWN: Self = Self::new(421, Enhanced::new(3, 2), "Service closing, try again");
    /// 451: overload or another fault of ours.
    pub const OVERLOADED: Self = Self::new(451, Enhanced::new(3, 2), "Too busy now, try again");
    /// 452: no room.
    pub const NO_ROOM: Self = Self::new(452, Enhanced::new(3, 1), "No room now, try again");
    /// 550: the number is nobody here.
    pub const NOT_OUR_SUBSCRIBER: Self = Self::new(550, Enhanced::new(1, 1), "Not a subscriber here");
    /// 551: the number belongs to another network.
    pub const NOT_HERE: Self = Self::new(551, Enhanced::new(1, 6), "The subscriber belongs elsewhere");
    /// 553: the address is none that we read.
    pub const ADDRESS_SYNTAX: Self = Self::new(553, Enhanced::new(1, 3), "The address is malformed");
    /// 554: refused by policy.
    pub const POLICY: Self = Self::new(554, Enhanced::new(7, 1), "Refused by policy");
}

impl<'t> Reply<'t> {
    /// A reply of three parts.
    #[must_use]
    pub const fn new(code: u16, enhanced: Enhanced, text: &'t str) -> Self {
        Self { code, enhanced, text }
    }

    /// The code that goes to the wire: the one given if it is a code at all, else 451.
    #[must_use]
    pub const fn wire_code(&self) -> u16 {
        if self.code >= 200 && self.code <= 599 {
            self.code
        } else {
            451
        }
    }

    /// Whether the command is accepted (2xx) or may go on (3xx).
    #[must_use]
    pub const fn is_positive(&self) -> bool {
        self.wire_code() < 400
    }

    /// Appends the line: `550 5.1.1 Not a subscriber here`. A 3xx has no enhanced code (RFC 2034 §4).
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let code = self.wire_code();
        let start = out.len();
        append_number(out, code);
        out.push(b' ');
        let class = code.checked_div(100).unwrap_or(4);
        if class != 3 {
            append_number(out, class);
            out.push(b'.');
            append_number(out, self.enhanced.subject);
            out.push(b'.');
            append_number(out, self.enhanced.detail);
            out.push(b' ');
        }
        append_text(out, start, self.text);
    }
}

/// Appends a line without an enhanced code: greetings and answers to EHLO and HELO (RFC 2034 §4).
pub(crate) fn write_plain(out: &mut Vec<u8>, code: u16, separator: u8, text: &str) {
    let start = out.len();
    append_number(out, code);
    out.push(separator);
    append_text(out, start, text);
}

/// The text and the end of a line that began at `start`, within the limit of a line.
fn append_text(out: &mut Vec<u8>, start: usize, text: &str) {
    let room = (REPLY_OCTETS_MAX as usize)
        .saturating_sub(2)
        .saturating_sub(out.len().saturating_sub(start));
    out.extend(text.bytes().take(room).map(printable));
    out.extend_from_slice(b"\r\n");
}

/// The octet, if it is printable ASCII, else a question mark: nothing else can get into a line.
pub(crate) const fn printable(octet: u8) -> u8 {
    if octet == b' ' || octet.is_ascii_graphic() {
        octet
    } else {
        b'?'
    }
}

/// Appends a decimal number.
pub(crate) fn append_number(out: &mut Vec<u8>, number: impl Into<u64>) {
    let mut digits = [0; 20];
    let mut rest = number.into();
    let mut count = 0_usize;
    for place in digits.iter_mut().rev() {
        *place = b'0'.saturating_add(u8::try_from(rest.checked_rem(10).unwrap_or(0)).unwrap_or(0));
        rest = rest.checked_div(10).unwrap_or(0);
        count = count.saturating_add(1);
        if rest == 0 {
            break;
        }
    }
    let first = digits.len().saturating_sub(count);
    out.extend_from_slice(digits.get(first..).unwrap_or_default());
}
