//! M-Cancel.req: the server takes a message back.
//!
//! Server to phone, by push (1.3). Invariant: names the message by its Cancel-ID.

use wsp::Version;

use crate::error::Error;
use crate::field;
use crate::pdu_type::PduType;
use crate::scan::Scan;
use crate::write::Writer;

/// M-Cancel.req.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CancelReq<'a> {
    /// X-Mms-Transaction-Id.
    pub transaction_id: &'a [u8],
    /// X-Mms-MMS-Version.
    pub version: Version,
    /// The Message-ID of the message that is cancelled.
    pub cancel_id: &'a [u8],
}

const MANDATORY: u64 = field::mandatory(PduType::CancelReq);

impl<'a> CancelReq<'a> {
    pub(crate) fn read(scan: &Scan<'a>) -> Result<Self, Error> {
        scan.check(MANDATORY)?;
        Ok(Self {
            transaction_id: scan.required(field::TRANSACTION_ID)?,
            version: scan.required(field::VERSION)?,
            cancel_id: scan.required(field::CANCEL_ID)?,
        })
    }

    /// Appends the PDU.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::begin(out, PduType::CancelReq, Some(self.transaction_id), self.version);
        writer.put(field::CANCEL_ID, self.cancel_id);
    }
}
