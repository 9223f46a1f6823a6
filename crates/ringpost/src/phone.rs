//! A simulated handset, for the demo, for tests and for the operator's command line.
//!
//! ```text
//!  send ── M-Send.req ─► MMSC                      push ◄── outbox of the admin listener (lab)
//!  retrieve ◄── GET ── notification ◄── push       reports ◄── push
//!  respond, acknowledge, read ── POST ─► MMSC
//! ```
//!
//! It does what phones do, on blocking sockets with deadlines: it knows who it is only by the header that its gateway
//! would write, fetches what notifications point at, and keeps the place up to which it has seen its pushes.
//! Invariant: nothing waits longer than the patience that it was made with, or the wait that was asked for.
//!
//! Reading order: [`Phone`], [`compose`] (what it sends), [`message`] (what it gets), [`personality`] (families of
//! handsets), [`http`].

pub mod compose;
pub mod error;
pub mod http;
pub mod message;
pub mod personality;

pub use compose::{File, Submission};
pub use error::PhoneError;
pub use http::Url;
pub use message::{Message, Notification, Part, Push, PushKind, Report};
pub use personality::Personality;

use base::Msisdn;
use http::{Call, Client, Exchange};
use mms::{
    AcknowledgeInd, Address, NotifyRespInd, Originator, Pdu, ReadRecInd, ReadStatus, ResponseStatus,
    SendConf, Status, StatusClass, Version,
};
use std::time::Duration;

/// The media type of every PDU.
const MMS_MESSAGE: &str = "application/vnd.wap.mms-message";

/// What a phone is made with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who it is.
    pub number: Msisdn,
    /// Where it posts its PDUs.
    pub mmsc: Url,
    /// Where its pushes are kept: the admin listener.
    pub admin: Url,
    /// The admin listener's token, if it wants one.
    pub admin_token: Option<String>,
    /// `HOST:PORT` of a proxy that requests go through, as most phones' do.
    pub proxy: Option<String>,
    /// The header that names it to the server.
    pub header: String,
    /// The longest that one request may take.
    pub patience: Duration,
    /// The version of MMS that it speaks.
    pub version: Version,
    /// Which family of handsets it is of.
    pub personality: Personality,
}

impl Config {
    /// A phone in the lab, with what `ringpost serve` has by default.
    #[must_use]
    pub fn lab(number: Msisdn, mmsc: Url, admin: Url) -> Config {
        Config {
            number,
            mmsc,
            admin,
            admin_token: None,
            proxy: None,
            header: "X-MSISDN".to_owned(),
            patience: Duration::from_secs(60),
            version: Version::V1_2,
            personality: Personality::default(),
        }
    }
}

/// A message that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What the server calls it.
    pub message_id: String,
    /// What the phone called the transaction.
    pub transaction_id: String,
}

/// A message that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retrieved {
    /// What it holds.
    pub message: Message,
    /// Octets of the whole PDU.
    pub octets: usize,
}

/// A handset. Its connections are kept between requests.
#[derive(Debug)]
pub struct Phone {
    config: Config,
    mm1: Client,
    admin: Client,
    /// The last push that it has seen.
    seen: u64,
}

