//! What a phone sends: an M-Send.req made of files and wishes.
//!
//! Before [`Phone::send`](super::Phone::send). Invariants: files go out octet by octet, each under its own name;
//! without `slides` the body is a multipart/mixed of the files alone, so what arrives can be compared file by file.

use super::PhoneError;
use base::Msisdn;
use mms::address::PlmnText;
use mms::{
    Address, Content, ContentType, EncodedString, MessageClass, Originator, Priority, Recipient,
    RecipientKind, SendReq, SenderVisibility, Time, Version,
};
use std::io;
use std::time::Duration;
use wsp::parameter::{CHARSET, NAME, START, TYPE};
use wsp::{Media, Parameter, ParameterName, ParameterValue, media_type, write};

/// The MIBenum of UTF-8 (IANA character sets).
const UTF_8: u64 = 106;

/// One part to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, without folders.
    pub name: String,
    /// Its media type, such as `image/jpeg`.
    pub content_type: String,
    /// Its octets.
    pub octets: Vec<u8>,
}

/// A message to send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Submission {
    /// Recipients in To, as people write them: numbers, or anything else that an address may be.
    pub to: Vec<String>,
    /// Recipients in Cc.
    pub cc: Vec<String>,
    /// Recipients in Bcc.
    pub bcc: Vec<String>,
    /// Subject.
    pub subject: Option<String>,
    /// The parts.
    pub files: Vec<File>,
    /// Puts a presentation (SMIL) in front, one slide a file, as phones do.
    pub slides: bool,
    /// Asks for delivery reports.
    pub delivery_report: bool,
    /// Asks for read reports.
    pub read_report: bool,
    /// Hides the number from the recipients.
    pub hide: bool,
    /// High priority.
    pub urgent: bool,
    /// How long the message may wait.
    pub expiry: Option<Duration>,
    /// How long it is to be kept back first.
    pub delivery_delay: Option<Duration>,
    /// When the phone says that it sent it, seconds since 1970; without one it does not say.
    pub date_unix_s: Option<u64>,
    /// The transaction's name; without one a new one is drawn.
    pub transaction_id: Option<String>,
}

/// A name for a transaction that was not used before: 16 hexadecimal digits.
///
/// # Errors
/// What the kernel's entropy source says.
pub fn transaction_id() -> Result<String, PhoneError> {
    let mut octets = [0; 8];
    getrandom::fill(&mut octets).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(format!("{:016x}", u64::from_be_bytes(octets)))
}

/// Writes the PDU, body included.
///
/// # Errors
/// [`PhoneError::Body`] where a part's type can't be written; it does not happen with the types of [`content_type`].
pub fn send_req(
    submission: &Submission,
    transaction_id: &[u8],
    version: Version,
) -> Result<Vec<u8>, PhoneError> {
    let texts = recipients(submission);
    let list: Vec<Recipient<'_>> = texts
        .iter()
        .map(|(kind, text)| Recipient {
            kind: *kind,
            address: Address { text: encoded(text) },
        })
        .collect();
    let content_type = if submission.slides { related() } else { mixed() };
    let content = Content::new(ContentType::from_raw(&content_type)?, &[]);
    let mut req = SendReq::new(transaction_id, version, Originator::Insert, &list, content);
    req.date_unix_s = submission.date_unix_s;
    req.subject = submission.subject.as_deref().map(encoded);
    req.message_class = Some(MessageClass::Personal);
    req.expiry = submission.expiry.map(|time| Time::Relative(time.as_secs()));
    req.delivery_time = submission
        .delivery_delay
        .map(|time| Time::Relative(time.as_secs()));
    req.priority = Some(if submission.urgent {
        Priority::High
    } else {
        Priority::Normal
    });
    req.sender_visibility = submission.hide.then_some(SenderVisibility::Hide);
    req.delivery_report = Some(submission.delivery_report);
    req.read_report = Some(submission.read_report);
    let mut pdu = Vec::with_capacity(
        1_024
            + submission
                .files
                .iter()
                .map(|file| file.octets.len())
                .sum::<usize>(),
    );
    req.write(&mut pdu);
    body(submission, &mut pdu);
    Ok(pdu)
}

/// To, Cc and Bcc as texts on the wire.
fn recipients(submission: &Submission) -> Vec<(RecipientKind, String)> {
    let lists = [
        (RecipientKind::To, &submission.to),
        (RecipientKind::Cc, &submission.cc),
        (RecipientKind::Bcc, &submission.bcc),
    ];
    let texts = lists
        .into_iter()
        .flat_map(|(kind, list)| list.iter().map(move |text| (kind, address(text))));
    texts.collect()
}

