//! M-Send.req: a phone submits a message.
//!
//! Phone to server, by POST; with a body. Invariants: there is at least one recipient; `headers` holds the section as
//! it came, so that what the specification does not know goes on with the message. The sender is whoever the network
//! says it is: From is only what the phone claims.

use wsp::{EncodedString, Version};

use crate::content::Content;
use crate::error::Error;
use crate::field;
use crate::groups::{ApplicationIds, ReplyCharging};
use crate::headers::Headers;
use crate::pdu_type::PduType;
use crate::repeated::{Item, PreviouslySent, Recipient, Repeated};
use crate::scan::Scan;
use crate::value::{ContentClass, MessageClass, Originator, Priority, SenderVisibility, Time};
use crate::write::Writer;

/// M-Send.req.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SendReq<'a> {
    /// X-Mms-Transaction-Id.
    pub transaction_id: &'a [u8],
    /// X-Mms-MMS-Version.
    pub version: Version,
    /// When the phone says that it sent the message, seconds since 1970-01-01 UTC.
    pub date_unix_s: Option<u64>,
    /// The sender as the phone claims it, mostly insert-address.
    pub from: Originator<'a>,
    /// Everybody in To, Cc and Bcc.
    pub recipients: Repeated<'a, Recipient<'a>>,
    /// Subject.
    pub subject: Option<EncodedString<'a>>,
    /// X-Mms-Message-Class; absent means Personal.
    pub message_class: Option<MessageClass<'a>>,
    /// X-Mms-Expiry; absent means as long as the operator keeps messages.
    pub expiry: Option<Time>,
    /// X-Mms-Delivery-Time; absent means at once.
    pub delivery_time: Option<Time>,
    /// X-Mms-Priority; absent means Normal.
    pub priority: Option<Priority>,
    /// X-Mms-Sender-Visibility; absent means Show, unless the network hides by default.
    pub sender_visibility: Option<SenderVisibility>,
    /// Whether a delivery report is wanted; absent means no.
    pub delivery_report: Option<bool>,
    /// Whether a read report is wanted; absent means no.
    pub read_report: Option<bool>,
    /// X-Mms-Reply-Charging and its companions.
    pub reply_charging: ReplyCharging<'a>,
    /// Whether to store a copy in the network mailbox; absent means no.
    pub store: Option<bool>,
    /// X-Mms-Applic-ID and its companions.
    pub application: ApplicationIds<'a>,
    /// X-Mms-Content-Class.
    pub content_class: Option<ContentClass>,
    /// Whether the content is protected; absent means no.
    pub drm_content: Option<bool>,
    /// Whether the content may be adapted to the recipient's phone; absent means yes.
    pub adaptation_allowed: Option<bool>,
    /// Who sent the message before: only in a message that the server composed for an M-Forward.req, and stores as if
    /// it had been submitted.
    pub previously_sent: Repeated<'a, PreviouslySent<'a>>,
    /// The header section as it came; empty for a message that begins here.
    pub headers: Headers<'a>,
    /// Content type and body.
    pub content: Content<'a>,
}

const MANDATORY: u64 = field::mandatory(PduType::SendReq);

const RECIPIENTS: u64 = field::bits(&[field::TO, field::CC, field::BCC]);

/// The fields that are in [`SendReq`] itself and are therefore not carried over from `headers`.
const OWN: u64 = MANDATORY
    | RECIPIENTS
    | ReplyCharging::BITS
    | ApplicationIds::BITS
    | field::bits(&[
        field::DATE,
        field::SUBJECT,
        field::MESSAGE_CLASS,
        field::EXPIRY,
        field::DELIVERY_TIME,
        field::PRIORITY,
        field::SENDER_VISIBILITY,
        field::DELIVERY_REPORT,
        field::READ_REPORT,
        field::STORE,
        field::CONTENT_CLASS,
        field::DRM_CONTENT,
        field::ADAPTATION_ALLOWED,
        field::PREVIOUSLY_SENT_BY,
        field::PREVIOUSLY_SENT_DATE,
    ]);

