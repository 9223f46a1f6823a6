//! Where a head ends, found octet by octet, with the strictness that the tokeniser lacks.
//!
//! First stage of the parse, for requests and (on the client's side) responses. Invariants: an octet is looked at once
//! whatever the cut of the reads; the first fault by position is the one reported, so the verdict does not depend on
//! the cut; a head that passes has CR LF line ends only, no fold and no control octet but HTAB.

use crate::limits::Limits;
use crate::reason::Reason;

/// Judges the first line as soon as it is whole, without its CR LF.
pub(crate) type FirstLineCheck = fn(&[u8]) -> Result<(), Reason>;

/// A scan in progress; offsets are relative to the head's first octet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HeadScan {
    position: usize,
    line_start: usize,
    lines: u16,
    after_cr: bool,
    first_line_octets: usize,
}

/// A head found whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeadExtent {
    /// The first line without its CR LF.
    pub(crate) first_line_octets: usize,
    /// The whole head with the empty line that ends it.
    pub(crate) head_octets: usize,
    /// Number of field lines.
    pub(crate) fields: u16,
}

impl HeadScan {
    /// Goes on with `octets`, which begin at the head's first octet and hold all that has arrived.
    ///
    /// `None` means that the head is not whole yet.
    pub(crate) fn advance(
        &mut self,
        octets: &[u8],
        limits: &Limits,
        check: FirstLineCheck,
    ) -> Result<Option<HeadExtent>, Reason> {
        let head_octets_max = limits.head_octets_max as usize;
        let within = octets.get(..head_octets_max).unwrap_or(octets);
        while let Some((&octet, _)) = within.get(self.position..).and_then(<[u8]>::split_first) {
            if self.after_cr {
                if octet != b'\n' {
                    return Err(Reason::CarriageReturnBare);
                }
                self.after_cr = false;
                let line_end = self.position.saturating_sub(1);
                self.position = self.position.saturating_add(1);
                if line_end == self.line_start && self.lines > 0 {
                    return Ok(Some(self.extent()));
                }
                self.end_line(octets, line_end, limits, check)?;
            } else {
                self.advance_in_line(within, octet, limits)?;
            }
        }
        // Said as soon as no further octet can mend it: the buffer has no room for one.
        if self.position >= head_octets_max {
            Err(Reason::HeadTooLong)
        } else {
            Ok(None)
        }
    }

    /// Passes a run of plain octets, and the carriage return behind it. `first` is the octet at the position.
    fn advance_in_line(&mut self, octets: &[u8], first: u8, limits: &Limits) -> Result<(), Reason> {
        if self.position == self.line_start && self.lines > 0 && (first == b' ' || first == b'\t') {
            // RFC 9112 §5.2: obs-fold is refused. The first field line may not begin so either (§2.2).
            return Err(Reason::LineFolded);
        }
        let rest = octets.get(self.position..).unwrap_or_default();
        let run = plain_run(rest);
        self.position = self.position.saturating_add(run);
        if self.lines == 0 && self.position > limits.request_line_octets_max as usize {
            return Err(Reason::RequestLineTooLong);
        }
        match rest.get(run) {
            None => Ok(()),
            Some(b'\r') => {
                self.after_cr = true;
                self.position = self.position.saturating_add(1);
                Ok(())
            }
            Some(b'\n') => Err(Reason::LineFeedBare),
            Some(_) => Err(Reason::ControlOctet),
        }
    }

    fn end_line(
        &mut self,
        octets: &[u8],
        line_end: usize,
        limits: &Limits,
        check: FirstLineCheck,
    ) -> Result<(), Reason> {
        if self.lines == 0 {
            check(octets.get(..line_end).unwrap_or_default())?;
            self.first_line_octets = line_end;
        } else if self.lines > limits.fields_max {
            return Err(Reason::FieldsTooMany);
        }
        self.lines = self.lines.saturating_add(1);
        self.line_start = self.position;
        Ok(())
    }

    const fn extent(&self) -> HeadExtent {
        HeadExtent {
            first_line_octets: self.first_line_octets,
            head_octets: self.position,
            fields: self.lines.saturating_sub(1),
        }
    }
}

/// How many octets at the start may stand in a line; by blocks, which the compiler turns into vector compares.
fn plain_run(octets: &[u8]) -> usize {
    const BLOCK_OCTETS: usize = 16;
    let whole = |block: &&[u8]| {
        block
            .iter()
            .fold(true, |plain, octet| plain & is_field_octet(*octet))
    };
    let run = octets
        .chunks_exact(BLOCK_OCTETS)
        .take_while(whole)
        .count()
        .saturating_mul(BLOCK_OCTETS);
    let rest = octets.get(run..).unwrap_or_default();
    run.saturating_add(rest.iter().take_while(|octet| is_field_octet(**octet)).count())
}

/// Whether an octet may stand in a line: HTAB, SP, VCHAR and obs-text (RFC 9110 §5.5).
pub(crate) const fn is_field_octet(octet: u8) -> bool {
    octet == b'\t' || (octet >= b' ' && octet != 0x7f)
}

/// Whether an octet may stand in a token (RFC 9110 §5.6.2).
pub(crate) const fn is_token_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(
            octet,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}
