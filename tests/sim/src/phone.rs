//! What subscribers do: PDUs out, answers and pushes back in, as owned values that tests can look at.
//!
//! A phone is only a number here; what it has seen stands in the ledger's pushes. Each call settles the world, except
//! those named `ask_…`, which leave the request in front of the shard.

use crate::world::World;
use base::{MessageId, Msisdn, Parcel, Token};
use mms::{
    AcknowledgeInd, Address, Content, ContentType, ForwardReq, NotifyRespInd, Originator, Pdu, ReadRecInd,
    ReadStatus, Recipient, RecipientKind, SendReq, Status, Version,
};
use shard::{Answer, Content as Carried, Method, Request};

/// A subscriber.
pub const ALICE: &str = "447700900001";
/// Another subscriber.
pub const BOB: &str = "447700900002";
/// A third subscriber.
pub const CAROL: &str = "447700900003";
/// A fourth subscriber.
pub const DAVE: &str = "447700900004";
/// A fifth, who should not be trusted: a subscriber.
pub const EVE: &str = "447700900005";

/// text/plain, constrained form.
const TEXT: &[u8] = &[0x83];

/// The number of these digits.
///
/// # Panics
/// Where that is not what it is.
#[must_use]
pub fn number(digits: &str) -> Msisdn {
    Msisdn::from_digits(digits.as_bytes()).expect("a number")
}

/// M-Send.conf or M-Forward.conf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conf {
    /// It answers an M-Forward.req.
    pub is_forward: bool,
    /// X-Mms-Transaction-ID.
    pub transaction: String,
    /// X-Mms-MMS-Version.
    pub version: Version,
    /// X-Mms-Response-Status.
    pub status: u8,
    /// X-Mms-Response-Text.
    pub text: Option<String>,
    /// Message-ID.
    pub message: Option<MessageId>,
}

/// M-Notification.ind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// X-Mms-Transaction-ID.
    pub transaction: String,
    /// X-Mms-Content-Location.
    pub location: String,
    /// The secret in the URL.
    pub token: Token,
    /// X-Mms-MMS-Version.
    pub version: Version,
    /// From.
    pub from: Option<String>,
    /// Subject.
    pub subject: Option<String>,
    /// X-Mms-Message-Size.
    pub size: u64,
    /// Seconds that it is still valid.
    pub expiry_s: u64,
    /// Octets of the PDU.
    pub octets: usize,
    /// When it was pushed, seconds since 1970.
    pub at: u32,
}

/// M-Retrieve.conf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    /// X-Mms-Retrieve-Status.
    pub status: Option<u8>,
    /// From.
    pub from: Option<String>,
    /// X-Mms-Transaction-ID.
    pub transaction: Option<String>,
    /// Message-ID.
    pub message: Option<MessageId>,
    /// To, Cc and Bcc.
    pub recipients: Vec<(RecipientKind, String)>,
    /// X-Mms-Previously-Sent-By and -Date.
    pub previously: usize,
    /// The content.
    pub body: Vec<u8>,
    /// The whole PDU.
    pub octets: Vec<u8>,
}

/// M-Delivery.ind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which message.
    pub message: MessageId,
    /// Whom it is about.
    pub to: String,
    /// X-Mms-Status.
    pub status: Status,
    /// X-Mms-MMS-Version.
    pub version: Version,
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

fn address(originator: Originator<'_>) -> Option<String> {
    match originator {
        Originator::Address(address) => Some(text(address.text.text)),
        Originator::Insert => None,
    }
}

/// Writes an M-Send.req. An address may begin with `cc:` or `bcc:`.
#[must_use]
pub fn send_req(
    transaction: &str,
    to: &[&str],
    body: &[u8],
    change: impl FnOnce(&mut SendReq<'_>),
) -> Vec<u8> {
    let recipients = recipients(to);
    let content = Content::new(ContentType::from_raw(TEXT).expect("a type"), body);
    let mut send = SendReq::new(
        transaction.as_bytes(),
        Version::V1_2,
        Originator::Insert,
        &recipients,
        content,
    );
    change(&mut send);
    let mut pdu = Vec::new();
    send.write(&mut pdu);
    pdu.extend_from_slice(body);
    pdu
}

fn recipients<'a>(to: &[&'a str]) -> Vec<Recipient<'a>> {
    to.iter()
        .map(|text| {
            let (kind, text) = match text.split_once(':') {
                Some(("cc", text)) => (RecipientKind::Cc, text),
                Some(("bcc", text)) => (RecipientKind::Bcc, text),
                _ => (RecipientKind::To, *text),
            };
            let address = Address::ascii(text.as_bytes());
            Recipient { kind, address }
        })
        .collect()
}

