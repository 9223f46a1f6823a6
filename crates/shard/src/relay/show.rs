//! What an operator sees of the peers of one shard: what waits, how long, and what went wrong last.
//!
//! Asked between turns. Invariant: looking changes nothing, and shows no number and no content.

use super::breaker::Permit;
use crate::brain::Brain;
use std::sync::Arc;
use store::record::{Action, Doing};
use store::via::PeerMark;

/// How a peer is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeerState {
    /// As its profile says.
    Open,
    /// Its connections fail: it is asked now and then, by one mail alone.
    Probing,
    /// It is in the settings no more.
    Gone,
}

/// One peer at one shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerRow {
    /// Its name.
    pub peer: Arc<str>,
    /// How it is sent to.
    pub state: PeerState,
    /// Messages that wait for a mail.
    pub messages: u32,
    /// Messages that wait for the end of a drain.
    pub aside: u32,
    /// Recipients whose copies it has not taken and may be sent, now or at their time.
    pub untaken: u32,
    /// Responses and reports that wait for a mail.
    pub notes: u32,
    /// Mails under way.
    pub mails: u32,
    /// Messages that the peer has stored and not responded to.
    pub unanswered: u32,
    /// Seconds since the message in front was accepted; nothing where none waits.
    pub oldest_s: Option<u32>,
    /// What the peer or the kernel said last that was no success, and milliseconds since then.
    pub error: Option<(u64, String)>,
    /// What an operator did to it that holds: a hold or a drain.
    pub held: Option<Arc<Action>>,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Every peer of this shard, in the order of their marks.
    #[must_use]
    pub fn peer_rows(&self) -> Vec<PeerRow> {
        let now = self.wall();
        let lanes = self.relays.lanes.values();
        lanes
            .map(|lane| {
                let queue = &lane.queue;
                let front = queue
                    .oldest()
                    .and_then(|message| self.store.messages.find(message));
                let state = match (lane.id, queue.breaker.permit(self.now)) {
                    (None, _) => PeerState::Gone,
                    (Some(_), Permit::Free) => PeerState::Open,
                    (Some(_), Permit::Probe | Permit::NotBefore(_)) => PeerState::Probing,
                };
                PeerRow {
                    peer: Arc::clone(&queue.name),
                    state,
                    messages: count(queue.waiting()),
                    aside: count(queue.aside()),
                    untaken: queue.untaken(),
                    notes: count(queue.notes()),
                    mails: u32::from(queue.flying()),
                    unanswered: count(queue.unanswered()),
                    oldest_s: front.map(|message| now.0.saturating_sub(message.accepted_at)),
                    error: queue
                        .last_error
                        .as_ref()
                        .map(|(at, said)| (self.now.since(*at), said.clone())),
                    held: self.held(&queue.name),
                }
            })
            .collect()
    }

    fn held(&self, peer: &str) -> Option<Arc<Action>> {
        let action = self.relays.acts.holding.get(&PeerMark::of(peer))?;
        (action.done() != Some(Doing::Release)).then(|| Arc::clone(action))
    }

    /// What operators did to the peers whose home this shard is, the earliest first.
    #[must_use]
    pub fn action_rows(&self) -> Vec<Arc<Action>> {
        let kept = self.relays.acts.kept.iter();
        kept.map(|(_, action)| Arc::clone(action)).collect()
    }
}

fn count(entries: usize) -> u32 {
    u32::try_from(entries).unwrap_or(u32::MAX)
}
