//! Repetitions of several sides, measured in turn, and what is read off them.
//!
//! Between the measured windows and the verdict. Invariants: a ratio is of one turn, whose sides stood beside each
//! other, so that a drift of the machine meets both; a turn in which one of them is missing has none; each repetition
//! is a line of the raw figures.

use crate::report::Spread;

/// One side, once.
pub trait Repetition {
    /// Those who take turns.
    type Side: Copy + PartialEq;

    /// The names of the columns of [`csv`](Self::csv), with the line's end.
    const HEADING: &'static str;

    /// In which turn it was.
    fn turn(&self) -> usize;

    /// Whose it is.
    fn side(&self) -> Self::Side;

    /// Its figures, with the line's end.
    fn csv(&self) -> String;
}

/// All figures, with their heading.
#[must_use]
pub fn raw<'r, R: Repetition + 'r>(all: impl IntoIterator<Item = &'r R>) -> String {
    let mut raw = R::HEADING.to_owned();
    raw.extend(all.into_iter().map(R::csv));
    raw
}

/// A figure of one side.
#[must_use]
pub fn spread<R: Repetition>(all: &[R], side: R::Side, figure: impl Fn(&R) -> f64) -> Spread {
    Spread::of(of(all, side).map(figure))
}

/// A figure of one side over that of another, turn by turn.
#[must_use]
pub fn ratios<R: Repetition>(
    all: &[R],
    over: R::Side,
    under: R::Side,
    figure: impl Fn(&R) -> f64,
) -> Vec<f64> {
    of(all, under)
        .filter_map(|under| {
            let over = of(all, over).find(|over| over.turn() == under.turn())?;
            Some(figure(over) / figure(under))
        })
        .collect()
}

fn of<R: Repetition>(all: &[R], side: R::Side) -> impl Iterator<Item = &R> {
    all.iter().filter(move |repetition| repetition.side() == side)
}

#[cfg(test)]
mod tests;
