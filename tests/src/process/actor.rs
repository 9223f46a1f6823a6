//! Phones of a torture run: senders that send letters, inboxes that fetch and answer them.
//!
//! Between the server and the ledger: they act as phones do, and tell what they saw as events. What they know survives
//! kills of the server, as a phone's memory would. Invariants: an actor stops at the first broken connection, for the
//! server is dead then; what was sent and not answered is sent again, unchanged, before anything new.

use super::Failure;
use super::author::Author;
use super::ledger::{Event, Finding};
use super::letter::Letter;
use super::server::Place;
use super::site::RETRIEVAL_BASE;
use crate::fuzz::Dice;
use base::Msisdn;
use mms::Status;
use ringpost::phone::{Config, Notification, Phone, PhoneError, Push, PushKind, Url};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// The longest that one request of a phone may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ended letters that an inbox fetches again, to see that they are still there.
const DONE_KEPT: usize = 4;

/// Refusals in a row that a sender bears; each is a transient one.
const REFUSALS_MAX: u32 = 1_000;

/// A phone that reaches the server as a proxy.
///
/// # Errors
/// Never, for an address.
pub fn phone(number: Msisdn, place: Place) -> Result<Phone, Failure> {
    let mmsc: Url = RETRIEVAL_BASE.parse()?;
    let config = Config {
        proxy: Some(place.mm1.to_string()),
        patience: PATIENCE,
        ..Config::lab(number, mmsc, place.admin_url()?)
    };
    Ok(Phone::new(config))
}

/// Where an actor's events go.
pub type Tell<'a> = &'a mut dyn FnMut(Event);

/// Why an actor stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The connection broke, or nothing came any more.
    Broken,
    /// It has done what it was to do.
    Done,
}

/// What an error means: a dead server breaks connections, also within an answer; all else is a finding.
fn judge(error: PhoneError, tell: Tell<'_>) -> Stop {
    match error {
        PhoneError::Io(_) | PhoneError::Late | PhoneError::Answer(_) => Stop::Broken,
        other => {
            tell(Event::Found(Finding::Unexpected {
                what: other.to_string(),
            }));
            Stop::Done
        }
    }
}

/// Sends letters to recipients that it chooses.
#[derive(Debug)]
pub struct Sender {
    author: Author,
}

impl Sender {
    /// A sender whose letters' numbers begin at `first`.
    #[must_use]
    pub fn new(number: Msisdn, seed: u64, first: u64, recipients: Vec<Msisdn>) -> Sender {
        Sender {
            author: Author::new(number, seed, first, recipients),
        }
    }

    /// Sends what was not answered before the server died.
    ///
    /// # Errors
    /// Where a phone can't be made.
    pub fn catch_up(&mut self, place: Place, tell: Tell<'_>) -> Result<Stop, Failure> {
        if !self.author.is_waiting() {
            return Ok(Stop::Done);
        }
        self.send(place, 1, tell)
    }

    /// Sends up to `count` letters, repeating one now and then.
    ///
    /// # Errors
    /// Where a phone can't be made.
    pub fn send(&mut self, place: Place, count: u32, tell: Tell<'_>) -> Result<Stop, Failure> {
        let mut phone = phone(self.author.number, place)?;
        let (mut sent, mut refused) = (0, 0);
        while sent < count {
            let letter = self.author.letter();
            tell(Event::Sending(letter.clone()));
            match phone.send(&letter.submission()) {
                Ok(answer) => {
                    let (serial, message_id) = (letter.serial, answer.message_id);
                    tell(Event::Accepted { serial, message_id });
                    self.author.answered();
                    sent += 1;
                }
                // Transient: this phone tries at once again.
                Err(PhoneError::Refused { status: 0xC0, .. }) if refused < REFUSALS_MAX => refused += 1,
                Err(error) => return Ok(judge(error, tell)),
            }
        }
        Ok(Stop::Done)
    }
}

/// Fetches and answers what comes for one subscriber.
#[derive(Debug)]
pub struct Inbox {
    number: Msisdn,
    seed: u64,
    dice: Dice,
    /// The last push that it has seen.
    seen: u64,
    /// Notifications not answered yet, by where the letter lies.
    open: BTreeMap<String, Open>,
    done: VecDeque<(String, u64)>,
}

#[derive(Debug)]
struct Open {
    notification: Notification,
    serial: u64,
    is_fetched: bool,
}

/// How much an inbox does at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zeal {
    /// As the dice say: some letters are left for later, some deferred.
    Some,
    /// Everything is fetched.
    Fetch,
    /// Everything is fetched and answered.
    Answer,
}

