//! A small SMSC that misbehaves within the protocol, and a ledger of what the session owes.
//!
//! The model throttles, refuses, is silent, answers out of order and twice, sends receipts before answers, twice or
//! never. Invariant: the ledger knows only what was offered, what crossed the wire, and what was said; it never looks
//! into the session.

use std::collections::{BTreeMap, BTreeSet};

use push::Outcome;
use push::smpp::backoff::Noise;

use crate::smsc::{self, Ours};

/// What the model does with so many in a hundred submissions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moods {
    pub(crate) throttle: u32,
    pub(crate) again: u32,
    pub(crate) unknown: u32,
    pub(crate) reject: u32,
    pub(crate) silent: u32,
    pub(crate) twice: u32,
    pub(crate) is_decimal: bool,
}

/// A PDU on its way from the SMSC.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    pub(crate) is_receipt: bool,
    pub(crate) answers: Option<u32>,
    pub(crate) octets: Vec<u8>,
}

/// What the SMSC did with the segments to one number.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    pub(crate) segments: BTreeMap<u8, Vec<u8>>,
    pub(crate) delivered: BTreeSet<u8>,
    pub(crate) expired: bool,
    pub(crate) unknown: bool,
    pub(crate) rejected: bool,
}

/// The SMSC.
#[derive(Debug)]
pub(crate) struct Smsc {
    pub(crate) noise: Noise,
    moods: Moods,
    next_id: u32,
    next_sequence: u32,
    serial: u64,
    pub(crate) due: BTreeMap<(u64, u64), Due>,
    pub(crate) truth: BTreeMap<String, Truth>,
}

impl Smsc {
    pub(crate) fn new(seed: u64, moods: Moods) -> Self {
        Self {
            noise: Noise::new(seed),
            moods,
            next_id: 90,
            next_sequence: 0,
            serial: 0,
            due: BTreeMap::new(),
            truth: BTreeMap::new(),
        }
    }

    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.noise.draw() % bound
    }

    pub(crate) fn at(&mut self, time: u64, due: Due) {
        self.serial += 1;
        self.due.insert((time, self.serial), due);
    }

    fn answer(&mut self, now: u64, sequence: u32, octets: Vec<u8>) {
        let due = Due {
            is_receipt: false,
            answers: Some(sequence),
            octets,
        };
        let time = now + u64::from(self.below(2_000));
        self.at(time, due.clone());
        if self.below(100) < self.moods.twice {
            self.at(time + 1, due);
        }
    }

    /// Takes a submit_sm.
    pub(crate) fn submitted(&mut self, now: u64, ours: &Ours) {
        let submitted = smsc::submitted(&ours.body);
        let (number, payload) = segment(&submitted.short_message);
        let mood = self.below(100);
        let moods = self.moods;
        let truth = self.truth.entry(submitted.to.clone()).or_default();
        let refusals = [
            (moods.throttle, 0x58),
            (moods.again, 0x45),
            (moods.unknown, 0x0B),
            (moods.reject, 0x66),
        ];
        let mut upto = 0;
        for (share, status) in refusals {
            upto += share;
            if mood < upto {
                truth.unknown |= status == 0x0B;
                truth.rejected |= status == 0x66;
                return self.answer(now, ours.sequence, smsc::bare(0x8000_0004, status, ours.sequence));
            }
        }
        truth.segments.insert(number, payload);
        self.next_id += 1;
        let id = self.next_id;
        if mood >= upto + moods.silent {
            self.answer(now, ours.sequence, smsc::taken(ours.sequence, &format!("{id:x}")));
        }
        self.receipt(now, id, &submitted.to, number);
    }

    fn receipt(&mut self, now: u64, id: u32, to: &str, number: u8) {
        let state = match self.below(20) {
            0 => return,
            1 => "EXPIRED err:027",
            2 => "UNDELIV err:001",
            _ => "DELIVRD err:000",
        };
        let truth = self.truth.entry(to.to_owned()).or_default();
        match &state[..1] {
            "E" => truth.expired = true,
            "U" => truth.unknown = true,
            _ => {
                truth.delivered.insert(number);
            }
        }
        let id = match self.moods.is_decimal {
            true => format!("{id:010}"),
            false => format!("{id:X}"),
        };
        let times = if self.below(100) < self.moods.twice { 2 } else { 1 };
        for _ in 0..times {
            self.next_sequence += 1;
            let due = Due {
                is_receipt: true,
                answers: None,
                octets: smsc::receipt(
                    self.next_sequence,
                    to,
                    &format!("id:{id} sub:001 stat:{state} text:"),
                ),
            };
            let time = now + u64::from(self.below(8_000));
            self.at(time, due);
        }
    }
}

/// Number and octets of a segment, by the length of its header alone.
fn segment(user_data: &[u8]) -> (u8, Vec<u8>) {
    let header = usize::from(user_data[0]) + 1;
    let number = if header > 7 { user_data[header - 1] } else { 1 };
    (number, user_data[header..].to_vec())
}

