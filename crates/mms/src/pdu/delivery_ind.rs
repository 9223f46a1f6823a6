//! M-Delivery.ind: a delivery report.
//!
//! Server to phone, by push, one for each recipient. Invariant: has no answer and no Transaction-ID of its own; one
//! that an old gateway put in is ignored.

use wsp::{EncodedString, Version};

use crate::address::Address;
use crate::error::Error;
use crate::field;
use crate::groups::ApplicationIds;
use crate::pdu_type::PduType;
use crate::scan::Scan;
use crate::value::Status;
use crate::write::Writer;

/// M-Delivery.ind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeliveryInd<'a> {
    /// X-Mms-MMS-Version.
    pub version: Version,
    /// The message that is spoken of.
    pub message_id: &'a [u8],
    /// Its recipient.
    pub to: Address<'a>,
    /// When it happened, seconds since 1970-01-01 UTC.
    pub date_unix_s: u64,
    /// What happened.
    pub status: Status,
    /// The same in words.
    pub status_text: Option<EncodedString<'a>>,
    /// X-Mms-Applic-ID and its companions.
    pub application: ApplicationIds<'a>,
}

const MANDATORY: u64 = field::mandatory(PduType::DeliveryInd);

impl<'a> DeliveryInd<'a> {
    /// One with its mandatory fields only.
    #[must_use]
    pub fn new(
        version: Version,
        message_id: &'a [u8],
        to: Address<'a>,
        date_unix_s: u64,
        status: Status,
    ) -> Self {
        Self {
            version,
            message_id,
            to,
            date_unix_s,
            status,
            status_text: None,
            application: ApplicationIds::default(),
        }
    }

    pub(crate) fn read(scan: &Scan<'a>) -> Result<Self, Error> {
        scan.check(MANDATORY)?;
        Ok(Self {
            version: scan.required(field::VERSION)?,
            message_id: scan.required(field::MESSAGE_ID)?,
            to: scan.required(field::TO)?,
            date_unix_s: scan.required(field::DATE)?,
            status: scan.required(field::STATUS)?,
            status_text: scan.optional(field::STATUS_TEXT),
            application: ApplicationIds::read(scan),
        })
    }

    /// Appends the PDU.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::begin(out, PduType::DeliveryInd, None, self.version);
        writer.put(field::MESSAGE_ID, self.message_id);
        writer.put(field::TO, self.to);
        writer.put(field::DATE, self.date_unix_s);
        writer.put(field::STATUS, self.status);
        writer.put_some(field::STATUS_TEXT, self.status_text);
        self.application.put(&mut writer);
    }
}
