//! M-NotifyResp.ind: the phone's answer to a notification.
//!
//! Phone to server, by POST. Invariant: carries the Transaction-ID of the notification.

use wsp::Version;

use crate::error::Error;
use crate::field;
use crate::pdu_type::PduType;
use crate::scan::Scan;
use crate::value::Status;
use crate::write::Writer;

/// M-NotifyResp.ind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NotifyRespInd<'a> {
    /// X-Mms-Transaction-Id.
    pub transaction_id: &'a [u8],
    /// X-Mms-MMS-Version.
    pub version: Version,
    /// What the phone did: Retrieved, Rejected, Deferred or Unrecognised.
    pub status: Status,
    /// Whether the sender may have a delivery report; absent means yes.
    pub report_allowed: Option<bool>,
}

const MANDATORY: u64 = field::mandatory(PduType::NotifyRespInd);

impl<'a> NotifyRespInd<'a> {
    /// One with its mandatory fields only.
    #[must_use]
    pub fn new(transaction_id: &'a [u8], version: Version, status: Status) -> Self {
        Self {
            transaction_id,
            version,
            status,
            report_allowed: None,
        }
    }

    pub(crate) fn read(scan: &Scan<'a>) -> Result<Self, Error> {
        scan.check(MANDATORY)?;
        Ok(Self {
            transaction_id: scan.required(field::TRANSACTION_ID)?,
            version: scan.required(field::VERSION)?,
            status: scan.required(field::STATUS)?,
            report_allowed: scan.optional(field::REPORT_ALLOWED),
        })
    }

    /// Appends the PDU.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::begin(
            out,
            PduType::NotifyRespInd,
            Some(self.transaction_id),
            self.version,
        );
        writer.put(field::STATUS, self.status);
        writer.put_some(field::REPORT_ALLOWED, self.report_allowed);
    }
}
