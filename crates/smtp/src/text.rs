//! The text of a message as it streams past: line ends, dot-stuffing, header section, limits.
//!
//! Between the receive buffer and the owner's buffer; a message by DATA and one by BDAT are both read here.
//! Invariants: only CR LF `.` CR LF ends a text; a CR or LF that stands alone is a fault of the connection,
//! wherever it stands; what goes on is never copied here, the pieces are places in the caller's octets; no octet is
//! looked at twice.

use memchr::memchr3;

use crate::limits::Limits;
use crate::reason::Reason;

#[cfg(test)]
mod tests;

/// Where in a line the decoder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At the start of a line, or of the text.
    LineStart,
    /// Behind a dot at the start of a line.
    Dot,
    /// Behind such a dot and a CR.
    DotReturn,
    /// Within a line.
    Within,
    /// Behind a CR within a line.
    Return,
}

/// How a body is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Lines, stuffed with dots, ended by a dot alone.
    Dots,
    /// Lines, counted.
    Lines,
    /// A header section of lines, then anything.
    Binary,
}

/// What the decoder found at the front of the octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextStop {
    /// `from..to` is of the message; everything before `to` is taken.
    Data { from: usize, to: usize },
    /// The message is over; so many octets are taken.
    Over(usize),
    /// All octets are taken.
    Starved,
    /// The connection must end.
    Fault(Reason),
}

/// The state of one message's text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextDecoder {
    framing: Framing,
    place: Place,
    line_octets: u64,
    /// Of the whole lines before this one.
    octets: u64,
    header: Header,
    complaint: Option<Reason>,
}

/// The header section so far.
#[derive(Clone, Copy, Debug, Default)]
struct Header {
    over: bool,
    octets: u64,
    lines: u32,
}

impl TextDecoder {
    pub(crate) const fn new(framing: Framing) -> Self {
        Self {
            framing,
            place: Place::LineStart,
            line_octets: 0,
            octets: 0,
            header: Header {
                over: false,
                octets: 0,
                lines: 0,
            },
            complaint: None,
        }
    }

    /// Why the message is to be refused at its end, although its end can be found; the first reason.
    pub(crate) const fn complaint(&self) -> Option<Reason> {
        self.complaint
    }

    /// Whether a counted message may end here: not between a CR and its LF.
    pub(crate) fn may_end(&self) -> bool {
        self.place != Place::Return
    }

    /// Looks at the front of `octets`.
    pub(crate) fn next(&mut self, octets: &[u8], limits: &Limits) -> TextStop {
        let mut from = 0_usize;
        loop {
            let first = octets.get(from).copied();
            match (self.place, first) {
                (Place::Dot | Place::DotReturn, None) => return TextStop::Starved,
                (Place::Dot, Some(b'\r')) => {
                    self.place = Place::DotReturn;
                    from = from.saturating_add(1);
                }
                (Place::DotReturn, Some(b'\n')) => return TextStop::Over(from.saturating_add(1)),
                (Place::DotReturn, Some(_)) => return TextStop::Fault(Reason::CarriageReturnBare),
                // RFC 5321 §4.5.2: the first dot of a line that has more is not of the message.
                (Place::Dot, Some(_)) => {
                    self.place = Place::Within;
                    break;
                }
                (Place::LineStart, Some(b'.')) if self.framing == Framing::Dots => {
                    self.place = Place::Dot;
                    from = from.saturating_add(1);
                }
                _ => break,
            }
        }
        if from >= octets.len() {
            return TextStop::Starved;
        }
        self.run(octets, from, limits)
    }

    /// The longest piece from `from` on that goes on as it is.
    fn run(&mut self, octets: &[u8], from: usize, limits: &Limits) -> TextStop {
        let mut at = from;
        loop {
            if self.framing == Framing::Binary && self.header.over {
                return TextStop::Data {
                    from,
                    to: octets.len(),
                };
            }
            let rest = octets.get(at..).unwrap_or_default();
            if rest.is_empty() {
                return TextStop::Data { from, to: at };
            }
            if self.place == Place::Return {
                match rest.first() {
                    Some(b'\n') => {
                        at = at.saturating_add(1);
                        self.end_line(limits);
                        let stuffed = self.framing == Framing::Dots
                            && octets.get(at).is_none_or(|octet| *octet == b'.');
                        if stuffed {
                            return TextStop::Data { from, to: at };
                        }
                        continue;
                    }
                    _ => return fault(from, at, Reason::CarriageReturnBare),
                }
            }
            let count = memchr3(b'\r', b'\n', 0, rest).unwrap_or(rest.len());
            self.line_octets = self.line_octets.saturating_add(count as u64);
            at = at.saturating_add(count);
            if count > 0 {
                self.place = Place::Within;
            }
            // A line feed alone is a fault before anything is said of the line that it begins.
            if count > 0 || octets.get(at) != Some(&b'\n') {
                self.check_line(limits);
            }
            match octets.get(at) {
                None => return TextStop::Data { from, to: at },
                Some(b'\n') => return fault(from, at, Reason::LineFeedBare),
                Some(b'\r') => self.place = Place::Return,
                Some(_) => {
                    self.place = Place::Within;
                    self.line_octets = self.line_octets.saturating_add(1);
                    self.complain(Reason::TextNul);
                }
            }
            at = at.saturating_add(1);
        }
    }

    /// Complains of the bound that the line crosses first, as if each octet had come singly.
    fn check_line(&mut self, limits: &Limits) {
        let line = u64::from(limits.text_line_octets_max);
        let header = if self.header.over {
            u64::MAX
        } else {
            u64::from(limits.header_octets_max).saturating_sub(self.header.octets)
        };
        // Chunks declare their size; only a text that does not is measured here.
        let message = if self.framing == Framing::Dots {
            limits.message_octets_max.saturating_sub(self.octets)
        } else {
            u64::MAX
        };
        let bound = line.min(header).min(message);
        if self.line_octets.saturating_add(2) <= bound {
            return;
        }
        self.complain(if bound == message {
            Reason::MessageTooLarge
        } else if bound == header {
            Reason::HeaderTooLarge
        } else {
            Reason::TextLineTooLong
        });
    }

    fn end_line(&mut self, limits: &Limits) {
        let octets = self.line_octets.saturating_add(2);
        self.octets = self.octets.saturating_add(octets);
        if !self.header.over {
            if self.line_octets == 0 {
                self.header.over = true;
            } else {
                self.header.octets = self.header.octets.saturating_add(octets);
                self.header.lines = self.header.lines.saturating_add(1);
                if self.header.lines > limits.header_lines_max {
                    self.complain(Reason::HeaderLinesTooMany);
                }
            }
        }
        self.line_octets = 0;
        self.place = Place::LineStart;
    }

    fn complain(&mut self, reason: Reason) {
        if self.complaint.is_none() {
            self.complaint = Some(reason);
        }
    }
}

/// What is sound before a fault goes on first, so that what comes out does not depend on the cut.
const fn fault(from: usize, at: usize, reason: Reason) -> TextStop {
    if at > from {
        TextStop::Data { from, to: at }
    } else {
        TextStop::Fault(reason)
    }
}
