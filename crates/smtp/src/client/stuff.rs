//! Dot-stuffing (RFC 5321 §4.5.2) as a body goes out, and a second look at its line ends.
//!
//! Between the owner's body and the output. Invariants: a line that begins with a dot gets another; a CR or LF that
//! stands alone, or a NUL, never leaves as text, whatever the survey said of the body before.

use memchr::memchr3;

/// Where in a line the body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stuffing {
    LineStart,
    Within,
    Return,
}

/// The body has an octet that can't be sent as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotText;

impl Stuffing {
    /// Appends `piece` to `out`; with `dots`, lines that begin with one get another.
    pub(crate) fn append(&mut self, piece: &[u8], out: &mut Vec<u8>, dots: Dots) -> Result<(), NotText> {
        let mut rest = piece;
        while let Some(first) = rest.first() {
            if *self == Self::Return {
                if *first != b'\n' {
                    return Err(NotText);
                }
                out.push(b'\n');
                *self = Self::LineStart;
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            if *self == Self::LineStart && *first == b'.' && dots == Dots::Stuffed {
                out.push(b'.');
            }
            let count = memchr3(b'\r', b'\n', 0, rest).unwrap_or(rest.len());
            let (line, behind) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            out.extend_from_slice(line);
            if count > 0 {
                *self = Self::Within;
            }
            match behind.first() {
                None => return Ok(()),
                Some(b'\r') => {
                    out.push(b'\r');
                    *self = Self::Return;
                    rest = behind.get(1..).unwrap_or_default();
                }
                Some(_) => return Err(NotText),
            }
        }
        Ok(())
    }

    /// Appends what ends a text: its last line's end, if it lacks one, and the dot.
    pub(crate) fn end(self, out: &mut Vec<u8>) -> Result<(), NotText> {
        match self {
            Self::Return => return Err(NotText),
            Self::Within => out.extend_from_slice(b"\r\n"),
            Self::LineStart => {}
        }
        out.extend_from_slice(b".\r\n");
        Ok(())
    }
}

/// Whether dots are doubled: for DATA, not for BDAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dots {
    Stuffed,
    Plain,
}