impl<'a> SendReq<'a> {
    /// A message with its mandatory fields only.
    #[must_use]
    pub fn new(
        transaction_id: &'a [u8],
        version: Version,
        from: Originator<'a>,
        recipients: &'a [Recipient<'a>],
        content: Content<'a>,
    ) -> Self {
        Self {
            transaction_id,
            version,
            date_unix_s: None,
            from,
            recipients: Repeated::List(recipients),
            subject: None,
            message_class: None,
            expiry: None,
            delivery_time: None,
            priority: None,
            sender_visibility: None,
            delivery_report: None,
            read_report: None,
            reply_charging: ReplyCharging::default(),
            store: None,
            application: ApplicationIds::default(),
            content_class: None,
            drm_content: None,
            adaptation_allowed: None,
            previously_sent: Repeated::default(),
            headers: Headers::default(),
            content,
        }
    }

    pub(crate) fn read(scan: &Scan<'a>) -> Result<Self, Error> {
        scan.check(MANDATORY)?;
        Ok(Self {
            transaction_id: scan.required(field::TRANSACTION_ID)?,
            version: scan.required(field::VERSION)?,
            date_unix_s: scan.optional(field::DATE),
            from: scan.required(field::FROM)?,
            recipients: scan.recipients()?,
            subject: scan.optional(field::SUBJECT),
            message_class: scan.optional(field::MESSAGE_CLASS),
            expiry: scan.optional(field::EXPIRY),
            delivery_time: scan.optional(field::DELIVERY_TIME),
            priority: scan.optional(field::PRIORITY),
            sender_visibility: scan.optional(field::SENDER_VISIBILITY),
            delivery_report: scan.optional(field::DELIVERY_REPORT),
            read_report: scan.optional(field::READ_REPORT),
            reply_charging: ReplyCharging::read(scan),
            store: scan.optional(field::STORE),
            application: ApplicationIds::read(scan),
            content_class: scan.optional(field::CONTENT_CLASS),
            drm_content: scan.optional(field::DRM_CONTENT),
            adaptation_allowed: scan.optional(field::ADAPTATION_ALLOWED),
            previously_sent: Repeated::Wire(scan.headers()),
            headers: scan.headers(),
            content: scan.content()?,
        })
    }

    /// Appends the PDU up to and with the content type; the caller appends the body. What `headers` holds beyond the
    /// fields of this type goes along.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::begin(out, PduType::SendReq, Some(self.transaction_id), self.version);
        writer.put_some(field::DATE, self.date_unix_s);
        writer.put(field::FROM, self.from);
        for recipient in self.recipients {
            recipient.put(&mut writer);
        }
        writer.put_some(field::SUBJECT, self.subject);
        writer.put_some(field::MESSAGE_CLASS, self.message_class);
        writer.put_some(field::EXPIRY, self.expiry);
        writer.put_some(field::DELIVERY_TIME, self.delivery_time);
        writer.put_some(field::PRIORITY, self.priority);
        writer.put_some(field::SENDER_VISIBILITY, self.sender_visibility);
        writer.put_some(field::DELIVERY_REPORT, self.delivery_report);
        writer.put_some(field::READ_REPORT, self.read_report);
        self.reply_charging.put(&mut writer);
        writer.put_some(field::STORE, self.store);
        self.application.put(&mut writer);
        writer.put_some(field::CONTENT_CLASS, self.content_class);
        writer.put_some(field::DRM_CONTENT, self.drm_content);
        writer.put_some(field::ADAPTATION_ALLOWED, self.adaptation_allowed);
        for previous in self.previously_sent {
            previous.put(&mut writer);
        }
        writer.carry_over(&self.headers, PduType::SendReq, OWN);
        writer.content_type(self.content.content_type.raw);
    }
}
