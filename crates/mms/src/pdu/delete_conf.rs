//! M-Delete.conf: the server's answer to a deletion.
//!
//! Server to phone, in the response to the POST (1.3). Invariant: there is a status; status, location and text of one
//! message share a count.

use wsp::Version;

use crate::error::Error;
use crate::field;
use crate::pdu_type::PduType;
use crate::repeated::{DeleteResult, Item, Repeated};
use crate::scan::Scan;
use crate::write::Writer;

/// M-Delete.conf.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeleteConf<'a> {
    /// X-Mms-Transaction-Id.
    pub transaction_id: &'a [u8],
    /// X-Mms-MMS-Version.
    pub version: Version,
    /// What became of each message.
    pub results: Repeated<'a, DeleteResult<'a>>,
}

const MANDATORY: u64 = field::mandatory(PduType::DeleteConf);

impl<'a> DeleteConf<'a> {
    pub(crate) fn read(scan: &Scan<'a>) -> Result<Self, Error> {
        scan.check(MANDATORY)?;
        let results = Repeated::Wire(scan.headers());
        if !results
            .iter()
            .any(|result| matches!(result, DeleteResult::Status(_)))
        {
            return Err(scan.missing(field::RESPONSE_STATUS));
        }
        Ok(Self {
            transaction_id: scan.required(field::TRANSACTION_ID)?,
            version: scan.required(field::VERSION)?,
            results,
        })
    }

    /// Appends the PDU.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::begin(out, PduType::DeleteConf, Some(self.transaction_id), self.version);
        for item in self.results {
            item.put(&mut writer);
        }
    }
}
