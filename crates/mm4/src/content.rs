//! What a forward carries: MIME as it came, or the canonical form as it is stored.
//!
//! Invariants: a mail in transit keeps its body octet by octet; the conversion happens where it is asked for, once.

use entity::{Carriage, Entity, Error, HeadWriter, canonical, mime};
use wsp::ContentType;

/// The content of a message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Content<'a> {
    /// As another MMSC sent it.
    Mime(Entity<'a>),
    /// As a handset sent it and as it is stored.
    Canonical {
        /// The content type, with its octets on the wire.
        content_type: ContentType<'a>,
        /// A binary multipart, or the data itself.
        body: &'a [u8],
    },
}

impl Content<'_> {
    /// Appends the canonical form: content type and body. Returns how many parts there are, nested ones included, 0
    /// where it was canonical before and nobody looked. Errors: those of [`canonical::write`].
    pub fn canonical(&self, content_type: &mut Vec<u8>, body: &mut Vec<u8>) -> Result<usize, Error> {
        match self {
            Self::Mime(entity) => canonical::write(entity, content_type, body),
            Self::Canonical {
                content_type: media,
                body: octets,
            } => {
                content_type.extend_from_slice(media.raw);
                body.extend_from_slice(octets);
                Ok(0)
            }
        }
    }

    /// Appends the headers of the content, the empty line, and the body. MIME that the way cannot carry as it is goes
    /// through the canonical form. Errors: those of both conversions.
    pub(crate) fn write(&self, carriage: Carriage, out: &mut Vec<u8>) -> Result<(), Error> {
        HeadWriter::new(out).put("MIME-Version", b"1.0");
        match self {
            Self::Canonical { content_type, body } => mime::write(content_type, body, carriage, out),
            Self::Mime(entity) if may_pass(entity, carriage) => {
                for header in entity.headers.filter(|header| is_of_content(header.name)) {
                    let name = String::from_utf8_lossy(header.name);
                    HeadWriter::new(out).put(&name, &header.value());
                }
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(entity.body);
                Ok(())
            }
            Self::Mime(entity) => {
                let (mut content_type, mut body) = (Vec::new(), Vec::new());
                canonical::write(entity, &mut content_type, &mut body)?;
                mime::write(&ContentType::from_raw(&content_type)?, &body, carriage, out)
            }
        }
    }
}

/// Whether the body can be carried as it came: lines that are short enough, and of octets that the way takes.
fn may_pass(entity: &Entity<'_>, carriage: Carriage) -> bool {
    let texture = entity::transfer::Texture::of(entity.body);
    match carriage {
        Carriage::Binary => true,
        Carriage::EightBit => texture.has_lines,
        Carriage::SevenBit => texture.has_lines && texture.is_seven_bit,
    }
}

/// Headers of RFC 2045 that describe the body.
pub(crate) fn is_of_content(name: &[u8]) -> bool {
    const PREFIX: &[u8] = b"Content-";
    name.get(..PREFIX.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(PREFIX))
}
