//! What phones, and one operator, send to other operators' subscribers, and what their MMSCs say of that later.
//!
//! Beside `abroad`, where each mail is answered. What the peer says is a mail as it writes it, read as the edge reads
//! it: responses, delivery reports, read reports, bounces; early, late, twice and in any order. Invariants: it speaks
//! of nothing that it cannot have; in calm weather it speaks of all that it has.

use super::Walk;
use super::peer::FAR;
use crate::event::Event;
use crate::world::MailHead;
use base::{MessageId, Reason, Retry};
use shard::arrival::{Envelope, What, read};
use shard::{Arrival, Content, Relay, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A message, and one of its recipients.
type Key = (u64, u64);

/// What the peer says of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// MM4_forward.RES, with this status.
    Answer(&'static str),
    /// MM4_delivery_report.REQ, with this status.
    Delivery(&'static str),
    /// MM4_read_reply_report.REQ.
    Reading,
    /// A report of its mail system that there is no such mailbox (RFC 3464).
    Bounce,
}

impl Says {
    /// The end that it means, as an octet of X-Mms-Status; 0 where it means none.
    fn end(self) -> u8 {
        match self {
            Says::Answer("Error-service-denied") | Says::Delivery("Rejected") => 0x82,
            Says::Answer("Error-unsupported-message") => 0x84,
            Says::Delivery("Retrieved") => 0x81,
            Says::Delivery("Expired") => 0x80,
            Says::Bounce => 0x87,
            Says::Answer(_) | Says::Delivery(_) | Says::Reading => 0,
        }
    }
}

/// What a peer needs to speak of a message.
#[derive(Clone, Debug)]
struct Named {
    /// Whose it is: the name of its profile.
    peer: Arc<str>,
    /// Another operator brought it and named it.
    is_passed: bool,
    transaction: String,
    id: String,
    from: u64,
    /// Whom the mail was for.
    to: Vec<u64>,
}

/// What the peer has.
#[derive(Debug, Default)]
pub(super) struct Afield {
    held: BTreeMap<Key, Named>,
    /// What it said and was not answered for yet, by slot; and what it will say again.
    said: BTreeMap<u32, (Key, Says)>,
    /// What was ever reported of what was passed on, by its submission: to whom, and the end that it means.
    reported: BTreeMap<usize, BTreeSet<(u64, u8)>>,
    unsure: Vec<(Key, Says)>,
}

impl Walk {
    /// The peer is sent a message; it may have it by now.
    pub(super) fn hear_forward(&mut self, relay: &Relay, verdict: Verdict, of: &impl Fn(&str) -> String) {
        let id = of("X-Mms-Message-ID");
        let bits = MailHead::of(&relay.mail).message();
        let found = bits.and_then(|bits| Some((bits, *self.of_message.get(&bits)?)));
        let Some((message, number)) = found else {
            let what = format!("{id} is sent to a peer, and stands nowhere");
            return self.court.find("durability", what);
        };
        let submission = self.book.submission(number).clone();
        // What is passed on keeps its name.
        let name = id.trim_matches('"');
        let is_named = match submission.is_brought {
            true => name == submission.transaction,
            false => MessageId::from_wire(name.as_bytes()).map(MessageId::bits) == bits,
        };
        if !is_named || (submission.is_brought && *relay.peer != *FAR) {
            let what = format!("{message:x} goes to {} as {id}", relay.peer);
            self.court.find("durability", what);
        }
        self.coverage
            .add("outcome: message passed on", u64::from(submission.is_brought));
        let head = relay.mail.split(|octet| *octet == b'\n');
        let head: Vec<u8> = head
            .take_while(|line| line.len() > 1)
            .flatten()
            .copied()
            .collect();
        let open =
            |text: &&String| submission.visible.contains(*text) || **text == submission.from.to_string();
        let mut secrets = submission.hidden.iter().filter(|text| !open(text));
        let is_there = |text: &&String| head.windows(text.len()).any(|window| window == text.as_bytes());
        if let Some(secret) = secrets.find(is_there) {
            let what = format!("a peer can read {secret} in {message:x}");
            self.court.find("privacy", what);
        }
        let has_it = verdict == Verdict::Stored || (verdict == Verdict::Unsure && self.one_in(2));
        let digits = |path: &String| {
            let number = path.trim_start_matches('+').split('/').next();
            number.unwrap_or_default().to_owned()
        };
        let all: Vec<String> = relay.recipients.iter().map(digits).collect();
        for digits in &all {
            if !submission.visible.contains(digits) && !submission.hidden.contains(digits) {
                let what = format!("{message:x} is sent to {digits}");
                self.court.find("privacy", what);
            }
            let Some(to) = digits.parse().ok().filter(|_| has_it) else {
                continue;
            };
            let named = Named {
                peer: Arc::clone(&relay.peer),
                is_passed: submission.is_brought,
                transaction: of("X-Mms-Transaction-ID"),
                id: id.clone(),
                from: submission.from,
                to: all.iter().filter_map(|digits| digits.parse().ok()).collect(),
            };
            self.afield.held.insert((message, to), named);
        }
    }

    /// The peer says something of what it has, right or wrong.
    pub(super) fn speak(&mut self) {
        self.take_words();
        if self.afield.held.is_empty() {
            return;
        }
        for _ in 0..self.dice(3) {
            if !self.afield.unsure.is_empty() && self.one_in(2) {
                let at = self.dice(self.afield.unsure.len() as u64) as usize;
                let (key, says) = self.afield.unsure.swap_remove(at);
                self.say(key, says);
                continue;
            }
            let at = self.dice(self.afield.held.len() as u64) as usize;
            let Some(key) = self.afield.held.keys().nth(at).copied() else {
                continue;
            };
            let says = match self.dice(20) {
                0..=8 => Says::Answer("Ok"),
                9 | 10 => Says::Answer("Error-network-problem"),
                11 => Says::Answer("Error-service-denied"),
                12 => Says::Answer("Error-unsupported-message"),
                13 => Says::Delivery("Deferred"),
                14 => Says::Delivery("Expired"),
                15 => Says::Delivery("Rejected"),
                16 | 17 => Says::Delivery("Retrieved"),
                18 => Says::Bounce,
                _ => Says::Reading,
            };
            self.say(key, says);
            if self.one_in(5) {
                self.say(key, says);
            }
        }
    }

    /// In calm weather the peer delivers what it has, and says so.
    pub(super) fn speak_all(&mut self) {
        self.take_words();
        let copies = &self.world.ledger.copies;
        // What was passed on is the same to its peer, however often it is stored here.
        let is_over = |(message, to): &Key| {
            self.same_as(*message).into_iter().all(|message| {
                let mut of_message = copies.range((message, 0)..=(message, u16::MAX));
                of_message.all(|(_, copy)| copy.number != *to || copy.end.is_some())
            })
        };
        let mut open: Vec<Key> = self.afield.held.keys().copied().collect();
        open.retain(|key| !is_over(key));
        for key in open {
            self.say(key, Says::Answer("Ok"));
            self.say(key, Says::Delivery("Retrieved"));
        }
    }

    fn say(&mut self, key: Key, says: Says) {
        let Some(named) = self.afield.held.get(&key).cloned() else {
            return;
        };
        let mail = write(&named, key.1, says);
        let routes = self.world.routes.current();
        // Who is no peer at the moment is not let in.
        let Some(peer) = routes.peers().find(&named.peer) else {
            return;
        };
        let envelope = Envelope {
            peer,
            recipients: &[],
            routes: &routes,
            profile: &self.world.shape.profile,
            now: self.world.wall(),
        };
        let what: What = match read(mail.as_bytes(), &envelope) {
            Ok(what) => what,
            Err(refused) => {
                let what = format!("{mail} is refused: {refused:?}");
                return self.court.find("codec", what);
            }
        };
        self.coverage.count(match says {
            Says::Answer(_) => "act: a peer answers a message",
            Says::Delivery(_) => "act: a peer reports a delivery",
            Says::Reading => "act: a peer reports a reading",
            Says::Bounce => "act: a mail to a peer bounces",
        });
        let (message, to) = key;
        self.tell(|| format!("the peer says of {message:x} to {to}: {says:?}"));
        // A response that names nobody is about all of the mail's recipients.
        let about = match says {
            Says::Answer(_) => named.to,
            Says::Delivery(_) | Says::Reading | Says::Bounce => vec![to],
        };
        // And a report on what was passed on names what its first operator called it, which may be stored twice.
        let messages = match says {
            Says::Delivery(_) | Says::Reading if named.is_passed => self.same_as(message),
            _ => vec![message],
        };
        if named.is_passed
            && let Some(number) = self.of_message.get(&message)
        {
            let reported = self.afield.reported.entry(*number).or_default();
            reported.extend(about.iter().map(|to| (*to, says.end())));
        }
        for message in messages {
            for to in &about {
                self.hear(&Event::Spoken(message, *to, says.end()));
            }
        }
        let slot = self.world.bring(|reply_to| Arrival {
            reply_to,
            peer: Arc::clone(&named.peer),
            what,
        });
        self.afield.said.insert(slot, (key, says));
    }

    /// Hears how the peer's words were answered.
    fn take_words(&mut self) {
        let slots: Vec<u32> = self.afield.said.keys().copied().collect();
        for slot in slots {
            let Some(answer) = self.world.answers.remove(&slot) else {
                continue;
            };
            let Some((key, says)) = self.afield.said.remove(&slot) else {
                continue;
            };
            match answer.content {
                Content::Verdict(Ok(())) => {}
                // Of what was passed on, and is over, nobody need know any more.
                Content::Verdict(Err(Reason::MessageNotFound)) if self.is_forgotten(key) => {}
                Content::Verdict(Err(reason)) if reason.row().retry != Retry::Never => {
                    self.coverage.refusal(reason.row().text);
                    self.afield.unsure.push((key, says));
                }
                other => {
                    let what = format!("{says:?} of {key:x?} is answered {other:?}");
                    self.court.find("admission", what);
                }
            }
        }
    }

    /// A message is stored. Where it is one that was brought before, what was reported of that may be taken for a
    /// report on this.
    pub(super) fn stored(&mut self, message: u64) {
        let Some(number) = self.of_message.get(&message).copied() else {
            return;
        };
        if self.swarm.passes == 0 || !self.book.submission(number).is_brought {
            return;
        }
        let is_again = self.same_as(message).len() > 1;
        self.coverage.add(
            "outcome: message stored again after a refusal",
            u64::from(is_again),
        );
        for (to, end) in self.afield.reported.get(&number).cloned().unwrap_or_default() {
            self.hear(&Event::Spoken(message, to, end));
        }
    }

    /// The messages that are stored of the same submission.
    pub(super) fn same_as(&self, message: u64) -> Vec<u64> {
        let number = self.of_message.get(&message);
        let same = self.of_message.iter().filter(|(_, known)| Some(*known) == number);
        same.map(|(message, _)| *message).collect()
    }

    /// Whether a copy that was passed on has ended, in each message that is stored of it.
    fn is_forgotten(&self, (message, to): Key) -> bool {
        let named = self.afield.held.get(&(message, to));
        let messages = self.same_as(message).into_iter();
        let copies = &self.world.ledger.copies;
        let mut of_them = messages.flat_map(|message| copies.range((message, 0)..=(message, u16::MAX)));
        named.is_some_and(|named| named.is_passed)
            && of_them.all(|(_, copy)| copy.number != to || copy.end.is_some())
    }

    /// The process is gone: what was said and not answered is said again.
    pub(super) fn lose_words(&mut self) {
        let said = std::mem::take(&mut self.afield.said);
        self.afield.unsure.extend(said.into_values());
    }
}

/// The mail that says so, about a number of the peer.
fn write(named: &Named, number: u64, says: Says) -> String {
    let Named {
        peer,
        is_passed: _,
        transaction,
        id,
        from,
        to: _,
    } = named;
    let ours = format!("+{from}/TYPE=PLMN@ringpost.invalid");
    let (kind, status) = match says {
        Says::Answer(status) => {
            return format!(
                "From: system-user@mms.{peer}.example\r\nTo: system-user@ringpost.invalid\r\n\
                 X-Mms-3GPP-MMS-Version: 6.3.0\r\nX-Mms-Message-Type: MM4_forward.RES\r\n\
                 X-Mms-Transaction-ID: \"{transaction}\"\r\nX-Mms-Message-ID: \"{id}\"\r\n\
                 X-Mms-Request-Status-Code: {status}\r\n\r\n"
            );
        }
        Says::Delivery(status) => ("delivery", format!("X-Mms-MM-Status-Code: {status}")),
        Says::Reading => ("read_reply", "X-Mms-Read-Status: Read".to_owned()),
        Says::Bounce => {
            return format!(
                "From: MAILER-DAEMON@mx.{peer}.example\r\nTo: system-user@ringpost.invalid\r\nMIME-Version: 1.0\r\n\
                 Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
                 --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.{peer}.example\r\n\r\n\
                 Final-Recipient: rfc822; +{number}/TYPE=PLMN@mms.{peer}.example\r\nAction: failed\r\n\
                 Status: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
                 X-Mms-Transaction-ID: \"{transaction}\"\r\n\r\n--b--\r\n"
            );
        }
    };
    let wanted = if number.is_multiple_of(2) { "Yes" } else { "No" };
    format!(
        "From: +{number}/TYPE=PLMN@mms.{peer}.example\r\nTo: {ours}\r\nSender: system-user@mms.{peer}.example\r\n\
         Date: Sat, 14 Nov 2026 00:00:10 +0000\r\nX-Mms-3GPP-MMS-Version: 6.3.0\r\n\
         X-Mms-Message-Type: MM4_{kind}_report.REQ\r\nX-Mms-Transaction-ID: \"r-{number}\"\r\n\
         X-Mms-Message-ID: <{id}>\r\nX-Mms-Ack-Request: {wanted}\r\n{status}\r\n\r\n"
    )
}