impl Inbox {
    /// An empty one.
    #[must_use]
    pub fn new(number: Msisdn, seed: u64) -> Inbox {
        Inbox {
            number,
            seed,
            dice: Dice::new(seed, number.digits()),
            seen: 0,
            open: BTreeMap::new(),
            done: VecDeque::new(),
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn number(&self) -> Msisdn {
        self.number
    }

    /// The phone, with what it has seen.
    ///
    /// # Errors
    /// Never, for an address.
    pub fn phone(&self, place: Place) -> Result<Phone, Failure> {
        let mut phone = phone(self.number, place)?;
        phone.set_seen(self.seen);
        Ok(phone)
    }

    /// Takes one push, if one comes within `wait`, and does with it as told.
    ///
    /// # Errors
    /// Why the actor stops.
    pub fn look(
        &mut self,
        phone: &mut Phone,
        wait: Duration,
        zeal: Zeal,
        tell: Tell<'_>,
    ) -> Result<bool, Stop> {
        let push = phone.push(wait).map_err(|error| judge(error, tell))?;
        self.seen = phone.seen();
        let Some(push) = push else { return Ok(false) };
        let Some(location) = self.note(push, tell) else {
            return Ok(true);
        };
        if zeal == Zeal::Some && self.dice.one_in(10) {
            if let Some(open) = self.open.get(&location) {
                let deferred = phone.respond(&open.notification, Status::Deferred);
                deferred.map_err(|error| judge(error, tell))?;
            }
        } else if zeal != Zeal::Some || !self.dice.one_in(8) {
            self.fetch(phone, &location, tell)?;
            if zeal == Zeal::Answer || (zeal == Zeal::Some && !self.dice.one_in(4)) {
                self.answer(phone, &location, tell)?;
            }
        }
        Ok(true)
    }

    /// Tells of a push; gives a notification's location.
    fn note(&mut self, push: Push, tell: Tell<'_>) -> Option<String> {
        let PushKind::Notification(notification) = push.kind else {
            let what = format!("{:?} for a subscriber that sent nothing", push.kind);
            tell(Event::Found(Finding::Unexpected { what }));
            return None;
        };
        let subject = notification.subject.clone().unwrap_or_default();
        tell(Event::Notified {
            recipient: self.number,
            subject: subject.clone(),
            location: notification.content_location.clone(),
            transaction_id: notification.transaction_id.clone(),
        });
        let serial = Letter::serial_of(&subject)?;
        let location = notification.content_location.clone();
        if self.done.iter().any(|(done, _)| *done == location) {
            return None;
        }
        self.open.entry(location.clone()).or_insert(Open {
            notification,
            serial,
            is_fetched: false,
        });
        Some(location)
    }

    fn fetch(&mut self, phone: &mut Phone, location: &str, tell: Tell<'_>) -> Result<(), Stop> {
        let Some(open) = self.open.get_mut(location) else {
            return Ok(());
        };
        let serial = open.serial;
        open.is_fetched = get(phone, self.seed, (location, serial), tell)?;
        Ok(())
    }

    fn answer(&mut self, phone: &mut Phone, location: &str, tell: Tell<'_>) -> Result<(), Stop> {
        let Some(open) = self.open.get(location).filter(|open| open.is_fetched) else {
            return Ok(());
        };
        let answered = phone.respond(&open.notification, Status::Retrieved);
        answered.map_err(|error| judge(error, tell))?;
        let (recipient, serial) = (self.number, open.serial);
        tell(Event::Answered { recipient, serial });
        self.open.remove(location);
        self.done.push_back((location.to_owned(), serial));
        if self.done.len() > DONE_KEPT {
            self.done.pop_front();
        }
        Ok(())
    }

    /// Fetches everything that it has heard of and not answered, and the last ones that it has; answers as told.
    ///
    /// # Errors
    /// Why the actor stops.
    pub fn fetch_all(&mut self, phone: &mut Phone, zeal: Zeal, tell: Tell<'_>) -> Result<(), Stop> {
        let done: Vec<(String, u64)> = self.done.iter().cloned().collect();
        for (location, serial) in done {
            get(phone, self.seed, (&location, serial), tell)?;
        }
        let open: Vec<String> = self.open.keys().cloned().collect();
        for location in open {
            self.fetch(phone, &location, tell)?;
            if zeal == Zeal::Answer || self.dice.one_in(2) {
                self.answer(phone, &location, tell)?;
            }
        }
        Ok(())
    }

    /// Whether it has heard of a letter.
    #[must_use]
    pub fn knows(&self, serial: u64) -> bool {
        let open = self.open.values().any(|open| open.serial == serial);
        open || self.done.iter().any(|(_, done)| *done == serial)
    }
}

/// Fetches a letter and compares it; whether it was there.
fn get(phone: &mut Phone, seed: u64, what: (&str, u64), tell: Tell<'_>) -> Result<bool, Stop> {
    let (location, serial) = what;
    let recipient = phone.number();
    match phone.retrieve(location) {
        Ok(got) => {
            let letter = Letter {
                serial,
                seed,
                sender: recipient,
                recipients: Vec::new(),
            };
            let is_same = matches!(&got.message.parts[..], [part] if part.octets == letter.content());
            tell(Event::Fetched {
                recipient,
                serial,
                is_same,
                message_id: got.message.message_id,
            });
            Ok(true)
        }
        Err(PhoneError::Io(_) | PhoneError::Late | PhoneError::Answer(_)) => Err(Stop::Broken),
        Err(error) => {
            tell(Event::Found(Finding::Lost {
                serial,
                recipient: recipient.digits(),
                how: error.to_string(),
            }));
            Ok(false)
        }
    }
}
