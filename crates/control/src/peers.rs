//! Other operators' MMSCs as operators see them: `/v1/peers`.
//!
//! The program asks the shards; here it becomes JSON. Invariant: reading changes nothing; a row holds no number and no
//! content.

use serde::Serialize;
use std::sync::Arc;

/// One peer, over all shards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Peer {
    /// The name of its profile.
    pub peer: String,
    /// `open`, `probing` (its connections fail, at some shard at least) or `gone` (it is in the settings no more).
    pub state: &'static str,
    /// Messages that wait for a mail.
    pub messages: u32,
    /// Responses and reports that wait for a mail.
    pub notes: u32,
    /// Mails under way.
    pub mails: u32,
    /// Messages that it has stored and not responded to.
    pub unanswered: u32,
    /// Seconds since the oldest message in front of a queue was accepted; 0 where none waits.
    pub oldest_s: u32,
    /// What it or the kernel said last that was no success; empty: nothing since the start.
    pub error: String,
    /// Seconds since then.
    pub error_age_s: u64,
}

/// Asks for all peers; may wait for the shards for a moment.
pub type Peers = Arc<dyn Fn() -> Vec<Peer> + Send + Sync>;
