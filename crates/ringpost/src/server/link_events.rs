//! Events of links: one line on standard error when a link to an SMSC or a gateway goes up, is lost, or refuses pushes.
//!
//! Looked for on the links' board once a second, so that the links do nothing for it. Invariants: what was told is not
//! told again; no number of a subscriber stands in a line.

use engine::{LinkRow, LinkStage};
use std::collections::BTreeMap;

/// What was told of a link already.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    is_up: bool,
    lost: u64,
    refused: u64,
}

/// What was told already, by centre and link.
#[derive(Debug, Default)]
pub(super) struct LinkEvents {
    told: BTreeMap<(String, usize), Told>,
}

impl LinkEvents {
    /// The lines for what came since the last call.
    pub(super) fn lines(&mut self, rows: &[LinkRow]) -> Vec<String> {
        let mut lines = Vec::new();
        for row in rows {
            let told = self.told.entry((row.centre.clone(), row.link)).or_default();
            let now = Told {
                is_up: matches!(row.stage, LinkStage::Up | LinkStage::Paused),
                lost: row.lost,
                refused: row.refused,
            };
            let name = format!("link {}/{}", row.centre, row.link);
            if now.lost > told.lost {
                let times = now.lost - told.lost;
                lines.push(format!(
                    "event: {name}: lost, {times} times: {}; it is built again",
                    row.error
                ));
            }
            if now.is_up && (!told.is_up || now.lost > told.lost) {
                lines.push(format!("event: {name}: up"));
            }
            if now.refused > told.refused {
                let count = now.refused - told.refused;
                lines.push(format!(
                    "event: {name}: {count} pushes refused for good: look at its settings (ringpost push links)"
                ));
            }
            *told = now;
        }
        lines
    }
}

#[cfg(test)]
mod tests;
