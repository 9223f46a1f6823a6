//! MIME to the canonical form: a content type and a WSP binary multipart.
//!
//! Used once, where a mail or a SOAP request enters. Invariants: parts keep their order, bodies are decoded straight
//! into the output and are not moved but where the guess at the width of their length was wrong; texts keep their
//! character set; every header of a part survives, by its code where it has one, else in words. Layout: WSP §8.5.
//!
//! | MIME | WSP |
//! |---|---|
//! | `multipart/x` | `application/vnd.wap.multipart.x` |
//! | `charset` | MIBenum, or in words if it has none |
//! | `boundary`, Content-Transfer-Encoding | gone |
//! | Content-ID, Content-Location, Content-Disposition | 0x40, 0x0E, 0x2E |
//! | any other header | name and value in words |

use wsp::part_header::{CONTENT_DISPOSITION, CONTENT_ID, CONTENT_LOCATION};
use wsp::{Media, Parameter, ParameterName, ParameterValue, media_type, parameter};

use crate::charset;
use crate::content_type::ContentType;
use crate::error::{Error, ErrorKind};
use crate::header::Header;
use crate::limits::PARTS_MAX;
use crate::mime::{RAW_HEADER, from_hexadecimal};
use crate::part::Entity;
use crate::transfer::Transfer;

/// Appends the content type of `entity` to `content_type` and its body to `body`: a binary multipart if it is a
/// `multipart/*`, else the decoded data. A single part that carries headers of its own becomes a multipart of one,
/// since the canonical form has no other place for them. Returns how many parts there are, nested ones included.
/// Errors: those of reading, `PartsTooMany`, `TooLong`; what was appended until then is of no use.
pub fn write(entity: &Entity<'_>, content_type: &mut Vec<u8>, body: &mut Vec<u8>) -> Result<usize, Error> {
    let media = entity.content_type()?;
    let mut parts = 0;
    if media.is_multipart() {
        write_content_type(&media, content_type);
        write_multipart(entity, &media, body, &mut parts)?;
    } else if entity.headers.into_iter().any(|header| is_of_part(&header)) {
        content_type.push(0x80 | SINGLE_IN_MULTIPART);
        wsp::write::multipart_head(body, 1);
        write_part(entity, Origin::Mail, body, &mut parts)?;
    } else {
        write_content_type(&media, content_type);
        entity.decode(body);
        parts = 1;
    }
    Ok(parts)
}

/// Code of `application/vnd.wap.multipart.mixed`, below 128 as the short form wants it.
const SINGLE_IN_MULTIPART: u8 = 0x23;

const _: () = assert!(
    SINGLE_IN_MULTIPART as u16 == media_type::MULTIPART_MIXED,
    "one table"
);

/// Whose head it is: that of a part, or that of the mail, most of which is none of the part's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Part,
    Mail,
}

/// Headers of a mail that belong to its only part.
fn is_of_part(header: &Header<'_>) -> bool {
    ["Content-ID", "Content-Location", "Content-Disposition"]
        .iter()
        .any(|name| header.is(name))
}

fn write_multipart(
    entity: &Entity<'_>,
    media: &ContentType<'_>,
    out: &mut Vec<u8>,
    count: &mut usize,
) -> Result<(), Error> {
    let parts = entity.parts(media)?.collect::<Result<Vec<_>, _>>()?;
    let entries = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    wsp::write::multipart_head(out, entries);
    for part in &parts {
        write_part(part, Origin::Part, out, count)?;
    }
    Ok(())
}

fn write_part(part: &Entity<'_>, origin: Origin, out: &mut Vec<u8>, count: &mut usize) -> Result<(), Error> {
    *count = count.saturating_add(1);
    if *count > PARTS_MAX {
        return Err(Error::new(ErrorKind::PartsTooMany, part.body_offset));
    }
    let media = part.content_type()?;
    let mut headers = Vec::with_capacity(128);
    write_content_type(&media, &mut headers);
    for header in part.headers {
        if origin == Origin::Part || is_of_part(&header) {
            write_header(&header, part, &mut headers)?;
        }
    }
    let length = u32::try_from(headers.len()).unwrap_or(u32::MAX);
    wsp::write::uintvar(out, length);
    // The data goes where it will stay if its length takes as many octets as that of the encoded body does.
    let at = out.len();
    let guess = decoded_length_guess(part);
    wsp::write::uintvar(out, guess);
    let width = out.len().saturating_sub(at);
    out.extend_from_slice(&headers);
    let data = out.len();
    if media.is_multipart() {
        write_multipart(part, &media, out, count)?;
    } else {
        part.decode(out);
    }
    let written = out.len().saturating_sub(data);
    let length = u32::try_from(written).map_err(|_| Error::new(ErrorKind::TooLong, part.body_offset))?;
    let mut field = Vec::with_capacity(5);
    wsp::write::uintvar(&mut field, length);
    out.splice(at..at.saturating_add(width), field);
    Ok(())
}

