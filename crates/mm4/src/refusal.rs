//! What is left of a mail that is no message: enough to refuse it in the protocol's own words.
//!
//! The other side of [`crate::Message::read`]. Invariant: only a request is ever answered, and only one whose sender
//! wants an answer, says where to, and can match it; anything else is refused by SMTP (554, MM4 reference §5).

use crate::address::Address;
use crate::error::{Error, ErrorKind};
use crate::field::Field;
use crate::head::Head;
use crate::id::Id;
use crate::message::MessageType;
use crate::response::Response;
use crate::transaction::{Acknowledgement, Transaction, wall};
use crate::version::Version;

/// A mail that could not be read as a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal<'a> {
    /// Why.
    pub error: Error,
    /// What it called itself.
    pub message_type: Option<MessageType<'a>>,
    /// The exchange, if it has an id.
    pub transaction: Option<Transaction<'a>>,
    /// The message.
    pub message_id: Option<Id<'a>>,
    /// Whether and where a response is wanted.
    pub acknowledgement: Acknowledgement,
    /// The system that sent it.
    pub sender: Option<Address>,
}

impl<'a> Refusal<'a> {
    /// Of a mail that cannot even be split into head and body.
    pub(crate) fn without_head(error: Error) -> Self {
        Self {
            error,
            message_type: None,
            transaction: None,
            message_id: None,
            acknowledgement: Acknowledgement::default(),
            sender: None,
        }
    }

    pub(crate) fn of_head(error: Error, head: &Head<'a>) -> Self {
        let sender = head.address(Field::Sender);
        let transaction = head.id(Field::TransactionId).map(|id| Transaction {
            // A version that is not spoken is answered in the highest that is.
            version: head.version().unwrap_or(Version::OURS),
            id,
            sender: sender.clone(),
            mail_id: head.id(Field::MailId),
            date: head.seconds(Field::Date).map(wall),
        });
        Self {
            error,
            message_type: head.text(Field::MessageType).map(MessageType::read),
            transaction,
            message_id: head.id(Field::MessageId),
            acknowledgement: Acknowledgement::read(head),
            sender,
        }
    }

    /// Whether the mail is no message of MM4 at all: perhaps a bounce, see [`crate::Bounce::read`].
    #[must_use]
    pub fn is_other_mail(&self) -> bool {
        self.error.kind == ErrorKind::NotMm4
    }

    /// The negative response, if one is due. The caller sets `from`, the mail's id and the date.
    #[must_use]
    pub fn response(&self) -> Option<Response<'a>> {
        let Some(MessageType::Request(operation)) = &self.message_type else {
            return None;
        };
        let transaction = self.transaction.as_ref()?;
        let reply_to = self.acknowledgement.reply_to(self.sender.as_ref())?;
        let status = self.error.status();
        self.acknowledgement.is_wanted.then(|| {
            let id = self.message_id.as_ref();
            Response::to_request(operation.clone(), transaction, id, Some(reply_to), status)
        })
    }
}

#[cfg(test)]
mod tests;
