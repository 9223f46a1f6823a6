//! Segments that are being freed: their messages lose their places, and behind the free block everybody is told.
//!
//! Part of retention, behind a sweep of `retain`. A segment of small messages holds a million of them, so all of it
//! goes by pieces, one a turn. Invariants: a message loses its place only when its segment can be read no more; it is
//! told that a message is gone when the free block is on disk, and `originals` knows no other record of it; each once.

use crate::brain::Brain;
use crate::mail::Mail;
use crate::originals::Originals;
use base::{MessageId, ShardId};
use journal::SegmentSequence;
use meter::Counter;
use std::collections::VecDeque;
use std::sync::Arc;
use store::Spot;

/// Messages of one piece. Reason: each costs a microsecond here, and some more where it is told.
const PIECE: usize = 512;

/// A segment on its way out of use.
#[derive(Debug)]
struct Freeing {
    segment: SegmentSequence,
    /// Those that lay in it; later, those that are still to be told of.
    messages: Vec<MessageId>,
    /// How many of them have no place any more.
    displaced: usize,
    progress: Progress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// Its free block is on its way to the disk.
    Ordered,
    /// Its free block is on the disk.
    Freed,
    /// Those that waited for it are among its messages.
    Telling,
}

/// All of them, in the order of their beginnings.
#[derive(Debug, Default)]
pub(crate) struct Freeings(VecDeque<Freeing>);

/// What is done in one turn.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// These have no place any more.
    Displaced(&'a [MessageId]),
    /// These are gone: everybody is told.
    Gone(Vec<MessageId>),
}

impl Freeing {
    fn is_displaced(&self) -> bool {
        self.displaced == self.messages.len()
    }

    fn can_go_on(&self) -> bool {
        !self.is_displaced() || self.progress != Progress::Ordered
    }
}

impl Freeings {
    /// The journal was told to free a segment in which these messages lay.
    pub(crate) fn begin(&mut self, segment: SegmentSequence, messages: Vec<MessageId>) {
        self.add(segment, messages, Progress::Ordered);
    }

    fn add(&mut self, segment: SegmentSequence, messages: Vec<MessageId>, progress: Progress) {
        self.0.push_back(Freeing {
            segment,
            messages,
            displaced: 0,
            progress,
        });
    }

    /// The free block of a segment is on the disk.
    fn note_freed(&mut self, segment: SegmentSequence) {
        match self.0.iter_mut().find(|freeing| freeing.segment == segment) {
            Some(freeing) => freeing.progress = Progress::Freed,
            None => self.add(segment, Vec::new(), Progress::Freed),
        }
    }

    /// Whether another turn finds something to do.
    pub(crate) fn has_work(&self) -> bool {
        self.0.iter().any(Freeing::can_go_on)
    }

    /// What is to be done next, if anything can be.
    fn next_piece(&mut self, originals: &mut Originals) -> Option<Piece<'_>> {
        let at = self.0.iter().position(Freeing::can_go_on)?;
        let freeing = self.0.get_mut(at)?;
        if freeing.progress == Progress::Freed && freeing.is_displaced() {
            freeing.progress = Progress::Telling;
            freeing.messages.extend(originals.out_of_use(freeing.segment));
            freeing.displaced = freeing.messages.len();
        }
        if freeing.is_displaced() {
            let rest = freeing.messages.len().saturating_sub(PIECE);
            let mut gone = freeing.messages.split_off(rest);
            freeing.displaced = rest;
            if rest == 0 {
                self.0.remove(at);
            }
            gone.retain(|message| originals.may_go(*message));
            return Some(Piece::Gone(gone));
        }
        let from = freeing.displaced;
        freeing.displaced = freeing.messages.len().min(from + PIECE);
        let range = from..freeing.displaced;
        self.0.get(at)?.messages.get(range).map(Piece::Displaced)
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// The next piece.
    pub(crate) fn go_on_freeing(&mut self) {
        while let Some(segment) = self.store.journal.poll_freed() {
            self.meter.count(Counter::SegmentsFreed);
            self.retention.left.forget(segment);
            self.retention.freeings.note_freed(segment);
        }
        match self.retention.freeings.next_piece(&mut self.retention.originals) {
            Some(Piece::Displaced(messages)) => {
                for id in messages {
                    if let Some(message) = self.store.messages.find_mut(*id) {
                        message.spot = Spot::NOWHERE;
                    }
                }
            }
            Some(Piece::Gone(messages)) if !messages.is_empty() => {
                let gone: Arc<[MessageId]> = messages.into();
                for shard in 0..self.shards {
                    self.send_mail(ShardId(shard), Mail::Gone(Arc::clone(&gone)));
                }
            }
            Some(Piece::Gone(_)) | None => {}
        }
    }
}

#[cfg(test)]
mod tests;
