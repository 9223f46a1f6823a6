//! The header fields of MMS: one table for everybody.
//!
//! Code, name, form of the value, whether it may repeat, and which PDUs must or may carry it. The reader takes its
//! mandatory checks from here, the writers what they may carry over, the dump its names. Invariant: the row of code
//! c is number c - 0x81. Source: OMA-TS-MMS_ENC-V1_3 clauses 6 (PDUs) and 7 (fields).

use crate::pdu_type::{PduSet, PduType};
use crate::status::{ResponseStatus, RetrieveStatus, StoreStatus};
use crate::value::{
    CancelStatus, ContentClass, MessageState, Priority, ReadStatus, RecommendedRetrievalMode,
    ReplyChargingMode, SenderVisibility, Status,
};

/// The form of a field's value on the wire.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Encoded-string-value that holds an address.
    Address,
    /// Encoded-string-value.
    Encoded,
    /// Text-string or Uri-value.
    Text,
    /// Content-type-value; ends the header section.
    ContentType,
    /// Date-value, seconds since 1970-01-01 UTC.
    Date,
    /// Long-integer or Integer-value.
    Number,
    /// 0x80 Yes, 0x81 No.
    YesNo,
    /// Value-length, 0x80 Date-value or 0x81 Delta-seconds-value.
    Time,
    /// Value-length, 0x80 address or 0x81 insert-address.
    Originator,
    /// One octet with a meaning; the function names it.
    Octet(fn(u8) -> Option<&'static str>),
    /// One octet for the well-known message classes, or a Token-text.
    MessageClass,
    /// Version-value.
    Version,
    /// Value-length, count, address.
    CountedAddress,
    /// Value-length, count, Date-value.
    CountedDate,
    /// Value-length, token, text or number: MM-Flags, totals and quotas, Element-Descriptor. Handed on raw.
    Structured,
    /// No value of its own: the code only appears as the value of X-Mms-Attributes.
    Nothing,
}

/// One row of [`FIELDS`].
#[derive(Debug, Clone, Copy)]
pub struct FieldRow {
    /// The octet on the wire.
    pub code: u8,
    /// The name in the specification.
    pub name: &'static str,
    /// The form of the value.
    pub shape: Shape,
    /// Whether it may appear more than once.
    pub repeats: bool,
    /// The PDUs that must have it.
    pub mandatory: PduSet,
    /// The PDUs that may have it.
    pub optional: PduSet,
}

impl FieldRow {
    /// Whether a PDU of that type may carry the field.
    #[must_use]
    pub const fn allowed_in(&self, pdu_type: PduType) -> bool {
        self.mandatory.contains(pdu_type) || self.optional.contains(pdu_type)
    }
}

const ONCE: bool = false;
const MANY: bool = true;

