//! What a brain has under way: what a drain waits for, and what it names where it waits in vain.
//!
//! Read by the hands between turns. Invariant: all zero where nothing is under way.

use crate::brain::Brain;

/// What a brain has under way, in numbers; all zero where it is idle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnderWay {
    /// Requests not looked at yet.
    pub requests: u32,
    /// What waits for its record to be on disk.
    pub undurable: u32,
    /// Messages that are being fetched from the disk or from another shard.
    pub jobs: u32,
    /// Mails not answered or not sent yet.
    pub mails: u32,
    /// Mails to other operators without a verdict.
    pub relays: u32,
    /// The log has something left to write.
    pub log: bool,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// What is under way.
    #[must_use]
    pub fn under_way(&self) -> UnderWay {
        let count = |entries: usize| u32::try_from(entries).unwrap_or(u32::MAX);
        UnderWay {
            requests: count(self.backlog.len()),
            undurable: count(self.waiting.len().saturating_add(self.debts.told_len())),
            jobs: self.jobs.len(),
            mails: count(self.local.len().saturating_add(self.peers.len())),
            relays: self.relays.flights.len(),
            log: !self.store.journal.is_idle(),
        }
    }
}
