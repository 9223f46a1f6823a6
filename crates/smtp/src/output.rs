//! The send buffer: octets that are made and have not yet left.
//!
//! Last thing before the socket, on both sides. Invariant: `since_ms` is when it was last seen to move, so that a peer
//! that takes nothing has a deadline.

/// Octets to send, and since when they wait.
#[derive(Debug, Default)]
pub(crate) struct Output {
    octets: Vec<u8>,
    sent: usize,
    since_ms: u64,
}

impl Output {
    /// What is to be sent.
    pub(crate) fn unsent(&self) -> &[u8] {
        self.octets.get(self.sent..).unwrap_or_default()
    }

    /// How many octets are to be sent.
    pub(crate) const fn len(&self) -> usize {
        self.octets.len().saturating_sub(self.sent)
    }

    /// Whether everything has left.
    pub(crate) const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The end of the buffer, to write behind.
    pub(crate) fn writer(&mut self, now_ms: u64) -> &mut Vec<u8> {
        if self.is_empty() {
            self.octets.clear();
            self.sent = 0;
            self.since_ms = now_ms;
        }
        &mut self.octets
    }

    /// So many octets have left.
    pub(crate) fn sent(&mut self, octets: usize, now_ms: u64) {
        self.sent = self.sent.saturating_add(octets).min(self.octets.len());
        self.since_ms = now_ms;
        if self.is_empty() {
            self.octets.clear();
            self.sent = 0;
        } else if self.sent >= self.octets.len() / 2 {
            self.octets.drain(..self.sent);
            self.sent = 0;
        }
    }

    /// When it last moved.
    pub(crate) const fn since_ms(&self) -> u64 {
        self.since_ms
    }

    pub(crate) const fn memory_octets(&self) -> usize {
        self.octets.capacity()
    }
}
