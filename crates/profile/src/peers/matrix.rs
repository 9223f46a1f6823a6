//! The relation matrix: who may send to whom.
//!
//! Compiled from the `[[relation]]` tables. Invariants: it is square, one row and column for ourselves and each peer;
//! what no table speaks of is allowed between us and a peer and denied between peers.

use super::choices::Mode;
use super::{Party, PeerId};
use crate::peer::RelationEntry;

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
    cells: Vec<Relation>,
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
                cells.push(match from == 0 || to == 0 {
                    true => Relation::Allowed(Mode::Transparent),
                    false => Relation::Denied,
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
                matrix.write(from, to, relation);
            }
        }
        matrix
    }

    /// Fills the cells of a row, a column, or one; nothing stands for all.
    fn write(&mut self, from: Option<usize>, to: Option<usize>, relation: Relation) {
        for (index, cell) in self.cells.iter_mut().enumerate() {
            let (row, column) = (index / self.side, index % self.side);
            if from.is_none_or(|from| from == row) && to.is_none_or(|to| to == column) {
                *cell = relation;
            }
        }
    }

    /// What holds between two parties; parties of another snapshot have no agreement.
    #[must_use]
    pub fn relation(&self, from: Party, to: Party) -> Relation {
        let place = |party| match party {
            Party::Local => 0,
            Party::Peer(id) => PeerId::index(id) + 1,
        };
        let (row, column) = (place(from), place(to));
        if column >= self.side {
            return Relation::Denied;
        }
        self.cells
            .get(row * self.side + column)
            .copied()
            .unwrap_or(Relation::Denied)
    }
}
