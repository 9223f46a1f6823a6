//! MM4_read_reply_report.REQ: whether the recipient has read a message.
//!
//! Sent by the recipient's MMSC. Invariants: transaction, message id, both parties and the status are there.

use std::borrow::Cow;

use crate::address::Address;
use crate::delivery_report::write_parties;
use crate::dialect::{Dialect, Orientation};
use crate::error::Error;
use crate::extra::Extra;
use crate::field::Field;
use crate::head::Head;
use crate::id::Id;
use crate::message::Operation;
use crate::transaction::{Acknowledgement, Application, Transaction};
use crate::value::ReadStatus;
use crate::write::Writer;

/// MM4_read_reply_report.REQ.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadReplyReportReq<'a> {
    /// The exchange. Its date is when it was read.
    pub transaction: Transaction<'a>,
    /// The message that is reported on.
    pub message_id: Id<'a>,
    /// Whether and where a response is wanted.
    pub acknowledgement: Acknowledgement,
    /// Who read the message: From, by the specification.
    pub recipient: Address,
    /// Who sent the message and gets the report: To.
    pub originator: Address,
    /// Whether it was read.
    pub status: ReadStatus,
    /// X-Mms-Status-Text, decoded.
    pub status_text: Option<Cow<'a, str>>,
    /// Addressing of applications.
    pub application: Application<'a>,
    /// Everything else.
    pub extra: Extra<'a>,
}

impl<'a> ReadReplyReportReq<'a> {
    pub(crate) fn read(head: &Head<'a>) -> Result<Self, Error> {
        let status = head
            .text(Field::ReadStatus)
            .and_then(|text| ReadStatus::read(&text));
        Ok(Self {
            transaction: Transaction::read(head)?,
            message_id: head.mandatory_id(Field::MessageId)?,
            acknowledgement: Acknowledgement::read(head),
            recipient: head.mandatory_address(Field::From)?,
            originator: head.mandatory_address(Field::To)?,
            status: head.mandatory(Field::ReadStatus, status)?,
            status_text: head.decoded(Field::StatusText),
            application: Application::read(head),
            extra: Extra::of(head.entity.headers),
        })
    }

    /// The report of a peer that writes From and To in this order.
    #[must_use]
    pub fn oriented(mut self, orientation: Orientation) -> Self {
        if orientation == Orientation::Reversed {
            core::mem::swap(&mut self.recipient, &mut self.originator);
        }
        self
    }

    /// Appends the mail.
    pub fn write(&self, dialect: &Dialect<'_>, out: &mut Vec<u8>) {
        let mut writer = Writer::new(dialect, out);
        write_parties(&self.recipient, &self.originator, &mut writer);
        writer.mail(&self.transaction);
        writer.request(&Operation::ReadReplyReport, &self.transaction, &self.message_id);
        writer.acknowledgement(&self.acknowledgement);
        writer.name(Field::ReadStatus, Some(self.status.name()));
        writer.text(Field::StatusText, self.status_text.as_deref());
        writer.application(&self.application);
        writer.extra(&self.extra);
        writer.end();
    }
}