/// What the session has promised and what it has done.
#[derive(Debug)]
pub(crate) struct Ledger {
    window: usize,
    rate_per_s: u64,
    burst: u64,
    response_ms: u64,
    outstanding: BTreeMap<u32, u64>,
    sent: Vec<u64>,
    offered: BTreeMap<u64, Vec<u8>>,
    said: BTreeMap<u64, Outcome>,
    ended: BTreeMap<u64, Outcome>,
}

type Verdict = Result<(), String>;

fn require(holds: bool, text: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(text()) }
}

impl Ledger {
    pub(crate) fn new(window: usize, rate_per_s: u64, burst: u64, response_ms: u64) -> Self {
        Self {
            window,
            rate_per_s,
            burst,
            response_ms,
            outstanding: BTreeMap::new(),
            sent: Vec::new(),
            offered: BTreeMap::new(),
            said: BTreeMap::new(),
            ended: BTreeMap::new(),
        }
    }

    pub(crate) fn offered(&mut self, push: u64, octets: Vec<u8>) {
        self.offered.insert(push, octets);
    }

    /// A submit_sm crossed the wire.
    pub(crate) fn submitted(&mut self, now: u64, sequence: u32) -> Verdict {
        let response_ms = self.response_ms;
        self.outstanding.retain(|_, since| *since + response_ms > now);
        require(!self.outstanding.contains_key(&sequence), || {
            format!("{sequence} is in use")
        })?;
        self.outstanding.insert(sequence, now);
        require(self.outstanding.len() <= self.window, || {
            format!("window exceeded at {now}")
        })?;
        self.sent.push(now);
        for (index, &since) in self.sent.iter().enumerate().rev().take(400) {
            let count = (self.sent.len() - index) as u64;
            let allowed = self.burst + self.rate_per_s * (now - since) / 1_000;
            require(count <= allowed, || format!("{count} since {since} at {now}"))?;
        }
        Ok(())
    }

    pub(crate) fn answered(&mut self, sequence: u32) {
        self.outstanding.remove(&sequence);
    }

    pub(crate) fn cut(&mut self) {
        self.outstanding.clear();
    }

    /// An outcome was said; `truth` is what the SMSC did to that number.
    pub(crate) fn outcome(&mut self, push: u64, outcome: Outcome, truth: Option<&Truth>) -> Verdict {
        let Some(octets) = self.offered.get(&push) else {
            return Err(format!("{push} was never offered"));
        };
        let none = Truth::default();
        let truth = truth.unwrap_or(&none);
        match &outcome {
            Outcome::Taken { .. } => {
                let whole: Vec<u8> = truth.segments.values().flatten().copied().collect();
                require(whole == *octets, || format!("{push} was not taken whole"))?;
            }
            Outcome::Delivered => require(truth.delivered.len() == truth.segments.len(), || {
                format!("{push} was not delivered")
            })?,
            Outcome::Absent { .. } => require(truth.expired, || format!("{push} was not absent"))?,
            Outcome::UnknownSubscriber => require(truth.unknown, || format!("{push} was known"))?,
            Outcome::Rejected { .. } => require(truth.rejected, || format!("{push} was not rejected"))?,
            Outcome::Throttled(back) | Outcome::Unanswered(back) | Outcome::LinkLost(back) => {
                require(back.octets == *octets && back.id.0 == push, || {
                    format!("{push} came back another")
                })?;
            }
            Outcome::Unreceipted => {}
        }
        match self.said.get(&push) {
            None => {
                require(outcome != Outcome::Unreceipted, || {
                    format!("{push} ended before it was taken")
                })?;
                self.said.insert(push, outcome);
                Ok(())
            }
            Some(said) => {
                require(!said.is_last(), || {
                    format!("{push} has an outcome: {said:?}, then {outcome:?}")
                })?;
                let before = self.ended.insert(push, outcome);
                require(before.is_none(), || format!("{push} ended twice"))
            }
        }
    }

    /// Nothing more will come.
    pub(crate) fn closed(&self) -> Verdict {
        for push in self.offered.keys() {
            let said = self.said.get(push).ok_or(format!("{push} has no outcome"))?;
            let is_owed = !said.is_last();
            require(is_owed == self.ended.contains_key(push), || {
                format!("{push}: {said:?} has no end")
            })?;
        }
        Ok(())
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.offered.len() == self.said.len()
    }

    /// How often each outcome came, to see that a walk met them all.
    pub(crate) fn met(&self) -> BTreeSet<&'static str> {
        self.said.values().chain(self.ended.values()).map(name).collect()
    }
}

fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Taken { .. } => "taken",
        Outcome::Delivered => "delivered",
        Outcome::Absent { .. } => "absent",
        Outcome::UnknownSubscriber => "unknown",
        Outcome::Rejected { .. } => "rejected",
        Outcome::Throttled(_) => "throttled",
        Outcome::Unanswered(_) => "unanswered",
        Outcome::LinkLost(_) => "lost",
        Outcome::Unreceipted => "unreceipted",
    }
}
