//! The receive buffer: octets that have come and are not yet taken.
//!
//! First thing behind the socket. Invariants: it starts small, grows only up to a head's limit, and falls back to its
//! first size when it runs empty; or it is lent by an owner who gives many connections one buffer in turn, does not
//! grow then, and can be taken back whenever it is empty, or goes away with the body that ends it. What is left of a
//! head that is waited for moves out of a lent buffer, into as little as holds it: thousands of slow heads hold what
//! they have sent. Room handed out is initialised, so that safe code can receive into it.

use base::Parcel;

/// Octets of a head that move back into a lent buffer when more of it may be here. Beyond, it goes on in a buffer of
/// its own: who sends an octet at a time has few of them copied each time.
const MOVED_OCTETS_MAX: usize = 2_048;

/// A buffer with a window of unread octets.
#[derive(Debug, Default)]
pub(crate) struct Input {
    octets: Vec<u8>,
    start: usize,
    end: usize,
    lent: bool,
    /// The owner lets it go with a body.
    may_leave: bool,
}

impl Input {
    /// What has come and is not taken.
    pub(crate) fn unread(&self) -> &[u8] {
        self.octets.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether everything is taken.
    pub(crate) const fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    /// Takes `octets` from the front.
    pub(crate) fn consume(&mut self, octets: usize) {
        self.start = self.start.saturating_add(octets).min(self.end);
        if self.is_empty() {
            self.start = 0;
            self.end = 0;
        }
    }

    /// Room behind the unread octets, perhaps none: `octets_first`, doubled up to `octets_max` when it is full.
    pub(crate) fn room(&mut self, octets_first: usize, octets_max: usize) -> &mut [u8] {
        if self.is_empty() && !self.lent && self.octets.len() != octets_first {
            self.octets = vec![0; octets_first];
        }
        if self.end >= self.octets.len() {
            if self.start > 0 {
                self.octets.copy_within(self.start..self.end, 0);
                self.end = self.end.saturating_sub(self.start);
                self.start = 0;
            } else if !self.lent && self.octets.len() < octets_max {
                let doubled = self.octets.len().saturating_mul(2);
                let grown = doubled.max(octets_first).min(octets_max);
                self.octets.reserve_exact(grown.saturating_sub(self.octets.len()));
                self.octets.resize(grown, 0);
            }
        }
        self.octets.get_mut(self.end..).unwrap_or_default()
    }

    /// So many octets of the room are filled.
    pub(crate) fn filled(&mut self, octets: usize) {
        self.end = self.end.saturating_add(octets).min(self.octets.len());
    }

    /// Takes a buffer on loan, and the little that is unread into it; gives it back at once where that is much, or
    /// another one is lent.
    pub(crate) fn lend(&mut self, mut buffer: Vec<u8>, may_leave: bool) -> Result<(), Vec<u8>> {
        let unread = self.unread();
        let end = unread.len();
        let room = buffer
            .get_mut(..end)
            .filter(|_| !self.lent && end <= MOVED_OCTETS_MAX);
        let Some(room) = room else {
            return Err(buffer);
        };
        room.copy_from_slice(unread);
        *self = Self {
            octets: buffer,
            start: 0,
            end,
            lent: true,
            may_leave,
        };
        Ok(())
    }

    /// The lent buffer with what is unread in it, where that is `octets` and no more, and the owner lets it go.
    pub(crate) fn leave(&mut self, octets: u64) -> Option<Parcel> {
        let unread = self.end.saturating_sub(self.start);
        if !self.may_leave || unread as u64 != octets {
            return None;
        }
        let left = std::mem::take(self);
        Some(Parcel::new(left.octets, left.start..left.end))
    }

    /// The lent buffer, once nothing is unread in it; or else where the rest may move into one of its own, that holds
    /// just that.
    pub(crate) fn reclaim(&mut self, may_move: bool) -> Option<Vec<u8>> {
        if !self.lent || !(may_move || self.is_empty()) {
            return None;
        }
        let octets = self.unread().to_vec();
        let own = Self {
            end: octets.len(),
            octets,
            ..Self::default()
        };
        Some(std::mem::replace(self, own).octets)
    }

    pub(crate) const fn memory_octets(&self) -> usize {
        self.octets.capacity()
    }
}
