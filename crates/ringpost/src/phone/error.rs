//! What can go wrong for a phone, in words.
//!
//! Invariant: no error repeats a number or content.

use std::io;

/// Why a phone could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// Network or kernel.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The server took longer than the phone's patience.
    #[error("no answer in time")]
    Late,
    /// The URL is none that a phone can use.
    #[error("not a URL of the form http://HOST[:PORT]/PATH: {0}")]
    Url(String),
    /// No such handset, or the file of handsets is broken.
    #[error("{0}")]
    Personality(String),
    /// The answer is not HTTP as it should be.
    #[error("the answer can't be read: {0:?}")]
    Answer(http1::client::ClientError),
    /// HTTP said no, where a PDU was expected.
    #[error("the server answered with HTTP status {0}")]
    Http(u16),
    /// The PDU can't be read.
    #[error("the PDU can't be read: {0}")]
    Pdu(#[from] mms::Error),
    /// The body of the PDU can't be read.
    #[error("the message can't be read: {0}")]
    Body(#[from] wsp::Error),
    /// Another PDU than the one that was due.
    #[error("the server answered with {0}")]
    Unexpected(&'static str),
    /// The outbox gave a push without its number.
    #[error("the outbox named no Outbox-Seq")]
    Unnumbered,
    /// The server refused, in MMS's own words.
    #[error("refused with status {status:#04x} {name}: {text}")]
    Refused {
        /// X-Mms-Response-Status or X-Mms-Retrieve-Status.
        status: u8,
        /// Its name.
        name: &'static str,
        /// The server's sentence.
        text: String,
    },
}

impl From<http1::client::ClientError> for PhoneError {
    fn from(error: http1::client::ClientError) -> PhoneError {
        PhoneError::Answer(error)
    }
}
