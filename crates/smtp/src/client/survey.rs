//! What a body consists of, found before a word of it is sent.
//!
//! Between the owner's body and the transaction. Invariants: only this file makes a [`Survey`], so that a transaction
//! always knows how its body may travel; a body with a CR or LF that stands alone is binary, and a header section never
//! is, so that neither can be sent as lines.

use memchr::memchr3;

use crate::message::BodyKind;

/// The facts of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survey {
    octets: u64,
    kind: BodyKind,
    line_octets_max: u64,
    header_sound: bool,
    ends_with_line: bool,
}

impl Survey {
    /// Looks at a whole message: header section, empty line, body.
    #[must_use]
    pub fn of(message: &[u8]) -> Self {
        let mut survey = Self {
            octets: message.len() as u64,
            kind: if message.is_ascii() {
                BodyKind::SevenBit
            } else {
                BodyKind::EightBit
            },
            line_octets_max: 0,
            header_sound: true,
            ends_with_line: message.is_empty() || message.ends_with(b"\r\n"),
        };
        let mut in_header = true;
        let mut start = 0_usize;
        let mut at = 0_usize;
        loop {
            let rest = message.get(at..).unwrap_or_default();
            let found = memchr3(b'\r', b'\n', 0, rest);
            at = at.saturating_add(found.unwrap_or(rest.len()));
            let line = at.saturating_sub(start) as u64;
            if found.is_some()
                && message.get(at) == Some(&b'\r')
                && message.get(at.saturating_add(1)) == Some(&b'\n')
            {
                survey.note_line(line);
                in_header &= line > 0;
                at = at.saturating_add(2);
                start = at;
            } else if found.is_some() {
                survey.kind = BodyKind::Binary;
                survey.header_sound &= !in_header;
                at = at.saturating_add(1);
            } else {
                survey.note_line(line);
                return survey;
            }
        }
    }

    fn note_line(&mut self, octets: u64) {
        self.line_octets_max = self.line_octets_max.max(octets.saturating_add(2));
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

    /// The longest line with its CR LF.
    #[must_use]
    pub const fn line_octets_max(&self) -> u64 {
        self.line_octets_max
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
