//! `Request → Parsed`: a PDU is read in place, or refused in its own words.
//!
//! [`Parsed`] borrows from the request's body and lives within the turn. Only this stage makes one.

use crate::append::Conf;
use crate::request::Request;
use base::{Reason, limits};
use mms::{AcknowledgeInd, Envelope, ErrorKind, ForwardReq, NotifyRespInd, Pdu, ReadRecInd, SendReq};
use smallvec::SmallVec;

/// A request that was understood.
#[derive(Debug)]
pub(crate) enum Parsed<'b> {
    Send(Box<SendReq<'b>>),
    Forward(Box<ForwardReq<'b>>),
    Response(NotifyRespInd<'b>),
    Acknowledge(AcknowledgeInd<'b>),
    Read(ReadRecInd<'b>),
    /// Understood, and there is nothing to do.
    Nothing,
}

/// Why a POST is refused before its PDU is looked at.
pub(crate) fn refusal(request: &Request) -> Option<Reason> {
    let too_large = request.oversize.map(|_| Reason::ContentTooLarge);
    request.refusal.or(too_large)
}

/// Reads the PDU of a POST.
///
/// # Errors
/// What is wrong with it; [`conf`] says how to tell the client.
pub(crate) fn parse(body: &[u8]) -> Result<Parsed<'_>, Reason> {
    let pdu = Pdu::read(body).map_err(|error| match error.kind {
        ErrorKind::Version(_) => Reason::VersionUnsupported,
        ErrorKind::UnknownType(_) | ErrorKind::Unsupported(_) => Reason::PduUnsupported,
        ErrorKind::NoRecipient => Reason::RecipientMissing,
        _ => Reason::MessageCorrupt,
    })?;
    match pdu {
        Pdu::SendReq(send) => Ok(Parsed::Send(Box::new(send))),
        Pdu::ForwardReq(forward) => Ok(Parsed::Forward(Box::new(forward))),
        Pdu::NotifyRespInd(response) => Ok(Parsed::Response(response)),
        Pdu::AcknowledgeInd(acknowledge) => Ok(Parsed::Acknowledge(acknowledge)),
        Pdu::ReadRecInd(read) => Ok(Parsed::Read(read)),
        Pdu::CancelConf(_) => Ok(Parsed::Nothing),
        // The rest is either ours to send or not offered.
        _ => Err(Reason::PduUnsupported),
    }
}

/// What an answer needs of a request, read from as much of its PDU as can be read.
pub(crate) fn conf(body: &[u8]) -> Conf {
    let envelope = Envelope::peek(body);
    let transaction = envelope.transaction_id.unwrap_or_default();
    let kept = transaction
        .get(..limits::TRANSACTION_ID_OCTETS_MAX)
        .unwrap_or(transaction);
    Conf {
        pdu_type: envelope.pdu_type,
        transaction_id: SmallVec::from_slice(kept),
        version: mms::version::answer(envelope.version),
    }
}
