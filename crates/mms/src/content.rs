//! The content of a message: its type and its body.
//!
//! The end of the two PDUs that have a body. Invariants: the body is untouched bytes to the end of the PDU; walking
//! its parts never looks at their data.

use wsp::{ContentType, Multipart, Reader};

use crate::error::Error;
use crate::field;

/// Content type and body. Equality does not regard where in the PDU they stand.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// The content type, with its octets on the wire.
    pub content_type: ContentType<'a>,
    /// Where the body starts, in octets from the start of the PDU; 0 for content that is to be written.
    pub offset: usize,
    /// The body: a binary multipart if the content type says so, else the data itself.
    pub body: &'a [u8],
}

impl PartialEq for Content<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.content_type == other.content_type && self.body == other.body
    }
}

impl Eq for Content<'_> {}

impl<'a> Content<'a> {
    /// Content to be written: the writers put `content_type.raw` last, the caller appends the body.
    #[must_use]
    pub const fn new(content_type: ContentType<'a>, body: &'a [u8]) -> Self {
        Self {
            content_type,
            offset: 0,
            body,
        }
    }

    pub(crate) fn read(bytes: &'a [u8], value_offset: usize) -> Result<Self, Error> {
        let value = bytes.get(value_offset..).unwrap_or_default();
        let mut reader = Reader::at(value, value_offset);
        let content_type =
            ContentType::read(&mut reader).map_err(|error| Error::value(field::CONTENT_TYPE, error))?;
        Ok(Self {
            content_type,
            offset: reader.offset(),
            body: reader.rest(),
        })
    }

    /// The part table; `None` when the content is not a multipart. Errors: `Truncated`, `Uintvar`, with offsets in
    /// the body.
    #[must_use]
    pub fn parts(&self) -> Option<Result<Multipart<'a>, wsp::Error>> {
        self.content_type
            .is_multipart()
            .then(|| Multipart::read(self.body))
    }

    /// Octets of data: of all parts together without their headers, or of the body that is no multipart. Errors:
    /// those of the part table, with offsets in the body.
    pub fn data_octets(&self) -> Result<u64, wsp::Error> {
        let octets = |data: &[u8]| u64::try_from(data.len()).unwrap_or(u64::MAX);
        match self.parts() {
            None => Ok(octets(self.body)),
            Some(parts) => parts?.try_fold(0_u64, |sum, part| Ok(sum.saturating_add(octets(part?.data)))),
        }
    }
}
