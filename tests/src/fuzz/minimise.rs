//! Makes a failing input small, simply: takes chunks away, then sets chunks to zero, in ever smaller ones.
//!
//! Called by the runner once it has found something. Invariants: the result panics at the same place as what was
//! found; the number of tries is bounded.

use super::run::{PanicNote, verdict};

/// Tries for one input, at most: some seconds for the slowest check.
const TRIES_MAX: u32 = 4_000;

/// A smaller input that panics at the same place, with the panic that it gives.
pub(super) fn minimise(check: fn(&[u8]), input: &[u8], found: PanicNote) -> (Vec<u8>, PanicNote) {
    let mut search = Search {
        check,
        smallest: input.to_vec(),
        panic: found,
        tries: 0,
    };
    while search.pass(without) | search.pass(zeroed) {}
    (search.smallest, search.panic)
}

struct Search {
    check: fn(&[u8]),
    smallest: Vec<u8>,
    panic: PanicNote,
    tries: u32,
}

impl Search {
    /// Tries a change on each chunk, from halves down to single octets; whether any of it held.
    fn pass(&mut self, change: fn(&[u8], usize, usize) -> Option<Vec<u8>>) -> bool {
        let mut held = false;
        let mut chunk = self.smallest.len().div_ceil(2);
        while chunk > 0 {
            let mut at = 0;
            while at < self.smallest.len() && self.tries < TRIES_MAX {
                let candidate = change(&self.smallest, at, chunk);
                if candidate.is_some_and(|candidate| self.take(candidate)) {
                    held = true;
                } else {
                    at += chunk;
                }
            }
            chunk /= 2;
        }
        held && self.tries < TRIES_MAX
    }

    fn take(&mut self, candidate: Vec<u8>) -> bool {
        self.tries += 1;
        match verdict(self.check, &candidate) {
            Err(note) if note.location == self.panic.location => {
                (self.smallest, self.panic) = (candidate, note);
                true
            }
            _ => false,
        }
    }
}

fn without(bytes: &[u8], at: usize, octets: usize) -> Option<Vec<u8>> {
    let end = at.saturating_add(octets).min(bytes.len());
    Some([bytes.get(..at)?, bytes.get(end..)?].concat())
}

/// `None` where the chunk is zero already, so that each try brings the search nearer to its end.
fn zeroed(bytes: &[u8], at: usize, octets: usize) -> Option<Vec<u8>> {
    let mut changed = bytes.to_vec();
    let end = at.saturating_add(octets).min(bytes.len());
    let chunk = changed.get_mut(at..end)?;
    let differs = chunk.iter().any(|&octet| octet != 0);
    chunk.fill(0);
    differs.then_some(changed)
}