macro_rules! fields {
    ($($code:literal $ident:ident $name:literal $shape:expr, $repeats:ident,
       [$($mandatory:ident)*] [$($optional:ident)*];)*) => {
        $(#[doc = concat!("Code of ", $name, ".")] pub const $ident: u8 = $code;)*

        /// Every assigned field by rising code, 0x81 to 0xBF without a gap.
        pub static FIELDS: &[FieldRow] = ROWS;

        const ROWS: &[FieldRow] = &[$(FieldRow {
            code: $code,
            name: $name,
            shape: $shape,
            repeats: $repeats,
            mandatory: PduSet::of(&[$(PduType::$mandatory,)*]),
            optional: PduSet::of(&[$(PduType::$optional,)*]),
        },)*];
    };
}

use Shape as S;

fields! {
    0x81 BCC "Bcc" S::Address, MANY, [] [SendReq ForwardReq];
    0x82 CC "Cc" S::Address, MANY, [] [SendReq ForwardReq RetrieveConf];
    0x83 CONTENT_LOCATION "X-Mms-Content-Location" S::Text, MANY,
        [NotificationInd ForwardReq DeleteReq] [SendConf ForwardConf DeleteConf];
    0x84 CONTENT_TYPE "Content-Type" S::ContentType, ONCE, [SendReq RetrieveConf] [];
    0x85 DATE "Date" S::Date, ONCE,
        [RetrieveConf DeliveryInd ReadOrigInd] [SendReq ReadRecInd ForwardReq];
    0x86 DELIVERY_REPORT "X-Mms-Delivery-Report" S::YesNo, ONCE,
        [] [SendReq NotificationInd RetrieveConf ForwardReq];
    0x87 DELIVERY_TIME "X-Mms-Delivery-Time" S::Time, ONCE, [] [SendReq ForwardReq];
    0x88 EXPIRY "X-Mms-Expiry" S::Time, ONCE, [NotificationInd] [SendReq ForwardReq];
    0x89 FROM "From" S::Originator, ONCE,
        [SendReq ReadRecInd ReadOrigInd ForwardReq] [NotificationInd RetrieveConf];
    0x8A MESSAGE_CLASS "X-Mms-Message-Class" S::MessageClass, ONCE, [NotificationInd] [SendReq RetrieveConf];
    0x8B MESSAGE_ID "Message-ID" S::Text, ONCE,
        [DeliveryInd ReadRecInd ReadOrigInd] [SendConf RetrieveConf ForwardConf];
    0x8C MESSAGE_TYPE "X-Mms-Message-Type" S::Octet(pdu_type_name), ONCE,
        [SendReq SendConf NotificationInd NotifyRespInd RetrieveConf AcknowledgeInd DeliveryInd ReadRecInd
         ReadOrigInd ForwardReq ForwardConf DeleteReq DeleteConf CancelReq CancelConf] [];
    0x8D VERSION "X-Mms-MMS-Version" S::Version, ONCE,
        [SendReq SendConf NotificationInd NotifyRespInd RetrieveConf AcknowledgeInd DeliveryInd ReadRecInd
         ReadOrigInd ForwardReq ForwardConf DeleteReq DeleteConf CancelReq CancelConf] [];
    0x8E MESSAGE_SIZE "X-Mms-Message-Size" S::Number, ONCE, [NotificationInd] [];
    0x8F PRIORITY "X-Mms-Priority" S::Octet(Priority::name_of), ONCE, [] [SendReq NotificationInd RetrieveConf];
    0x90 READ_REPORT "X-Mms-Read-Report" S::YesNo, ONCE, [] [SendReq RetrieveConf ForwardReq];
    0x91 REPORT_ALLOWED "X-Mms-Report-Allowed" S::YesNo, ONCE, [] [NotifyRespInd AcknowledgeInd ForwardReq];
    0x92 RESPONSE_STATUS "X-Mms-Response-Status" S::Octet(ResponseStatus::name_of), MANY,
        [SendConf ForwardConf DeleteConf] [];
    0x93 RESPONSE_TEXT "X-Mms-Response-Text" S::Encoded, MANY, [] [SendConf ForwardConf DeleteConf];
    0x94 SENDER_VISIBILITY "X-Mms-Sender-Visibility" S::Octet(SenderVisibility::name_of), ONCE, [] [SendReq];
    0x95 STATUS "X-Mms-Status" S::Octet(Status::name_of), ONCE, [NotifyRespInd DeliveryInd] [];
    0x96 SUBJECT "Subject" S::Encoded, ONCE, [] [SendReq NotificationInd RetrieveConf];
    0x97 TO "To" S::Address, MANY, [DeliveryInd ReadRecInd ReadOrigInd] [SendReq RetrieveConf ForwardReq];
    0x98 TRANSACTION_ID "X-Mms-Transaction-Id" S::Text, ONCE,
        [SendReq SendConf NotificationInd NotifyRespInd AcknowledgeInd ForwardReq ForwardConf DeleteReq
         DeleteConf CancelReq CancelConf] [RetrieveConf];
    0x99 RETRIEVE_STATUS "X-Mms-Retrieve-Status" S::Octet(RetrieveStatus::name_of), ONCE, [] [RetrieveConf];
    0x9A RETRIEVE_TEXT "X-Mms-Retrieve-Text" S::Encoded, ONCE, [] [RetrieveConf];
    0x9B READ_STATUS "X-Mms-Read-Status" S::Octet(ReadStatus::name_of), ONCE, [ReadRecInd ReadOrigInd] [];
    0x9C REPLY_CHARGING "X-Mms-Reply-Charging" S::Octet(ReplyChargingMode::name_of), ONCE,
        [] [SendReq NotificationInd RetrieveConf ForwardReq];
    0x9D REPLY_CHARGING_DEADLINE "X-Mms-Reply-Charging-Deadline" S::Time, ONCE,
        [] [SendReq NotificationInd RetrieveConf ForwardReq];
    0x9E REPLY_CHARGING_ID "X-Mms-Reply-Charging-ID" S::Text, ONCE,
        [] [SendReq NotificationInd RetrieveConf ForwardReq];
    0x9F REPLY_CHARGING_SIZE "X-Mms-Reply-Charging-Size" S::Number, ONCE,
        [] [SendReq NotificationInd RetrieveConf ForwardReq];
    0xA0 PREVIOUSLY_SENT_BY "X-Mms-Previously-Sent-By" S::CountedAddress, MANY, [] [RetrieveConf];
    0xA1 PREVIOUSLY_SENT_DATE "X-Mms-Previously-Sent-Date" S::CountedDate, MANY, [] [RetrieveConf];
    0xA2 STORE "X-Mms-Store" S::YesNo, ONCE, [] [SendReq ForwardReq];
    0xA3 MM_STATE "X-Mms-MM-State" S::Octet(MessageState::name_of), MANY, [] [SendReq ForwardReq RetrieveConf];
    0xA4 MM_FLAGS "X-Mms-MM-Flags" S::Structured, MANY, [] [SendReq ForwardReq RetrieveConf];
    0xA5 STORE_STATUS "X-Mms-Store-Status" S::Octet(StoreStatus::name_of), ONCE, [] [SendConf ForwardConf];
    0xA6 STORE_STATUS_TEXT "X-Mms-Store-Status-Text" S::Encoded, ONCE, [] [SendConf ForwardConf];
    0xA7 STORED "X-Mms-Stored" S::YesNo, ONCE, [] [NotificationInd];
    0xA8 ATTRIBUTES "X-Mms-Attributes" S::Octet(known_name), MANY, [] [];
    0xA9 TOTALS "X-Mms-Totals" S::YesNo, ONCE, [] [];
    0xAA MBOX_TOTALS "X-Mms-Mbox-Totals" S::Structured, MANY, [] [];
    0xAB QUOTAS "X-Mms-Quotas" S::YesNo, ONCE, [] [];
    0xAC MBOX_QUOTAS "X-Mms-Mbox-Quotas" S::Structured, MANY, [] [];
    0xAD MESSAGE_COUNT "X-Mms-Message-Count" S::Number, ONCE, [] [];
    0xAE CONTENT "Content" S::Nothing, ONCE, [] [];
    0xAF START "X-Mms-Start" S::Number, ONCE, [] [];
    0xB0 ADDITIONAL_HEADERS "Additional-headers" S::Nothing, ONCE, [] [];
    0xB1 DISTRIBUTION_INDICATOR "X-Mms-Distribution-Indicator" S::YesNo, ONCE,
        [] [NotificationInd RetrieveConf];
    0xB2 ELEMENT_DESCRIPTOR "X-Mms-Element-Descriptor" S::Structured, MANY, [] [NotificationInd];
    0xB3 LIMIT "X-Mms-Limit" S::Number, ONCE, [] [];
    0xB4 RECOMMENDED_RETRIEVAL_MODE "X-Mms-Recommended-Retrieval-Mode"
        S::Octet(RecommendedRetrievalMode::name_of), ONCE, [] [NotificationInd];
    0xB5 RECOMMENDED_RETRIEVAL_MODE_TEXT "X-Mms-Recommended-Retrieval-Mode-Text" S::Encoded, ONCE,
        [] [NotificationInd];
    0xB6 STATUS_TEXT "X-Mms-Status-Text" S::Encoded, ONCE, [] [DeliveryInd];
    0xB7 APPLIC_ID "X-Mms-Applic-ID" S::Text, ONCE,
        [] [SendReq NotificationInd RetrieveConf DeliveryInd ReadRecInd ReadOrigInd];
    0xB8 REPLY_APPLIC_ID "X-Mms-Reply-Applic-ID" S::Text, ONCE,
        [] [SendReq NotificationInd RetrieveConf DeliveryInd ReadRecInd ReadOrigInd];
    0xB9 AUX_APPLIC_INFO "X-Mms-Aux-Applic-Info" S::Text, ONCE,
        [] [SendReq NotificationInd RetrieveConf DeliveryInd ReadRecInd ReadOrigInd];
    0xBA CONTENT_CLASS "X-Mms-Content-Class" S::Octet(ContentClass::name_of), ONCE,
        [] [SendReq NotificationInd RetrieveConf];
    0xBB DRM_CONTENT "X-Mms-DRM-Content" S::YesNo, ONCE, [] [SendReq NotificationInd RetrieveConf];
    0xBC ADAPTATION_ALLOWED "X-Mms-Adaptation-Allowed" S::YesNo, ONCE, [] [SendReq];
    0xBD REPLACE_ID "X-Mms-Replace-ID" S::Text, ONCE, [] [NotificationInd RetrieveConf];
    0xBE CANCEL_ID "X-Mms-Cancel-ID" S::Text, ONCE, [CancelReq] [];
    0xBF CANCEL_STATUS "X-Mms-Cancel-Status" S::Octet(CancelStatus::name_of), ONCE, [CancelConf] [];
}

/// The row of a field; `None` for a code that is not assigned (0x80, 0xC0 and above, or none at all).
#[must_use]
pub fn row(code: u8) -> Option<&'static FieldRow> {
    FIELDS.get(usize::from(code.checked_sub(0x81)?))
}

