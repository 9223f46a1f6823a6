//! The three responses: MM4_forward.RES, MM4_delivery_report.RES, MM4_read_reply_report.RES.
//!
//! One type, since they differ in their name alone. Invariants: transaction and status are there; ids are the
//! request's, echoed as they were received; nothing answers a response.

use std::borrow::Cow;

use crate::address::Address;
use crate::dialect::Dialect;
use crate::error::Error;
use crate::extra::Extra;
use crate::field::Field;
use crate::head::Head;
use crate::id::Id;
use crate::message::Operation;
use crate::status::RequestStatus;
use crate::transaction::Transaction;
use crate::write::Writer;

/// A response.
#[derive(Debug, Clone, PartialEq)]
pub struct Response<'a> {
    /// What is answered.
    pub operation: Operation<'a>,
    /// The exchange; its version is the lower of both sides'.
    pub transaction: Transaction<'a>,
    /// The message. Optional in MM4_read_reply_report.RES, and left out by some in the others.
    pub message_id: Option<Id<'a>>,
    /// The system that answers.
    pub from: Option<Address>,
    /// The system that asked.
    pub to: Vec<Address>,
    /// The answer.
    pub status: RequestStatus,
    /// X-Mms-Status-Text, decoded.
    pub status_text: Option<Cow<'a, str>>,
    /// X-Mms-Request-Recipients: whom the answer is about, where a request had several.
    pub recipients: Vec<Address>,
    /// Everything else.
    pub extra: Extra<'a>,
}

impl<'a> Response<'a> {
    pub(crate) fn read(operation: Operation<'a>, head: &Head<'a>) -> Result<Self, Error> {
        let status = head
            .text(Field::RequestStatusCode)
            .map(|text| RequestStatus::of_text(&text));
        Ok(Self {
            operation,
            transaction: Transaction::read(head)?,
            message_id: head.id(Field::MessageId),
            from: head.address(Field::From),
            to: head.addresses(Field::To),
            status: head.mandatory(Field::RequestStatusCode, status)?,
            status_text: head.decoded(Field::StatusText),
            recipients: head.addresses(Field::RequestRecipients),
            extra: Extra::of(head.entity.headers),
        })
    }

    /// The answer to a request: its ids, addressed to where it says. The caller sets `from`, the mail's id and the
    /// date.
    #[must_use]
    pub fn to_request(
        operation: Operation<'a>,
        transaction: &Transaction<'a>,
        message_id: Option<&Id<'a>>,
        reply_to: Option<&Address>,
        status: RequestStatus,
    ) -> Self {
        Self {
            operation,
            transaction: Transaction {
                version: transaction.version,
                id: transaction.id.clone(),
                sender: None,
                mail_id: None,
                date: None,
            },
            message_id: message_id.cloned(),
            from: None,
            to: reply_to.into_iter().cloned().collect(),
            status,
            status_text: None,
            recipients: Vec::new(),
            extra: Extra::default(),
        }
    }

    /// Appends the mail.
    pub fn write(&self, dialect: &Dialect<'_>, out: &mut Vec<u8>) {
        let mut writer = Writer::new(dialect, out);
        writer.addresses(Field::From, &self.from, dialect.domain_from);
        writer.addresses(Field::To, &self.to, None);
        writer.mail(&self.transaction);
        writer.kind(
            dialect.version.min(self.transaction.version),
            &self.operation,
            "RES",
        );
        writer.put(Field::TransactionId, self.transaction.id.raw());
        if let Some(id) = &self.message_id {
            writer.put(Field::MessageId, id.raw());
        }
        writer.name(Field::RequestStatusCode, Some(self.status.name()));
        writer.text(Field::StatusText, self.status_text.as_deref());
        writer.addresses(Field::RequestRecipients, &self.recipients, None);
        writer.extra(&self.extra);
        writer.end();
    }
}
