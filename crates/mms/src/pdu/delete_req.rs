//! M-Delete.req: the phone wants messages deleted that it has not retrieved.
//!
//! Phone to server, by POST (1.3). Invariant: names at least one message.

use wsp::Version;

use crate::error::Error;
use crate::field;
use crate::pdu_type::PduType;
use crate::repeated::{Item, Location, Repeated};
use crate::scan::Scan;
use crate::write::Writer;

/// M-Delete.req.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeleteReq<'a> {
    /// X-Mms-Transaction-Id.
    pub transaction_id: &'a [u8],
    /// X-Mms-MMS-Version.
    pub version: Version,
    /// The Content-Locations of their notifications.
    pub locations: Repeated<'a, Location<'a>>,
}

const MANDATORY: u64 = field::mandatory(PduType::DeleteReq);

impl<'a> DeleteReq<'a> {
    pub(crate) fn read(scan: &Scan<'a>) -> Result<Self, Error> {
        scan.check(MANDATORY)?;
        let locations = Repeated::Wire(scan.headers());
        if locations.iter().next().is_none() {
            return Err(scan.missing(field::CONTENT_LOCATION));
        }
        Ok(Self {
            transaction_id: scan.required(field::TRANSACTION_ID)?,
            version: scan.required(field::VERSION)?,
            locations,
        })
    }

    /// Appends the PDU.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::begin(out, PduType::DeleteReq, Some(self.transaction_id), self.version);
        for item in self.locations {
            item.put(&mut writer);
        }
    }
}
