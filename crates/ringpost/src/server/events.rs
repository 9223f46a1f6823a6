//! Events of identity: one line on standard error for what an operator should look at, told once a second at most.
//!
//! Looked for in the counters of access points and feeds, so that the datapath does nothing for it and a storm of
//! refusals is one line with a number. Invariants: what was told is not told again; no address and no subscriber's
//! number stands in a line.

use base::Reason;
use meter::{ApnMeter, FeedCounter, FeedMeter, Verdict};
use std::collections::BTreeMap;

/// What of an access point's verdicts is an event, and its reason.
const VERDICTS: [(Verdict, Reason); 4] = [
    (Verdict::Untrusted, Reason::IdentityUntrusted),
    (Verdict::Contradicted, Reason::IdentityContradicted),
    (Verdict::Ambiguous, Reason::IdentityAmbiguous),
    (Verdict::Unreadable, Reason::SenderUnidentified),
];

/// What of a feed's counters is an event, with the rest of its sentence.
const FEEDS: [(FeedCounter, &str); 5] = [
    (
        FeedCounter::Forged,
        "accounting requests of strangers or with a wrong secret, not answered",
    ),
    (
        FeedCounter::Corrupt,
        "accounting requests that can't be read, not answered",
    ),
    (
        FeedCounter::Contested,
        "addresses claimed by two sessions that can't be ordered: nobody is served there",
    ),
    (
        FeedCounter::Full,
        "accounting requests refused since the map is full: raise sessions.addresses_max",
    ),
    (
        FeedCounter::Unrecorded,
        "accounting requests not answered since they can't be written to disk",
    ),
];

/// What was told already.
#[derive(Debug, Default)]
pub(super) struct Events {
    told: BTreeMap<(&'static str, String, usize), u64>,
}

impl Events {
    /// The lines for what came since the last call.
    pub(super) fn lines<'a>(
        &mut self,
        apns: impl Iterator<Item = &'a ApnMeter>,
        feeds: impl Iterator<Item = &'a FeedMeter>,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        for apn in apns {
            for (index, (verdict, reason)) in VERDICTS.into_iter().enumerate() {
                let fresh = self.fresh(("apn", apn.name(), index), apn.sum(verdict));
                if fresh > 0 {
                    let row = reason.row();
                    let (name, code) = (named("apn", apn.name()), row.code);
                    let verdict = verdict.name();
                    let action = row.action;
                    lines.push(format!(
                        "event: {name}: {fresh} requests refused, {verdict} ({code}): {action}"
                    ));
                }
            }
        }
        for feed in feeds {
            for (index, (counter, text)) in FEEDS.into_iter().enumerate() {
                let fresh = self.fresh(("radius", feed.name(), index), feed.counter(counter));
                if fresh > 0 {
                    lines.push(format!("event: {}: {fresh} {text}", named("radius", feed.name())));
                }
            }
        }
        lines
    }

    /// How much a counter has grown.
    fn fresh(&mut self, (kind, name, index): (&'static str, &str, usize), value: u64) -> u64 {
        let told = self.told.insert((kind, name.to_owned(), index), value);
        value.saturating_sub(told.unwrap_or(0))
    }
}

/// An access point or a feed; none of them has an empty name.
fn named(kind: &str, name: &str) -> String {
    if name.is_empty() {
        format!("{kind} (none)")
    } else {
        format!("{kind} {name}")
    }
}

#[cfg(test)]
mod tests;