/// A number as phones write it, `+…/TYPE=PLMN`; anything else as it is.
#[must_use]
pub fn address(text: &str) -> String {
    match text
        .strip_prefix('+')
        .and_then(|digits| Msisdn::from_digits(digits.as_bytes()))
    {
        Some(number) => {
            String::from_utf8_lossy(PlmnText::new(number.digits()).address().text.text).into_owned()
        }
        None => text.to_owned(),
    }
}

fn encoded(text: &str) -> EncodedString<'_> {
    if text.is_ascii() {
        EncodedString::ascii(text.as_bytes())
    } else {
        EncodedString::utf8(text)
    }
}

fn mixed() -> Vec<u8> {
    let mut out = Vec::new();
    write::content_type(&mut out, Media::Code(media_type::MULTIPART_MIXED), &[]);
    out
}

/// multipart/related whose root is the presentation (OMA MMS conformance: `start` and `type`).
fn related() -> Vec<u8> {
    let parameters = [
        Parameter {
            name: ParameterName::Token(START),
            value: ParameterValue::Text(b"<smil>"),
        },
        Parameter {
            name: ParameterName::Token(TYPE),
            value: ParameterValue::Text(b"application/smil"),
        },
    ];
    let mut out = Vec::new();
    write::content_type(&mut out, Media::Code(media_type::MULTIPART_RELATED), &parameters);
    out
}

fn body(submission: &Submission, out: &mut Vec<u8>) {
    let parts = submission.files.len() + usize::from(submission.slides);
    write::multipart_head(out, u32::try_from(parts).unwrap_or(u32::MAX));
    if submission.slides {
        let smil = presentation(&submission.files);
        part(out, "smil", "application/smil", "smil.xml", smil.as_bytes());
    }
    for file in &submission.files {
        part(out, &file.name, &file.content_type, &file.name, &file.octets);
    }
}

fn part(out: &mut Vec<u8>, id: &str, media: &str, name: &str, octets: &[u8]) {
    let mut content_type = Vec::new();
    let mut parameters = Vec::new();
    if media.starts_with("text/") {
        parameters.push(Parameter {
            name: ParameterName::Token(CHARSET),
            value: ParameterValue::Integer(UTF_8),
        });
    }
    parameters.push(Parameter {
        name: ParameterName::Token(NAME),
        value: ParameterValue::Text(name.as_bytes()),
    });
    let media = media_type::by_name(media.as_bytes()).map_or(Media::Text(media.as_bytes()), Media::Code);
    write::content_type(&mut content_type, media, &parameters);
    let mut headers = Vec::new();
    write::short_integer(&mut headers, wsp::part_header::CONTENT_ID);
    write::quoted_string(&mut headers, format!("<{id}>").as_bytes());
    write::short_integer(&mut headers, wsp::part_header::CONTENT_LOCATION);
    write::text_string(&mut headers, name.as_bytes());
    write::part(out, &content_type, &headers, octets);
}

/// One slide a file.
fn presentation(files: &[File]) -> String {
    let mut smil = String::from(
        "<smil><head><layout><root-layout/><region id=\"Image\" width=\"100%\" height=\"70%\"/>\
         <region id=\"Text\" top=\"70%\" width=\"100%\" height=\"30%\"/></layout></head><body>",
    );
    for file in files {
        let (element, region) = match file.content_type.split('/').next() {
            Some("image") => ("img", "Image"),
            Some("video") => ("video", "Image"),
            Some("audio") => ("audio", "Image"),
            _ => ("text", "Text"),
        };
        let name = file
            .name
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;");
        smil.push_str(&format!(
            "<par dur=\"5000ms\"><{element} src=\"{name}\" region=\"{region}\"/></par>"
        ));
    }
    smil.push_str("</body></smil>");
    smil
}

/// Media types by the end of a file's name.
const CONTENT_TYPES: &[(&str, &str)] = &[
    ("3gp", "video/3gpp"),
    ("amr", "audio/amr"),
    ("gif", "image/gif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("m4a", "audio/mp4"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("smil", "application/smil"),
    ("txt", "text/plain"),
    ("vcf", "text/x-vCard"),
    ("webp", "image/webp"),
];

/// The media type of a file, by its name.
#[must_use]
pub fn content_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    CONTENT_TYPES
        .iter()
        .find(|(known, _)| extension.eq_ignore_ascii_case(known))
        .map_or("application/octet-stream", |(_, content_type)| content_type)
}

#[cfg(test)]
mod tests;
