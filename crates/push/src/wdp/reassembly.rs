//! The phone's side of WDP: reading user data headers and putting segments together.
//!
//! For tests, simulated phones and the load generator; the server itself never reassembles. Invariants: at most
//! [`OPEN_MAX`] pushes are open at once, the oldest gives way; a segment that comes twice counts once.

use std::collections::VecDeque;

use super::{IE_CONCATENATION_8, IE_CONCATENATION_16, IE_PORTS, SEGMENTS_MAX};

/// Pushes that may be incomplete at once. Reason: one subscriber has one outstanding push; a few for reordering.
pub const OPEN_MAX: usize = 16;

/// What the header of one message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Destination and source port, if it has them.
    pub ports: Option<(u16, u16)>,
    /// Reference, total and number of a concatenated message.
    pub concatenation: Option<(u16, u8, u8)>,
    /// What follows the header.
    pub octets: &'a [u8],
}

/// Reads the user data of one message with a header. Elements that are unknown are passed over; nothing for a header
/// that is longer than the message or cut short.
#[must_use]
pub fn read_header(user_data: &[u8]) -> Option<Piece<'_>> {
    let (&length, rest) = user_data.split_first()?;
    let (mut header, octets) = rest.split_at_checked(usize::from(length))?;
    let mut piece = Piece {
        ports: None,
        concatenation: None,
        octets,
    };
    while let [element, length, rest @ ..] = header {
        let (value, rest) = rest.split_at_checked(usize::from(*length))?;
        match (*element, value) {
            (IE_PORTS, [d1, d2, s1, s2]) => {
                piece.ports = Some((u16::from_be_bytes([*d1, *d2]), u16::from_be_bytes([*s1, *s2])));
            }
            (IE_CONCATENATION_8, [reference, total, number]) => {
                piece.concatenation = Some((u16::from(*reference), *total, *number));
            }
            (IE_CONCATENATION_16, [high, low, total, number]) => {
                piece.concatenation = Some((u16::from_be_bytes([*high, *low]), *total, *number));
            }
            _ => {}
        }
        header = rest;
    }
    header.is_empty().then_some(piece)
}

#[derive(Debug)]
struct Open {
    reference: u16,
    total: u8,
    segments: Vec<Option<Vec<u8>>>,
}

/// Puts the segments of one sender's pushes together.
#[derive(Debug, Default)]
pub struct Reassembly {
    open: VecDeque<Open>,
}

impl Reassembly {
    /// One that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a message; gives the push when it is whole. Numbers outside 1..=total, and totals above
    /// [`SEGMENTS_MAX`], are dropped.
    pub fn take(&mut self, piece: &Piece<'_>) -> Option<Vec<u8>> {
        let Some((reference, total, number)) = piece.concatenation.filter(|&(_, total, _)| total > 1) else {
            return Some(piece.octets.to_vec());
        };
        if total > SEGMENTS_MAX || number == 0 || number > total {
            return None;
        }
        let same = |open: &Open| open.reference == reference && open.total == total;
        let at = match self.open.iter().position(same) {
            Some(at) => at,
            None => self.begin(reference, total),
        };
        let open = self.open.get_mut(at)?;
        if let Some(slot) = open.segments.get_mut(usize::from(number).saturating_sub(1)) {
            *slot = Some(piece.octets.to_vec());
        }
        if !open.segments.iter().all(Option::is_some) {
            return None;
        }
        let whole = self.open.remove(at)?;
        Some(whole.segments.into_iter().flatten().flatten().collect())
    }

    fn begin(&mut self, reference: u16, total: u8) -> usize {
        if self.open.len() >= OPEN_MAX {
            self.open.pop_front();
        }
        self.open.push_back(Open {
            reference,
            total,
            segments: vec![None; usize::from(total)],
        });
        self.open.len().saturating_sub(1)
    }
}
