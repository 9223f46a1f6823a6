//! The outside ledger: what was acknowledged, what arrived, what the logs say; and what does not agree.
//!
//! Takes the actors' events and the records of stopped servers, in any order of kills. Invariants: it believes an
//! answer and a record, nothing else; what disagrees is a [`Finding`], told once.

use super::letter::Letter;
use super::records::{Record, What};
use base::Msisdn;
use std::collections::{BTreeMap, BTreeSet};

/// Something that must not be. The fields name letters (`serial`), subscribers (`recipient`), and what was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the fields are named in the enum's own comment")]
pub enum Finding {
    /// Acknowledged, and not to be had any more.
    Lost {
        serial: u64,
        recipient: u64,
        how: String,
    },
    /// What arrived is not what was sent.
    Altered { serial: u64, recipient: u64 },
    /// A repeat of a send was answered with another Message-ID, or the retrieval names another.
    Renamed {
        serial: u64,
        first: String,
        then: String,
    },
    /// The same letter came to one recipient as two messages: as something new once more.
    Twice { serial: u64, recipient: u64 },
    /// A repeated notification, or mail to another operator, came with another Transaction-ID.
    Disguised { serial: u64, recipient: u64 },
    /// A notification of what was never sent, or not to this subscriber.
    Invented { recipient: u64, subject: String },
    /// Acknowledged, and no record says so.
    Unrecorded { serial: u64 },
    /// The phone's answer was acknowledged, and no end is on record.
    Unended { serial: u64, recipient: u64 },
    /// An end that changed.
    EndedAnew {
        message: String,
        copy: u64,
        ends: String,
    },
    /// Not one report record for an end that owes one.
    Reports {
        message: String,
        copy: u64,
        reports: usize,
    },
    /// `log verify` found fault with what a kill left.
    NotSound { said: String },
    /// A refusal, or an answer that was not due.
    Unexpected { what: String },
    /// A server that did not get ready on what a kill left.
    NotReady { said: String },
}

/// What an actor saw. The fields are the PDU's, or name letters (`serial`) and subscribers (`recipient`).
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are named in the enum's own comment")]
pub enum Event {
    /// About to be sent.
    Sending(Letter),
    /// M-Send.conf Ok.
    Accepted { serial: u64, message_id: String },
    /// 250 at the end of another operator's mail.
    Taken { serial: u64 },
    /// M-Notification.ind.
    Notified {
        recipient: Msisdn,
        subject: String,
        location: String,
        transaction_id: String,
    },
    /// M-Retrieve.conf: whether the content is the letter's, and the Message-ID that it names.
    Fetched {
        recipient: Msisdn,
        serial: u64,
        is_same: bool,
        message_id: Option<String>,
    },
    /// The answer to M-NotifyResp.ind Retrieved has come.
    Answered { recipient: Msisdn, serial: u64 },
    /// Another operator has this for its subscribers (digits), by these ids; whether the content is the letter's.
    Carried {
        recipients: Vec<u64>,
        subject: String,
        message_id: String,
        transaction_id: String,
        is_same: bool,
    },
    /// Something that must not be.
    Found(Finding),
}

/// One recipient's copy.
#[derive(Clone, Debug, Default)]
struct Copy {
    location: Option<String>,
    transaction_id: String,
    fetched: u32,
    is_answered: bool,
}

#[derive(Clone, Debug)]
struct Entry {
    letter: Letter,
    is_accepted: bool,
    /// As the answer names it; or where that does not, as the first retrieval does.
    message_id: Option<String>,
    copies: BTreeMap<u64, Copy>,
}

/// What the logs said of one copy.
#[derive(Clone, Debug, Default)]
struct Life {
    recipient: u64,
    end: Option<String>,
    /// The sequence numbers of records with its delivery report.
    reports: BTreeSet<u64>,
}

/// See the module's comment.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: BTreeMap<u64, Entry>,
    /// Accept records, by Message-ID.
    accepts: BTreeSet<String>,
    /// Those of them that came from another operator, who is told nothing yet.
    arrivals: BTreeSet<String>,
    lives: BTreeMap<(String, u64), Life>,
    findings: BTreeSet<Finding>,
    accepted: u64,
    repeated: u64,
    fetched: u64,
    taken: u64,
    carried: u64,
}

