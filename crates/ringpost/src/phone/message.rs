//! What a phone gets: pushes, notifications, messages with their parts, reports.
//!
//! Behind [`Phone`](super::Phone): PDUs become owned values. Invariants: parts keep their octets; file names that come
//! from a sender are never a path ([`Part::file_name`]).

use super::PhoneError;
use mms::{Originator, Pdu, ReadStatus, RetrieveStatus, Status, StatusClass};

/// A push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Its number in the outbox.
    pub seq: u64,
    /// The PDU, as it came.
    pub pdu: Vec<u8>,
    /// What it says.
    pub kind: PushKind,
}

/// What a push says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushKind {
    /// A message waits.
    Notification(Notification),
    /// Something became of a message that was sent.
    Report(Report),
    /// Another PDU, by its name.
    Other(&'static str),
}

/// M-Notification.ind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// To be repeated in the answer.
    pub transaction_id: String,
    /// Where the message is.
    pub content_location: String,
    /// The sender, unless hidden.
    pub from: Option<String>,
    /// Subject.
    pub subject: Option<String>,
    /// X-Mms-Message-Size.
    pub size_octets: u64,
}

/// M-Delivery.ind or M-Read-Orig.ind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The message that it is about.
    pub message_id: String,
    /// The recipient that it is about.
    pub recipient: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What a report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Of the delivery.
    Delivery(Status),
    /// Of the reading.
    Read(ReadStatus),
}

impl Outcome {
    /// In the specification's words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Delivery(status) => status.name(),
            Outcome::Read(status) => status.name(),
        }
    }
}

/// M-Retrieve.conf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Present where the server wants an acknowledgement.
    pub transaction_id: Option<String>,
    /// What the server calls it; read reports name it.
    pub message_id: Option<String>,
    /// The sender, unless hidden.
    pub from: Option<String>,
    /// Subject.
    pub subject: Option<String>,
    /// The parts, in order.
    pub parts: Vec<Part>,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its media type.
    pub content_type: String,
    /// What its sender called it; anything may stand there.
    pub name: Option<String>,
    /// Its octets.
    pub octets: Vec<u8>,
}

impl Push {
    /// Reads a push.
    ///
    /// # Errors
    /// [`PhoneError::Pdu`].
    pub fn read(seq: u64, pdu: Vec<u8>) -> Result<Push, PhoneError> {
        let kind = match Pdu::read(&pdu)? {
            Pdu::NotificationInd(ind) => PushKind::Notification(Notification {
                transaction_id: text(ind.transaction_id),
                content_location: text(ind.content_location),
                from: ind.from.and_then(originator),
                subject: ind.subject.map(|subject| text(subject.text)),
                size_octets: ind.message_size_octets,
            }),
            Pdu::DeliveryInd(ind) => PushKind::Report(Report {
                message_id: text(ind.message_id),
                recipient: text(ind.to.text.text),
                outcome: Outcome::Delivery(ind.status),
            }),
            Pdu::ReadOrigInd(ind) => PushKind::Report(Report {
                message_id: text(ind.message_id),
                recipient: originator(ind.from).unwrap_or_default(),
                outcome: Outcome::Read(ind.read_status),
            }),
            other => PushKind::Other(other.pdu_type().name()),
        };
        Ok(Push { seq, pdu, kind })
    }
}

impl Message {
    /// Reads an M-Retrieve.conf.
    ///
    /// # Errors
    /// [`PhoneError::Refused`] where it says that the message is not there; [`PhoneError::Pdu`], [`PhoneError::Body`].
    pub fn read(pdu: &[u8]) -> Result<Message, PhoneError> {
        let conf = match Pdu::read(pdu)? {
            Pdu::RetrieveConf(conf) => conf,
            other => return Err(PhoneError::Unexpected(other.pdu_type().name())),
        };
        if let Some(status) = conf
            .retrieve_status
            .filter(|status| status.class() != StatusClass::Ok)
        {
            return Err(PhoneError::Refused {
                status: status.octet(),
                name: RetrieveStatus::name_of(status.octet()).unwrap_or("unknown"),
                text: conf
                    .retrieve_text
                    .map(|sentence| text(sentence.text))
                    .unwrap_or_default(),
            });
        }
        let mut parts = Vec::new();
        match conf.content.parts() {
            None => parts.push(Part {
                content_type: text(conf.content.content_type.media.name()),
                name: conf.content.content_type.name().map(text),
                octets: conf.content.body.to_vec(),
            }),
            Some(table) => {
                for part in table? {
                    let part = part?;
                    parts.push(Part {
                        content_type: text(part.content_type.media.name()),
                        name: part.name().or(part.content_location()).map(text),
                        octets: part.data.to_vec(),
                    });
                }
            }
        }
        Ok(Message {
            transaction_id: conf.transaction_id.map(text),
            message_id: conf.message_id.map(text),
            from: conf.from.and_then(originator),
            subject: conf.subject().map(|subject| text(subject.text)),
            parts,
        })
    }
}

impl Part {
    /// A name under which it can be saved: the sender's without folders and without what file systems or shells take
    /// for something else; or `part-N` with an end after its type.
    #[must_use]
    pub fn file_name(&self, index: usize) -> String {
        let name = self.name.as_deref().unwrap_or_default();
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let clean: String = name
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') {
                    c
                } else {
                    '_'
                }
            })
            .take(FILE_NAME_CHARACTERS_MAX)
            .collect();
        let clean = clean.trim_matches([' ', '.']);
        if clean.is_empty() {
            format!("part-{index}{}", extension(&self.content_type))
        } else {
            clean.to_owned()
        }
    }
}

/// Characters of a file's name: at four octets each below the 255 octets that file systems allow.
const FILE_NAME_CHARACTERS_MAX: usize = 60;

fn extension(content_type: &str) -> &'static str {
    match content_type {
        "image/jpeg" => ".jpg",
        "image/png" => ".png",
        "image/gif" => ".gif",
        "text/plain" => ".txt",
        "application/smil" => ".smil",
        "video/3gpp" => ".3gp",
        "video/mp4" => ".mp4",
        "audio/amr" => ".amr",
        _ => ".bin",
    }
}

fn originator(originator: Originator<'_>) -> Option<String> {
    match originator {
        Originator::Address(address) => Some(text(address.text.text)),
        Originator::Insert => None,
    }
}

/// Octets as text for people; what is no UTF-8 is replaced.
pub(crate) fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

#[cfg(test)]
mod tests;
