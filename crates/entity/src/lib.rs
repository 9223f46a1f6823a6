//! MIME entities: views over a mail, and conversion from and to the canonical WSP binary multipart.
//!
//! Ring 1, on top of `wsp`; the layer below `mm4` and `mm7`. No I/O, no clock; hostile bytes give an [`Error`] with
//! its offset, never a panic. The mail is one buffer: heads and bodies are views over it, and a body is copied once,
//! when it is decoded into the caller's buffer.
//!
//! ```text
//!  Content-Type: multipart/related; boundary=b      | 1B B3 type start        content type
//!  <empty line>                                     | 02                      entries
//!  --b                                              |
//!  Content-Type: image/jpeg; name=a.jpg             | 11 8C34 9E 85 "a.jpg" 00  headers, data length
//!  Content-ID: <a>                                  | C0 22 "<a>" 00
//!  Content-Transfer-Encoding: base64                |
//!  <empty line>                                     |
//!  /9j/4AAQ...                                      | FF D8 FF E0 ...
//!  --b--                                            |
//!          canonical::write -->                             <-- mime::write
//! ```
//!
//! What is the library's and what is ours: `mail-parser` reads the grammars (Content-Type with RFC 2231 and RFC 2047,
//! encoded words with their character sets, dates). The walk over heads and parts is ours, since the library decodes
//! every body into a copy, converts texts and takes a boundary in the middle of a line for a delimiter; so are address
//! lists, since it drops telephone numbers that have no domain.
//!
//! Reading order: [`limits`], [`header`], [`content_type`], [`part`], [`transfer`]; [`canonical`] and [`mime`];
//! [`mailbox`], [`word`], [`date`]; [`mod@write`].

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

pub mod canonical;
pub mod charset;
pub mod content_type;
pub mod date;
pub mod error;
pub mod fuzz;
pub mod header;
pub mod limits;
pub mod mailbox;
pub mod mime;
pub mod part;
pub mod transfer;
pub mod word;
pub mod write;

pub use content_type::ContentType;
pub use error::{Error, ErrorKind};
pub use header::{Header, Headers};
pub use mailbox::Mailbox;
pub use mime::Carriage;
pub use part::{Entity, Parts};
pub use transfer::Transfer;
pub use write::HeadWriter;
