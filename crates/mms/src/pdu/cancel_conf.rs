//! M-Cancel.conf: the phone's answer to a cancellation.
//!
//! Phone to server, by POST (1.3). Invariant: carries the Transaction-ID of the M-Cancel.req.

use wsp::Version;

use crate::error::Error;
use crate::field;
use crate::pdu_type::PduType;
use crate::scan::Scan;
use crate::value::CancelStatus;
use crate::write::Writer;

/// M-Cancel.conf.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CancelConf<'a> {
    /// X-Mms-Transaction-Id.
    pub transaction_id: &'a [u8],
    /// X-Mms-MMS-Version.
    pub version: Version,
    /// Whether the phone has understood.
    pub cancel_status: CancelStatus,
}

const MANDATORY: u64 = field::mandatory(PduType::CancelConf);

impl<'a> CancelConf<'a> {
    pub(crate) fn read(scan: &Scan<'a>) -> Result<Self, Error> {
        scan.check(MANDATORY)?;
        Ok(Self {
            transaction_id: scan.required(field::TRANSACTION_ID)?,
            version: scan.required(field::VERSION)?,
            cancel_status: scan.required(field::CANCEL_STATUS)?,
        })
    }

    /// Appends the PDU.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::begin(out, PduType::CancelConf, Some(self.transaction_id), self.version);
        writer.put(field::CANCEL_STATUS, self.cancel_status);
    }
}
