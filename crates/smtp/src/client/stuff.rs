//! Dot-stuffing (RFC 5321 §4.5.2) as a body goes out, and a second look at its line ends.
//!
//! Between the owner's body and the output. Invariants: a line that begins with a dot gets another; a CR or LF that
//! stands alone, or a NUL, never leaves as text, whatever the survey said of the body before. A piece is looked at and
//! copied as a whole, not line by line: base64 has hundreds of lines, and hardly a dot.

use memchr::memchr_iter;

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
        let (Some(first), Some(last)) = (piece.first(), piece.last()) else {
            return Ok(());
        };
        let goes_on = (*self == Self::Return) == (*first == b'\n') && *first != 0;
        if !goes_on || !are_lines_within(piece) {
            return Err(NotText);
        }
        out.reserve(piece.len());
        let mut copied = 0_usize;
        let marks = memchr_iter(b'.', piece).filter(|_| dots == Dots::Stuffed);
        for at in marks {
            let begins_line = match at.checked_sub(1) {
                Some(before) => piece.get(before) == Some(&b'\n'),
                None => *self == Self::LineStart,
            };
            if begins_line {
                out.extend_from_slice(piece.get(copied..at).unwrap_or_default());
                out.push(b'.');
                copied = at;
            }
        }
        out.extend_from_slice(piece.get(copied..).unwrap_or_default());
        *self = match last {
            b'\r' => Self::Return,
            b'\n' => Self::LineStart,
            _ => Self::Within,
        };
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

/// Whether no CR or LF stands alone within these octets, and none but the first is NUL. What stands before the first
/// and behind the last is the caller's to know. One pass without a branch, which the compiler makes vectors of.
pub(crate) fn are_lines_within(octets: &[u8]) -> bool {
    let behind = octets.get(1..).unwrap_or_default();
    let odd = octets.iter().zip(behind).fold(0_u8, |odd, (&before, &octet)| {
        odd | u8::from((before == b'\r') != (octet == b'\n')) | u8::from(octet == 0)
    });
    odd == 0
}
