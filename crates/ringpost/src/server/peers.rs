//! The peers as operators see them: each shard's view, put together.
//!
//! Between the engine and the admin plane. Invariant: a peer is shown once, in its worst state.

use control::{Peer, Peers};
use engine::PeerBoard;
use shard::{PeerRow, PeerState};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a shard is waited for. Reason: a turn takes milliseconds; an operator who looks can wait for a slow one.
const PATIENCE: Duration = Duration::from_secs(2);

/// Milliseconds of a second.
const SECOND_MS: u64 = 1_000;

/// Shows them.
pub(super) fn shown(board: PeerBoard) -> Peers {
    Arc::new(move || together(board.rows(PATIENCE)))
}

fn together(rows: Vec<PeerRow>) -> Vec<Peer> {
    let mut peers: BTreeMap<Arc<str>, PeerRow> = BTreeMap::new();
    for row in rows {
        match peers.get_mut(&row.peer) {
            None => {
                peers.insert(Arc::clone(&row.peer), row);
            }
            Some(all) => {
                all.state = all.state.max(row.state);
                all.messages = all.messages.saturating_add(row.messages);
                all.notes = all.notes.saturating_add(row.notes);
                all.mails = all.mails.saturating_add(row.mails);
                all.unanswered = all.unanswered.saturating_add(row.unanswered);
                all.oldest_s = all.oldest_s.max(row.oldest_s);
                all.error = all.error.take().into_iter().chain(row.error).min();
            }
        }
    }
    peers.into_values().map(peer).collect()
}

fn peer(row: PeerRow) -> Peer {
    let (age_ms, error) = row.error.unwrap_or_default();
    Peer {
        peer: row.peer.as_ref().to_owned(),
        state: match row.state {
            PeerState::Open => "open",
            PeerState::Probing => "probing",
            PeerState::Gone => "gone",
        },
        messages: row.messages,
        notes: row.notes,
        mails: row.mails,
        unanswered: row.unanswered,
        oldest_s: row.oldest_s.unwrap_or(0),
        error,
        error_age_s: age_ms / SECOND_MS,
    }
}

#[cfg(test)]
mod tests;
