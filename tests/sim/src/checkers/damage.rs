//! What can't be read any more costs itself and its segment: it is told, and everything else goes on.
//!
//! Each read without an answer is counted by the shard. In calm weather whatever is nearly empty is emptied, but for
//! segments that can't be, so the log does not fill for the sake of one record. That everything else is delivered is
//! `liveness`'s matter, that nothing is made up in the place of what is gone, `privacy`'s.

use crate::checkers::expect;
use crate::event::{Checker, Event, Scene};
use crate::node::Node;
use journal::{SegmentPhase, SegmentState};
use meter::Counter;

/// Damage stays where it is.
#[derive(Debug)]
pub(crate) struct Damage;

impl Checker for Damage {
    fn name(&self) -> &'static str {
        "damage"
    }

    fn take(&mut self, scene: &Scene<'_>, event: &Event<'_>) -> Result<(), String> {
        let Event::Settled = event else {
            return Ok(());
        };
        for (shard, node) in scene.world.nodes.iter().enumerate() {
            let told = node.meter.counter(Counter::RecordsDamaged);
            expect(told == node.unread, || {
                format!(
                    "shard {shard} tells of {told} records of {} that it could not read",
                    node.unread
                )
            })?;
            // Otherwise they are left alone for as long as what is in them may be fetched again.
            if scene.world.shape.profile.retrieve.again_ms > 0 {
                continue;
            }
            let left: Vec<_> = nearly_empty(node).collect();
            expect(left.len() <= 1, || {
                format!("shard {shard} leaves {left:?}, which could be emptied")
            })?;
        }
        Ok(())
    }
}

/// Segments that hold little and can be read.
fn nearly_empty(node: &Node) -> impl Iterator<Item = &SegmentState> {
    let journal = &node.brain.store().journal;
    let draft = journal.settings().draft();
    let few = u64::from(draft.segment_octets) * u64::from(draft.evacuate_below_percent) / 100;
    let sealed = journal
        .segments()
        .filter(|state| state.phase == SegmentPhase::Sealed);
    sealed.filter(move |state| {
        state.pinned_octets < few && !node.is_damaged(state.place.slot, 0, draft.segment_octets)
    })
}
