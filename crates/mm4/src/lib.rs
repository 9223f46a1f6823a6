//! MM4: what MMSCs say to each other in mails (3GPP TS 23.140 §8.4, Rel-4 to Rel-6).
//!
//! Ring 1, on top of `entity`: a mail that SMTP brought becomes a typed message, and back. No I/O, no clock; hostile
//! bytes give an [`Error`], never a panic. Reading walks the head once and leaves the body alone.
//!
//! ```text
//!  From: +447700900001/TYPE=PLMN@mms.a.example       who sent it        } RFC 5322
//!  To: +447700900002/TYPE=PLMN@mms.b.example         to whom            }
//!  X-Mms-Message-Type: MM4_forward.REQ               what it is         }
//!  X-Mms-Transaction-ID: "t-1"                       REQ and RES share  } TS 23.140
//!  X-Mms-Message-ID: "m-1@mms.a.example"             the message        }
//!  X-Mms-Originator-System: system-user@mms.a.exa... where RES goes     }
//!  X-Anything: unknown                               kept, written again
//!  Content-Type: multipart/related; ...              Content: MIME, or the canonical form
//! ```
//!
//! Liberal in what peers send, strict in what leaves: ids may be quoted or in angle brackets, headers misspelt, flags
//! `1`, statuses numbers; a broken request still gives what a negative response needs ([`Refusal`]). What leaves is
//! shaped by a [`Dialect`], one for each peer.
//!
//! Reading order: [`field`] (the one table of headers), `head` (the walk), [`message`] and one file per message,
//! [`refusal`], [`dialect`] and [`mod@write`], [`bounce`]; what they consist of: [`id`], [`version`], [`address`],
//! [`value`], [`status`] (with the mapping from and to MM1); [`text`] (the dump).

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
pub mod bounce;
pub mod content;
pub mod delivery_report;
pub mod dialect;
pub mod error;
pub mod extra;
pub mod field;
pub mod forward;
pub mod fuzz;
mod head;
pub mod id;
pub mod message;
pub mod read_reply_report;
pub mod refusal;
pub mod response;
pub mod status;
pub mod text;
pub mod transaction;
pub mod value;
pub mod version;
pub mod write;

pub use address::{Address, Form};
pub use bounce::{Action, Bounce, BouncedRecipient};
pub use content::Content;
pub use delivery_report::DeliveryReportReq;
pub use dialect::{Dialect, IdStyle, Orientation, Plus};
pub use error::{Error, ErrorKind};
pub use extra::Extra;
pub use field::Field;
pub use forward::{ForwardReq, Hub, Terms, Vasp};
pub use id::Id;
pub use message::{Message, MessageType, Operation};
pub use read_reply_report::ReadReplyReportReq;
pub use refusal::Refusal;
pub use response::Response;
pub use status::{MmStatus, RequestStatus, StatusExtension};
pub use transaction::{Acknowledgement, Application, Transaction};
pub use value::{ContentClass, Expiry, MessageClass, PreviouslySent, Priority, ReadStatus, Visibility};
pub use version::Version;
