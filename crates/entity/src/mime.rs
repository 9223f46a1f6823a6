//! The canonical form to MIME: a WSP binary multipart becomes an entity.
//!
//! Used once, where a message leaves for another MMSC, a mail box or a SOAP server. Invariants: the reverse of
//! [`crate::canonical`]: parts keep their order, their headers and every octet; a boundary is not drawn by lot: it
//! begins with `=_`, and a body that holds `--=_` is sent in base64, so the boundary occurs in no part.

use wsp::part_header::{
    CONTENT_DISPOSITION, CONTENT_DISPOSITION_1_4, CONTENT_ID, CONTENT_LENGTH, CONTENT_LOCATION,
};
use wsp::{ContentType, HighOctet, Multipart, Parameter, ParameterValue, Part, PartHeader, Reader};

use crate::charset;
use crate::error::{Error, ErrorKind};
use crate::header::text;
use crate::limits::PARTS_MAX;
use crate::transfer::{self, BOUNDARY_MARK, Texture, Transfer};
use crate::write::HeadWriter;

/// What the way to the receiver can carry unencoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Carriage {
    /// Seven-bit lines only: every SMTP server.
    #[default]
    SevenBit,
    /// Lines of octets: 8BITMIME (RFC 6152).
    EightBit,
    /// Anything: BINARYMIME with CHUNKING (RFC 3030).
    Binary,
}

/// A header of a binary multipart that has no name in MIME is carried in this one, in hexadecimal, code first.
pub const RAW_HEADER: &str = "X-WSP-Header";

/// Appends Content-Type and what else the head of the entity needs, the empty line, and the body. The caller has
/// written the other headers before, MIME-Version among them. Errors: those of the binary multipart, `PartsTooMany`;
/// what was appended until then is of no use.
pub fn write(
    content_type: &ContentType<'_>,
    body: &[u8],
    carriage: Carriage,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let mut writer = Writer {
        out,
        carriage,
        boundaries: 0,
        parts: 0,
    };
    if content_type.is_multipart() {
        let parts = Multipart::read(body)?.collect::<Result<Vec<_>, _>>()?;
        writer.multipart(content_type, &[], &parts)
    } else {
        // The mail ends with a line end, which must not become part of the data.
        writer.single(content_type, &[], body, Place::Mail);
        Ok(())
    }
}

/// Where an entity that is no multipart stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Part,
    Mail,
}

struct Writer<'v> {
    out: &'v mut Vec<u8>,
    carriage: Carriage,
    boundaries: usize,
    parts: usize,
}

