//! The peers as operators see them and act on them: each shard's view, put together.
//!
//! Between the engine and the admin plane. Invariants: a peer is shown once, in its worst state; it is drained when
//! every shard says so.

use control::{Deed, Desk, Peer, Undone, Wanted};
use engine::{NotActed, PeerBoard};
use shard::{Act, Action, Doing, PeerRow, PeerState};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a shard is waited for. Reason: a turn takes milliseconds; an operator who looks can wait for a slow one.
const PATIENCE: Duration = Duration::from_secs(2);

/// Milliseconds of a second.
const SECOND_MS: u64 = 1_000;

/// How long an action is waited for: a disk that is slow, and a shard that is busy, take their time.
const ACT_PATIENCE: Duration = Duration::from_secs(8);

/// Where operators turn to.
pub(super) struct PeerDesk(pub(super) PeerBoard);

impl Desk for PeerDesk {
    fn peers(&self) -> Vec<Peer> {
        together(self.0.rows(PATIENCE))
    }

    fn audit(&self) -> Vec<Deed> {
        let mut actions = self.0.actions(PATIENCE);
        actions.sort_by_key(|action| (action.at, action.number));
        actions.iter().filter_map(|action| deed(action)).collect()
    }

    fn act(&self, wanted: Wanted) -> Result<Deed, Undone> {
        let act = Act {
            ticket: 0,
            doing: match wanted.doing {
                control::Doing::Hold => Doing::Hold,
                control::Doing::Release => Doing::Release,
                control::Doing::Drain => Doing::Drain,
                control::Doing::Retry => Doing::Retry,
            },
            peer: wanted.peer.into(),
            by: wanted.by,
            from: wanted.from,
            reason: wanted.reason,
        };
        let action = self.0.act(act, ACT_PATIENCE).map_err(|not| match not {
            NotActed::Unknown => Undone::Unknown,
            NotActed::Busy => Undone::Busy,
            NotActed::LogFailed => Undone::LogFailed,
            NotActed::Late => Undone::Late,
        })?;
        deed(&action).ok_or(Undone::Late)
    }
}

/// An action as operators see it; nothing of what a later version wrote.
fn deed(action: &Action) -> Option<Deed> {
    Some(Deed {
        at: action.at,
        action: action.done()?.name(),
        peer: action.peer.clone(),
        by: action.by.clone(),
        from: action.from.clone(),
        reason: action.reason.clone(),
        number: action.number,
    })
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
                all.aside = all.aside.saturating_add(row.aside);
                all.untaken = all.untaken.saturating_add(row.untaken);
                all.held = all.held.take().or(row.held);
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
    let doing = row.held.as_ref().and_then(|action| action.done());
    let is_over = row.untaken == 0 && row.messages == 0 && row.mails == 0;
    let (held_since, held_by, held_reason) = row
        .held
        .map(|action| (action.at, action.by.clone(), action.reason.clone()))
        .unwrap_or_default();
    Peer {
        peer: row.peer.as_ref().to_owned(),
        state: match row.state {
            PeerState::Open => "open",
            PeerState::Probing => "probing",
            PeerState::Gone => "gone",
        },
        held: match doing {
            Some(Doing::Hold) => "held",
            Some(Doing::Drain) if is_over => "drained",
            Some(Doing::Drain) => "draining",
            Some(Doing::Release | Doing::Retry) | None => "",
        },
        held_since,
        held_by,
        held_reason,
        messages: row.messages,
        aside: row.aside,
        untaken: row.untaken,
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
