//! M-Forward.req: a phone passes on a message that it has not retrieved.
//!
//! Phone to server, by POST, without a body. Invariants: there is at least one recipient; the message is named by the
//! Content-Location of its notification, and only its stored recipient may forward it.

use wsp::Version;

use crate::error::Error;
use crate::field;
use crate::groups::ReplyCharging;
use crate::headers::Headers;
use crate::pdu_type::PduType;
use crate::repeated::{Item, Recipient, Repeated};
use crate::scan::Scan;
use crate::value::{Originator, Time};
use crate::write::Writer;

/// M-Forward.req.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForwardReq<'a> {
    /// X-Mms-Transaction-Id.
    pub transaction_id: &'a [u8],
    /// X-Mms-MMS-Version.
    pub version: Version,
    /// When the phone says that it asked, seconds since 1970-01-01 UTC.
    pub date_unix_s: Option<u64>,
    /// Who forwards, as the phone claims it, mostly insert-address.
    pub from: Originator<'a>,
    /// Everybody in To, Cc and Bcc.
    pub recipients: Repeated<'a, Recipient<'a>>,
    /// X-Mms-Expiry; absent means as long as the operator keeps messages.
    pub expiry: Option<Time>,
    /// X-Mms-Delivery-Time; absent means at once.
    pub delivery_time: Option<Time>,
    /// Whether the first sender may have a delivery report; absent means yes.
    pub report_allowed: Option<bool>,
    /// Whether the one who forwards wants a delivery report; absent means no.
    pub delivery_report: Option<bool>,
    /// Whether the one who forwards wants a read report; absent means no.
    pub read_report: Option<bool>,
    /// X-Mms-Reply-Charging and its companions.
    pub reply_charging: ReplyCharging<'a>,
    /// Whether to store a copy in the network mailbox; absent means no.
    pub store: Option<bool>,
    /// The header section as it came.
    pub headers: Headers<'a>,
    /// The Content-Location of the message's notification.
    pub content_location: &'a [u8],
}

const MANDATORY: u64 = field::mandatory(PduType::ForwardReq);

const RECIPIENTS: u64 = field::bits(&[field::TO, field::CC, field::BCC]);

const OWN: u64 = MANDATORY
    | RECIPIENTS
    | ReplyCharging::BITS
    | field::bits(&[
        field::DATE,
        field::EXPIRY,
        field::DELIVERY_TIME,
        field::REPORT_ALLOWED,
        field::DELIVERY_REPORT,
        field::READ_REPORT,
        field::STORE,
    ]);

impl<'a> ForwardReq<'a> {
    /// A request with its mandatory fields only.
    #[must_use]
    pub fn new(
        transaction_id: &'a [u8],
        version: Version,
        from: Originator<'a>,
        recipients: &'a [Recipient<'a>],
        content_location: &'a [u8],
    ) -> Self {
        Self {
            transaction_id,
            version,
            date_unix_s: None,
            from,
            recipients: Repeated::List(recipients),
            expiry: None,
            delivery_time: None,
            report_allowed: None,
            delivery_report: None,
            read_report: None,
            reply_charging: ReplyCharging::default(),
            store: None,
            headers: Headers::default(),
            content_location,
        }
    }

    pub(crate) fn read(scan: &Scan<'a>) -> Result<Self, Error> {
        scan.check(MANDATORY)?;
        Ok(Self {
            transaction_id: scan.required(field::TRANSACTION_ID)?,
            version: scan.required(field::VERSION)?,
            date_unix_s: scan.optional(field::DATE),
            from: scan.required(field::FROM)?,
            recipients: scan.recipients()?,
            expiry: scan.optional(field::EXPIRY),
            delivery_time: scan.optional(field::DELIVERY_TIME),
            report_allowed: scan.optional(field::REPORT_ALLOWED),
            delivery_report: scan.optional(field::DELIVERY_REPORT),
            read_report: scan.optional(field::READ_REPORT),
            reply_charging: ReplyCharging::read(scan),
            store: scan.optional(field::STORE),
            headers: scan.headers(),
            content_location: scan.required(field::CONTENT_LOCATION)?,
        })
    }

    /// Appends the PDU. What `headers` holds beyond the fields of this type goes along.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::begin(out, PduType::ForwardReq, Some(self.transaction_id), self.version);
        writer.put_some(field::DATE, self.date_unix_s);
        writer.put(field::FROM, self.from);
        for recipient in self.recipients {
            recipient.put(&mut writer);
        }
        writer.put_some(field::EXPIRY, self.expiry);
        writer.put_some(field::DELIVERY_TIME, self.delivery_time);
        writer.put_some(field::REPORT_ALLOWED, self.report_allowed);
        writer.put_some(field::DELIVERY_REPORT, self.delivery_report);
        writer.put_some(field::READ_REPORT, self.read_report);
        self.reply_charging.put(&mut writer);
        writer.put_some(field::STORE, self.store);
        writer.put(field::CONTENT_LOCATION, self.content_location);
        writer.carry_over(&self.headers, PduType::ForwardReq, OWN);
    }
}
