//! How the brain of a shard is made at a start.
//!
//! Made on the shard's own thread, since its group buffers do not leave it. Invariant: everything is the brain's;
//! nothing is decided here.

use engine::GroupBuffer;
use journal::{Journal, Published, Resume, Settings};
use shard::{Brain, Options};
use std::sync::{Arc, OnceLock};
use store::Store;
use store::recover::ShardState;

/// The brain as it runs on a shard: over the engine's buffers.
pub(super) type ShardBrain = Brain<GroupBuffer>;

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
    pub(super) fn make(self, resume: Resume, state: ShardState) -> ShardBrain {
        let journal = Journal::new(self.journal, resume);
        // One brain is made for each place: it is empty.
        let _ = self.view.set(Arc::clone(journal.published()));
        let mut store = Store::new(journal, self.recent_octets_max);
        store.recent.touch();
        let mut brain = Brain::new(self.options, store);
        brain.restore(state);
        brain
    }
}
