//! Memory that the ring will need, taken and touched before anybody waits for it.
//!
//! Within the ring of recent bodies, which is fed from the allocator. The first touch of fresh memory is the kernel's
//! work: 5 to 14 ms for a huge page of a virtual machine (measured), in the middle of a turn. So the ring begins with
//! as much memory as it may ever hold, and lets go a piece for each body that takes its place. Invariants: bodies and
//! ballast together are within the ring's bound; ballast only ever gets less; a piece is let go before the next body
//! asks for it, so the allocator has it at hand.

/// Octets of a piece: the allocator's class of a common photograph, so that a body lies where a piece lay; and many of
/// them side by side make room for a larger one.
const PIECE_OCTETS: usize = 32 << 10;
/// Octets that lie free in front of the next bodies.
const AHEAD_OCTETS: usize = 2 * PIECE_OCTETS;

/// What is kept until bodies take its place.
#[derive(Debug, Default)]
pub(super) struct Ballast {
    pieces: Vec<Vec<u8>>,
}

impl Ballast {
    /// Takes so many octets, and touches them.
    pub(super) fn touched(octets: usize) -> Ballast {
        let pieces = octets.div_ceil(PIECE_OCTETS);
        // Not zeros: those the allocator gets from the kernel untouched.
        let mut ballast = Ballast {
            pieces: (0..pieces).map(|_| vec![1; PIECE_OCTETS]).collect(),
        };
        ballast.make_way(octets);
        ballast
    }

    /// Octets held.
    pub(super) fn octets(&self) -> usize {
        self.pieces.len() * PIECE_OCTETS
    }

    /// Lets go what does not fit beside the next bodies into so many octets that are left.
    pub(super) fn make_way(&mut self, octets_left: usize) {
        self.pieces
            .truncate(octets_left.saturating_sub(AHEAD_OCTETS) / PIECE_OCTETS);
    }
}