/// The length of the data of a part, near enough for the width of its Uintvar.
fn decoded_length_guess(part: &Entity<'_>) -> u32 {
    let length = part.body.len();
    let guess = match part.transfer() {
        // Lines of 76 and their ends carry 57 octets.
        Transfer::Base64 => length.saturating_mul(57).div_ceil(78),
        _ => length,
    };
    u32::try_from(guess).unwrap_or(u32::MAX)
}

/// A media type: by its code where it has one.
fn write_content_type(media: &ContentType<'_>, out: &mut Vec<u8>) {
    let name = match media.is_multipart() {
        true => format!("application/vnd.wap.multipart.{}", media.sub),
        false => media.name(),
    };
    let value = match media_type::by_name(name.as_bytes()) {
        Some(code) => Media::Code(code),
        None => Media::Text(name.as_bytes()),
    };
    let parameters: Vec<Parameter<'_>> = media
        .parameters
        .iter()
        .filter(|parameter| !(media.is_multipart() && parameter.0 == "boundary"))
        .map(|parameter| coded_parameter(&parameter.0, &parameter.1))
        .collect();
    wsp::write::content_type(out, value, &parameters);
}

/// A parameter: by its token where its value is a text or a character set; else in words, which every reader takes.
fn coded_parameter<'a>(name: &'a str, value: &'a str) -> Parameter<'a> {
    let token = |token: u8| ParameterName::Token(token);
    let in_words = (
        ParameterName::Text(name.as_bytes()),
        ParameterValue::Text(value.as_bytes()),
    );
    let (name, value) = match (name, charset::mib_enum(value)) {
        ("charset", Some(number)) => (
            token(parameter::CHARSET),
            ParameterValue::Integer(u64::from(number)),
        ),
        ("name", _) => (token(parameter::NAME), in_words.1),
        ("filename", _) => (token(parameter::FILENAME), in_words.1),
        ("type", _) => (token(parameter::TYPE), in_words.1),
        ("start", _) => (token(parameter::START), in_words.1),
        _ => in_words,
    };
    Parameter { name, value }
}

fn write_header(header: &Header<'_>, part: &Entity<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
    let is = |name| header.is(name);
    if is("Content-Type") || (is("Content-Transfer-Encoding") && part.transfer() != Transfer::Unknown) {
        return Ok(());
    }
    if is("Content-ID") {
        let value = header.value();
        let id = value
            .strip_prefix(b"\"")
            .and_then(|id| id.strip_suffix(b"\""))
            .unwrap_or(&value);
        wsp::write::short_integer(out, CONTENT_ID);
        wsp::write::quoted_string(out, id);
    } else if is("Content-Location") {
        wsp::write::short_integer(out, CONTENT_LOCATION);
        // A URI holds no white space; what stands there comes from folds (RFC 2557 §4.4.2).
        wsp::write::text_string(out, header.decoded().as_bytes());
    } else if is("Content-Disposition") {
        let disposition = ContentType::read(header, part.body_offset)?;
        write_disposition(&disposition, out);
    } else if is(RAW_HEADER) {
        from_hexadecimal(&header.value(), out);
    } else {
        out.extend_from_slice(header.name);
        out.push(0);
        wsp::write::text_string(out, &header.value());
    }
    Ok(())
}

/// Content-disposition-value (WSP §8.4.2.53): form-data, attachment and inline have tokens.
fn write_disposition(disposition: &ContentType<'_>, out: &mut Vec<u8>) {
    wsp::write::short_integer(out, CONTENT_DISPOSITION);
    wsp::write::value(out, |out| {
        match disposition.main.as_ref() {
            "form-data" => out.push(0x80),
            "attachment" => out.push(0x81),
            "inline" => out.push(0x82),
            other => wsp::write::text_string(out, other.as_bytes()),
        }
        for (name, value) in &disposition.parameters {
            wsp::write::parameter(out, &coded_parameter(name, value));
        }
    });
}

#[cfg(test)]
mod tests;
