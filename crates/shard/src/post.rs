//! The post between shards: credit, answers, and what each mail does here.
//!
//! A question (Deliver, Ended, Gone, Fetch, Report, Told, Act) takes one of `MAIL_OUTSTANDING_MAX` places until its
//! answer comes; without a place it waits in a queue here. Answers need no place: the asker reserved it. So the mesh
//! always has room, and two shards can never wait for each other.

use crate::Effect;
use crate::brain::Brain;
use crate::fetch::Job;
use crate::mail::Mail;
use base::{MessageId, ShardId, limits};
use journal::planted::{Bug, is_planted};
use meter::Counter;
use std::collections::VecDeque;
use std::sync::Arc;
use store::recipients::MARK_GONE;
use store::record::may_be_read;

/// What is under way to the other shards.
#[derive(Debug)]
pub(crate) struct Peers {
    peers: Vec<Peer>,
}

#[derive(Debug, Default)]
struct Peer {
    outstanding: usize,
    queue: VecDeque<Mail>,
}

impl Peers {
    pub(crate) fn new(shards: u16) -> Peers {
        Peers {
            peers: (0..shards).map(|_| Peer::default()).collect(),
        }
    }

    /// Mails that are not answered, or not sent for want of a place.
    pub(crate) fn len(&self) -> usize {
        let under_way = |peer: &Peer| peer.outstanding.saturating_add(peer.queue.len());
        self.peers.iter().map(under_way).sum()
    }
}

impl Mail {
    fn is_question(&self) -> bool {
        matches!(
            self,
            Mail::Deliver(_)
                | Mail::Ended { .. }
                | Mail::Gone(_)
                | Mail::Fetch { .. }
                | Mail::Report(_)
                | Mail::Told { .. }
                | Mail::Act { .. }
        )
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// Sends a mail, when there is a place for it; to this shard itself, through its own queue.
    pub(crate) fn send_mail(&mut self, to: ShardId, mail: Mail) {
        if to == self.shard {
            return self.local.push_back(mail);
        }
        let Some(peer) = self.peers.peers.get_mut(usize::from(to.0)) else {
            return;
        };
        if mail.is_question() {
            if is_planted(Bug::DroppedDeliver) && peer.outstanding > 1 && matches!(mail, Mail::Deliver(_)) {
                return;
            }
            if peer.outstanding >= limits::MAIL_OUTSTANDING_MAX {
                return peer.queue.push_back(mail);
            }
            peer.outstanding += 1;
        }
        self.meter.count(Counter::MeshSent);
        self.effects.push(Effect::Mail { to, mail });
    }

    /// An answer came: its question's place goes to the next in the queue.
    fn answered_by(&mut self, from: ShardId) {
        let Some(peer) = self.peers.peers.get_mut(usize::from(from.0)) else {
            return;
        };
        debug_assert!(
            from == self.shard || peer.outstanding > 0,
            "an answer has a question"
        );
        peer.outstanding = peer.outstanding.saturating_sub(1);
        if let Some(mail) = peer.queue.pop_front() {
            self.send_mail(from, mail);
        }
    }

    /// Takes a mail.
    pub(crate) fn take_mail(&mut self, from: ShardId, mail: Mail) {
        match mail {
            Mail::Deliver(delivery) => {
                self.take_delivery(&delivery);
                self.send_mail(from, Mail::DeliverTaken);
            }
            Mail::Ended {
                message,
                recipient: _,
            } => {
                self.count_end(message);
                self.send_mail(from, Mail::EndedTaken);
            }
            Mail::Gone(messages) => {
                self.forget(&messages);
                self.send_mail(from, Mail::GoneTaken);
            }
            Mail::Fetch { message, place } => self.obtain(message, Job::Remote { shard: from, place }),
            Mail::Fetched { place, body } => {
                self.answered_by(from);
                if let Some(job) = self.jobs.remove(place) {
                    self.finish_job(job, body);
                }
            }
            Mail::Report(report) => {
                self.obtain(report.about.message, Job::Tell(Box::new((*report, from))));
                self.send_mail(from, Mail::ReportTaken);
            }
            Mail::Told { about, answered } => {
                self.peer_told(about, answered);
                self.send_mail(from, Mail::ToldTaken);
            }
            Mail::Act { action, place } => {
                self.take_action(&action);
                self.send_mail(from, Mail::ActTaken { place });
            }
            Mail::ActTaken { place } => {
                self.answered_by(from);
                self.act_taken(place);
            }
            Mail::DeliverTaken | Mail::EndedTaken | Mail::GoneTaken | Mail::ReportTaken | Mail::ToldTaken => {
                self.answered_by(from)
            }
        }
    }

    /// One recipient of a message of ours has ended, or its peer has our response; after the last of them its record is
    /// let go.
    pub(crate) fn count_end(&mut self, id: MessageId) {
        let Some(message) = self.store.messages.find_mut(id) else {
            return;
        };
        if message.open == 0 {
            return;
        }
        message.open -= 1;
        if message.open == 0 {
            self.store.release(id);
        }
    }

    /// Messages whose accept records are gone from the disk: their ended copies are held by time alone from here on.
    fn forget(&mut self, messages: &Arc<[MessageId]>) {
        for &message in messages.iter() {
            let mut copies: smallvec::SmallVec<[u32; 4]> =
                self.store.recipients.of_message(message).collect();
            // A table's order is nobody's: one run, one order.
            copies.sort_unstable();
            for number in copies {
                let Some(copy) = self.store.recipients.get_mut(number) else {
                    continue;
                };
                copy.marks |= MARK_GONE;
                let may_be_read = may_be_read(copy.flags);
                // There is nothing to be fetched again any more; only a read report may still come.
                if copy.state.is_ended() && (!may_be_read || self.wheel.current() >= copy.due) {
                    self.retire(number);
                }
            }
        }
    }
}
