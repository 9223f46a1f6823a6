//! One message on its way: its commands, its recipients, how its body travels.
//!
//! Made from the owner's message and what the peer offers, then moved by the session. Invariants: what can't be sent to
//! this peer as it is, is refused before a word of it is sent; addresses are [`Address`]es, so nothing in a command can
//! end its line; each recipient ends with one verdict.

use super::capabilities::Capabilities;
use super::outcome::{Outcome, Verdict};
use super::reply::PeerReply;
use super::session::Expected;
use super::stuff::{Dots, NotText, Stuffing};
use super::survey::Survey;
use crate::address::Address;
use crate::limits::Limits;
use crate::message::BodyKind;
use crate::reply::append_number;

/// A message to be sent, without its body, which is given piece by piece.
#[derive(Clone, Copy, Debug)]
pub struct Message<'m> {
    /// The reverse path; nothing for `<>`.
    pub from: Option<Address<'m>>,
    /// The forward paths, at least one.
    pub recipients: &'m [Address<'m>],
    /// The facts of its body.
    pub survey: Survey,
}

/// Why a message can't be sent on this connection as it is; nothing of it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unsendable {
    /// The session is not between transactions.
    NotReady,
    /// No recipient.
    NoRecipients,
    /// More recipients than [`Limits::recipients_max`]: make two transactions.
    RecipientsTooMany,
    /// The header section has a NUL or a line end that stands alone.
    HeaderUnsound,
    /// The body has octets beyond ASCII, and the peer does not offer 8BITMIME: encode it.
    EightBit,
    /// The body has a NUL or a line end that stands alone, and the peer does not offer BINARYMIME: encode it.
    Binary,
    /// A line is longer than 1,000 octets, and the peer does not offer BINARYMIME: fold or encode it.
    LineTooLong,
    /// Larger than the peer says that it takes, in octets.
    TooLarge(u64),
}

/// How a body travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carriage {
    /// DATA.
    Text,
    /// BDAT, lines.
    Chunk,
    /// BDAT, anything.
    BinaryChunk,
}

/// Where a recipient stands.
#[derive(Clone, Debug)]
enum Recipient {
    Asked,
    Accepted,
    Decided(Verdict),
}

/// The message's way so far.
#[derive(Debug)]
pub(super) struct Transaction {
    recipients: Vec<Recipient>,
    accepted: u32,
    /// Commands not yet written, and how many octets of the next one.
    script: Vec<u8>,
    written: usize,
    pub(super) carriage: Carriage,
    pub(super) octets: u64,
    pub(super) given: u64,
    stuffing: Stuffing,
    /// MAIL was refused with this.
    pub(super) refusal: Option<PeerReply>,
    /// The message's end was written.
    pub(super) end_written: bool,
}

impl Transaction {
    /// The transaction, with its commands made.
    pub(super) fn new(
        message: &Message<'_>,
        capabilities: Capabilities,
        limits: &Limits,
    ) -> Result<Self, Unsendable> {
        if message.recipients.is_empty() {
            return Err(Unsendable::NoRecipients);
        }
        if message.recipients.len() > limits.recipients_max as usize {
            return Err(Unsendable::RecipientsTooMany);
        }
        let survey = &message.survey;
        if let Some(max) = capabilities
            .size_octets_max()
            .filter(|max| survey.octets() > *max)
        {
            return Err(Unsendable::TooLarge(max));
        }
        let kind = kind(survey, capabilities)?;
        let carriage = match kind {
            BodyKind::Binary => Carriage::BinaryChunk,
            _ if capabilities.chunking() => Carriage::Chunk,
            _ => Carriage::Text,
        };
        Ok(Self {
            recipients: vec![Recipient::Asked; message.recipients.len()],
            accepted: 0,
            script: script(message, kind, carriage, capabilities),
            written: 0,
            carriage,
            octets: survey.octets(),
            given: 0,
            stuffing: Stuffing::LineStart,
            refusal: None,
            end_written: false,
        })
    }

    /// The next command, if there is one, with its line.
    pub(super) fn next_command(&mut self) -> Option<(Expected, &[u8])> {
        let rest = self.script.get(self.written..)?;
        let octets = rest.iter().position(|octet| *octet == b'\n')?.saturating_add(1);
        let line = rest.get(..octets)?;
        self.written = self.written.saturating_add(octets);
        let expected = match line.first() {
            Some(b'M') => Expected::Mail,
            Some(b'R') => Expected::Recipient,
            _ => Expected::Data,
        };
        Some((expected, line))
    }

