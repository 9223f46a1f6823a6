//! The receive buffer: octets that have come and are not yet taken.
//!
//! First thing behind the socket, on both sides. Invariants: it is allocated when it is first asked for and given back
//! when it runs empty between messages; it never grows; room handed out is initialised.

/// A buffer with a window of unread octets.
#[derive(Debug, Default)]
pub(crate) struct Input {
    octets: Vec<u8>,
    start: usize,
    end: usize,
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

    /// Drops everything that has come.
    pub(crate) fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
    }

    /// Room behind the unread octets of a buffer of `octets`, perhaps none.
    pub(crate) fn room(&mut self, octets: u32) -> &mut [u8] {
        if self.octets.is_empty() {
            self.octets = vec![0; octets as usize];
        }
        if self.end >= self.octets.len() && self.start > 0 {
            self.octets.copy_within(self.start..self.end, 0);
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        self.octets.get_mut(self.end..).unwrap_or_default()
    }

    /// So many octets of the room are filled.
    pub(crate) fn filled(&mut self, octets: usize) {
        self.end = self.end.saturating_add(octets).min(self.octets.len());
    }

    pub(crate) const fn memory_octets(&self) -> usize {
        self.octets.capacity()
    }
}
