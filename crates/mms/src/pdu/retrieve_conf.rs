//! M-Retrieve.conf: the message itself, on its way to the recipient.
//!
//! Server to phone, in the response to the GET; with a body. Invariants: what the server decides is in the fields of
//! this type; everything else (To, Cc, Subject, classes, application headers) is carried over octet by octet from
//! `headers`, which is the submission's section; Bcc never leaves, nor do the sender's mailbox keywords.

use wsp::{EncodedString, Version};

use crate::content::Content;
use crate::error::Error;
use crate::field;
use crate::headers::Headers;
use crate::pdu_type::PduType;
use crate::repeated::{Item, PreviouslySent, Recipient, Repeated};
use crate::scan::Scan;
use crate::status::RetrieveStatus;
use crate::value::Originator;
use crate::write::Writer;

/// M-Retrieve.conf.
#[derive(Debug, Clone, Copy)]
pub struct RetrieveConf<'a> {
    /// X-Mms-Transaction-Id; present when the server wants an acknowledgement.
    pub transaction_id: Option<&'a [u8]>,
    /// X-Mms-MMS-Version.
    pub version: Version,
    /// Message-ID; present when the message is.
    pub message_id: Option<&'a [u8]>,
    /// The sender; absent when it hides.
    pub from: Option<Originator<'a>>,
    /// When the message was sent, seconds since 1970-01-01 UTC.
    pub date_unix_s: u64,
    /// Whether the message is here; absent means that it is.
    pub retrieve_status: Option<RetrieveStatus>,
    /// The same in words.
    pub retrieve_text: Option<EncodedString<'a>>,
    /// Who sent the message before it was forwarded, and when.
    pub previously_sent: Repeated<'a, PreviouslySent<'a>>,
    /// Whether the message may be passed on.
    pub distribution_indicator: Option<bool>,
    /// The Message-ID of the message that this one replaces.
    pub replace_id: Option<&'a [u8]>,
    /// Read: the header section as it came. To be written: the section to carry over from, that of the M-Send.req.
    pub headers: Headers<'a>,
    /// Content type and body.
    pub content: Content<'a>,
}

const MANDATORY: u64 = field::mandatory(PduType::RetrieveConf);

/// The fields that the server decides, and the mailbox's, which are between the sender and its own mailbox.
const OWN: u64 = MANDATORY
    | field::bits(&[
        field::TRANSACTION_ID,
        field::MESSAGE_ID,
        field::FROM,
        field::RETRIEVE_STATUS,
        field::RETRIEVE_TEXT,
        field::PREVIOUSLY_SENT_BY,
        field::PREVIOUSLY_SENT_DATE,
        field::DISTRIBUTION_INDICATOR,
        field::REPLACE_ID,
        field::MM_STATE,
        field::MM_FLAGS,
    ]);

/// Equal when the fields, the content and all that would be carried over are equal; `headers` may differ in the
/// order of what is not.
impl PartialEq for RetrieveConf<'_> {
    fn eq(&self, other: &Self) -> bool {
        let written = |message: &Self| {
            let mut out = Vec::new();
            message.write(&mut out);
            out
        };
        self.content == other.content && written(self) == written(other)
    }
}

impl<'a> RetrieveConf<'a> {
    /// One with its mandatory fields only.
    #[must_use]
    pub fn new(version: Version, date_unix_s: u64, content: Content<'a>) -> Self {
        Self {
            transaction_id: None,
            version,
            message_id: None,
            from: None,
            date_unix_s,
            retrieve_status: None,
            retrieve_text: None,
            previously_sent: Repeated::default(),
            distribution_indicator: None,
            replace_id: None,
            headers: Headers::default(),
            content,
        }
    }

    pub(crate) fn read(scan: &Scan<'a>) -> Result<Self, Error> {
        scan.check(MANDATORY)?;
        Ok(Self {
            transaction_id: scan.optional(field::TRANSACTION_ID),
            version: scan.required(field::VERSION)?,
            message_id: scan.optional(field::MESSAGE_ID),
            from: scan.optional(field::FROM),
            date_unix_s: scan.required(field::DATE)?,
            retrieve_status: scan.optional(field::RETRIEVE_STATUS),
            retrieve_text: scan.optional(field::RETRIEVE_TEXT),
            previously_sent: Repeated::Wire(scan.headers()),
            distribution_indicator: scan.optional(field::DISTRIBUTION_INDICATOR),
            replace_id: scan.optional(field::REPLACE_ID),
            headers: scan.headers(),
            content: scan.content()?,
        })
    }

    /// Subject, which is carried over.
    #[must_use]
    pub fn subject(&self) -> Option<EncodedString<'a>> {
        self.headers.subject()
    }

    /// Those in To and Cc, which are carried over.
    #[must_use]
    pub const fn recipients(&self) -> Repeated<'a, Recipient<'a>> {
        self.headers.recipients()
    }

    /// Appends the PDU up to and with the content type; the caller appends the body.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::begin(out, PduType::RetrieveConf, self.transaction_id, self.version);
        writer.put_some(field::MESSAGE_ID, self.message_id);
        writer.put(field::DATE, self.date_unix_s);
        writer.put_some(field::FROM, self.from);
        writer.put_some(field::RETRIEVE_STATUS, self.retrieve_status);
        writer.put_some(field::RETRIEVE_TEXT, self.retrieve_text);
        for previous in self.previously_sent {
            previous.put(&mut writer);
        }
        writer.put_some(field::DISTRIBUTION_INDICATOR, self.distribution_indicator);
        writer.put_some(field::REPLACE_ID, self.replace_id);
        writer.carry_over(&self.headers, PduType::RetrieveConf, OWN);
        writer.content_type(self.content.content_type.raw);
    }
}
