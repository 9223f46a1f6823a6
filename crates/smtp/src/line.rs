//! Where a command line or a reply line ends: at CR LF and nowhere else.
//!
//! Between the receive buffer and whoever parses lines. Invariants: no octet is looked at twice, however the reads are
//! cut; a CR or LF that stands alone is a fault before anything of its line is interpreted.

use memchr::memchr2;

/// How far a line has been looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LineScan {
    scanned: usize,
}

/// What stands at the front of the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineStop {
    /// A whole line of so many octets, its CR LF included.
    Line(usize),
    /// No end yet.
    Starved,
    /// A line feed without its carriage return, so far from the front.
    LineFeedBare(usize),
    /// A carriage return without its line feed, so far from the front.
    CarriageReturnBare(usize),
}

impl LineScan {
    /// Looks on in `octets`, which begin with the line; forgets all when the line is whole.
    pub(crate) fn advance(&mut self, octets: &[u8]) -> LineStop {
        let rest = octets.get(self.scanned..).unwrap_or_default();
        let Some(at) = memchr2(b'\r', b'\n', rest) else {
            self.scanned = octets.len();
            return LineStop::Starved;
        };
        let at = self.scanned.saturating_add(at);
        if octets.get(at) == Some(&b'\n') {
            return LineStop::LineFeedBare(at);
        }
        self.scanned = at;
        match octets.get(at.saturating_add(1)) {
            None => LineStop::Starved,
            Some(b'\n') => {
                self.scanned = 0;
                LineStop::Line(at.saturating_add(2))
            }
            Some(_) => LineStop::CarriageReturnBare(at),
        }
    }

    /// The buffer's front was dropped up to where the look has come; what is kept begins there.
    pub(crate) const fn rebase(&mut self) -> usize {
        let dropped = self.scanned;
        self.scanned = 0;
        dropped
    }
}