/// Writes an M-Forward.req.
#[must_use]
pub fn forward_req(
    transaction: &str,
    to: &[&str],
    location: &str,
    change: impl FnOnce(&mut ForwardReq<'_>),
) -> Vec<u8> {
    let recipients = recipients(to);
    let mut forward = ForwardReq::new(
        transaction.as_bytes(),
        Version::V1_2,
        Originator::Insert,
        &recipients,
        location.as_bytes(),
    );
    change(&mut forward);
    let mut pdu = Vec::new();
    forward.write(&mut pdu);
    pdu
}

/// Writes an M-NotifyResp.ind.
#[must_use]
pub fn notify_resp(transaction: &str, status: Status, report_allowed: Option<bool>) -> Vec<u8> {
    let mut response = NotifyRespInd::new(transaction.as_bytes(), Version::V1_2, status);
    response.report_allowed = report_allowed;
    let mut pdu = Vec::new();
    response.write(&mut pdu);
    pdu
}

/// Writes an M-Read-Rec.ind with a To that should not matter.
#[must_use]
pub fn read_rec(message: MessageId, to: &str) -> Vec<u8> {
    let id = format!("{message}@ringpost.invalid");
    let to = Address::ascii(to.as_bytes());
    let read = ReadRecInd::new(
        Version::V1_2,
        id.as_bytes(),
        to,
        Originator::Insert,
        ReadStatus::ALL[0],
    );
    let mut pdu = Vec::new();
    read.write(&mut pdu);
    pdu
}

/// The PDU of an answer, head and body in one.
#[must_use]
pub fn pdu_of(answer: &Answer) -> Vec<u8> {
    match &answer.content {
        Carried::Pdu { head, body } => {
            let mut octets = head.clone();
            octets.extend_from_slice(body.as_ref().map_or(&[], |body| body.as_slice()));
            octets
        }
        _ => Vec::new(),
    }
}

/// An answer as M-Send.conf or M-Forward.conf.
///
/// # Panics
/// Where that is not what it is.
#[must_use]
pub fn conf_of(answer: &Answer) -> Conf {
    assert_eq!(answer.http_status, 200, "{answer:?}");
    let octets = pdu_of(answer);
    let read = Pdu::read(&octets).unwrap_or_else(|error| panic!("{error:?}: {answer:?}"));
    let (is_forward, transaction, version, status, response, message) = match read {
        Pdu::SendConf(c) => (
            false,
            c.transaction_id,
            c.version,
            c.response_status,
            c.response_text,
            c.message_id,
        ),
        Pdu::ForwardConf(c) => (
            true,
            c.transaction_id,
            c.version,
            c.response_status,
            c.response_text,
            c.message_id,
        ),
        other => panic!("{other:?}"),
    };
    Conf {
        is_forward,
        transaction: text(transaction),
        version,
        status: status.octet(),
        text: response.map(|response| text(response.text)),
        message: message.map(|id| MessageId::from_wire(id).expect("an id")),
    }
}

/// An answer as M-Retrieve.conf.
///
/// # Panics
/// Where that is not what it is.
#[must_use]
pub fn got_of(answer: &Answer) -> Got {
    assert_eq!(answer.http_status, 200, "{answer:?}");
    let octets = pdu_of(answer);
    let Ok(Pdu::RetrieveConf(conf)) = Pdu::read(&octets) else {
        panic!("{answer:?}");
    };
    Got {
        status: conf.retrieve_status.map(|status| status.octet()),
        from: conf.from.and_then(address),
        transaction: conf.transaction_id.map(text),
        message: conf.message_id.and_then(MessageId::from_wire),
        recipients: conf
            .headers
            .items::<Recipient<'_>>()
            .map(|recipient| (recipient.kind, text(recipient.address.text.text)))
            .collect(),
        previously: conf.previously_sent.iter().count(),
        body: conf.content.body.to_vec(),
        octets: octets.clone(),
    }
}

/// A push as M-Notification.ind, if it is one.
///
/// # Panics
/// Where that is not what it is.
#[must_use]
pub fn note_of(pdu: &[u8], at: u32) -> Option<Note> {
    let Ok(Pdu::NotificationInd(note)) = Pdu::read(pdu) else {
        return None;
    };
    let location = text(note.content_location);
    let token = location
        .rsplit('/')
        .next()
        .and_then(|last| Token::from_wire(last.as_bytes()));
    let mms::Time::Relative(expiry_s) = note.expiry else {
        panic!("a relative expiry");
    };
    Some(Note {
        transaction: text(note.transaction_id),
        token: token.expect("a token"),
        location,
        version: note.version,
        from: note.from.and_then(address),
        subject: note.subject.map(|subject| text(subject.text)),
        size: note.message_size_octets,
        expiry_s,
        octets: pdu.len(),
        at,
    })
}

impl World {
    /// Puts a POST in front of its shard.
    pub fn ask_post(&mut self, who: &str, token: Option<Token>, body: Vec<u8>) -> u32 {
        let subscriber = Msisdn::from_digits(who.as_bytes());
        self.ask(|reply_to| Request {
            reply_to,
            subscriber,
            method: Method::Post,
            token,
            body: body.into(),
            oversize: None,
            refusal: None,
        })
    }

    /// Puts a GET in front of its shard.
    pub fn ask_get(&mut self, who: &str, token: Option<Token>) -> u32 {
        let subscriber = Msisdn::from_digits(who.as_bytes());
        self.ask(|reply_to| Request {
            reply_to,
            subscriber,
            method: Method::Get,
            token,
            body: Parcel::default(),
            oversize: None,
            refusal: None,
        })
    }

    /// POST; gives the answer.
    ///
    /// # Panics
    /// Where that is not what it is.
    pub fn post(&mut self, who: &str, token: Option<Token>, body: Vec<u8>) -> Answer {
        let slot = self.ask_post(who, token, body);
        self.settle();
        if !self.answers.contains_key(&slot) {
            // Just after a start it waits for the first segments, and they may fail to come.
            self.advance(6_000, 100);
        }
        self.answers.remove(&slot).expect("an answer")
    }

    /// Sends and expects Ok.
    ///
    /// # Panics
    /// Where that is not what it is.
    pub fn send(
        &mut self,
        who: &str,
        to: &[&str],
        body: &[u8],
        change: impl FnOnce(&mut SendReq<'_>),
    ) -> MessageId {
        let transaction = format!("T{}", self.ledger.records);
        let pdu = send_req(&transaction, to, body, change);
        let conf = conf_of(&self.post(who, None, pdu));
        assert_eq!((conf.status, conf.transaction), (0x80, transaction));
        conf.message.expect("an id")
    }

    /// All notifications pushed to a number, repeats included.
    #[must_use]
    pub fn notes(&self, who: &str) -> Vec<Note> {
        let to = number(who).digits();
        let pushes = self.ledger.pushes.iter().filter(|push| push.to == to);
        pushes.filter_map(|push| note_of(&push.pdu, push.at)).collect()
    }

    /// The last notification pushed to a number.
    ///
    /// # Panics
    /// Where that is not what it is.
    #[must_use]
    pub fn note(&self, who: &str) -> Note {
        self.notes(who).pop().expect("a notification")
    }

    /// All delivery reports pushed to a number.
    ///
    /// # Panics
    /// Where that is not what it is.
    #[must_use]
    pub fn reports(&self, who: &str) -> Vec<Report> {
        let to = number(who).digits();
        let pushes = self.ledger.pushes.iter().filter(|push| push.to == to);
        pushes
            .filter_map(|push| match Pdu::read(&push.pdu) {
                Ok(Pdu::DeliveryInd(report)) => Some(Report {
                    message: MessageId::from_wire(report.message_id).expect("an id"),
                    to: text(report.to.text.text),
                    status: report.status,
                    version: report.version,
                }),
                _ => None,
            })
            .collect()
    }

    /// Statuses of the delivery reports pushed to a number.
    #[must_use]
    pub fn statuses(&self, who: &str) -> Vec<Status> {
        self.reports(who)
            .into_iter()
            .map(|report| report.status)
            .collect()
    }

    /// Asks with GET; what comes is left on the connection.
    ///
    /// # Panics
    /// Where that is not what it is.
    pub fn begin_get(&mut self, who: &str, token: Token) -> Answer {
        let slot = self.ask_get(who, Some(token));
        self.settle();
        self.answers.remove(&slot).expect("an answer")
    }

    /// GET; everything arrives.
    ///
    /// # Panics
    /// Where that is not what it is.
    pub fn get(&mut self, who: &str, token: Token) -> Got {
        let answer = self.begin_get(who, token);
        self.finish_get(&answer, true);
        got_of(&answer)
    }

    /// The octets of a retrieval arrive whole, or not.
    pub fn finish_get(&mut self, answer: &Answer, whole: bool) {
        if let Some(ticket) = answer.sent {
            self.sent(ticket, whole);
            self.settle();
        }
    }

    /// M-NotifyResp.ind.
    ///
    /// # Panics
    /// Where that is not what it is.
    pub fn respond(&mut self, who: &str, note: &Note, status: Status) {
        let answer = self.post(who, None, notify_resp(&note.transaction, status, None));
        assert_eq!(answer.http_status, 200);
    }

    /// M-Acknowledge.ind with the Transaction-ID of what was retrieved.
    ///
    /// # Panics
    /// Where that is not what it is.
    pub fn acknowledge(&mut self, who: &str, transaction: &str) {
        let mut pdu = Vec::new();
        AcknowledgeInd::new(transaction.as_bytes(), Version::V1_2).write(&mut pdu);
        assert_eq!(self.post(who, None, pdu).http_status, 200);
    }

    /// Takes a message as a good phone does: GET, then M-NotifyResp.ind Retrieved.
    ///
    /// # Panics
    /// Where that is not what it is.
    pub fn fetch(&mut self, who: &str) -> Got {
        let note = self.note(who);
        let got = self.get(who, note.token);
        self.respond(who, &note, Status::Retrieved);
        got
    }
}
