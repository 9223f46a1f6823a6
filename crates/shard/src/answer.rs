//! What goes back to a connection, and the wall in front of every "Ok".
//!
//! A refusal can be made by anybody. `Answer::accepted`, which promises storage, takes a `&Durable`, and only
//! `store` makes one, after the group holding the record is on disk: acknowledging early does not compile.

use crate::append::Conf;
use crate::brain::Held;
use crate::request::ReplyTo;
use base::{MessageId, Reason, Retry, ShardId};
use mms::{ForwardConf, PduType, ResponseStatus, SendConf};
use profile::Profile;
use store::Durable;

pub use store::Octets as Body;

/// An answer in HTTP's words, content included.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub http_status: u16,
    /// What it carries.
    pub content: Content,
    /// Seconds for `Retry-After`, with every transient refusal, in a PDU or not: the edge, too, leaves such a
    /// connection alone for a moment.
    pub retry_after_s: Option<u32>,
    /// Close the connection after it.
    pub close: bool,
    /// Whom to tell when the last octet has left.
    pub sent: Option<SentTicket>,
}

/// The content of an answer.
#[derive(Clone, Debug)]
pub enum Content {
    /// Nothing: `Content-Length: 0`.
    Empty,
    /// `text/plain`, one sentence.
    Text(&'static str),
    /// On a mail, in SMTP's words: taken, or why not.
    Verdict(Result<(), Reason>),
    /// `application/vnd.wap.mms-message`: a PDU's head, then its body if it has one.
    Pdu {
        /// The head, written for this answer.
        head: Vec<u8>,
        /// The body, as it was received, shared.
        body: Option<Body>,
    },
}

/// Names a retrieval whose end its home shard wants to hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentTicket {
    /// The home shard.
    pub home: ShardId,
    /// Its copy's number there.
    pub number: u32,
    /// Tells that copy from others that had the number.
    pub message: MessageId,
}

/// Seconds after which a client may try again what was refused for now. AOSP's own first retry comes after a
/// minute.
const RETRY_AFTER_S: u32 = 30;

impl Answer {
    fn new(http_status: u16, content: Content) -> Answer {
        Answer {
            http_status,
            content,
            retry_after_s: None,
            close: false,
            sent: None,
        }
    }

    /// A PDU, with status 200.
    pub(crate) fn pdu(head: Vec<u8>, body: Option<Body>) -> Answer {
        Answer::new(200, Content::Pdu { head, body })
    }

    /// To a PDU that has no answer of its own (M-NotifyResp.ind and the like): 200 with nothing in it, which
    /// every client takes (MM1 flows §1, "Empty response").
    pub(crate) fn noted() -> Answer {
        Answer::new(200, Content::Empty)
    }

    /// In HTTP's words, where no PDU can carry the reason.
    #[must_use]
    pub fn failed(reason: Reason) -> Answer {
        let row = reason.row();
        let mut answer = Answer::new(row.http_status, Content::Text(row.text));
        answer.retry_after_s = retry_after_s(reason);
        answer
    }

    /// 250 to a mail that says something of a message of ours: it is on disk, or changed nothing.
    pub(crate) fn mail_taken() -> Answer {
        Answer::new(200, Content::Verdict(Ok(())))
    }

    /// The refusal of a mail.
    pub(crate) fn refused_mail(reason: Reason) -> Answer {
        Answer::new(reason.row().http_status, Content::Verdict(Err(reason)))
    }

    /// 250 to a mail, and whom to give it to. Nothing where the record is of another kind.
    pub(crate) fn arrived(durable: &Durable<Held>) -> Option<(ReplyTo, Answer)> {
        let Held::Arrived(arrived) = durable.value() else {
            return None;
        };
        Some((arrived.reply, Answer::new(200, Content::Verdict(Ok(())))))
    }

    /// M-Send.conf or M-Forward.conf Ok, and whom to give it to. Nothing where the record is of another kind.
    pub(crate) fn accepted(durable: &Durable<Held>, profile: &Profile) -> Option<(ReplyTo, Answer)> {
        let (Held::Accepted(accepted) | Held::Repeated(accepted)) = durable.value() else {
            return None;
        };
        let id = message_id(accepted.message, profile);
        Some((
            accepted.reply,
            Answer::pdu(accepted.conf.write(ResponseStatus::Ok, None, Some(&id)), None),
        ))
    }
}

/// After which a client may try again what was refused for now.
fn retry_after_s(reason: Reason) -> Option<u32> {
    (reason.row().retry == Retry::Later).then_some(RETRY_AFTER_S)
}

/// The Message-ID as it goes out: 16 digits, `@`, the operator's domain.
pub(crate) fn message_id(message: MessageId, profile: &Profile) -> Vec<u8> {
    let mut text = Vec::with_capacity(17 + profile.mm1.domain.len());
    text.extend_from_slice(&message.to_wire());
    text.push(b'@');
    text.extend_from_slice(profile.mm1.domain.as_bytes());
    text
}

impl Conf {
    /// The refusal of the request this answers: status 200 and the exact status octet for the client's version.
    pub(crate) fn refused(&self, reason: Reason) -> Answer {
        let octet = reason.response_status(self.version.minor());
        let status = ResponseStatus::try_from(octet).unwrap_or(ResponseStatus::PermanentFailure);
        let mut answer = Answer::pdu(self.write(status, Some(reason.row().text), None), None);
        answer.retry_after_s = retry_after_s(reason);
        answer
    }

    fn write(&self, status: ResponseStatus, text: Option<&'static str>, id: Option<&[u8]>) -> Vec<u8> {
        let mut head = Vec::with_capacity(160);
        let text = text.map(|text| mms::EncodedString::ascii(text.as_bytes()));
        if self.pdu_type == PduType::ForwardReq.octet() {
            let mut conf = ForwardConf::new(&self.transaction_id, self.version, status);
            (conf.response_text, conf.message_id) = (text, id);
            conf.write(&mut head);
        } else {
            let mut conf = SendConf::new(&self.transaction_id, self.version, status);
            (conf.response_text, conf.message_id) = (text, id);
            conf.write(&mut head);
        }
        head
    }
}
