//! A closed-loop crowd of phones that bears no failure: each opens, sends, fetches and answers all the time.
//!
//! Beside [`actor`](super::actor), whose phones expect their server to die. Used where a server must not be seen to
//! be gone: restarts and reloads. Invariants: a connection that is refused, reset, or closed before its answer is a
//! break, and so is an answer that comes too late; only a view of the outbox, which is a lab's tool and no transaction,
//! may be asked for again.

use super::actor::{Sender, Stop, phone};
use super::carrier::{self, Carrier};
use super::ledger::{Event, Finding, Ledger};
use super::letter::{Letter, subscriber};
use super::server::Place;
use super::turnstile::now;
use super::wire::Wire;
use super::{Failure, Site, records};
use base::Msisdn;
use http1::Persistence;
use mms::{Pdu, ResponseStatus, Status, Version};
use ringpost::phone::{Notification, Phone, PhoneError, PushKind, compose};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Condvar, OnceLock, PoisonError};
use std::time::Duration;

/// Events on their way to the ledger.
const EVENTS_MAX: usize = 4_096;

/// How long one look into the outbox waits.
const LOOK: Duration = Duration::from_secs(1);

/// Mails that a carrier brings between two looks at whether all is over.
const MAILS: u32 = 4;

/// Numbers of carriers' letters begin above those of any sender.
const FIRST_CARRIER: u16 = 1_000;

/// Copies that may be acknowledged and not had yet before senders wait. Reason: the outbox shows the newest thousand
/// pushes of a number, and each copy may be pushed three times before its turn comes.
const AHEAD_MAX: usize = 200;

/// How far the senders are ahead of the recipients: copies that were acknowledged and not had yet.
#[derive(Debug, Default)]
#[expect(clippy::disallowed_types, reason = "senders wait for recipients")]
struct Ahead {
    copies: std::sync::Mutex<usize>,
    fewer: Condvar,
}

impl Ahead {
    fn change(&self, change: impl FnOnce(usize) -> usize) {
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        *copies = change(*copies);
        self.fewer.notify_all();
    }

    fn is_nothing(&self) -> bool {
        *self.copies.lock().unwrap_or_else(PoisonError::into_inner) == 0
    }

    /// Waits until they are not too far, or `is_over`, after which [`change`](Self::change) is called once more.
    fn wait(&self, is_over: impl Fn() -> bool) {
        let copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        let is_far = |copies: &mut usize| *copies > AHEAD_MAX && !is_over();
        drop(self.fewer.wait_while(copies, is_far));
    }
}

/// Copies by letter and recipient.
#[derive(Debug, Default)]
struct Known {
    had: BTreeSet<(u64, Msisdn)>,
    /// Acknowledged to the sender, and not had yet. Either may be heard of first.
    owed: BTreeSet<(u64, Msisdn)>,
}

impl Known {
    fn count(&mut self, event: &Event, ledger: &Ledger, ahead: &Ahead) {
        match event {
            Event::Accepted { serial, .. } | Event::Taken { serial } => {
                let recipients = ledger.letter(*serial).map(|letter| letter.recipients.as_slice());
                let copies = recipients
                    .unwrap_or_default()
                    .iter()
                    .map(|&number| (*serial, number));
                self.owed.extend(copies.filter(|copy| !self.had.contains(copy)));
            }
            Event::Answered { recipient, serial } => {
                self.had.insert((*serial, *recipient));
                self.owed.remove(&(*serial, *recipient));
            }
            _ => return,
        }
        ahead.change(|_| self.owed.len());
    }
}

/// What a crowd did and saw.
#[derive(Debug, Default)]
pub struct Tally {
    /// Letters acknowledged.
    pub accepted: AtomicU64,
    /// Mails of another operator acknowledged.
    pub taken: AtomicU64,
    /// Transactions on connections that were kept open.
    pub kept_open: AtomicU64,
    /// Transactions that failed.
    pub breaks: AtomicU64,
    /// What the first of them was told.
    pub first_break: OnceLock<String>,
    /// The longest transaction, in milliseconds.
    pub longest_ms: AtomicU64,
    ahead: Ahead,
    over: AtomicBool,
}

impl Tally {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
        self.ahead.change(|copies| copies);
    }

    /// Whether another letter is to be sent; waits until the recipients have kept up.
    fn goes_on(&self) -> bool {
        self.ahead.wait(|| self.is_over());
        !self.is_over()
    }

    fn broke(&self, why: impl FnOnce() -> String) {
        self.breaks.fetch_add(1, Ordering::SeqCst);
        self.first_break.get_or_init(why);
    }

    fn timed<T>(&self, transaction: impl FnOnce() -> T) -> T {
        let begun = now();
        let result = transaction();
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.longest_ms.fetch_max(took, Ordering::SeqCst);
        result
    }
}

