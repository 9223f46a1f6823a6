//! Bounces: a mail server on the way says that a mail could not be delivered (RFC 3464).
//!
//! Read where a mail is no message of MM4; matched by the id of the original mail, or by the ids of the message that it
//! carried. Invariants: a bounce that exists names at least one recipient; the work is that of any multipart.

use entity::header::text;
use entity::{ContentType, Entity, Error, Headers};

use crate::address::Address;
use crate::field::Field;
use crate::head::Head;
use crate::id::Id;

/// How many recipients of one bounce are read. Reason: a mail of ours has no more.
const RECIPIENTS_MAX: usize = base::limits::RECIPIENTS_MAX as usize;

/// What happened to a mail at one recipient (RFC 3464 §2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// It will not be delivered.
    Failed,
    /// It is still being tried.
    Delayed,
    /// It was delivered.
    Delivered,
    /// It went on to a system that sends no such reports.
    Relayed,
    /// It went to several.
    Expanded,
}

impl Action {
    fn read(text: &str) -> Option<Self> {
        let rows = [
            ("failed", Self::Failed),
            ("delayed", Self::Delayed),
            ("delivered", Self::Delivered),
            ("relayed", Self::Relayed),
            ("expanded", Self::Expanded),
        ];
        let token = text.split([' ', '(', '\t']).next().unwrap_or_default();
        rows.into_iter()
            .find(|row| row.0.eq_ignore_ascii_case(token))
            .map(|row| row.1)
    }
}

/// One recipient of a bounce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BouncedRecipient {
    /// Whom we sent it to: the original recipient if it is named, else the final one.
    pub address: Address,
    /// What happened.
    pub action: Action,
    /// The enhanced status code (RFC 3463): class, subject, detail.
    pub status: Option<(u8, u16, u16)>,
    /// What the other server said.
    pub diagnostic: Option<String>,
}

/// A delivery status notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// Message-ID of the original mail.
    pub mail_id: Option<Id<'static>>,
    /// X-Mms-Transaction-ID of the original.
    pub transaction_id: Option<Id<'static>>,
    /// X-Mms-Message-ID of the original.
    pub message_id: Option<Id<'static>>,
    /// The recipients, at least one.
    pub recipients: Vec<BouncedRecipient>,
}

impl Bounce {
    /// Reads a mail; `None` when it is no bounce. Errors: those of taking the mail apart.
    pub fn read(mail: &[u8]) -> Result<Option<Self>, Error> {
        let entity = Entity::read(mail)?;
        let media = entity.content_type()?;
        if !media.is("multipart", "report") {
            return Ok(None);
        }
        let mut bounce = Self {
            mail_id: None,
            transaction_id: None,
            message_id: None,
            recipients: Vec::new(),
        };
        for part in entity.parts(&media)? {
            let part = part?;
            let media = part.content_type()?;
            let mut body = Vec::new();
            if media.is("message", "delivery-status") || media.is("message", "global-delivery-status") {
                part.decode(&mut body);
                bounce.recipients.extend(recipients(&body));
            } else if is_original(&media) {
                part.decode(&mut body);
                bounce.original(&body);
            }
        }
        bounce.recipients.truncate(RECIPIENTS_MAX);
        Ok((!bounce.recipients.is_empty()).then_some(bounce))
    }

    /// Takes the ids from what is returned of the original mail: all of it or its head.
    fn original(&mut self, mail: &[u8]) {
        let Ok(entity) = Entity::read(mail) else { return };
        let head = Head::walk(entity);
        let id = |field| head.id(field).map(Id::into_owned);
        self.mail_id = id(Field::MailId);
        self.transaction_id = id(Field::TransactionId);
        self.message_id = id(Field::MessageId);
    }
}

fn is_original(media: &ContentType<'_>) -> bool {
    [
        ("message", "rfc822"),
        ("text", "rfc822-headers"),
        ("message", "global"),
        ("message", "global-headers"),
    ]
    .iter()
    .any(|(main, sub)| media.is(main, sub))
}

/// The groups of fields after the first, which is the whole mail's (RFC 3464 §2.1). Some servers leave the first out.
fn recipients(mut body: &[u8]) -> Vec<BouncedRecipient> {
    let mut recipients = Vec::new();
    while !body.is_empty() && recipients.len() < RECIPIENTS_MAX {
        let Ok((fields, length)) = Headers::read(body, 0) else {
            break;
        };
        recipients.extend(recipient(fields));
        body = body.get(length..).unwrap_or_default();
    }
    recipients
}

fn recipient(fields: Headers<'_>) -> Option<BouncedRecipient> {
    let value = |name| fields.first(name).map(|field| field.decoded());
    let address = value("Original-Recipient").or_else(|| value("Final-Recipient"))?;
    // `rfc822; address`, the address perhaps in xtext (RFC 3461 §4).
    let address = address
        .split_once(';')
        .map_or(address.as_ref(), |(_, address)| address);
    let action = value("Action").and_then(|action| Action::read(&action));
    Some(BouncedRecipient {
        address: Address::read(&from_xtext(address.trim()))?,
        action: action?,
        status: value("Status").and_then(|status| enhanced_status(&status)),
        diagnostic: value("Diagnostic-Code").map(|code| code.into_owned()),
    })
}

/// `5.1.1`, perhaps with a comment.
fn enhanced_status(status: &str) -> Option<(u8, u16, u16)> {
    let token = status.split([' ', '(']).next()?;
    let mut parts = token.split('.');
    let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
    Some((class.parse().ok()?, subject.parse().ok()?, detail.parse().ok()?))
}

/// Undoes `+XX` (RFC 3461 §4), where it encodes a printable octet: a `+` before a number stays.
fn from_xtext(address: &str) -> String {
    let digits = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let is_encoded = |pair: &[u8]| pair.iter().all(|o| matches!(o, b'0'..=b'9' | b'A'..=b'F'));
    let mut decoded = Vec::with_capacity(address.len());
    let mut rest = address.as_bytes();
    while let Some((&octet, after)) = rest.split_first() {
        let pair = after
            .get(..2)
            .filter(|pair| octet == b'+' && is_encoded(pair))
            .and_then(digits);
        match pair {
            // Only what xtext has to encode in an address of ours. Any other pair is the beginning of a number in
            // international form that the server did not encode: +15, +44, +81.
            Some(encoded @ (b'+' | b'=')) => {
                decoded.push(encoded);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                decoded.push(octet);
                rest = after;
            }
        }
    }
    text(&decoded).into_owned()
}

#[cfg(test)]
mod tests;
