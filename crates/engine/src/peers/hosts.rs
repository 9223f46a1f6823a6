//! Which of a peer's machines a new link goes to: by weight or preference, and past those that failed a moment ago.
//!
//! Values in, an order out. Invariants: a drained machine (weight 0) is chosen only where every other has failed; a
//! failure is forgotten after a while, so a machine that is back is used again.

use super::names::Exchange;
use profile::peers::Host;

/// Milliseconds that a machine which could not be reached is passed over. Reason: one failed connection may cost its
/// whole timeout; those behind it should not.
const AVOIDED_MS: u64 = 30_000;

/// What is known of a peer's machines.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    /// Links begun, for the shares.
    turns: u32,
    /// Machines that failed, and until when they are passed over.
    failed: Vec<(String, u16, u64)>,
}

impl Hosts {
    /// Every machine, in the order in which they are to be tried now.
    pub(super) fn order<'h>(&mut self, hosts: &'h [Host], now_ms: u64) -> Vec<&'h Host> {
        self.failed.retain(|(.., until_ms)| *until_ms > now_ms);
        let total: u32 = hosts.iter().map(|host| u32::from(host.weight)).sum();
        let mut point = if total > 0 { self.turns % total } else { 0 };
        self.turns = self.turns.wrapping_add(1);
        let mut first = 0;
        for (index, host) in hosts.iter().enumerate() {
            let weight = u32::from(host.weight);
            if point < weight {
                first = index;
                break;
            }
            point -= weight;
        }
        let (before, after) = hosts.split_at(first);
        let mut order: Vec<&Host> = after.iter().chain(before).collect();
        // Stable: within a class the order of the shares stays.
        order.sort_by_key(|host| (self.has_failed(host), host.weight == 0));
        order
    }

    /// Machines that were found by name, in the order in which they are to be tried now: the lowest preference first,
    /// equal ones in turn (RFC 5321 §5.1). Shards begin at different ones: `first` is a shard's own.
    pub(super) fn order_found(
        &mut self,
        mut found: Vec<Exchange>,
        port: u16,
        first: u32,
        now_ms: u64,
    ) -> Vec<Host> {
        self.failed.retain(|(.., until_ms)| *until_ms > now_ms);
        let turn = self.turns.wrapping_add(first) as usize;
        self.turns = self.turns.wrapping_add(1);
        found.sort_by_key(|exchange| exchange.preference);
        for equal in found.chunk_by_mut(|one, next| one.preference == next.preference) {
            let places = equal.len();
            equal.rotate_left(turn % places);
        }
        let mut hosts: Vec<Host> = found
            .into_iter()
            .map(|Exchange { name, .. }| Host {
                name,
                port,
                weight: 1,
            })
            .collect();
        // Stable: within a class the order of the preferences stays.
        hosts.sort_by_key(|host| self.has_failed(host));
        hosts
    }

    /// A machine could not be reached.
    pub(super) fn failed(&mut self, host: &Host, now_ms: u64) {
        self.reached(host);
        self.failed
            .push((host.name.clone(), host.port, now_ms.saturating_add(AVOIDED_MS)));
    }

    /// A machine was reached.
    pub(super) fn reached(&mut self, host: &Host) {
        self.failed
            .retain(|(name, port, _)| (name, *port) != (&host.name, host.port));
    }

    fn has_failed(&self, host: &Host) -> bool {
        self.failed
            .iter()
            .any(|(name, port, _)| (name, *port) == (&host.name, host.port))
    }
}

#[cfg(test)]
mod tests;
