//! A peer's reply, read from its lines.
//!
//! Between the receive buffer and the client's machine. Invariants: a reply ends with the line that says so, at CR LF;
//! all its lines have one code; what is kept of its text is bounded, printable and has no line ends.

use crate::limits::Limits;
use crate::line::{LineScan, LineStop};
use crate::reply::{Enhanced, printable};

#[cfg(test)]
mod tests;

/// What a peer said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerReply {
    /// 200 to 599.
    pub code: u16,
    /// Subject and detail of its enhanced code, if it has one of the code's class.
    pub enhanced: Option<Enhanced>,
    /// Its words, lines joined by spaces, what is not printable as question marks, at most
    /// [`Limits::reply_text_octets_max`](crate::Limits::reply_text_octets_max) octets.
    pub text: String,
}

impl PeerReply {
    /// Whether it is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.code >= 200 && self.code < 300
    }

    /// Whether it is 5xx: another try would end the same way.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        self.code >= 500
    }
}

/// A peer's octets are no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReplyFault {
    /// A CR or LF that stands alone.
    LineEnd,
    /// No three digits, or no code between 200 and 599, or none of space, hyphen and end behind it.
    Code,
    /// The lines of one reply have several codes.
    Codes,
    /// Over [`Limits::reply_octets_max`](crate::Limits::reply_octets_max).
    TooLong,
}

/// A reply in the making.
#[derive(Debug, Default)]
pub(crate) struct ReplyReader {
    scan: LineScan,
    octets: usize,
    reply: Option<PeerReply>,
    /// The lines of the reply without their codes, for what EHLO lists.
    lines: Vec<String>,
}

/// Whether a line is the reply's last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Yes,
    No,
}

impl ReplyReader {
    /// Looks at the front of `octets`: how many are taken, and the reply if it is whole.
    ///
    /// Takes whole lines only. The lines stay readable by [`lines`](Self::lines) until the next call.
    pub(crate) fn next(
        &mut self,
        octets: &[u8],
        limits: &Limits,
    ) -> Result<(usize, Option<PeerReply>), ReplyFault> {
        if self.reply.is_none() {
            self.lines.clear();
            self.octets = 0;
        }
        let line_octets = match self.scan.advance(octets) {
            LineStop::LineFeedBare(_) | LineStop::CarriageReturnBare(_) => return Err(ReplyFault::LineEnd),
            LineStop::Starved
                if self.octets.saturating_add(octets.len()) > limits.reply_octets_max as usize =>
            {
                return Err(ReplyFault::TooLong);
            }
            LineStop::Starved => return Ok((0, None)),
            LineStop::Line(line_octets) => line_octets,
        };
        self.octets = self.octets.saturating_add(line_octets);
        if self.octets > limits.reply_octets_max as usize {
            return Err(ReplyFault::TooLong);
        }
        let line = octets.get(..line_octets.saturating_sub(2)).unwrap_or_default();
        let last = self.take_line(line, limits)?;
        let reply = if last == Last::Yes {
            self.reply.take()
        } else {
            None
        };
        Ok((line_octets, reply))
    }

    /// The lines of the last reply, without codes.
    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }

    fn take_line(&mut self, line: &[u8], limits: &Limits) -> Result<Last, ReplyFault> {
        let code = line
            .first_chunk::<3>()
            .filter(|digits| digits.iter().all(u8::is_ascii_digit));
        let code = code
            .and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u16>().ok())
            .filter(|code| (200..600).contains(code))
            .ok_or(ReplyFault::Code)?;
        let (last, text) = match line.get(3..).unwrap_or_default() {
            [] => (Last::Yes, &[][..]),
            [b' ', text @ ..] => (Last::Yes, text),
            [b'-', text @ ..] => (Last::No, text),
            _ => return Err(ReplyFault::Code),
        };
        let text: String = text.iter().copied().map(printable).map(char::from).collect();
        let (enhanced, words) = split_enhanced(code, &text);
        let reply = self.reply.get_or_insert_with(|| PeerReply {
            code,
            enhanced,
            text: String::new(),
        });
        if reply.code != code {
            return Err(ReplyFault::Codes);
        }
        if !reply.text.is_empty() && !words.is_empty() {
            reply.text.push(' ');
        }
        reply.text.push_str(words);
        // Printable ASCII only, so any place is a boundary.
        reply.text.truncate(limits.reply_text_octets_max as usize);
        self.lines.push(text);
        Ok(last)
    }
}

/// The enhanced code in front of a text, if there is one of the code's class (RFC 2034 §4), and the rest.
fn split_enhanced(code: u16, text: &str) -> (Option<Enhanced>, &str) {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut parts = word.split('.').map(|part| {
        let digits = (1..=3).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_digit());
        if digits { part.parse::<u16>().ok() } else { None }
    });
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Some(class)), Some(Some(subject)), Some(Some(detail)), None)
            if Some(class) == code.checked_div(100) =>
        {
            (Some(Enhanced { subject, detail }), rest)
        }
        _ => (None, text),
    }
}