/// Who is in it.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// The seed.
    pub seed: u64,
    /// Senders that open a connection for each letter; as many again keep theirs open.
    pub senders: u16,
    /// Carriers of another operator's letters; a site with any must be introduced to it.
    pub carriers: u16,
    /// Recipients.
    pub recipients: u16,
    /// The longest that an acknowledged letter may take to be had at the end.
    pub patience: Duration,
}

impl Crowd {
    /// Lets the crowd loose on a server, carries `meanwhile` out, and then waits until everything acknowledged was had.
    /// `meanwhile` may wait for acknowledgements.
    ///
    /// # Errors
    /// What `meanwhile` says.
    pub fn run(
        &self,
        place: Place,
        meanwhile: impl FnOnce(&Receiver<()>) -> Result<(), Failure>,
    ) -> Result<(Ledger, Tally), Failure> {
        let tally = Tally::default();
        let (tell, told) = sync_channel(EVENTS_MAX);
        let (acknowledged, acknowledgements) = sync_channel(EVENTS_MAX);
        let recipients: Vec<Msisdn> = (0..self.recipients).map(|index| subscriber(40 + index)).collect();
        let sent = AtomicBool::new(false);
        let ledger = std::thread::scope(|scope| {
            let (tally, sent) = (&tally, &sent);
            let ledger = scope.spawn(move || {
                let mut ledger = Ledger::default();
                let mut known = Known::default();
                for event in told {
                    known.count(&event, &ledger, &tally.ahead);
                    if matches!(event, Event::Accepted { .. }) {
                        tally.accepted.fetch_add(1, Ordering::SeqCst);
                        // Where nobody waits for them any more they are not counted.
                        let _ = acknowledged.try_send(());
                    }
                    ledger.take(event);
                }
                ledger
            });
            let mut senders = Vec::new();
            for index in 0..self.senders {
                let (tell, recipients) = (tell.clone(), recipients.clone());
                senders.push(scope.spawn(move || self.send(index, place, recipients, (tally, &tell))));
                senders.push(scope.spawn(move || keep_open(subscriber(20 + index), place, tally)));
            }
            for index in 0..self.carriers {
                let (tell, recipients) = (tell.clone(), recipients.clone());
                senders.push(scope.spawn(move || self.carry(index, place, recipients, (tally, &tell))));
            }
            for &recipient in &recipients {
                let tell = tell.clone();
                scope.spawn(move || self.collect(recipient, place, (tally, sent, &tell)));
            }
            drop(tell);
            let outcome = meanwhile(&acknowledgements);
            tally.end();
            for sender in senders {
                // A sender that panicked has said so.
                let _ = sender.join();
            }
            sent.store(true, Ordering::SeqCst);
            // It ends when the last recipient has.
            let ledger = ledger
                .join()
                .map_err(|_| Failure("the ledger panicked".to_owned()));
            outcome.and(ledger)
        })?;
        Ok((ledger, tally))
    }

    fn send(
        &self,
        index: u16,
        place: Place,
        recipients: Vec<Msisdn>,
        (tally, tell): (&Tally, &SyncSender<Event>),
    ) {
        let first = u64::from(index + 1) << 32;
        let mut sender = Sender::new(subscriber(index), self.seed, first, recipients);
        while tally.goes_on() {
            let mut told = |event| drop(tell.send(event));
            let sent = tally.timed(|| sender.send(place, 1, &mut told));
            match sent {
                Ok(Stop::Done) => {}
                Ok(stop) => tally.broke(|| format!("a letter on a new connection: {stop:?}")),
                Err(failure) => tally.broke(|| format!("a letter on a new connection: {failure}")),
            }
        }
    }

    /// Brings letters, some on each connection. A server that ends one between two mails says 421, which is no break.
    fn carry(
        &self,
        index: u16,
        place: Place,
        recipients: Vec<Msisdn>,
        (tally, tell): (&Tally, &SyncSender<Event>),
    ) {
        let first = u64::from(FIRST_CARRIER + index) << 32;
        let mut carrier = Carrier::new(carrier::foreigner(index), self.seed, first, recipients);
        while tally.goes_on() {
            let mut told = |event| {
                if matches!(event, Event::Taken { .. }) {
                    tally.taken.fetch_add(1, Ordering::SeqCst);
                }
                drop(tell.send(event));
            };
            if tally.timed(|| carrier.send(place, MAILS, &mut told)) == Stop::Broken {
                tally.broke(|| "another operator's mail".to_owned());
            }
        }
    }

