//! MM4_delivery_report.REQ: what became of a message at one recipient.
//!
//! Sent by the recipient's MMSC. Invariants: transaction, message id, both parties and the status are there. A report
//! is kept from being counted twice by (message id, recipient, status), MM4 reference §5.

use std::borrow::Cow;

use crate::address::Address;
use crate::dialect::{Dialect, Orientation};
use crate::error::{Error, ErrorKind};
use crate::extra::Extra;
use crate::field::Field;
use crate::head::Head;
use crate::id::Id;
use crate::message::Operation;
use crate::status::{MmStatus, StatusExtension};
use crate::transaction::{Acknowledgement, Application, Transaction};
use crate::write::Writer;

/// MM4_delivery_report.REQ.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryReportReq<'a> {
    /// The exchange. Its date is when it happened.
    pub transaction: Transaction<'a>,
    /// The message that is reported on.
    pub message_id: Id<'a>,
    /// Whether and where a response is wanted.
    pub acknowledgement: Acknowledgement,
    /// Who got the message: From, by the specification.
    pub recipient: Address,
    /// Who sent the message and gets the report: To.
    pub originator: Address,
    /// What became of it.
    pub status: MmStatus,
    /// Why it was rejected (Rel-6).
    pub extension: Option<StatusExtension>,
    /// X-Mms-Status-Text, decoded.
    pub status_text: Option<Cow<'a, str>>,
    /// X-Mms-Forward-To-Originator-UA (Rel-6): whether the user is to see it.
    pub forward_to_originator: Option<bool>,
    /// Addressing of applications.
    pub application: Application<'a>,
    /// Everything else.
    pub extra: Extra<'a>,
}

impl<'a> DeliveryReportReq<'a> {
    pub(crate) fn read(head: &Head<'a>) -> Result<Self, Error> {
        Ok(Self {
            transaction: Transaction::read(head)?,
            message_id: head.mandatory_id(Field::MessageId)?,
            acknowledgement: Acknowledgement::read(head),
            recipient: head.mandatory_address(Field::From)?,
            originator: head.mandatory_address(Field::To)?,
            status: status(head)?,
            extension: head
                .text(Field::MmStatusExtension)
                .and_then(|text| StatusExtension::read(&text)),
            status_text: head.decoded(Field::StatusText),
            forward_to_originator: head.flag(Field::ForwardToOriginator),
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
        writer.request(&Operation::DeliveryReport, &self.transaction, &self.message_id);
        writer.acknowledgement(&self.acknowledgement);
        writer.name(Field::MmStatusCode, Some(self.status.name()));
        writer.name(
            Field::MmStatusExtension,
            self.extension.map(StatusExtension::name),
        );
        writer.text(Field::StatusText, self.status_text.as_deref());
        writer.flag(Field::ForwardToOriginator, self.forward_to_originator);
        writer.application(&self.application);
        writer.extra(&self.extra);
        writer.end();
    }
}

/// From and To of a report, in the order of the dialect. Our side is From's domain, whoever stands there.
pub(crate) fn write_parties(recipient: &Address, originator: &Address, writer: &mut Writer<'_, '_>) {
    let (from, to) = match writer.dialect.reports {
        Orientation::BySpecification => (recipient, originator),
        Orientation::Reversed => (originator, recipient),
    };
    writer.addresses(Field::From, [from], writer.dialect.domain_from);
    writer.addresses(Field::To, [to], writer.dialect.domain_to);
}

/// X-Mms-MM-Status-Code, or the X-Mms-Status that one vendor writes. A status that nobody knows decides nothing, so it
/// is an error and not a guess.
fn status(head: &Head<'_>) -> Result<MmStatus, Error> {
    let read = |field| MmStatus::read(&head.text(field)?);
    match head.header(Field::MmStatusCode) {
        Some(_) => head.mandatory(Field::MmStatusCode, read(Field::MmStatusCode)),
        None => read(Field::VendorStatus).ok_or_else(|| ErrorKind::Missing(Field::MmStatusCode).into()),
    }
}
