//! The brain of a shard, as the engine wants it.
//!
//! Made on the shard's own thread, since its group buffers do not leave it. Invariant: everything is the brain's;
//! nothing is decided here.

use base::{Monotonic, Now};
use engine::{GroupBuffer, Mind};
use journal::{Journal, Published, Resume, Settings};
use shard::{Brain, Effect, Input, Options};
use std::sync::{Arc, OnceLock};
use store::Store;
use store::recover::ShardState;

/// See the module's comment.
pub(super) struct ShardMind(Brain<GroupBuffer>);

/// What a brain is made with, apart from what recovery found.
pub(super) struct MindPlan {
    pub(super) options: Options,
    pub(super) journal: Settings,
    pub(super) recent_octets_max: usize,
    /// Gets the journal's view for readers.
    pub(super) view: Arc<OnceLock<Arc<Published>>>,
}

impl MindPlan {
    /// Makes a brain that goes on where recovery found it.
    pub(super) fn make(self, resume: Resume, state: ShardState) -> ShardMind {
        let journal = Journal::new(self.journal, resume);
        // One brain is made for each place: it is empty.
        let _ = self.view.set(Arc::clone(journal.published()));
        let mut brain = Brain::new(self.options, Store::new(journal, self.recent_octets_max));
        brain.restore(state);
        ShardMind(brain)
    }
}

impl Mind for ShardMind {
    fn turn(
        &mut self,
        now: Now,
        inputs: &mut Vec<Input<GroupBuffer>>,
        effects: &mut Vec<Effect<GroupBuffer>>,
    ) {
        self.0.turn(now, inputs, effects);
    }

    fn next_deadline(&self) -> Option<Monotonic> {
        self.0.next_deadline()
    }

    fn is_idle(&self) -> bool {
        self.0.is_idle()
    }

    fn wants_buffer(&self) -> bool {
        self.0.wants_buffer()
    }

    fn give_buffer(&mut self, buffer: GroupBuffer) {
        let taken = self.0.give_buffer(buffer);
        debug_assert!(taken.is_ok(), "buffers are as long as was asked");
    }

    fn group_octets(&self) -> usize {
        self.0.group_octets() as usize
    }

    fn request_marker(&mut self) {
        self.0.request_marker();
    }
}
