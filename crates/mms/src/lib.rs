//! MMS PDUs (OMA-TS-MMS_ENC 1.0 to 1.3): bytes to types and back.
//!
//! Ring 1, on top of `wsp`: what MM1 connections bring and what pushes carry. No I/O, no clock, no allocation on the
//! way in; hostile bytes give an [`Error`] with its offset, never a panic.
//!
//! ```text
//!  8C 80 | 98 "T1" 00 | 8D 92 | fields, application headers ... | 84 content type | body to the end
//!  type    transaction   1.2    0x80 | code, value                last            not looked at
//!          [------------- Headers -----------------------]  [------- Content ------------]
//! ```
//!
//! Reading order: [`field`] (the one table of all fields), `headers` and `scan` (one walk over a section), [`pdu`]
//! (one file per PDU), [`value`], [`status`], [`address`], [`repeated`] (what they consist of), [`envelope`] (a peek
//! for dispatch and refusals), [`text`] (the dump).

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]

pub mod address;
pub mod content;
pub mod envelope;
pub mod error;
pub mod field;
pub mod fuzz;
pub mod groups;
pub mod headers;
pub mod pdu;
pub mod pdu_type;
pub mod repeated;
mod scan;
pub mod size;
pub mod status;
pub mod text;
pub mod value;
pub mod version;
pub mod write;

pub use address::{Address, Digits, Form, PlmnText};
pub use content::Content;
pub use envelope::Envelope;
pub use error::{Error, ErrorKind};
pub use groups::{ApplicationIds, ReplyCharging};
pub use headers::{Field, Headers};
pub use pdu::{
    AcknowledgeInd, CancelConf, CancelReq, DeleteConf, DeleteReq, DeliveryInd, ForwardConf, ForwardReq,
    NotificationInd, NotifyRespInd, Pdu, ReadOrigInd, ReadRecInd, RetrieveConf, SendConf, SendReq,
};
pub use pdu_type::PduType;
pub use repeated::{DeleteResult, Location, PreviouslySent, Recipient, RecipientKind, Repeated};
pub use size::message_size_octets;
pub use status::{ResponseStatus, RetrieveStatus, StatusClass, StoreStatus};
pub use value::{
    CancelStatus, ContentClass, Counted, MessageClass, MessageState, Originator, Priority, ReadStatus,
    RecommendedRetrievalMode, ReplyChargingMode, SenderVisibility, Status, Time,
};
pub use wsp::{ContentType, EncodedString, Version};
