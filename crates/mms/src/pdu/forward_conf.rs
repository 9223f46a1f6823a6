//! M-Forward.conf: the server's answer to a forward.
//!
//! Server to phone, in the response to the POST. Invariant: as for a submission, a positive answer carries a
//! Message-ID, that of the new message.

use wsp::{EncodedString, Version};

use crate::error::Error;
use crate::field;
use crate::pdu_type::PduType;
use crate::scan::Scan;
use crate::status::{ResponseStatus, StoreStatus};
use crate::write::Writer;

/// M-Forward.conf.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForwardConf<'a> {
    /// X-Mms-Transaction-Id.
    pub transaction_id: &'a [u8],
    /// X-Mms-MMS-Version.
    pub version: Version,
    /// What became of the submission.
    pub response_status: ResponseStatus,
    /// The same in words.
    pub response_text: Option<EncodedString<'a>>,
    /// Message-ID; always there when the message was accepted.
    pub message_id: Option<&'a [u8]>,
    /// Where the message is in the network mailbox.
    pub content_location: Option<&'a [u8]>,
    /// Whether it was stored in the network mailbox.
    pub store_status: Option<StoreStatus>,
    /// The same in words.
    pub store_status_text: Option<EncodedString<'a>>,
}

const MANDATORY: u64 = field::mandatory(PduType::ForwardConf);

impl<'a> ForwardConf<'a> {
    /// One with its mandatory fields only.
    #[must_use]
    pub fn new(transaction_id: &'a [u8], version: Version, response_status: ResponseStatus) -> Self {
        Self {
            transaction_id,
            version,
            response_status,
            response_text: None,
            message_id: None,
            content_location: None,
            store_status: None,
            store_status_text: None,
        }
    }

    pub(crate) fn read(scan: &Scan<'a>) -> Result<Self, Error> {
        scan.check(MANDATORY)?;
        Ok(Self {
            transaction_id: scan.required(field::TRANSACTION_ID)?,
            version: scan.required(field::VERSION)?,
            response_status: scan.required(field::RESPONSE_STATUS)?,
            response_text: scan.optional(field::RESPONSE_TEXT),
            message_id: scan.optional(field::MESSAGE_ID),
            content_location: scan.optional(field::CONTENT_LOCATION),
            store_status: scan.optional(field::STORE_STATUS),
            store_status_text: scan.optional(field::STORE_STATUS_TEXT),
        })
    }

    /// Appends the PDU.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::begin(out, PduType::ForwardConf, Some(self.transaction_id), self.version);
        writer.put(field::RESPONSE_STATUS, self.response_status);
        writer.put_some(field::RESPONSE_TEXT, self.response_text);
        writer.put_some(field::MESSAGE_ID, self.message_id);
        writer.put_some(field::CONTENT_LOCATION, self.content_location);
        writer.put_some(field::STORE_STATUS, self.store_status);
        writer.put_some(field::STORE_STATUS_TEXT, self.store_status_text);
    }
}
