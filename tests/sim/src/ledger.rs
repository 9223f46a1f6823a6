//! What the logs say: every durable record of every shard, judged as it appears.
//!
//! Takes records in log order of each shard, before and after crashes. Invariants that it holds the product to: an
//! accept record never changes; a copy's records count up; an end is final and its M-Delivery.ind goes to the stored
//! sender, once, only if it was asked for; M-Read-Orig.ind likewise; notifications of a copy keep their identity and
//! never follow its end. Broken ones are collected, so that a canary can look for them.

use crate::node::Written;
use mms::{Pdu, Status};
use std::collections::BTreeMap;
use store::record::{
    Accept, Action, FLAG_DELIVERY_REPORT, FLAG_FOREIGN_SENDER, FLAG_READ_REPORT, FLAG_REPORT_DENIED,
    KIND_ACCEPT, KIND_ACTION, KIND_ARRIVAL, KIND_STATE, State, entered,
};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A PDU that was pushed.
#[derive(Clone, Debug)]
pub struct Push {
    /// To which number.
    pub to: u64,
    /// About which message.
    pub message: u64,
    /// Its recipient's index.
    pub recipient: u16,
    /// When, by the shard's clock, seconds since 1970.
    pub at: u32,
    /// What.
    pub pdu: Vec<u8>,
}

/// What the log says about a copy.
#[derive(Clone, Debug, Default)]
pub struct Copy {
    /// Its end as an octet, and when it ended.
    pub end: Option<(u8, u32)>,
    /// Whose it is; 0 where the recipient is no number.
    pub number: u64,
    sequence: u32,
    /// Delivery reports written.
    pub delivery_reports: Vec<Status>,
    /// Read reports written.
    pub read_reports: u32,
    identity: Option<(Vec<u8>, Vec<u8>)>,
    /// The recipient denied the report.
    pub is_denied: bool,
}

impl Copy {
    /// Whether its operator has refused it, or never answered: ended, and not fetched.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.end.is_some_and(|(end, _)| end != RETRIEVED)
    }
}

/// The end of a copy that was fetched, as an octet of X-Mms-Status (OMA MMS Encapsulation).
const RETRIEVED: u8 = 0x81;

/// Everything that was ever durable.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Every message.
    pub accepts: BTreeMap<u64, Accept>,
    /// Every copy that has a record, by message and index.
    pub copies: BTreeMap<(u64, u16), Copy>,
    /// What operators did, by its number, which is one at the peer's home, and the peer.
    pub actions: BTreeMap<(u64, String), Action>,
    /// Everything pushed, in the order in which it became durable.
    pub pushes: Vec<Push>,
    /// What should never be.
    pub broken: Vec<String>,
    /// Records taken.
    pub records: u64,
    /// Accept records that were written anew.
    pub relocated: u64,
    /// Of everything that was ever durable, in order: one seed, one hash.
    pub hash: u64,
}

/// What tells an action from any other.
#[must_use]
pub fn key_of(action: &Action) -> (u64, String) {
    (action.number, action.peer.clone())
}