    /// Takes what comes for one recipient, until all is sent, everybody has had theirs, and nothing more comes; or
    /// until nothing has come for so long that what is missing counts as lost.
    fn collect(
        &self,
        number: Msisdn,
        place: Place,
        (tally, sent, tell): (&Tally, &AtomicBool, &SyncSender<Event>),
    ) {
        let Ok(mut phone) = phone(number, place) else {
            return;
        };
        let mut done = BTreeSet::new();
        let mut last = now();
        loop {
            let is_all = sent.load(Ordering::SeqCst);
            match phone.push(LOOK) {
                // The admin listener is served by one process or the other; a look that breaks off is repeated.
                Err(_) | Ok(None) if !is_all => last = now(),
                Err(_) | Ok(None) if tally.ahead.is_nothing() || last.elapsed() > self.patience => return,
                Err(_) | Ok(None) => {}
                Ok(Some(push)) => {
                    last = now();
                    if let PushKind::Notification(notification) = push.kind
                        && done.insert(notification.content_location.clone())
                        && let Err(error) = tally.timed(|| self.take(&mut phone, &notification, tell))
                    {
                        tally.broke(|| format!("a retrieval: {error}"));
                        done.remove(&notification.content_location);
                    }
                }
            }
        }
    }

    /// Fetches and answers one letter.
    fn take(
        &self,
        phone: &mut Phone,
        notification: &Notification,
        tell: &SyncSender<Event>,
    ) -> Result<(), PhoneError> {
        let recipient = phone.number();
        let subject = notification.subject.clone().unwrap_or_default();
        let serial = Letter::serial_of(&subject).unwrap_or_default();
        // The ledger listens until the last of us has gone.
        let tell = |event| drop(tell.send(event));
        tell(Event::Notified {
            recipient,
            subject,
            location: notification.content_location.clone(),
            transaction_id: notification.transaction_id.clone(),
        });
        let got = phone.retrieve(&notification.content_location)?;
        let letter = Letter {
            serial,
            seed: self.seed,
            sender: recipient,
            recipients: Vec::new(),
        };
        tell(Event::Fetched {
            recipient,
            serial,
            is_same: matches!(&got.message.parts[..], [part] if part.octets == letter.content()),
            message_id: got.message.message_id,
        });
        phone.respond(notification, Status::Retrieved)?;
        tell(Event::Answered { recipient, serial });
        Ok(())
    }
}

/// Sends on one connection until it is told to open another.
fn keep_open(number: Msisdn, place: Place, tally: &Tally) {
    let mut wire = None;
    let mut serial = 0_u64;
    while !tally.is_over() {
        serial += 1;
        let done = tally.timed(|| {
            let mut open = match wire.take() {
                Some(open) => open,
                None => Wire::open(place.mm1)?,
            };
            let persistence = send_on(&mut open, number, serial)?;
            if persistence == Persistence::KeepAlive {
                wire = Some(open);
            }
            Ok::<(), Failure>(())
        });
        match done {
            Ok(()) => drop(tally.kept_open.fetch_add(1, Ordering::SeqCst)),
            Err(failure) => tally.broke(|| format!("a letter on a kept connection: {failure}")),
        }
    }
}

/// One letter to oneself on an open connection.
fn send_on(wire: &mut Wire, number: Msisdn, serial: u64) -> Result<Persistence, Failure> {
    let letter = Letter {
        serial,
        seed: 0,
        sender: number,
        recipients: vec![number],
    };
    let transaction = format!("k{serial:x}");
    let pdu = compose::send_req(&letter.submission(), transaction.as_bytes(), Version::V1_2)?;
    let head = format!(
        "POST / HTTP/1.1\r\nHost: mms.test\r\nX-MSISDN: {number}\r\nContent-Type: \
         application/vnd.wap.mms-message\r\nContent-Length: {}\r\n\r\n",
        pdu.len()
    );
    wire.send(&[head.as_bytes(), &pdu].concat())?;
    let answer = wire
        .answer()?
        .ok_or_else(|| Failure("closed before the answer".to_owned()))?;
    match Pdu::read(&answer.body) {
        Ok(Pdu::SendConf(conf)) if conf.response_status == ResponseStatus::Ok => Ok(answer.persistence),
        _ => Err(Failure(format!("not accepted: {}", answer.status))),
    }
}

/// Holds the ledger against the logs of a stopped server; everything that must not be.
///
/// # Errors
/// Where the logs can't be read.
pub fn judge(mut ledger: Ledger, crowd: &Crowd, site: &Site) -> Result<Vec<Finding>, Failure> {
    for index in 0..crowd.recipients {
        let recipient = subscriber(40 + index);
        for serial in ledger.owed(recipient).into_keys() {
            let recipient = recipient.digits();
            let how = "it never came".to_owned();
            ledger.find(Finding::Lost {
                serial,
                recipient,
                how,
            });
        }
    }
    let verdict = site.log(&["verify"])?;
    if verdict.status.code() != Some(0) {
        let said = String::from_utf8_lossy(&verdict.stdout).into_owned();
        ledger.find(Finding::NotSound { said });
    }
    ledger.read(&records::dump(site)?);
    ledger.judge();
    Ok(ledger.findings().cloned().collect())
}