/// The name of a field, for people; a code that is not assigned has a general one.
#[must_use]
pub fn name(code: u8) -> &'static str {
    known_name(code).unwrap_or("unassigned field")
}

fn known_name(code: u8) -> Option<&'static str> {
    row(code).map(|row| row.name)
}

fn pdu_type_name(octet: u8) -> Option<&'static str> {
    PduType::try_from(octet).ok().map(PduType::name)
}

/// One bit for each assigned code, so that a header section is a `u64`. Zero for a code that is not assigned.
pub(crate) const fn bit(code: u8) -> u64 {
    match code {
        0x81..=0xBF => 1 << (code & 0x3F),
        _ => 0,
    }
}

/// The bits of several codes.
pub(crate) const fn bits(mut codes: &[u8]) -> u64 {
    let mut bits = 0;
    while let [first, rest @ ..] = codes {
        bits |= bit(*first);
        codes = rest;
    }
    bits
}

/// The bits of the fields that a PDU must have.
pub(crate) const fn mandatory(pdu_type: PduType) -> u64 {
    let mut rows = ROWS;
    let mut bits = 0;
    while let [row, rest @ ..] = rows {
        if row.mandatory.contains(pdu_type) {
            bits |= bit(row.code);
        }
        rows = rest;
    }
    bits
}

/// The fields whose value is a text even when its first octet is above 0x7F: the sender forgot the Quote.
pub(crate) const TEXTS: u64 = {
    let mut rows = ROWS;
    let mut bits = 0;
    while let [row, rest @ ..] = rows {
        if matches!(row.shape, Shape::Address | Shape::Encoded | Shape::Text) {
            bits |= bit(row.code);
        }
        rows = rest;
    }
    bits
};

#[cfg(test)]
mod tests;
