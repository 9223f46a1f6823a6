//! M-Notification.ind: a message waits for the phone.
//!
//! Server to phone, by push. Invariant: a repeated notification keeps Transaction-ID and Content-Location, so that the
//! phone knows it for the same.

use wsp::{EncodedString, Version};

use crate::error::Error;
use crate::field;
use crate::groups::{ApplicationIds, ReplyCharging};
use crate::pdu_type::PduType;
use crate::scan::Scan;
use crate::value::{ContentClass, MessageClass, Originator, Priority, RecommendedRetrievalMode, Time};
use crate::write::Writer;

/// M-Notification.ind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NotificationInd<'a> {
    /// X-Mms-Transaction-Id.
    pub transaction_id: &'a [u8],
    /// X-Mms-MMS-Version.
    pub version: Version,
    /// The sender; absent when it hides.
    pub from: Option<Originator<'a>>,
    /// Subject.
    pub subject: Option<EncodedString<'a>>,
    /// Whether the sender wants a delivery report.
    pub delivery_report: Option<bool>,
    /// Whether the message is in the network mailbox.
    pub stored: Option<bool>,
    /// X-Mms-Message-Class.
    pub message_class: MessageClass<'a>,
    /// X-Mms-Priority.
    pub priority: Option<Priority>,
    /// X-Mms-Message-Size.
    pub message_size_octets: u64,
    /// How long the message will wait; 1.3 allows only the relative form, old servers send both.
    pub expiry: Time,
    /// X-Mms-Reply-Charging and its companions.
    pub reply_charging: ReplyCharging<'a>,
    /// Whether the message may be passed on.
    pub distribution_indicator: Option<bool>,
    /// Whether the phone had better ask its user first.
    pub recommended_retrieval_mode: Option<RecommendedRetrievalMode>,
    /// Why.
    pub recommended_retrieval_mode_text: Option<EncodedString<'a>>,
    /// X-Mms-Applic-ID and its companions.
    pub application: ApplicationIds<'a>,
    /// X-Mms-Content-Class.
    pub content_class: Option<ContentClass>,
    /// Whether the content is protected.
    pub drm_content: Option<bool>,
    /// The Message-ID of the message that this one replaces.
    pub replace_id: Option<&'a [u8]>,
    /// Where to get the message.
    pub content_location: &'a [u8],
}

const MANDATORY: u64 = field::mandatory(PduType::NotificationInd);

impl<'a> NotificationInd<'a> {
    /// One with its mandatory fields only.
    #[must_use]
    pub fn new(
        transaction_id: &'a [u8],
        version: Version,
        message_class: MessageClass<'a>,
        message_size_octets: u64,
        expiry: Time,
        content_location: &'a [u8],
    ) -> Self {
        Self {
            transaction_id,
            version,
            from: None,
            subject: None,
            delivery_report: None,
            stored: None,
            message_class,
            priority: None,
            message_size_octets,
            expiry,
            reply_charging: ReplyCharging::default(),
            distribution_indicator: None,
            recommended_retrieval_mode: None,
            recommended_retrieval_mode_text: None,
            application: ApplicationIds::default(),
            content_class: None,
            drm_content: None,
            replace_id: None,
            content_location,
        }
    }

    pub(crate) fn read(scan: &Scan<'a>) -> Result<Self, Error> {
        scan.check(MANDATORY)?;
        Ok(Self {
            transaction_id: scan.required(field::TRANSACTION_ID)?,
            version: scan.required(field::VERSION)?,
            from: scan.optional(field::FROM),
            subject: scan.optional(field::SUBJECT),
            delivery_report: scan.optional(field::DELIVERY_REPORT),
            stored: scan.optional(field::STORED),
            message_class: scan.required(field::MESSAGE_CLASS)?,
            priority: scan.optional(field::PRIORITY),
            message_size_octets: scan.required(field::MESSAGE_SIZE)?,
            expiry: scan.required(field::EXPIRY)?,
            reply_charging: ReplyCharging::read(scan),
            distribution_indicator: scan.optional(field::DISTRIBUTION_INDICATOR),
            recommended_retrieval_mode: scan.optional(field::RECOMMENDED_RETRIEVAL_MODE),
            recommended_retrieval_mode_text: scan.optional(field::RECOMMENDED_RETRIEVAL_MODE_TEXT),
            application: ApplicationIds::read(scan),
            content_class: scan.optional(field::CONTENT_CLASS),
            drm_content: scan.optional(field::DRM_CONTENT),
            replace_id: scan.optional(field::REPLACE_ID),
            content_location: scan.required(field::CONTENT_LOCATION)?,
        })
    }

    /// Appends the PDU.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::begin(
            out,
            PduType::NotificationInd,
            Some(self.transaction_id),
            self.version,
        );
        writer.put_some(field::FROM, self.from);
        writer.put_some(field::SUBJECT, self.subject);
        writer.put_some(field::DELIVERY_REPORT, self.delivery_report);
        writer.put_some(field::STORED, self.stored);
        writer.put(field::MESSAGE_CLASS, self.message_class);
        writer.put_some(field::PRIORITY, self.priority);
        writer.put(field::MESSAGE_SIZE, self.message_size_octets);
        writer.put(field::EXPIRY, self.expiry);
        self.reply_charging.put(&mut writer);
        writer.put_some(field::DISTRIBUTION_INDICATOR, self.distribution_indicator);
        writer.put_some(field::RECOMMENDED_RETRIEVAL_MODE, self.recommended_retrieval_mode);
        writer.put_some(
            field::RECOMMENDED_RETRIEVAL_MODE_TEXT,
            self.recommended_retrieval_mode_text,
        );
        self.application.put(&mut writer);
        writer.put_some(field::CONTENT_CLASS, self.content_class);
        writer.put_some(field::DRM_CONTENT, self.drm_content);
        writer.put_some(field::REPLACE_ID, self.replace_id);
        writer.put(field::CONTENT_LOCATION, self.content_location);
    }
}
