//! A message as it goes over the wire, made once: the head and the fields in a front that is copied and numbered, the
//! photograph shared by all messages and sent from where it lies.
//!
//! Before the actors. Numbers are +999, which no country has: senders +9991…, recipients +9992….
//!
//! ```text
//!  front: POST … X-MSISDN: +9991········· … | M-Send.req … To +9992········· | multipart, text "·········", part head
//!  body:  the photograph                      tail: the end of a chunked body, or nothing
//! ```
//!
//! Invariants: numbering changes digits in place, so nothing of the front moves; every message differs from every
//! other in sender, recipient, transaction, subject and text, so that one phone's message in another's hands is seen.

use crate::personality::Personality;
use mms::{Address, Content, ContentType, EncodedString, MessageClass, Originator, Priority, Recipient};
use mms::{RecipientKind, SendReq, Version};
use std::io::Write;
use std::sync::Arc;
use wsp::{Media, Parameter, ParameterName, ParameterValue, media_type, write};

/// Digits of a message's number.
pub const DIGITS: usize = 9;
/// Messages of a run, at most: the next would have the first one's number.
pub const NUMBERS: u64 = 1_000_000_000;
/// The MIBenum of UTF-8 (IANA character sets).
const UTF_8: u64 = 106;

const SENDER: &[u8; DIGITS] = b"123456781";
const RECIPIENT: &[u8; DIGITS] = b"123456782";
const MESSAGE: &[u8; DIGITS] = b"123456783";

/// What a template can't be made of.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The codec's refusal.
    #[error("the message can't be composed: {0}")]
    Codec(#[from] wsp::Error),
    /// Ours.
    #[error("{0}")]
    Broken(&'static str),
}

/// What a message holds and asks for.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The photograph.
    pub photograph: Arc<[u8]>,
    /// Its media type, such as `image/jpeg`.
    pub media_type: String,
    /// Names the run: two runs against one server don't repeat each other's transactions.
    pub run: String,
    /// Whether a delivery report is asked for.
    pub delivery_report: bool,
    /// Whether a read report is asked for.
    pub read_report: bool,
}

/// Who a message is from and for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The sender is +9991 and this.
    pub sender: u64,
    /// The recipient is +9992 and this.
    pub recipient: u64,
    /// The message.
    pub message: u64,
}

/// A request that can be numbered.
#[derive(Clone, Debug)]
pub struct Template {
    front: Vec<u8>,
    head_octets: usize,
    content_at: usize,
    senders_at: Vec<usize>,
    recipients_at: Vec<usize>,
    messages_at: Vec<usize>,
    body: Arc<[u8]>,
    tail: &'static [u8],
}

impl Template {
    /// Makes the request of a phone with these habits.
    ///
    /// # Errors
    /// Where the codec refuses the contents.
    pub fn new(contents: &Contents, personality: &Personality) -> Result<Template, TemplateError> {
        let (pdu, content_at) = pdu(contents)?;
        let octets = pdu.len() + contents.photograph.len();
        let sender = [b"+9991".as_slice(), SENDER].concat();
        let mut front = personality.submission_head(&String::from_utf8_lossy(&sender), octets);
        let head_octets = front.len();
        let tail: &'static [u8] = if personality.is_chunked {
            write!(front, "{octets:x}\r\n").map_err(|_| TemplateError::Broken("no memory"))?;
            b"\r\n0\r\n\r\n"
        } else {
            b""
        };
        let content_at = front.len() + content_at;
        front.extend_from_slice(&pdu);
        let places = |mark: &[u8; DIGITS]| -> Vec<usize> {
            let windows = front.windows(DIGITS).enumerate();
            windows
                .filter(|(_, window)| window == mark)
                .map(|(at, _)| at)
                .collect()
        };
        Ok(Template {
            head_octets,
            content_at,
            senders_at: places(SENDER),
            recipients_at: places(RECIPIENT),
            messages_at: places(MESSAGE),
            body: Arc::clone(&contents.photograph),
            tail,
            front,
        })
    }

    /// Writes the front of a message's request.
    pub fn write(&self, numbers: Numbers, front: &mut Vec<u8>) {
        let start = front.len();
        front.extend_from_slice(&self.front);
        let written = front.get_mut(start..).unwrap_or_default();
        self.number(numbers, written, 0);
    }

    /// What stands behind the front.
    #[must_use]
    pub fn body(&self) -> &Arc<[u8]> {
        &self.body
    }

    /// What stands behind the body.
    #[must_use]
    pub fn tail(&self) -> &'static [u8] {
        self.tail
    }

    /// Octets of the HTTP head.
    #[must_use]
    pub fn head_octets(&self) -> usize {
        self.head_octets
    }

    /// Octets of the whole request.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.front.len() + self.body.len() + self.tail.len()
    }

    /// Compares a retrieved body with what was sent: `Err` says at which octet it differs.
    ///
    /// # Errors
    /// The offset of the first octet that differs, or where one of them ends before the other.
    pub fn check(&self, numbers: Numbers, retrieved: &[u8]) -> Result<(), usize> {
        let mut content = self.front.get(self.content_at..).unwrap_or_default().to_vec();
        self.number(numbers, &mut content, self.content_at);
        let (first, rest) = retrieved.split_at_checked(content.len()).ok_or(retrieved.len())?;
        differ(&content, first).map_or(Ok(()), Err)?;
        differ(&self.body, rest).map_or(Ok(()), |at| Err(content.len() + at))
    }

    /// Puts numbers into a piece of the front that begins at an offset.
    fn number(&self, numbers: Numbers, piece: &mut [u8], offset: usize) {
        let all = [
            (&self.senders_at, numbers.sender),
            (&self.recipients_at, numbers.recipient),
            (&self.messages_at, numbers.message),
        ];
        for (places, number) in all {
            let text = digits(number);
            for at in places {
                if let Some(place) = at
                    .checked_sub(offset)
                    .and_then(|at| piece.get_mut(at..at + DIGITS))
                {
                    place.copy_from_slice(&text);
                }
            }
        }
    }
}

