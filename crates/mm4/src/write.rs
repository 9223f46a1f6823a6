//! The writer of messages: one place that puts a typed value into a header.
//!
//! Between the messages and `entity::HeadWriter`, which sees to it that no value ends its field. Invariant: what is
//! absent is not written; what is there is written in the dialect of the peer.

use std::borrow::Cow;

use entity::{HeadWriter, date};

use crate::address::{Address, Form};
use crate::dialect::Dialect;
use crate::extra::Extra;
use crate::field::Field;
use crate::id::Id;
use crate::message::Operation;
use crate::transaction::{Acknowledgement, Application, Transaction};
use crate::value::YesNo;
use crate::version::Version;

/// Writes the head of one message.
pub(crate) struct Writer<'d, 'v> {
    pub(crate) dialect: &'d Dialect<'d>,
    head: HeadWriter<'v>,
}

impl<'d, 'v> Writer<'d, 'v> {
    pub(crate) fn new(dialect: &'d Dialect<'d>, out: &'v mut Vec<u8>) -> Self {
        Self {
            dialect,
            head: HeadWriter::new(out),
        }
    }

    /// Sender, Date, Message-ID.
    pub(crate) fn mail(&mut self, transaction: &Transaction<'_>) {
        if let Some(sender) = &transaction.sender {
            self.addresses(Field::Sender, [sender], self.dialect.domain_from);
        }
        if let Some(date) = transaction.date {
            self.put(
                Field::Date,
                date::write(u64::from(date.0), date::Zone::Offset).as_bytes(),
            );
        }
        if let Some(id) = &transaction.mail_id {
            self.put(Field::MailId, &[b"<", id.bare(), b">"].concat());
        }
    }

    /// Version, type and ids of a request.
    pub(crate) fn request(
        &mut self,
        operation: &Operation<'_>,
        transaction: &Transaction<'_>,
        message_id: &Id<'_>,
    ) {
        self.kind(self.dialect.version, operation, "REQ");
        let id = self.dialect.id(transaction.id.bare());
        self.put(Field::TransactionId, &id);
        match message_id.is_kept() {
            true => self.put(Field::MessageId, message_id.raw()),
            false => self.put(Field::MessageId, &self.dialect.id(message_id.bare())),
        }
    }

    pub(crate) fn kind(&mut self, version: Version, operation: &Operation<'_>, suffix: &str) {
        self.put(Field::Version, version.to_string().as_bytes());
        self.put(
            Field::MessageType,
            format!("{}.{suffix}", operation.name()).as_bytes(),
        );
    }

    pub(crate) fn acknowledgement(&mut self, acknowledgement: &Acknowledgement) {
        if acknowledgement.is_wanted {
            self.flag(Field::AckRequest, Some(true));
        }
        if let Some(system) = &acknowledgement.originator_system {
            self.addresses(Field::OriginatorSystem, [system], self.dialect.domain_from);
        }
    }

    pub(crate) fn application(&mut self, application: &Application<'_>) {
        self.text(Field::ApplicId, application.applic_id.as_deref());
        self.text(Field::ReplyApplicId, application.reply_applic_id.as_deref());
        self.text(Field::AuxApplicInfo, application.aux_applic_info.as_deref());
    }

    pub(crate) fn put(&mut self, field: Field, value: &[u8]) {
        self.head.put(field.name(), value);
    }

    pub(crate) fn name(&mut self, field: Field, value: Option<&str>) {
        if let Some(value) = value {
            self.put(field, value.as_bytes());
        }
    }

    /// A text for people.
    pub(crate) fn text(&mut self, field: Field, value: Option<&str>) {
        if let Some(value) = value {
            self.head.text(field.name(), value);
        }
    }

    pub(crate) fn flag(&mut self, field: Field, value: Option<bool>) {
        self.name(field, value.map(|value| YesNo::of(value).name()));
    }

    /// An address list; none where there are no addresses. Only people with an e-mail address keep their names.
    pub(crate) fn addresses<'t>(
        &mut self,
        field: Field,
        addresses: impl IntoIterator<Item = &'t Address>,
        domain: Option<&str>,
    ) {
        let mut list = String::new();
        for address in addresses {
            if !list.is_empty() {
                list.push_str(", ");
            }
            let text = self.dialect.address(address, domain);
            match &address.name {
                Some(name) if address.form == Form::Mail => {
                    list.push_str(&display_name(name));
                    list.push_str(" <");
                    list.push_str(&text);
                    list.push('>');
                }
                _ => list.push_str(&text),
            }
        }
        if !list.is_empty() {
            self.put(field, list.as_bytes());
        }
    }

    pub(crate) fn extra(&mut self, extra: &Extra<'_>) {
        extra.write(&mut self.head);
    }

    /// Ends a message without content: an empty text.
    pub(crate) fn end(mut self) {
        self.head.put("MIME-Version", b"1.0");
        self.head
            .media("Content-Type", "text/plain", &[("charset", "us-ascii")]);
        self.head.end();
    }
}

/// A display name: quoted, or in encoded words where it is not plain ASCII.
fn display_name(name: &str) -> Cow<'_, str> {
    if entity::word::is_plain(name) {
        Cow::Owned(entity::write::quoted(name))
    } else {
        let clean: String = name
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        Cow::Owned(entity::word::encode(&clean))
    }
}
