//! What a body consists of, found before a word of it is sent.
//!
//! Between the owner's body and the transaction. Invariants: only this file makes a [`Survey`], so that a transaction
//! always knows how its body may travel; a body with a CR or LF that stands alone is binary, and a header section never
//! is, so that neither can be sent as lines.

use memchr::{memchr3, memrchr};

use super::stuff::are_lines_within;
use crate::limits::SENT_LINE_OCTETS_MAX;
use crate::message::BodyKind;

/// The facts of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survey {
    octets: u64,
    kind: BodyKind,
    has_long_line: bool,
    header_sound: bool,
    ends_with_line: bool,
}

impl Survey {
    /// Looks at a whole message: header section, empty line, body.
    #[must_use]
    pub fn of(message: &[u8]) -> Self {
        let starts_well = !matches!(message.first(), Some(b'\n' | 0));
        let are_lines = starts_well && message.last() != Some(&b'\r') && are_lines_within(message);
        Self {
            octets: message.len() as u64,
            kind: match (are_lines, message.is_ascii()) {
                (false, _) => BodyKind::Binary,
                (true, true) => BodyKind::SevenBit,
                (true, false) => BodyKind::EightBit,
            },
            has_long_line: are_lines && has_long_line(message),
            header_sound: are_lines || is_header_sound(message),
            ends_with_line: message.is_empty() || message.ends_with(b"\r\n"),
        }
    }

    /// Octets of the message, before dot-stuffing: what SIZE says.
    #[must_use]
    pub const fn octets(&self) -> u64 {
        self.octets
    }

    /// The least kind that it is.
    #[must_use]
    pub const fn kind(&self) -> BodyKind {
        self.kind
    }

    /// Whether a line with its CR LF is longer than a peer must take (RFC 5321 §4.5.3.1.6). Nothing is said of what is
    /// binary.
    #[must_use]
    pub const fn has_long_line(&self) -> bool {
        self.has_long_line
    }

    /// Whether the header section is free of NUL and of CR and LF that stand alone.
    #[must_use]
    pub const fn header_sound(&self) -> bool {
        self.header_sound
    }

    /// Whether the last line has its end; a text without it gets one.
    #[must_use]
    pub const fn ends_with_line(&self) -> bool {
        self.ends_with_line
    }
}

/// Looks for the last line end within the longest line that there may be, and goes on from there: most lines are never
/// looked at.
fn has_long_line(message: &[u8]) -> bool {
    let line_max = usize::try_from(SENT_LINE_OCTETS_MAX).unwrap_or(usize::MAX);
    let mut rest = message;
    // The last line may lack its end, which it gets.
    while rest.len().saturating_add(2) > line_max {
        let window = rest.get(..line_max).unwrap_or(rest);
        let Some(end) = memrchr(b'\n', window) else {
            return true;
        };
        rest = rest.get(end.saturating_add(1)..).unwrap_or_default();
    }
    false
}

/// Whether nothing odd stands before the first empty line of a message that has something odd.
fn is_header_sound(message: &[u8]) -> bool {
    let (mut line_start, mut at) = (0_usize, 0_usize);
    while let Some(found) = memchr3(b'\r', b'\n', 0, message.get(at..).unwrap_or_default()) {
        at = at.saturating_add(found);
        if !message.get(at..).unwrap_or_default().starts_with(b"\r\n") {
            return false;
        }
        if at == line_start {
            return true;
        }
        at = at.saturating_add(2);
        line_start = at;
    }
    true
}

#[cfg(test)]
mod tests;
