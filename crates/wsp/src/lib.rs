//! WSP binary encoding: integers, texts, content types and multiparts, as MMS uses them.
//!
//! Ring 1: bytes in, borrowed views out, and back; the layer below `mms`. Nothing here does I/O, reads a clock or,
//! on the way in, allocates. Hostile bytes give an [`Error`] with its offset, never a panic.
//!
//! Reading order: [`error`], [`read`] (the cursor), [`content_type`] with [`parameter`], [`multipart`] with
//! [`part_header`], [`mod@write`]. Tables: [`media_type`], [`charset`].
//!
//! ```text
//!          Value-length  Media          Parameter            Parameter
//!  84 1B | 1B          | B3           | 8A "<smil>" 00     | 89 "application/smil" 00
//!  field   27 octets     multipart.rel  start                type
//! ```

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

pub mod charset;
pub mod content_type;
pub mod encoded_string;
pub mod error;
pub mod fuzz;
pub mod media_type;
pub mod multipart;
pub mod parameter;
pub mod part_header;
pub mod read;
pub mod version;
pub mod write;

pub use content_type::{ContentType, Media};
pub use encoded_string::EncodedString;
pub use error::{Error, ErrorKind};
pub use multipart::{Multipart, Part};
pub use parameter::{Parameter, ParameterName, ParameterValue, Parameters};
pub use part_header::{PartHeader, PartHeaders};
pub use read::{HighOctet, Reader};
pub use version::Version;
