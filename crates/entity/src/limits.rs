//! What a mail may consist of: the bounds that keep the work linear in its octets.
//!
//! Checked by [`crate::header`] and [`crate::part`] before anything is looked at twice. Invariant: what is read within
//! these bounds can be written as a binary multipart that `wsp` reads.

/// How deep multiparts may nest, the outermost included: as deep as the canonical form can.
pub const DEPTH_MAX: u8 = wsp::multipart::DEPTH_MAX;

/// Parts of one mail, over all levels. Reason: the longest seen in real traffic has about twenty.
pub const PARTS_MAX: usize = 512;

/// Headers in one head. Reason: thirty are usual; every relay on the way adds a few.
pub const HEADERS_MAX: usize = 1_000;

/// Octets of one header with its folds. Reason: a To of 256 recipients at 60 octets is 15 KiB.
pub const HEADER_OCTETS_MAX: usize = 64 << 10;

/// Octets of one head.
pub const HEAD_OCTETS_MAX: usize = 256 << 10;

/// Octets of a Content-Type or Content-Disposition that is read. Reason: its parameters are names.
pub const MEDIA_OCTETS_MAX: usize = 4 << 10;

/// Encoded words in a Content-Type or Content-Disposition. Reason: the library looks for the end of each unfinished one
/// in all the rest, so this bounds the work to so many walks.
pub const MEDIA_WORDS_MAX: usize = 32;

/// Octets of a boundary (RFC 2046 §5.1.1 allows 70; senders with longer ones are known).
pub const BOUNDARY_OCTETS_MAX: usize = 200;

/// Octets of a line without its end (RFC 5322 §2.1.1).
pub const LINE_OCTETS_MAX: usize = 998;

/// Octets of a line that we write, where it can be folded (RFC 5322 §2.1.1).
pub const LINE_OCTETS_WRITTEN: usize = 78;

const _: () = assert!(
    HEADER_OCTETS_MAX <= HEAD_OCTETS_MAX,
    "one header must fit its head"
);
const _: () = assert!(MEDIA_OCTETS_MAX <= HEADER_OCTETS_MAX, "a media type is a header");
const _: () = assert!(
    LINE_OCTETS_WRITTEN < LINE_OCTETS_MAX,
    "what is written can be read"
);
