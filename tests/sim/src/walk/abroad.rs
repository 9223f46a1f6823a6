//! What the other operator's MMSC is sent: responses and reports on the messages that it brought, and messages.
//!
//! Beside `peer`. It takes some mails, refuses some for now or for good, and some get lost. Invariants: a mail is
//! answered once; a report says the same in every try; one that was taken comes again after a start alone; in the
//! end every report that is owed was taken or refused.

use super::Walk;
use crate::world::MailHead;
use shard::{Refusal, Relay, Relayed, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use store::record::{FLAG_DELIVERY_REPORT, FLAG_FOREIGN_SENDER};

/// What the peer remembers.
#[derive(Default)]
pub(super) struct Heard {
    /// What each report said, by its transaction.
    said: BTreeMap<String, String>,
    /// Reports taken since the last start.
    taken: BTreeSet<String>,
    /// Reports ever taken or refused for good.
    settled: BTreeSet<String>,
}

impl Walk {
    /// The peer answers some of what it was sent; in calm weather it takes everything.
    pub(super) fn answer_relays(&mut self) {
        let mut at = 0;
        while at < self.world.relays.len() {
            if !self.is_calm && !self.one_in(3) {
                at += 1;
                continue;
            }
            let (shard, relay) = self.world.relays.remove(at);
            let verdict = match self.is_calm {
                true => Verdict::Stored,
                false => self.verdict(),
            };
            self.hear_relay(&relay, verdict);
            self.world.relayed(
                shard,
                Relayed {
                    ticket: relay.ticket,
                    verdicts: vec![verdict; relay.recipients.len()],
                    said: String::new(),
                },
            );
        }
    }

    fn verdict(&mut self) -> Verdict {
        match self.dice(12) {
            0 => Verdict::Later,
            1 => Verdict::Unsure,
            2 => Verdict::Lost,
            3 => Verdict::Never(Refusal {
                code: 554,
                enhanced: None,
            }),
            _ => Verdict::Stored,
        }
    }

    fn hear_relay(&mut self, relay: &Relay, verdict: Verdict) {
        let head = MailHead::of(&relay.mail);
        let of = |name: &str| head.field(name);
        let (kind, transaction) = (of("X-Mms-Message-Type"), of("X-Mms-Transaction-ID"));
        self.coverage.count(match kind.as_str() {
            "MM4_forward.RES" => "outcome: response to a peer",
            "MM4_delivery_report.REQ" => "outcome: delivery report to a peer",
            "MM4_read_reply_report.REQ" => "outcome: read report to a peer",
            "MM4_forward.REQ" => "outcome: message to a peer",
            _ => "outcome: response to a peer's report",
        });
        self.tell(|| format!("a peer is sent {kind} {transaction}: {verdict:?}"));
        if kind.ends_with(".RES") {
            return;
        }
        if kind == "MM4_forward.REQ" {
            return self.hear_forward(relay, verdict, &of);
        }
        let names = [
            "X-Mms-Message-ID",
            "X-Mms-MM-Status-Code",
            "X-Mms-Read-Status",
            "From",
            "To",
        ];
        let facts = names.map(of).join(" ");
        let known = self
            .heard
            .said
            .entry(transaction.clone())
            .or_insert(facts.clone());
        if *known != facts {
            let what = format!("{transaction} said {known}, and then {facts}");
            self.court.find("reports", what);
        }
        if self.heard.taken.contains(&transaction) {
            self.court
                .find("reports", format!("{transaction} was taken, and comes again"));
        }
        match verdict {
            Verdict::Stored => {
                self.heard.taken.insert(transaction.clone());
                self.heard.settled.insert(transaction);
            }
            Verdict::Never(_) => {
                self.heard.settled.insert(transaction);
            }
            _ => {}
        }
    }

    /// The process is gone: nobody answers what was under way, and what was taken may be told once more.
    pub(super) fn lose_relays(&mut self) {
        self.heard.taken.clear();
    }

    /// Every report that is owed was heard.
    pub(super) fn judge_reports(&mut self) {
        let wanted = FLAG_DELIVERY_REPORT | FLAG_FOREIGN_SENDER;
        let ledger = &self.world.ledger;
        let unheard = ledger.copies.iter().find(|((message, index), copy)| {
            let is_asked = ledger
                .accepts
                .get(message)
                .is_some_and(|accept| accept.flags & wanted == wanted);
            let is_over = copy.end.is_some() && !copy.is_denied;
            // Whose message it was can't be read any more.
            let is_lost = self.world.hit.contains(message);
            is_asked
                && is_over
                && !is_lost
                && !self.heard.settled.contains(&format!("{message:016x}.{index}d"))
        });
        if let Some(((message, index), copy)) = unheard {
            let what = format!("nobody heard of {message:x}/{index}, which ended: {:?}", copy.end);
            self.court.find("reports", what);
        }
    }
}