impl Ledger {
    /// Takes what an actor saw.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Sending(letter) => self.sending(letter),
            Event::Accepted { serial, message_id } => self.accept(serial, Some(message_id)),
            Event::Taken { serial } => {
                self.taken += 1;
                self.accept(serial, None);
            }
            Event::Notified {
                recipient,
                subject,
                location,
                transaction_id,
            } => self.came(recipient.digits(), subject, (location, transaction_id)),
            Event::Fetched {
                recipient,
                serial,
                is_same,
                message_id,
            } => self.fetch(recipient.digits(), serial, is_same, message_id),
            Event::Answered { recipient, serial } => {
                if let Some(copy) = self.copy(serial, recipient.digits()) {
                    copy.is_answered = true;
                }
            }
            Event::Carried {
                recipients,
                subject,
                message_id,
                transaction_id,
                is_same,
            } => {
                self.carried += 1;
                for recipient in recipients {
                    let ids = (message_id.clone(), transaction_id.clone());
                    self.came(recipient, subject.clone(), ids);
                    if let Some(serial) = Letter::serial_of(&subject).filter(|_| !is_same) {
                        self.find(Finding::Altered { serial, recipient });
                    }
                }
                if let Some(serial) = Letter::serial_of(&subject) {
                    self.name(serial, message_id);
                }
            }
            Event::Found(finding) => self.find(finding),
        }
    }

    /// Notes that something must not be.
    pub fn find(&mut self, finding: Finding) {
        self.findings.insert(finding);
    }

    /// Everything found so far.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter()
    }

    /// Letters acknowledged, acknowledgements that were repeated, retrievals.
    #[must_use]
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.accepted, self.repeated, self.fetched)
    }

    /// Acknowledgements of another operator's mails, repeats included.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Mails that another operator took, repeats included.
    #[must_use]
    pub fn carried(&self) -> u64 {
        self.carried
    }

    /// Acknowledged letters to another operator's subscriber that never came there.
    #[must_use]
    pub fn missing_abroad(&self, recipient: Msisdn) -> Vec<u64> {
        let owed = self.owed(recipient).into_iter();
        owed.filter(|(_, location)| location.is_none())
            .map(|(serial, _)| serial)
            .collect()
    }

    /// Notes those of another operator's subscribers whose acknowledged letters have no end on record; fit once it has
    /// taken all.
    pub fn judge_abroad(&mut self, recipients: &[Msisdn]) {
        let ended = self.ended_copies();
        let mut found = Vec::new();
        for recipient in recipients.iter().map(|recipient| recipient.digits()) {
            for (&serial, entry) in self.entries.iter().filter(|(_, entry)| entry.is_accepted) {
                let id = entry.message_id.as_deref().map(stored_id);
                let is_ended = id.is_some_and(|id| ended.contains(&(id, recipient)));
                if entry.copies.contains_key(&recipient) && !is_ended {
                    found.push(Finding::Unended { serial, recipient });
                }
            }
        }
        self.findings.extend(found);
    }

    /// Messages and recipients that have ended, by the logs.
    fn ended_copies(&self) -> BTreeSet<(&str, u64)> {
        let ended = self.lives.iter().filter(|(_, life)| life.end.is_some());
        ended
            .map(|((message, _), life)| (message.as_str(), life.recipient))
            .collect()
    }

    /// Acknowledged letters to a subscriber whose end was not acknowledged yet, with where each lies, if that is known.
    #[must_use]
    pub fn owed(&self, recipient: Msisdn) -> BTreeMap<u64, Option<String>> {
        let digits = recipient.digits();
        let entries = self.entries.iter().filter(|(_, entry)| entry.is_accepted);
        let copies = entries.filter_map(|(serial, entry)| Some((*serial, entry.copies.get(&digits)?)));
        copies
            .filter(|(_, copy)| !copy.is_answered)
            .map(|(serial, copy)| (serial, copy.location.clone()))
            .collect()
    }

    /// The letter of a number.
    #[must_use]
    pub fn letter(&self, serial: u64) -> Option<&Letter> {
        self.entries.get(&serial).map(|entry| &entry.letter)
    }

    fn sending(&mut self, letter: Letter) {
        let copies = letter
            .recipients
            .iter()
            .map(|number| (number.digits(), Copy::default()));
        let copies = copies.collect();
        self.entries.entry(letter.serial).or_insert(Entry {
            letter,
            is_accepted: false,
            message_id: None,
            copies,
        });
    }

    fn accept(&mut self, serial: u64, message_id: Option<String>) {
        let Some(entry) = self.entries.get_mut(&serial) else {
            return;
        };
        match std::mem::replace(&mut entry.is_accepted, true) {
            false => self.accepted += 1,
            true => self.repeated += 1,
        }
        if let Some(message_id) = message_id {
            self.name(serial, message_id);
        }
    }

    /// Every answer and every retrieval gives a letter the same Message-ID.
    fn name(&mut self, serial: u64, message_id: String) {
        let Some(entry) = self.entries.get_mut(&serial) else {
            return;
        };
        let first = entry.message_id.get_or_insert_with(|| message_id.clone());
        if *first != message_id {
            let (first, then) = (first.clone(), message_id);
            self.find(Finding::Renamed { serial, first, then });
        }
    }

    fn copy(&mut self, serial: u64, recipient: u64) -> Option<&mut Copy> {
        self.entries.get_mut(&serial)?.copies.get_mut(&recipient)
    }

    /// A letter came, as something that has these ids: by both of them a repeat is known, at a handset as abroad.
    fn came(&mut self, recipient: u64, subject: String, (location, transaction_id): (String, String)) {
        let serial = Letter::serial_of(&subject);
        let Some((serial, copy)) = serial.and_then(|serial| Some((serial, self.copy(serial, recipient)?)))
        else {
            return self.find(Finding::Invented { recipient, subject });
        };
        match &copy.location {
            None => {
                copy.location = Some(location);
                copy.transaction_id = transaction_id;
            }
            Some(known) if *known != location => self.find(Finding::Twice { serial, recipient }),
            Some(_) if copy.transaction_id != transaction_id => {
                self.find(Finding::Disguised { serial, recipient });
            }
            Some(_) => {}
        }
    }

    fn fetch(&mut self, recipient: u64, serial: u64, is_same: bool, message_id: Option<String>) {
        self.fetched += 1;
        if let Some(copy) = self.copy(serial, recipient) {
            copy.fetched += 1;
        }
        if !is_same {
            self.find(Finding::Altered { serial, recipient });
        }
        if let Some(message_id) = message_id {
            self.name(serial, message_id);
        }
    }

    /// Takes everything that the logs of a stopped server hold.
    pub fn read(&mut self, records: &[Record]) {
        for record in records {
            match &record.what {
                What::Accept => {
                    self.accepts.insert(record.message.clone());
                }
                What::Arrival => {
                    self.accepts.insert(record.message.clone());
                    self.arrivals.insert(record.message.clone());
                }
                What::State(state) => {
                    let key = (record.message.clone(), state.copy);
                    let life = self.lives.entry(key).or_default();
                    life.recipient = state.recipient;
                    if state.reports_delivery {
                        life.reports.insert(state.sequence);
                    }
                    if !state.is_end {
                        continue;
                    }
                    let before = life.end.replace(state.state.clone());
                    if let Some(before) = before.filter(|before| *before != state.state) {
                        let ends = format!("{before}, {}", state.state);
                        let (message, copy) = (record.message.clone(), state.copy);
                        self.find(Finding::EndedAnew { message, copy, ends });
                    }
                }
            }
        }
    }

    /// Compares what was acknowledged with what the logs say. Fit only while no segment was freed.
    pub fn judge(&mut self) {
        let mut found = Vec::new();
        for ((message, copy), life) in &self.lives {
            let reports = life.reports.len();
            let is_ours = !self.arrivals.contains(message);
            if reports != usize::from(is_ours && life.end.is_some()) {
                found.push(Finding::Reports {
                    message: message.clone(),
                    copy: *copy,
                    reports,
                });
            }
        }
        let ended = self.ended_copies();
        for (&serial, entry) in &self.entries {
            let id = entry.message_id.as_deref().filter(|_| entry.is_accepted);
            let Some(id) = id.map(stored_id) else {
                continue;
            };
            if !self.accepts.contains(id) {
                found.push(Finding::Unrecorded { serial });
            }
            for (&recipient, copy) in &entry.copies {
                if copy.is_answered && !ended.contains(&(id, recipient)) {
                    found.push(Finding::Unended { serial, recipient });
                }
            }
        }
        self.findings.extend(found);
    }

    /// Copies that have ended, by the logs.
    #[must_use]
    pub fn ended(&self) -> usize {
        self.lives.values().filter(|life| life.end.is_some()).count()
    }
}

/// A Message-ID as the logs write it: without its domain.
fn stored_id(message_id: &str) -> &str {
    let bare = message_id.trim_start_matches('<');
    bare.split_once('@').map_or(bare, |(id, _)| id)
}

#[cfg(test)]
mod tests;