/// A number as nine digits; of a longer one the last nine.
#[must_use]
pub fn digits(number: u64) -> [u8; DIGITS] {
    let (mut rest, mut text) = (number, [b'0'; DIGITS]);
    for place in text.iter_mut().rev() {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    text
}

/// The number that stands behind a mark such as `+9992`, or at the start.
#[must_use]
pub fn number_behind(text: &[u8], mark: &[u8]) -> Option<u64> {
    let at = text
        .windows(mark.len().max(1))
        .position(|window| window == mark)?;
    let digits = text.get(at + mark.len()..at + mark.len() + DIGITS)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Where two octet strings differ first.
fn differ(expected: &[u8], found: &[u8]) -> Option<usize> {
    if expected == found {
        return None;
    }
    let common = expected.iter().zip(found).position(|(a, b)| a != b);
    Some(common.unwrap_or(expected.len().min(found.len())))
}

/// The PDU without the photograph's octets, and where its multipart begins.
fn pdu(contents: &Contents) -> Result<(Vec<u8>, usize), TemplateError> {
    let mark = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    let transaction = format!("{}-{}", contents.run, mark(MESSAGE));
    let to = format!("+9992{}/TYPE=PLMN", mark(RECIPIENT));
    let subject = format!("Load {} {}", contents.run, mark(MESSAGE));
    let mut mixed = Vec::new();
    write::content_type(&mut mixed, Media::Code(media_type::MULTIPART_MIXED), &[]);
    let recipients = [Recipient {
        kind: RecipientKind::To,
        address: Address::ascii(to.as_bytes()),
    }];
    let content = Content::new(ContentType::from_raw(&mixed)?, &[]);
    let mut request = SendReq::new(
        transaction.as_bytes(),
        Version::V1_2,
        Originator::Insert,
        &recipients,
        content,
    );
    request.subject = Some(EncodedString::ascii(subject.as_bytes()));
    request.message_class = Some(MessageClass::Personal);
    request.expiry = Some(mms::Time::Relative(86_400));
    request.priority = Some(Priority::Normal);
    request.delivery_report = Some(contents.delivery_report);
    request.read_report = Some(contents.read_report);
    let mut pdu = Vec::with_capacity(1_024);
    request.write(&mut pdu);
    let content_at = pdu.len();
    write::multipart_head(&mut pdu, 2);
    let text = format!(
        "Message {} of run {} for +9992{}.",
        mark(MESSAGE),
        contents.run,
        mark(RECIPIENT)
    );
    let (content_type, headers) = part_head("text/plain", "text.txt");
    write::part(&mut pdu, &content_type, &headers, text.as_bytes());
    let (content_type, headers) = part_head(&contents.media_type, "photo.jpg");
    let before = pdu.len();
    write::part(&mut pdu, &content_type, &headers, &contents.photograph);
    let part_octets = pdu.len() - before - contents.photograph.len();
    pdu.truncate(before + part_octets);
    Ok((pdu, content_at))
}

fn part_head(media: &str, name: &str) -> (Vec<u8>, Vec<u8>) {
    let mut parameters = Vec::new();
    if media.starts_with("text/") {
        let (name, value) = (wsp::parameter::CHARSET, ParameterValue::Integer(UTF_8));
        parameters.push(Parameter {
            name: ParameterName::Token(name),
            value,
        });
    }
    let value = ParameterValue::Text(name.as_bytes());
    parameters.push(Parameter {
        name: ParameterName::Token(wsp::parameter::NAME),
        value,
    });
    let media = media_type::by_name(media.as_bytes()).map_or(Media::Text(media.as_bytes()), Media::Code);
    let (mut content_type, mut headers) = (Vec::new(), Vec::new());
    write::content_type(&mut content_type, media, &parameters);
    write::short_integer(&mut headers, wsp::part_header::CONTENT_LOCATION);
    write::text_string(&mut headers, name.as_bytes());
    (content_type, headers)
}

#[cfg(test)]
mod tests;
