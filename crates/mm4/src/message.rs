//! The six messages, and the door from a mail to one of them.
//!
//! Invariants: a message that exists has its mandatory headers; one that cannot be read gives a [`Refusal`], with what
//! could be read of it. Message types are compared without case (MM4 reference §1).

use std::borrow::Cow;

use entity::Entity;

use crate::delivery_report::DeliveryReportReq;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind};
use crate::field::Field;
use crate::forward::ForwardReq;
use crate::head::Head;
use crate::read_reply_report::ReadReplyReportReq;
use crate::refusal::Refusal;
use crate::response::Response;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Operation<'a> {
    /// `MM4_forward`.
    Forward,
    /// `MM4_delivery_report`.
    DeliveryReport,
    /// `MM4_read_reply_report`.
    ReadReplyReport,
    /// One that is not known here, such as `MM4_capability_negotiation`: it is refused, and the refusal names it.
    Other(Cow<'a, str>),
}

impl Operation<'_> {
    /// The name, without `.REQ` or `.RES`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Forward => "MM4_forward",
            Self::DeliveryReport => "MM4_delivery_report",
            Self::ReadReplyReport => "MM4_read_reply_report",
            Self::Other(name) => name,
        }
    }
}

/// X-Mms-Message-Type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MessageType<'a> {
    /// `.REQ`: something is asked for.
    Request(Operation<'a>),
    /// `.RES`: it is answered.
    Response(Operation<'a>),
    /// Neither.
    Other(Cow<'a, str>),
}

impl<'a> MessageType<'a> {
    /// Reads the value of the header, in any case.
    #[must_use]
    pub fn read(text: Cow<'a, str>) -> Self {
        let trimmed = text.trim().trim_matches('"');
        let Some((stem, suffix)) = trimmed.rsplit_once('.') else {
            return Self::Other(text);
        };
        let known = [
            Operation::Forward,
            Operation::DeliveryReport,
            Operation::ReadReplyReport,
        ];
        let operation = known
            .into_iter()
            .find(|operation| operation.name().eq_ignore_ascii_case(stem))
            .unwrap_or_else(|| Operation::Other(Cow::Owned(stem.to_owned())));
        match suffix {
            _ if suffix.eq_ignore_ascii_case("REQ") => Self::Request(operation),
            _ if suffix.eq_ignore_ascii_case("RES") => Self::Response(operation),
            _ => Self::Other(text),
        }
    }
}

/// Any message of MM4.
#[derive(Debug, Clone, PartialEq)]
pub enum Message<'a> {
    /// MM4_forward.REQ.
    ForwardReq(Box<ForwardReq<'a>>),
    /// MM4_delivery_report.REQ.
    DeliveryReportReq(Box<DeliveryReportReq<'a>>),
    /// MM4_read_reply_report.REQ.
    ReadReplyReportReq(Box<ReadReplyReportReq<'a>>),
    /// One of the three responses.
    Response(Box<Response<'a>>),
}

impl<'a> Message<'a> {
    /// Reads a mail. Errors: a [`Refusal`], with what could be read of it.
    pub fn read(mail: &'a [u8]) -> Result<Self, Box<Refusal<'a>>> {
        let entity = Entity::read(mail).map_err(|error| Box::new(Refusal::without_head(error.into())))?;
        let head = Head::walk(entity);
        Self::of_head(&head).map_err(|error| Box::new(Refusal::of_head(error, &head)))
    }

    fn of_head(head: &Head<'a>) -> Result<Self, Error> {
        let text = head.text(Field::MessageType).ok_or(ErrorKind::NotMm4)?;
        // What is missing from a message of another major version is not for us to say.
        head.version().map_err(ErrorKind::Version)?;
        match MessageType::read(text) {
            MessageType::Request(Operation::Forward) => {
                ForwardReq::read(head).map(Box::new).map(Self::ForwardReq)
            }
            MessageType::Request(Operation::DeliveryReport) => DeliveryReportReq::read(head)
                .map(Box::new)
                .map(Self::DeliveryReportReq),
            MessageType::Request(Operation::ReadReplyReport) => ReadReplyReportReq::read(head)
                .map(Box::new)
                .map(Self::ReadReplyReportReq),
            MessageType::Response(operation) if !matches!(operation, Operation::Other(_)) => {
                Response::read(operation, head).map(Box::new).map(Self::Response)
            }
            _ => Err(ErrorKind::UnknownType.into()),
        }
    }

    /// Appends the mail, as the peer of that dialect reads it. Errors: those of the conversion of a forward's content.
    pub fn write(&self, dialect: &Dialect<'_>, out: &mut Vec<u8>) -> Result<(), entity::Error> {
        match self {
            Self::ForwardReq(request) => return request.write(dialect, out),
            Self::DeliveryReportReq(request) => request.write(dialect, out),
            Self::ReadReplyReportReq(request) => request.write(dialect, out),
            Self::Response(response) => response.write(dialect, out),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
