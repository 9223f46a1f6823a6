//! PAP in: a gateway's answer to a push, and its notice about the end of one.
//!
//! Behind `http1`. Invariants: at most [`OCTETS_MAX`] octets and [`ELEMENTS_MAX`] elements are read; entities that the
//! document declares are not resolved; what is not asked for is passed over.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::push_of;
use super::status::{self, Class, State};
use crate::outcome::{Outcome, PushId, Submission};

/// Octets of a document that is read. Answers and notices are below 2 KiB.
pub const OCTETS_MAX: usize = 64 << 10;
/// Elements of one: an answer has four, with progress notes some more.
pub const ELEMENTS_MAX: usize = 256;

/// Why a document could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadError {
    /// Longer than [`OCTETS_MAX`], or more elements than [`ELEMENTS_MAX`].
    TooLong,
    /// Not well-formed XML; the offset in octets.
    Xml(u32),
    /// Well formed, and not what was asked for.
    Form,
}

/// A gateway's answer to a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The push-id that it repeats, if any.
    pub push_id: Option<String>,
    /// PAP's code.
    pub code: u16,
    /// Its words.
    pub description: String,
}

/// A gateway's notice about a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// As the gateway has it, for the answer.
    pub push_id: String,
    /// Which push, if the id is one of ours.
    pub push: Option<PushId>,
    /// The address, for the answer.
    pub address: String,
    /// Where it stands.
    pub state: State,
    /// PAP's code; 1000 if none was given.
    pub code: u16,
    /// The gateway's words.
    pub description: String,
}

/// Reads the body of a gateway's answer. Errors: see [`ReadError`]; `Form` when there is no code in it.
pub fn read_answer(document: &[u8]) -> Result<Answer, ReadError> {
    let mut push_id = None;
    let mut answer = None;
    walk(document, |element| {
        match element.local_name().as_ref() {
            b"push-response" => push_id = attribute(element, "push-id"),
            // The second: the gateway could not read our document.
            b"response-result" | b"badmessage-response" => {
                answer = code(element).map(|code| (code, attribute(element, "desc")));
            }
            _ => {}
        }
    })?;
    let (code, description) = answer.ok_or(ReadError::Form)?;
    Ok(Answer {
        push_id,
        code,
        description: description.unwrap_or_default(),
    })
}

/// Reads the body of a gateway's notice. Errors: see [`ReadError`]; `Form` when it is about no push or has no state.
pub fn read_notice(document: &[u8]) -> Result<Notice, ReadError> {
    let mut notice: Option<Notice> = None;
    walk(document, |element| match element.local_name().as_ref() {
        b"resultnotification-message" => {
            notice = begin_notice(element);
        }
        b"address" => {
            if let Some(notice) = &mut notice {
                notice.address = attribute(element, "address-value").unwrap_or_default();
            }
        }
        _ => {}
    })?;
    notice.ok_or(ReadError::Form)
}

/// What an HTTP answer means for the push that was posted. Gateways answer 200 or 202 with a document; some, once they
/// have it, with an empty one. A status of 5xx or 429 may pass, as may a document that can't be read; so may those that
/// speak of us and not of the push: who we are and where it is posted are settings, which somebody mends.
#[must_use]
pub fn outcome(http_status: u16, document: &[u8], is_notified: bool, submission: Submission) -> Outcome {
    let taken = Outcome::Taken {
        is_receipted: is_notified,
    };
    let is_empty = document.iter().all(u8::is_ascii_whitespace);
    match (http_status, read_answer(document)) {
        (200..=299, Ok(answer)) => match status::class(answer.code) {
            Class::Taken => taken,
            Class::TryAgain => Outcome::Throttled(submission),
            Class::UnknownSubscriber => Outcome::UnknownSubscriber,
            Class::Rejected => Outcome::Rejected {
                code: u32::from(answer.code),
            },
        },
        (200..=299, Err(_)) if is_empty => taken,
        (200..=299, Err(_)) => Outcome::Unanswered(submission),
        (401 | 403..=405 | 407, _) => Outcome::Throttled(submission),
        (400..=428 | 430..=499, _) => Outcome::Rejected {
            code: u32::from(http_status),
        },
        _ => Outcome::Throttled(submission),
    }
}

/// A notice without its address, which is an element of its own.
fn begin_notice(element: &BytesStart<'_>) -> Option<Notice> {
    let push_id = attribute(element, "push-id")?;
    Some(Notice {
        push: push_of(&push_id),
        push_id,
        address: String::new(),
        state: State::from_word(&attribute(element, "message-state")?),
        code: code(element).unwrap_or(1000),
        description: attribute(element, "desc").unwrap_or_default(),
    })
}

fn walk(document: &[u8], mut each: impl FnMut(&BytesStart<'_>)) -> Result<(), ReadError> {
    if document.len() > OCTETS_MAX {
        return Err(ReadError::TooLong);
    }
    let mut reader = Reader::from_reader(document);
    let mut elements = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                elements = elements.saturating_add(1);
                if elements > ELEMENTS_MAX {
                    return Err(ReadError::TooLong);
                }
                each(&element);
            }
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(_) => {
                let at = u32::try_from(reader.error_position()).unwrap_or(u32::MAX);
                return Err(ReadError::Xml(at));
            }
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.try_get_attribute(name).ok()??;
    Some(found.unescape_value().ok()?.into_owned())
}

fn code(element: &BytesStart<'_>) -> Option<u16> {
    attribute(element, "code")?.trim().parse().ok()
}

#[cfg(test)]
mod tests;
