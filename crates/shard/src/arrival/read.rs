//! A whole mail of a peer, with its envelope: what it is, or why it is refused.
//!
//! Between the SMTP session and the shards; called at the edge. Everything that can be asked of the mail alone is asked
//! here: whether it is a message of MM4, whose number its sender is, whose systems it names, whether it runs in a
//! circle. Invariants: what a peer may not say is refused before anything is kept of it; a malformed request whose peer
//! wants a response gets one in its own words.

use super::{Forward, Owed, Refused, What, compose, word};
use crate::relay::is_taken;
use base::{Msisdn, Reason, WallSeconds};
use mm4::{Address, ForwardReq, Message, MessageType, Refusal, RequestStatus};
use mms::Pdu;
use profile::{Party, Peer, PeerId, Profile};
use route::{Route, Routes, trust};
use std::sync::Arc;

/// Header that names the hubs of this kind that a mail has passed, each by its domain.
pub const TRACE: &str = "X-Ringpost-Via";

/// What is known of a mail beside its octets.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Who brings it.
    pub peer: PeerId,
    /// Numbers that were taken at RCPT, each once.
    pub recipients: &'a [Msisdn],
    /// The routes that they were judged by.
    pub routes: &'a Routes,
    /// The settings.
    pub profile: &'a Profile,
    /// The time.
    pub now: WallSeconds,
}

impl Envelope<'_> {
    /// The profile of who brings it.
    ///
    /// # Errors
    /// [`Reason::PeerUnknown`] where there is no such peer any more.
    pub(super) fn peer(&self) -> Result<&Peer, Reason> {
        self.routes.peers().profile(self.peer).ok_or(Reason::PeerUnknown)
    }
}

/// Reads a mail.
///
/// # Errors
/// Why it is refused.
pub fn read(mail: &[u8], envelope: &Envelope<'_>) -> Result<What, Refused> {
    let peer = envelope.peer()?;
    let message = match Message::read(mail) {
        Ok(message) => message,
        Err(refusal) => match word::bounce(mail, envelope, peer) {
            Some(bounce) => return Ok(What::Word(Box::new(bounce))),
            None => return Err(refused(&refusal, peer)),
        },
    };
    match message {
        Message::ForwardReq(request) => {
            judge(&request, envelope, peer)?;
            let forward = compose::compose(&request, envelope)?;
            passable(&forward, envelope)?;
            Ok(What::Forward(Box::new(forward)))
        }
        Message::Response(response) => Ok(What::Word(Box::new(word::response(&response, envelope, peer)?))),
        Message::DeliveryReportReq(report) => {
            Ok(What::Word(Box::new(word::delivered(*report, envelope, peer)?)))
        }
        Message::ReadReplyReportReq(report) => Ok(What::Word(Box::new(word::read(*report, envelope, peer)?))),
    }
}

/// Whether this peer may bring this message.
fn judge(request: &ForwardReq<'_>, envelope: &Envelope<'_>, peer: &Peer) -> Result<(), Reason> {
    let systems = [
        request.acknowledgement.originator_system.as_ref(),
        request.transaction.sender.as_ref(),
    ];
    // A response follows these addresses, so they must be the peer's own.
    if systems.into_iter().flatten().any(|system| !is_of(system, peer)) {
        return Err(Reason::SystemForeign);
    }
    trust::may_originate(envelope.routes, envelope.peer, sender(request, envelope)?)?;
    let mm4 = &envelope.profile.mm4;
    let is_ours = |system: &Address| {
        system
            .domain()
            .is_some_and(|domain| domain.eq_ignore_ascii_case(&mm4.domain))
    };
    let has_passed = request
        .extra
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(TRACE))
        .any(|(_, value)| value.trim_ascii().eq_ignore_ascii_case(mm4.domain.as_bytes()));
    let circles = has_passed
        || request.hub.forward_route.iter().any(is_ours)
        || request.hops > usize::from(mm4.hops_max)
        || request
            .forward_counter
            .is_some_and(|count| count > mm4.forwards_max);
    if circles {
        return Err(Reason::LoopFound);
    }
    match envelope.recipients.is_empty() {
        true => Err(Reason::RecipientMissing),
        false => Ok(()),
    }
}

/// Whether somebody takes it: what no recipient's operator takes is refused to who brings it (MM4 reference §6).
fn passable(forward: &Forward, envelope: &Envelope<'_>) -> Result<(), Reason> {
    let mut refusal = None;
    for &number in envelope.recipients {
        let Route::Peer(id) = envelope.routes.lookup(number).route else {
            return Ok(());
        };
        let Ok(Pdu::SendReq(send)) = Pdu::read(&forward.pdu) else {
            return Err(Reason::MessageCorrupt);
        };
        match envelope
            .routes
            .takes(Party::Peer(id))
            .map(|takes| is_taken(takes, &send))
        {
            Some(Err(reason)) => refusal = Some(reason),
            Some(Ok(())) | None => return Ok(()),
        }
    }
    refusal.map_or(Ok(()), Err)
}

/// Whether an address is of a peer's system; one without a domain claims nothing.
pub(super) fn is_of(system: &Address, peer: &Peer) -> bool {
    system.domain().is_none_or(|domain| {
        let mut domains = peer.domains.iter();
        domains.any(|own| own.eq_ignore_ascii_case(domain))
    })
}

/// The sender's number, as its own operator writes it.
pub(super) fn sender(request: &ForwardReq<'_>, envelope: &Envelope<'_>) -> Result<Msisdn, Reason> {
    let dialled = request.from.dialled().ok_or(Reason::SenderForeign)?;
    envelope
        .routes
        .normalise(Party::Peer(envelope.peer), dialled.as_bytes())
        .ok_or(Reason::SenderForeign)
}

/// The refusal of what is no message of MM4.
fn refused(refusal: &Refusal<'_>, peer: &Peer) -> Refused {
    let reason = match refusal.error.status() {
        RequestStatus::UnsupportedMessage => Reason::PduUnsupported,
        _ => Reason::MessageCorrupt,
    };
    let wanted = refusal.response();
    let response = wanted.and_then(|response| {
        let system = refusal.acknowledgement.reply_to(refusal.sender.as_ref())?;
        let Some(MessageType::Request(operation)) = &refusal.message_type else {
            return None;
        };
        // No backscatter: what is not the peer's own address gets no mail.
        is_of(system, peer).then(|| {
            Box::new(Owed {
                peer: Arc::from(peer.name.as_str()),
                operation: operation.name().to_owned(),
                transaction_id: response.transaction.id.raw().to_vec(),
                message_id: response
                    .message_id
                    .as_ref()
                    .map_or_else(Vec::new, |id| id.raw().to_vec()),
                system: system.text.clone(),
                version: response.transaction.version,
                status: response.status,
                text: None,
                recipients: Vec::new(),
            })
        })
    });
    Refused { reason, response }
}
