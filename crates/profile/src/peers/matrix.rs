//! The relation matrix: who may send to whom.
//!
//! Compiled from the `[[relation]]` tables. Invariants: it is square, one row and column for ourselves and each peer;
//! what no table speaks of is allowed between us and a peer and denied between peers.

use super::choices::Mode;
use super::{Party, PeerId};
use crate::peer::RelationEntry;
use base::timers;

/// What holds between two parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// No agreement: nothing is taken.
    Denied,
    /// Messages are taken.
    Allowed(Mode),
}

/// All relations of a snapshot: row `from`, column `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    side: usize,
    cells: Vec<Cell>,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    relation: Relation,
    /// Seconds that a transparent one waits for the far side.
    answer_s: u32,
}

impl Default for Matrix {
    /// Without peers: our subscribers among themselves.
    fn default() -> Matrix {
        Matrix::new(0, &[], |_| None)
    }
}

impl Matrix {
    pub(super) fn new(
        peers: usize,
        entries: &[RelationEntry],
        find: impl Fn(&str) -> Option<PeerId>,
    ) -> Matrix {
        let side = peers + 1;
        let mut cells = Vec::with_capacity(side * side);
        for from in 0..side {
            for to in 0..side {
                cells.push(Cell {
                    relation: match from == 0 || to == 0 {
                        true => Relation::Allowed(Mode::Transparent),
                        false => Relation::Denied,
                    },
                    answer_s: timers::MM4_ANSWER.default_s,
                });
            }
        }
        let mut matrix = Matrix { side, cells };
        let place = |name: &str| match name {
            "any" => Some(None),
            "local" => Some(Some(0)),
            name => find(name).map(|id| Some(id.index() + 1)),
        };
        // The less a table names the earlier it is written, so that the more exact ones stay.
        let mut ordered: Vec<&RelationEntry> = entries.iter().collect();
        ordered.sort_by_key(|entry| (entry.from != "any", entry.to != "any"));
        for entry in ordered {
            if let (Some(from), Some(to)) = (place(&entry.from), place(&entry.to)) {
                let relation = match entry.allowed {
                    true => Relation::Allowed(Mode::of(&entry.mode)),
                    false => Relation::Denied,
                };
                let answer_s = entry.answer_s;
                matrix.write(from, to, Cell { relation, answer_s });
            }
        }
        matrix
    }

    /// Fills the cells of a row, a column, or one; nothing stands for all.
    fn write(&mut self, from: Option<usize>, to: Option<usize>, written: Cell) {
        for (index, cell) in self.cells.iter_mut().enumerate() {
            let (row, column) = (index / self.side, index % self.side);
            if from.is_none_or(|from| from == row) && to.is_none_or(|to| to == column) {
                *cell = written;
            }
        }
    }

    /// What holds between two parties; parties of another snapshot have no agreement.
    #[must_use]
    pub fn relation(&self, from: Party, to: Party) -> Relation {
        self.cell(from, to).map_or(Relation::Denied, |cell| cell.relation)
    }

    /// Seconds that a transparent relation waits for the far side.
    #[must_use]
    pub fn answer_s(&self, from: Party, to: Party) -> u32 {
        self.cell(from, to)
            .map_or(timers::MM4_ANSWER.default_s, |cell| cell.answer_s)
    }

    fn cell(&self, from: Party, to: Party) -> Option<&Cell> {
        let place = |party| match party {
            Party::Local => 0,
            Party::Peer(id) => PeerId::index(id) + 1,
        };
        let (row, column) = (place(from), place(to));
        if column >= self.side {
            return None;
        }
        self.cells.get(row * self.side + column)
    }
}
