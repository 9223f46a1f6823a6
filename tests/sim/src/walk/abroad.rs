//! What other operators' MMSCs are sent: responses and reports on the messages that it brought, and messages.
//!
//! Beside `peer`. It takes some mails, refuses some for now or for good, and some get lost. Invariants: a mail is
//! answered once; a report says the same in every try; one that was taken comes again after a start alone; in the
//! end every report that is owed was taken or refused.

use super::Walk;
use super::peer::{FURTHER, is_answered};
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
    /// What the peer brought and was answered 250 for: the book's numbers.
    pub(super) brought: BTreeSet<usize>,
    /// Transactions that it was sent a response to.
    answered: BTreeSet<String>,
    /// Copies that a response said were refused: message and index. Of a submission that is stored more than once, all
    /// that it may be about.
    refused: BTreeSet<(u64, u16)>,
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
        let status = of("X-Mms-Request-Status-Code") + &of("X-Mms-MM-Status-Code");
        let about = of("X-Mms-Request-Recipients");
        let peer = &relay.peer;
        self.tell(|| format!("{peer} is sent {kind} {transaction} {status} {about}: {verdict:?}"));
        if kind == "MM4_forward.RES" {
            return self.hear_response(&transaction, &of);
        }
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
        if self.is_refused(&transaction) {
            self.court
                .find("reports", format!("{transaction} is told, and was refused"));
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

    /// The peer hears what became of a message that it brought: taken, or refused by the operator that it was passed on
    /// to. What was refused is over and was not delivered.
    fn hear_response(&mut self, transaction: &str, of: &impl Fn(&str) -> String) {
        let transaction = transaction.trim_matches('"').to_owned();
        let (status, about) = (of("X-Mms-Request-Status-Code"), of("X-Mms-Request-Recipients"));
        let number = transaction
            .strip_prefix("peer-")
            .and_then(|number| number.parse::<usize>().ok());
        let Some(number) = number.filter(|number| *number < self.book.len()) else {
            let what = format!("{transaction} is answered, and nobody asked");
            return self.court.find("reports", what);
        };
        self.heard.answered.insert(transaction.clone());
        if status == "Ok" {
            return;
        }
        self.coverage.count("outcome: response to a peer says no");
        let about: Vec<u64> = about
            .split(|character: char| !character.is_ascii_digit())
            .filter_map(|digits| digits.parse().ok().filter(|number| *number >= FURTHER))
            .collect();
        let ledger = &self.world.ledger;
        let mut refused = Vec::new();
        for (&message, _) in self.of_message.iter().filter(|(_, known)| **known == number) {
            let numbers = (0_u16..).zip(ledger.accepts[&message].recipients.iter());
            let named = numbers.filter(|(_, one)| about.is_empty() || about.contains(&one.number));
            let all: Vec<_> = named.map(|(index, _)| (message, index)).collect();
            let is_over = |key| ledger.copies.get(key).is_some_and(|copy| copy.is_refused());
            if !all.is_empty() && all.iter().all(is_over) {
                refused.extend(all);
            }
        }
        if refused.is_empty() {
            let what = format!("{transaction} is answered {status} about {about:?}, which is not so");
            self.court.find("reports", what);
        }
        self.heard.refused.extend(refused);
    }

    /// Whether a report is about a copy of which the peer heard that it was refused.
    fn is_refused(&self, transaction: &str) -> bool {
        let parts = transaction.trim_matches('"').split_once('.');
        let key = parts.and_then(|(message, rest)| {
            let index = rest.trim_end_matches(|character: char| !character.is_ascii_digit());
            Some((u64::from_str_radix(message, 16).ok()?, index.parse().ok()?))
        });
        // Of what is stored twice nobody can tell which of them a response was about.
        key.is_some_and(|key| self.heard.refused.contains(&key) && self.same_as(key.0).len() == 1)
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
                && !self.heard.refused.contains(&(*message, *index))
                && !self.heard.settled.contains(&format!("{message:016x}.{index}d"))
        });
        if let Some(((message, index), copy)) = unheard {
            let what = format!("nobody heard of {message:x}/{index}, which ended: {:?}", copy.end);
            self.court.find("reports", what);
        }
        self.judge_responses();
    }

    /// Every response that is wanted was sent, once at least.
    fn judge_responses(&mut self) {
        let is_lost = |number: usize| {
            let mut messages = self.of_message.iter().filter(|(_, known)| **known == number);
            messages.any(|(message, _)| self.world.hit.contains(message))
        };
        let unheard = self.heard.brought.iter().find(|&&number| {
            let transaction = &self.book.submission(number).transaction;
            is_answered(number) && !is_lost(number) && !self.heard.answered.contains(transaction)
        });
        if let Some(number) = unheard {
            let what = format!("the peer has no response to submission {number}");
            self.court.find("reports", what);
        }
    }
}
