//! M-Acknowledge.ind: the phone has the message.
//!
//! Phone to server, by POST, after a deferred retrieval. Invariant: carries the Transaction-ID of the M-Retrieve.conf.

use wsp::Version;

use crate::error::Error;
use crate::field;
use crate::pdu_type::PduType;
use crate::scan::Scan;
use crate::write::Writer;

/// M-Acknowledge.ind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AcknowledgeInd<'a> {
    /// X-Mms-Transaction-Id.
    pub transaction_id: &'a [u8],
    /// X-Mms-MMS-Version.
    pub version: Version,
    /// Whether the sender may have a delivery report; absent means yes.
    pub report_allowed: Option<bool>,
}

const MANDATORY: u64 = field::mandatory(PduType::AcknowledgeInd);

impl<'a> AcknowledgeInd<'a> {
    /// One with its mandatory fields only.
    #[must_use]
    pub fn new(transaction_id: &'a [u8], version: Version) -> Self {
        Self {
            transaction_id,
            version,
            report_allowed: None,
        }
    }

    pub(crate) fn read(scan: &Scan<'a>) -> Result<Self, Error> {
        scan.check(MANDATORY)?;
        Ok(Self {
            transaction_id: scan.required(field::TRANSACTION_ID)?,
            version: scan.required(field::VERSION)?,
            report_allowed: scan.optional(field::REPORT_ALLOWED),
        })
    }

    /// Appends the PDU.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::begin(
            out,
            PduType::AcknowledgeInd,
            Some(self.transaction_id),
            self.version,
        );
        writer.put_some(field::REPORT_ALLOWED, self.report_allowed);
    }
}
