//! A ratio is of one turn; a turn that is not whole has none.

use super::{Repetition, ratios, raw, spread};

/// Turn, side, figure.
struct Line(usize, char, f64);

impl Repetition for Line {
    type Side = char;

    const HEADING: &'static str = "turn,side,figure\n";

    fn turn(&self) -> usize {
        self.0
    }

    fn side(&self) -> char {
        self.1
    }

    fn csv(&self) -> String {
        format!("{},{},{}\n", self.0, self.1, self.2)
    }
}

#[test]
fn sides_are_compared_within_their_turn() {
    let all = [
        Line(1, 'a', 10.0),
        Line(1, 'b', 20.0),
        // In turn 2 the other one goes first, and the machine is slower.
        Line(2, 'b', 6.0),
        Line(2, 'a', 4.0),
        // b broke off.
        Line(3, 'a', 7.0),
    ];
    assert_eq!(ratios(&all, 'b', 'a', |line| line.2), [2.0, 1.5]);
    assert_eq!(ratios(&all, 'c', 'a', |line| line.2), [0.0; 0]);
    assert_eq!(spread(&all, 'b', |line| line.2).median, 13.0);
    let text = raw(&all);
    assert_eq!(text.lines().count(), 6);
    assert!(text.starts_with("turn,side,figure\n1,a,10\n"), "{text}");
}