impl Phone {
    /// A phone that has seen no push yet.
    #[must_use]
    pub fn new(config: Config) -> Phone {
        let mm1 = Client::new(config.proxy.clone()).framed(config.personality.framing());
        Phone {
            config,
            mm1,
            admin: Client::new(None),
            seen: 0,
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn number(&self) -> Msisdn {
        self.config.number
    }

    /// The last push that it has seen.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Takes pushes up to `seq` as seen.
    pub fn set_seen(&mut self, seq: u64) {
        self.seen = seq;
    }

    /// Talks to another place from here on, as after a restart on other ports; what it has seen stays.
    pub fn move_to(&mut self, mmsc: Url, admin: Url) {
        self.config.mmsc = mmsc;
        self.config.admin = admin;
        self.mm1 = Client::new(self.config.proxy.clone()).framed(self.config.personality.framing());
        self.admin = Client::new(None);
    }

    /// Sends a message and waits for its M-Send.conf.
    ///
    /// # Errors
    /// [`PhoneError::Refused`] with what the server says; or what happened on the way.
    pub fn send(&mut self, submission: &Submission) -> Result<Sent, PhoneError> {
        let transaction_id = match &submission.transaction_id {
            Some(id) => id.clone(),
            None => compose::transaction_id()?,
        };
        let pdu = compose::send_req(submission, transaction_id.as_bytes(), self.config.version)?;
        let answer = self.post(&pdu)?;
        match Pdu::read(&answer)? {
            Pdu::SendConf(conf) => confirmed(&conf, transaction_id),
            other => Err(PhoneError::Unexpected(other.pdu_type().name())),
        }
    }

    /// The next push after the last one seen, in at most `wait`, rounded up to a second; nothing where none came.
    ///
    /// # Errors
    /// What happened on the way.
    pub fn push(&mut self, wait: Duration) -> Result<Option<Push>, PhoneError> {
        let wait_s = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let path = format!(
            "v1/outbox/{}?after={}&wait={wait_s}",
            self.config.number, self.seen
        );
        let token = self
            .config
            .admin_token
            .as_ref()
            .map(|token| format!("Bearer {token}"));
        let fields: Vec<(&str, &str)> = token
            .iter()
            .map(|token| ("Authorization", token.as_str()))
            .collect();
        let call = Call {
            url: &self.config.admin.join(&path),
            fields: &fields,
            body: None,
            // The server waits; the phone gives it some time more to say so.
            patience: self.config.patience + Duration::from_secs(wait_s),
        };
        let answer = self.admin.call(&call)?;
        match answer.status {
            204 => Ok(None),
            200 => {
                let seq = answer
                    .head
                    .field("Outbox-Seq")
                    .and_then(|value| std::str::from_utf8(value).ok());
                let seq = seq
                    .and_then(|value| value.parse().ok())
                    .ok_or(PhoneError::Unnumbered)?;
                self.seen = seq;
                Ok(Some(Push::read(seq, answer.body)?))
            }
            status => Err(PhoneError::Http(status)),
        }
    }

    /// The next notification, in at most `wait` after each other push, which is passed over.
    ///
    /// # Errors
    /// What happened on the way.
    pub fn notification(&mut self, wait: Duration) -> Result<Option<Notification>, PhoneError> {
        while let Some(push) = self.push(wait)? {
            if let PushKind::Notification(notification) = push.kind {
                return Ok(Some(notification));
            }
        }
        Ok(None)
    }

    /// The next delivery or read report, in at most `wait` after each other push, which is passed over.
    ///
    /// # Errors
    /// What happened on the way.
    pub fn report(&mut self, wait: Duration) -> Result<Option<Report>, PhoneError> {
        while let Some(push) = self.push(wait)? {
            if let PushKind::Report(report) = push.kind {
                return Ok(Some(report));
            }
        }
        Ok(None)
    }

    /// Fetches the message that a notification points at; it is not answered yet.
    ///
    /// # Errors
    /// [`PhoneError::Refused`] where the message is not there; or what happened on the way.
    pub fn retrieve(&mut self, location: &str) -> Result<Retrieved, PhoneError> {
        let answer = self.call(&location.parse()?, None)?;
        if answer.status != 200 {
            return Err(PhoneError::Http(answer.status));
        }
        let octets = answer.body.len();
        Ok(Retrieved {
            message: Message::read(&answer.body)?,
            octets,
        })
    }

    /// Fetches what a notification points at, as the family does it.
    ///
    /// # Errors
    /// As [`retrieve`](Self::retrieve).
    pub fn fetch(&mut self, notification: &Notification) -> Result<Retrieved, PhoneError> {
        if !self.config.personality.transaction_suffix {
            return self.retrieve(&notification.content_location);
        }
        let suffixed = format!("{}{}", notification.content_location, notification.transaction_id);
        self.retrieve(&suffixed)
    }

    /// Where an answer to a notification goes: to the MMSC, or to where the message lies.
    fn answers_to(&self, location: &str) -> Result<Url, PhoneError> {
        match self.config.personality.notify_url {
            true => location.parse(),
            false => Ok(self.config.mmsc.clone()),
        }
    }

    /// Answers a notification (M-NotifyResp.ind). Retrieved belongs behind a retrieval, Deferred before one.
    ///
    /// # Errors
    /// What happened on the way.
    pub fn respond(&mut self, notification: &Notification, status: Status) -> Result<(), PhoneError> {
        let mut pdu = Vec::new();
        NotifyRespInd::new(
            notification.transaction_id.as_bytes(),
            self.config.version,
            status,
        )
        .write(&mut pdu);
        let url = self.answers_to(&notification.content_location)?;
        self.post_to(&url, &pdu).map(drop)
    }

    /// Acknowledges a retrieval that named a transaction (M-Acknowledge.ind).
    ///
    /// # Errors
    /// What happened on the way.
    pub fn acknowledge(&mut self, transaction_id: &str) -> Result<(), PhoneError> {
        self.acknowledge_at(&self.config.mmsc.clone(), transaction_id)
    }

    /// The same for what lay at `location`, as the family does it.
    ///
    /// # Errors
    /// What happened on the way.
    pub fn acknowledge_fetched(&mut self, location: &str, transaction_id: &str) -> Result<(), PhoneError> {
        self.acknowledge_at(&self.answers_to(location)?, transaction_id)
    }

    fn acknowledge_at(&mut self, url: &Url, transaction_id: &str) -> Result<(), PhoneError> {
        let mut pdu = Vec::new();
        AcknowledgeInd::new(transaction_id.as_bytes(), self.config.version).write(&mut pdu);
        self.post_to(url, &pdu).map(drop)
    }

    /// Says that a message was read, or thrown away unread (M-Read-Rec.ind). `originator` is its From.
    ///
    /// # Errors
    /// What happened on the way.
    pub fn read_report(
        &mut self,
        message_id: &str,
        originator: &str,
        status: ReadStatus,
    ) -> Result<(), PhoneError> {
        let mut pdu = Vec::new();
        let to = Address::ascii(originator.as_bytes());
        ReadRecInd::new(
            self.config.version,
            message_id.as_bytes(),
            to,
            Originator::Insert,
            status,
        )
        .write(&mut pdu);
        self.post(&pdu).map(drop)
    }

    /// Posts any PDU, well-formed or not, and gives the answer's body.
    ///
    /// # Errors
    /// [`PhoneError::Http`] for any status but 200; or what happened on the way.
    pub fn post(&mut self, pdu: &[u8]) -> Result<Vec<u8>, PhoneError> {
        self.post_to(&self.config.mmsc.clone(), pdu)
    }

    fn post_to(&mut self, url: &Url, pdu: &[u8]) -> Result<Vec<u8>, PhoneError> {
        let answer = self.call(url, Some(pdu))?;
        if answer.status == 200 {
            Ok(answer.body)
        } else {
            Err(PhoneError::Http(answer.status))
        }
    }

    /// Asks the server, as the family does it: its network names it, and it says what it says of itself.
    fn call(&mut self, url: &Url, body: Option<&[u8]>) -> Result<http1::client::Answer, PhoneError> {
        let family = &self.config.personality;
        let identity = family.identity(self.config.number);
        let own = family.own_fields(self.config.number);
        let mut fields = vec![(self.config.header.as_str(), identity.as_str())];
        fields.extend(own.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        if let (Some(_), Some(media_type)) = (body, family.content_type()) {
            fields.push(("Content-Type", media_type));
        }
        let call = Call {
            url,
            fields: &fields,
            body,
            patience: self.config.patience,
        };
        self.mm1.call(&call)
    }

    /// Keeps every exchange with the server from now on.
    pub fn record(&mut self) {
        self.mm1.record();
    }

    /// The exchanges since the last call.
    pub fn take_recorded(&mut self) -> Vec<Exchange> {
        self.mm1.take_recorded()
    }
}

fn confirmed(conf: &SendConf<'_>, transaction_id: String) -> Result<Sent, PhoneError> {
    if conf.transaction_id != transaction_id.as_bytes() {
        return Err(PhoneError::Unexpected("M-Send.conf of another transaction"));
    }
    match conf.message_id {
        Some(id) if conf.response_status.class() == StatusClass::Ok => Ok(Sent {
            message_id: message::text(id),
            transaction_id,
        }),
        _ => Err(PhoneError::Refused {
            status: conf.response_status.octet(),
            name: ResponseStatus::name_of(conf.response_status.octet()).unwrap_or("unknown"),
            text: conf
                .response_text
                .map(|text| message::text(text.text))
                .unwrap_or_default(),
        }),
    }
}
