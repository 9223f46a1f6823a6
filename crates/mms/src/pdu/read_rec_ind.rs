//! M-Read-Rec.ind: the phone's read report.
//!
//! Phone to server, by POST. Invariant: names the message and its originator; the server trusts neither To nor From.

use wsp::Version;

use crate::address::Address;
use crate::error::Error;
use crate::field;
use crate::groups::ApplicationIds;
use crate::pdu_type::PduType;
use crate::scan::Scan;
use crate::value::{Originator, ReadStatus};
use crate::write::Writer;

/// M-Read-Rec.ind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReadRecInd<'a> {
    /// X-Mms-MMS-Version.
    pub version: Version,
    /// The message that is spoken of.
    pub message_id: &'a [u8],
    /// Its originator, as the phone knows it.
    pub to: Address<'a>,
    /// The reader, nearly always insert-address.
    pub from: Originator<'a>,
    /// When it was read, seconds since 1970-01-01 UTC.
    pub date_unix_s: Option<u64>,
    /// Read, or deleted without being read.
    pub read_status: ReadStatus,
    /// X-Mms-Applic-ID and its companions.
    pub application: ApplicationIds<'a>,
}

const MANDATORY: u64 = field::mandatory(PduType::ReadRecInd);

impl<'a> ReadRecInd<'a> {
    /// One with its mandatory fields only.
    #[must_use]
    pub fn new(
        version: Version,
        message_id: &'a [u8],
        to: Address<'a>,
        from: Originator<'a>,
        read_status: ReadStatus,
    ) -> Self {
        Self {
            version,
            message_id,
            to,
            from,
            date_unix_s: None,
            read_status,
            application: ApplicationIds::default(),
        }
    }

    pub(crate) fn read(scan: &Scan<'a>) -> Result<Self, Error> {
        scan.check(MANDATORY)?;
        Ok(Self {
            version: scan.required(field::VERSION)?,
            message_id: scan.required(field::MESSAGE_ID)?,
            to: scan.required(field::TO)?,
            from: scan.required(field::FROM)?,
            date_unix_s: scan.optional(field::DATE),
            read_status: scan.required(field::READ_STATUS)?,
            application: ApplicationIds::read(scan),
        })
    }

    /// Appends the PDU.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::begin(out, PduType::ReadRecInd, None, self.version);
        writer.put(field::MESSAGE_ID, self.message_id);
        writer.put(field::TO, self.to);
        writer.put(field::FROM, self.from);
        writer.put_some(field::DATE, self.date_unix_s);
        writer.put(field::READ_STATUS, self.read_status);
        self.application.put(&mut writer);
    }
}
