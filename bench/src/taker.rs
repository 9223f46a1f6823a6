//! Who takes messages of another operator, or for one: the floor, the full server, Postfix.
//!
//! What the benches of MM4 share. Invariant: each is first in turn as often as the others.

use crate::postfix::Postfix;

/// A taker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taker {
    /// The floor.
    Bare,
    /// `ringpost serve`.
    Full,
    /// Debian's.
    Postfix,
}

impl Taker {
    /// All of them.
    pub const ALL: [Taker; 3] = [Taker::Bare, Taker::Full, Taker::Postfix];

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Taker::Bare => "bare",
            Taker::Full => "full",
            Taker::Postfix => "postfix",
        }
    }

    /// Those of a round that this machine has, each round another one first.
    pub fn in_turn(round: usize) -> impl Iterator<Item = Taker> {
        let mut takers = Taker::ALL;
        takers.rotate_left(round % Taker::ALL.len());
        takers
            .into_iter()
            .filter(|taker| *taker != Taker::Postfix || Postfix::is_there())
    }
}
