//! A body while it arrives: kept whole, or, when it is over its limit, drained but for its first octets.
//!
//! Fed by the machine from the receive buffer, or directly from the socket through [`Body::room`]; or it is the receive
//! buffer itself, where head and body came in one piece. Invariants: what is kept never exceeds `body_octets_max`; a
//! body of known length has its size reserved, with room for a field that its owner may add, once its first
//! [`EARNEST_OCTETS`] are here, so that whoever only announces a body holds little; its memory is touched only as
//! octets arrive; a body over `drain_octets_max` is refused.

use crate::limits::Limits;
use crate::reason::Reason;
use base::Parcel;

/// Room is initialised and handed out in pieces of at most so many octets: one receive's worth.
const ROOM_OCTETS_MAX: usize = 64 * 1024;

/// Octets that a body of known length has to begin with before all of it is reserved: some packets, which cost their
/// sender more than their copy costs us.
const EARNEST_OCTETS: usize = 4 * 1024;

/// Octets reserved behind a body of known length, so that its owner may put a short field in (a Date that the sender
/// left out) without moving it to another place.
const SPARE_OCTETS: usize = 16;

/// A body in progress.
#[derive(Debug, Default)]
pub(crate) struct Body {
    /// Kept octets, then initialised room.
    octets: Vec<u8>,
    kept: usize,
    /// All that have arrived, kept or not.
    total: u64,
    /// Octets to reserve for all of it, where its length is known.
    whole_octets: Option<usize>,
    draining: bool,
    /// All of it, in the buffer that it came in with its head.
    whole: Option<Parcel>,
}

impl Body {
    /// A body of a known length.
    pub(crate) fn with_length(octets: u64, limits: &Limits) -> Self {
        let draining = octets > limits.body_octets_max;
        let whole = usize::try_from(octets).map_or(usize::MAX, |octets| octets.saturating_add(SPARE_OCTETS));
        Self {
            draining,
            whole_octets: (!draining).then_some(whole),
            ..Self::default()
        }
    }

    /// A body that is here already.
    pub(crate) fn whole(parcel: Parcel) -> Self {
        Self {
            total: parcel.len() as u64,
            whole: Some(parcel),
            ..Self::default()
        }
    }

    /// Octets that have arrived.
    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    /// Makes sure that `octets` more are within the limits; turns to draining where they are too many to keep.
    pub(crate) fn expect(&mut self, octets: u64, limits: &Limits) -> Result<(), Reason> {
        let total = self.total.saturating_add(octets);
        if total > limits.drain_octets_max {
            return Err(Reason::BodyTooLarge);
        }
        if total > limits.body_octets_max && !self.draining {
            self.draining = true;
            self.octets
                .truncate(self.kept.min(limits.keep_prefix_octets as usize));
            self.octets.shrink_to_fit();
            self.kept = self.octets.len();
        }
        Ok(())
    }

    /// Room to receive the next `remaining` octets or fewer in place; none while draining.
    pub(crate) fn room(&mut self, remaining: u64, limits: &Limits) -> Option<&mut [u8]> {
        if self.draining || remaining == 0 {
            return None;
        }
        let piece = usize::try_from(remaining)
            .unwrap_or(usize::MAX)
            .min(ROOM_OCTETS_MAX)
            .min(self.earnest_left());
        let end = self.kept.saturating_add(piece);
        if end > self.octets.len() {
            self.reserve(end, limits);
            self.octets.resize(end, 0);
        }
        self.octets.get_mut(self.kept..end)
    }

    /// So many octets of the room are filled.
    pub(crate) fn filled(&mut self, octets: usize) {
        self.kept = self.kept.saturating_add(octets).min(self.octets.len());
        self.total = self.total.saturating_add(octets as u64);
    }

    /// Takes octets that came into the receive buffer.
    pub(crate) fn append(&mut self, octets: &[u8], limits: &Limits) {
        self.octets.truncate(self.kept);
        let keep = if self.draining {
            (limits.keep_prefix_octets as usize)
                .saturating_sub(self.kept)
                .min(octets.len())
        } else {
            octets.len()
        };
        self.reserve(self.kept.saturating_add(keep), limits);
        self.octets
            .extend_from_slice(octets.get(..keep).unwrap_or_default());
        self.kept = self.octets.len();
        self.total = self.total.saturating_add(octets.len() as u64);
    }

    /// The kept octets, and the whole size where they are not all.
    pub(crate) fn finish(&mut self) -> (Parcel, Option<u64>) {
        let mut body = std::mem::take(self);
        body.octets.truncate(body.kept);
        let oversize = body.draining.then_some(body.total);
        (body.whole.unwrap_or_else(|| Parcel::from(body.octets)), oversize)
    }

    /// Octets that may be received in place before all of a body of known length is reserved; no bound behind that.
    fn earnest_left(&self) -> usize {
        match EARNEST_OCTETS.checked_sub(self.kept) {
            Some(left) if left > 0 && self.whole_octets.is_some() => left,
            _ => usize::MAX,
        }
    }

    /// Grows by doubling, never over the limit; a body of known length to its whole size, once it has begun in earnest.
    fn reserve(&mut self, needed: usize, limits: &Limits) {
        let capacity = self.octets.capacity();
        if needed <= capacity {
            return;
        }
        let grown = match self.whole_octets {
            Some(whole) if needed > EARNEST_OCTETS => whole.max(needed),
            Some(whole) => whole.min(EARNEST_OCTETS).max(needed),
            None => {
                let limit = usize::try_from(limits.body_octets_max).unwrap_or(usize::MAX);
                capacity.saturating_mul(2).clamp(needed, limit.max(needed))
            }
        };
        self.octets.reserve_exact(grown.saturating_sub(self.octets.len()));
    }

    pub(crate) fn memory_octets(&self) -> usize {
        let whole = self.whole.as_ref().map_or(0, Parcel::capacity);
        self.octets.capacity().saturating_add(whole)
    }
}