impl Writer<'_> {
    fn part(&mut self, part: &Part<'_>) -> Result<(), Error> {
        self.parts = self.parts.saturating_add(1);
        if self.parts > PARTS_MAX {
            return Err(Error::new(ErrorKind::PartsTooMany, part.data_offset));
        }
        let headers: Vec<_> = part.headers.collect();
        // What calls itself a multipart and is none goes out as the octets that it is.
        let inner = part
            .content_type
            .is_multipart()
            .then(|| part.multipart()?.collect::<Result<Vec<_>, _>>());
        match inner {
            Some(Ok(parts)) => self.multipart(&part.content_type, &headers, &parts),
            _ => {
                self.single(&part.content_type, &headers, part.data, Place::Part);
                Ok(())
            }
        }
    }

    fn multipart(
        &mut self,
        media: &ContentType<'_>,
        headers: &[PartHeader<'_>],
        parts: &[Part<'_>],
    ) -> Result<(), Error> {
        self.boundaries = self.boundaries.saturating_add(1);
        let boundary = format!("{BOUNDARY_MARK}{:04}", self.boundaries);
        self.media(media, Some(&boundary));
        self.headers(headers);
        self.out.extend_from_slice(b"\r\n");
        for part in parts {
            self.delimiter(&boundary, b"\r\n");
            self.part(part)?;
        }
        self.delimiter(&boundary, b"--\r\n");
        Ok(())
    }

    /// The line end before a delimiter belongs to it.
    fn delimiter(&mut self, boundary: &str, end: &[u8]) {
        self.out.extend_from_slice(b"\r\n--");
        self.out.extend_from_slice(boundary.as_bytes());
        self.out.extend_from_slice(end);
    }

    fn single(&mut self, media: &ContentType<'_>, headers: &[PartHeader<'_>], data: &[u8], place: Place) {
        let is_text = media
            .media
            .name()
            .get(..5)
            .is_some_and(|main| main.eq_ignore_ascii_case(b"text/"));
        let is_text = is_text || media.is("application/smil");
        let (name, transfer) = match place {
            Place::Mail if !data.ends_with(b"\r\n") => ("base64", Transfer::Base64),
            Place::Mail | Place::Part => self.encoding(is_text, data),
        };
        self.media(media, None);
        let mut head = HeadWriter::new(self.out);
        head.put("Content-Transfer-Encoding", name.as_bytes());
        self.headers(headers);
        self.out.extend_from_slice(b"\r\n");
        match transfer {
            Transfer::Base64 => transfer::encode_base64(data, self.out),
            Transfer::QuotedPrintable => transfer::encode_quoted_printable(data, self.out),
            Transfer::Identity | Transfer::Unknown => self.out.extend_from_slice(data),
        }
        if place == Place::Mail && transfer == Transfer::Base64 {
            self.out.extend_from_slice(b"\r\n");
        }
    }

    /// The cheapest encoding that the way carries unchanged. What is no text is not looked over.
    fn encoding(&self, is_text: bool, data: &[u8]) -> (&'static str, Transfer) {
        if !is_text && self.carriage != Carriage::Binary {
            return ("base64", Transfer::Base64);
        }
        let texture = Texture::of(data);
        match self.carriage {
            _ if texture.holds_boundary => ("base64", Transfer::Base64),
            _ if texture.has_lines && texture.is_seven_bit => ("7bit", Transfer::Identity),
            Carriage::EightBit | Carriage::Binary if texture.has_lines => ("8bit", Transfer::Identity),
            Carriage::Binary => ("binary", Transfer::Identity),
            _ if texture.is_mostly_text => ("quoted-printable", Transfer::QuotedPrintable),
            _ => ("base64", Transfer::Base64),
        }
    }

    fn media(&mut self, media: &ContentType<'_>, boundary: Option<&str>) {
        let name = media.media.name();
        let name = match (boundary, name.split_at_checked(WAP_MULTIPART.len())) {
            (Some(_), Some((head, sub))) if head.eq_ignore_ascii_case(WAP_MULTIPART) => {
                format!("multipart/{}", text(sub))
            }
            _ if name.is_empty() || name.contains(&b'*') => match boundary {
                Some(_) => "multipart/mixed".to_owned(),
                None => "application/octet-stream".to_owned(),
            },
            _ => text(name).into_owned(),
        };
        let parameters = media.parameters();
        let mut parameters: Vec<(String, String)> = parameters.filter_map(|p| parameter(&p)).collect();
        parameters.retain(|parameter| !(boundary.is_some() && parameter.0.eq_ignore_ascii_case("boundary")));
        if let Some(boundary) = boundary {
            parameters.push(("boundary".to_owned(), boundary.to_owned()));
        }
        put_media(self.out, "Content-Type", &name, &parameters);
    }

    fn headers(&mut self, headers: &[PartHeader<'_>]) {
        for header in headers {
            match *header {
                PartHeader::Text { name, value } => self.text_header(&text(name), value),
                PartHeader::Coded { code, value } => self.coded_header(code, value),
            }
        }
    }

    /// A header in words. The transfer encoding and the type are ours to say.
    fn text_header(&mut self, name: &str, value: &[u8]) {
        let is_ours = ["Content-Transfer-Encoding", "Content-Type", "MIME-Version"]
            .iter()
            .any(|ours| name.eq_ignore_ascii_case(ours));
        if !is_ours {
            HeadWriter::new(self.out).put(name, value);
        }
    }

    fn coded_header(&mut self, code: u8, value: &[u8]) {
        let as_text = || Reader::new(value).text_string().ok();
        match code {
            CONTENT_LENGTH => {}
            CONTENT_ID => {
                let id = as_text().unwrap_or_default();
                let id = id.strip_prefix(b"\"").unwrap_or(id);
                let id = wsp::part_header::without_brackets(id.strip_suffix(b"\"").unwrap_or(id));
                HeadWriter::new(self.out).put("Content-ID", &[b"<", id, b">"].concat());
            }
            CONTENT_LOCATION => {
                HeadWriter::new(self.out).text("Content-Location", &text(as_text().unwrap_or_default()));
            }
            CONTENT_DISPOSITION | CONTENT_DISPOSITION_1_4 => match disposition(value) {
                Some((kind, parameters)) => put_media(self.out, "Content-Disposition", &kind, &parameters),
                None => self.raw_header(code, value),
            },
            _ => self.raw_header(code, value),
        }
    }

    fn raw_header(&mut self, code: u8, value: &[u8]) {
        let mut digits = format!("{:02x}", 0x80 | code);
        for octet in value {
            digits.push_str(&format!("{octet:02x}"));
        }
        HeadWriter::new(self.out).put(RAW_HEADER, digits.as_bytes());
    }
}

/// What the names of binary multiparts begin with.
const WAP_MULTIPART: &[u8] = b"application/vnd.wap.multipart.";

fn put_media(out: &mut Vec<u8>, header: &str, value: &str, parameters: &[(String, String)]) {
    let parameters: Vec<(&str, &str)> = parameters.iter().map(|p| (p.0.as_str(), p.1.as_str())).collect();
    HeadWriter::new(out).media(header, value, &parameters);
}

/// Name and value in words; `None` for one that has no value or no name.
fn parameter(parameter: &Parameter<'_>) -> Option<(String, String)> {
    let name = text(parameter.name_text()).to_ascii_lowercase();
    let value = match parameter.value {
        ParameterValue::Empty => return None,
        ParameterValue::Integer(number) => match name.as_str() {
            "charset" => charset::name(u32::try_from(number).ok()?)?,
            "type" => wsp::media_type::name(u16::try_from(number).ok()?)?.to_owned(),
            _ => number.to_string(),
        },
        ParameterValue::Text(value) => text(value).into_owned(),
    };
    // The root is named as its Content-ID is written (RFC 2387 §3.2).
    let value = match name.as_str() {
        "start" => format!("<{}>", text(wsp::part_header::without_brackets(value.as_bytes()))),
        _ => value,
    };
    (!name.is_empty()).then_some((name, value))
}

/// The kind and the parameters of a Content-disposition-value.
fn disposition(value: &[u8]) -> Option<(String, Vec<(String, String)>)> {
    let mut value = Reader::new(value).value().ok()?;
    let kind = match value.peek()? {
        token @ 0x80..=0x82 => {
            value.octet().ok()?;
            ["form-data", "attachment", "inline"]
                .get(usize::from(token & 0x7F))?
                .to_string()
        }
        0x20..=0x7F => text(value.text_string().ok()?).into_owned(),
        _ => return None,
    };
    let parameters = wsp::Parameters::new(value)
        .filter_map(|p| parameter(&p))
        .collect();
    Some((kind, parameters))
}

/// What [`RAW_HEADER`] carries, appended; nothing where it is not whole.
pub(crate) fn from_hexadecimal(digits: &[u8], out: &mut Vec<u8>) {
    let digits: Vec<u8> = digits.iter().copied().filter(u8::is_ascii_hexdigit).collect();
    let mut octets = Vec::with_capacity(digits.len().div_ceil(2));
    for pair in digits.as_chunks::<2>().0 {
        octets.push((transfer::hexadecimal(pair[0]) << 4) | transfer::hexadecimal(pair[1]));
    }
    // Only what reads back as one header of a part may go between the others.
    let mut reader = Reader::new(&octets);
    let is_one = matches!(reader.octet(), Ok(0x80..))
        && reader.raw_value(HighOctet::Value).is_ok()
        && reader.is_empty();
    if is_one {
        out.extend_from_slice(&octets);
    }
}

#[cfg(test)]
mod tests;
