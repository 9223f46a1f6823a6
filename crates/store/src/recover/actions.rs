//! What operators did, as a start finds it.
//!
//! Part of the collector. Invariants: a record that was copied out of an emptying segment, or by a move that was cut
//! off, counts once; of each peer the latest action that lasts holds on every shard, whatever journal it stands in.

use super::{Layout, ShardState, Source, Survivor};
use crate::messages::Spot;
use crate::record::{Action, Doing, Unreadable};
use crate::via::PeerMark;
use base::limits::ACTIONS_KEPT_MAX;
use std::collections::BTreeMap;

/// All that was found: by number and peer, since shards number alike; the last place counts.
#[derive(Debug, Default)]
pub(super) struct Actions {
    found: BTreeMap<(u64, PeerMark), (Source, Spot, Action)>,
}

impl Actions {
    /// Takes a record; gives its number.
    pub(super) fn take(&mut self, source: Source, spot: Spot, header: &[u8]) -> Result<u64, Unreadable> {
        let action = Action::read(header)?.to_native();
        let number = action.number;
        self.found.insert((number, action.mark()), (source, spot, action));
        Ok(number)
    }

    /// What must be copied out of adopted journals: what holds, and of the rest the latest of each home.
    pub(super) fn survivors(&self, layout: Layout) -> Vec<Survivor> {
        let holding = self.holding();
        let mut kept: BTreeMap<_, usize> = BTreeMap::new();
        let mut survivors = Vec::new();
        for ((number, mark), (source, spot, _)) in self.found.iter().rev() {
            let home = mark.home(layout.shards);
            let kept = kept.entry(home).or_default();
            *kept += 1;
            let is_kept =
                *kept <= ACTIONS_KEPT_MAX || holding.get(mark).is_some_and(|held| held.number == *number);
            if let (Source::Adopted(adopted), true) = (*source, is_kept) {
                let spot = *spot;
                survivors.push(Survivor { adopted, spot, home });
            }
        }
        survivors
    }

    /// Gives each shard what stands in its journal, and all of them what holds.
    pub(super) fn finish(&mut self, shards: &mut [ShardState]) {
        let holding: Vec<Action> = self.holding().into_values().cloned().collect();
        for (source, spot, action) in std::mem::take(&mut self.found).into_values() {
            if let Source::Open(shard) = source
                && let Some(shard) = shards.get_mut(usize::from(shard.0))
            {
                shard.actions.push((spot, action));
            }
        }
        for shard in shards {
            shard.holding.clone_from(&holding);
        }
    }

    fn holding(&self) -> BTreeMap<PeerMark, &Action> {
        let all = self.found.iter();
        let lasting = all.filter(|(_, (_, _, action))| action.done().is_some_and(Doing::lasts));
        // In the order of their numbers: a later one takes the place of an earlier.
        lasting
            .map(|((_, mark), (_, _, action))| (*mark, action))
            .collect()
    }
}