impl Ledger {
    fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.broken.push(what());
        }
    }

    /// Fails when something was broken.
    ///
    /// # Panics
    /// With what was.
    pub fn check(&self) {
        assert!(self.broken.is_empty(), "{:#?}", self.broken);
    }

    /// Takes a record that has become durable; of an accept record, says of which message it is.
    ///
    /// # Panics
    /// Where it cannot be read.
    pub fn take(&mut self, written: &Written) -> Option<u64> {
        self.records += 1;
        self.hash = xxh3_64_with_seed(&written.header, self.hash ^ u64::from(written.kind));
        self.hash = xxh3_64_with_seed(&written.body, self.hash);
        match written.kind {
            KIND_ACCEPT | KIND_ARRIVAL => {
                let accept = entered(written.kind, &written.header).expect("a message").accept;
                self.accept(&accept);
                return Some(accept.message);
            }
            KIND_STATE => {
                let state = State::read(&written.header).expect("a state").to_native();
                self.state(&state, &written.body);
            }
            KIND_ACTION => {
                let action = Action::read(&written.header).expect("an action").to_native();
                let known = self.actions.insert(key_of(&action), action.clone());
                let is_same = known.as_ref().is_none_or(|known| *known == action);
                self.expect(is_same, || format!("{action:?} was {known:?}"));
            }
            _ => {}
        }
        None
    }

    fn accept(&mut self, accept: &Accept) {
        match self.accepts.get(&accept.message).cloned() {
            None => {
                self.accepts.insert(accept.message, accept.clone());
            }
            Some(known) => {
                self.relocated += 1;
                self.expect(known == *accept, || format!("{accept:?} was {known:?}"));
            }
        }
    }

    fn state(&mut self, state: &State, pdu: &[u8]) {
        let key = (state.message, state.recipient);
        let mut copy = self.copies.remove(&key).unwrap_or_default();
        let accept = self.accepts.get(&state.message).cloned();
        self.expect(accept.is_some(), || {
            format!("{state:?} of a message never accepted")
        });
        self.expect(state.sequence > copy.sequence, || {
            format!("{state:?} after {}", copy.sequence)
        });
        copy.sequence = state.sequence;
        copy.number = state.number;
        copy.is_denied |= state.flags & FLAG_REPORT_DENIED != 0;
        let was_ended = copy.end;
        let is_ended = state.state >= 0x80;
        self.expect(was_ended.is_none() || is_ended, || {
            format!("{state:?} leads out of an end")
        });
        if is_ended {
            let end = (state.state, state.until);
            self.expect(was_ended.is_none_or(|was| was == end), || {
                format!("{state:?} ended before: {was_ended:?}")
            });
            copy.end = Some(end);
        }
        let flags = accept.map_or(0, |accept| accept.flags);
        if state.push_to != 0 {
            self.push(&mut copy, state, pdu, flags, was_ended.is_some());
        }
        let is_ours = state.sender != 0 && flags & FLAG_FOREIGN_SENDER == 0;
        let owes = flags & FLAG_DELIVERY_REPORT != 0 && !copy.is_denied && is_ours;
        if is_ended && was_ended.is_none() {
            let reports = copy.delivery_reports.len();
            self.expect(reports == usize::from(owes), || {
                format!("{state:?} ends with {reports} reports")
            });
        }
        self.copies.insert(key, copy);
    }

    fn push(&mut self, copy: &mut Copy, state: &State, pdu: &[u8], flags: u16, was_ended: bool) {
        let read = Pdu::read(pdu).map_err(|error| format!("{error:?}"));
        match read {
            Ok(Pdu::NotificationInd(notification)) => {
                let identity = (
                    notification.content_location.to_vec(),
                    notification.transaction_id.to_vec(),
                );
                let is_same = copy.identity.get_or_insert_with(|| identity.clone()) == &identity;
                self.expect(is_same, || format!("{state:?} changed its identity"));
                let fits = !was_ended && state.state == 1 && state.push_to == state.number;
                self.expect(fits, || format!("{state:?} notifies"));
            }
            Ok(Pdu::DeliveryInd(report)) => {
                copy.delivery_reports.push(report.status);
                let is_right = state.push_to == state.sender && state.state >= 0x80 && !was_ended;
                let is_owed = flags & FLAG_DELIVERY_REPORT != 0 && copy.delivery_reports.len() == 1;
                self.expect(is_right && is_owed, || format!("{state:?} reports a delivery"));
            }
            Ok(Pdu::ReadOrigInd(_)) => {
                copy.read_reports += 1;
                let is_owed = flags & FLAG_READ_REPORT != 0 && copy.read_reports == 1;
                let is_right = state.push_to == state.sender;
                self.expect(is_right && is_owed, || format!("{state:?} reports a reading"));
            }
            other => self.expect(false, || format!("{state:?} pushes {other:?}")),
        }
        self.pushes.push(Push {
            to: state.push_to,
            message: state.message,
            recipient: state.recipient,
            at: state.at,
            pdu: pdu.to_vec(),
        });
    }

    /// Copies of accepted messages that have not ended, by the log.
    #[must_use]
    pub fn open(&self) -> Vec<(u64, u16)> {
        let all = self
            .accepts
            .values()
            .flat_map(|accept| (0..accept.recipients.len()).map(move |index| (accept.message, index as u16)));
        all.filter(|key| self.copies.get(key).is_none_or(|copy| copy.end.is_none()))
            .collect()
    }
}