    /// Whether the next command is DATA.
    pub(super) fn asks_for_data(&self) -> bool {
        self.script.get(self.written) == Some(&b'D')
    }

    /// The next recipient that was asked for is answered.
    pub(super) fn answer_recipient(&mut self, reply: &PeerReply) {
        let Some(recipient) = self.recipients.iter_mut().find(|r| matches!(r, Recipient::Asked)) else {
            return;
        };
        *recipient = match &self.refusal {
            Some(refusal) => Recipient::Decided(Verdict::of(refusal)),
            None if reply.is_success() => {
                self.accepted = self.accepted.saturating_add(1);
                Recipient::Accepted
            }
            None => Recipient::Decided(Verdict::of(reply)),
        };
    }

    /// Whether somebody was accepted.
    pub(super) const fn has_recipients(&self) -> bool {
        self.accepted > 0
    }

    /// Whoever has no verdict gets this one.
    pub(super) fn decide(&mut self, verdict: &Verdict) {
        for recipient in &mut self.recipients {
            if !matches!(recipient, Recipient::Decided(_)) {
                *recipient = Recipient::Decided(verdict.clone());
            }
        }
    }

    /// The outcome; whoever has no verdict has lost the connection.
    pub(super) fn outcome(mut self) -> Outcome {
        self.decide(if self.end_written {
            &Verdict::LostAfter
        } else {
            &Verdict::LostBefore
        });
        let verdicts = self
            .recipients
            .into_iter()
            .filter_map(|recipient| match recipient {
                Recipient::Decided(verdict) => Some(verdict),
                Recipient::Asked | Recipient::Accepted => None,
            });
        Outcome {
            recipients: verdicts.collect(),
        }
    }

    /// Octets of the body still to be given.
    pub(super) const fn left(&self) -> u64 {
        self.octets.saturating_sub(self.given)
    }

    /// Appends a piece of the body as it travels.
    pub(super) fn append(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Result<(), NotText> {
        self.given = self.given.saturating_add(piece.len() as u64);
        match self.carriage {
            Carriage::Text => self.stuffing.append(piece, out, Dots::Stuffed),
            Carriage::Chunk => self.stuffing.append(piece, out, Dots::Plain),
            Carriage::BinaryChunk => {
                out.extend_from_slice(piece);
                Ok(())
            }
        }
    }

    /// Appends what ends the body.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) -> Result<(), NotText> {
        match self.carriage {
            Carriage::Text => self.stuffing.end(out)?,
            Carriage::Chunk if self.stuffing == Stuffing::Return => return Err(NotText),
            Carriage::Chunk | Carriage::BinaryChunk => {}
        }
        self.end_written = true;
        Ok(())
    }
}

/// The kind that MAIL declares: the body's own, or binary where only that lets its lines pass.
fn kind(survey: &Survey, capabilities: Capabilities) -> Result<BodyKind, Unsendable> {
    if !survey.header_sound() {
        return Err(Unsendable::HeaderUnsound);
    }
    let lacking = match survey.kind() {
        BodyKind::Binary => Unsendable::Binary,
        _ if survey.has_long_line() => Unsendable::LineTooLong,
        BodyKind::EightBit if !capabilities.eight_bit() => Unsendable::EightBit,
        kind => return Ok(kind),
    };
    if capabilities.binary() {
        Ok(BodyKind::Binary)
    } else {
        Err(lacking)
    }
}

/// The commands of a transaction, up to DATA if there is one.
fn script(message: &Message<'_>, kind: BodyKind, carriage: Carriage, capabilities: Capabilities) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(b"MAIL FROM:<");
    out.extend_from_slice(message.from.map_or("", Address::as_str).as_bytes());
    out.push(b'>');
    if capabilities.size() {
        let end = u64::from(carriage == Carriage::Text && !message.survey.ends_with_line());
        out.extend_from_slice(b" SIZE=");
        append_number(
            &mut out,
            message.survey.octets().saturating_add(end.saturating_mul(2)),
        );
    }
    if kind != BodyKind::SevenBit {
        out.extend_from_slice(b" BODY=");
        out.extend_from_slice(kind.keyword().as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    for recipient in message.recipients {
        out.extend_from_slice(b"RCPT TO:<");
        out.extend_from_slice(recipient.as_str().as_bytes());
        out.extend_from_slice(b">\r\n");
    }
    if carriage == Carriage::Text {
        out.extend_from_slice(b"DATA\r\n");
    }
    out
}
