//! What a peer says of messages that it was sent: responses, reports, bounces.
//!
//! Between a mail and the owner of the message (`relay::words`). Ids of ours name the owner; what another operator
//! named and we passed on is found by its id as it came. Invariants: a response is the asked peer's own (its mark
//! stands in the transaction id); whom a report is about is a number as the peer writes it; nothing of another's
//! messages is answered but "not found".

use super::read::is_of;
use super::{Envelope, Owed, Refused};
use crate::mail::Detail;
use crate::relay::{Part, read_transaction_id};
use base::{MessageId, Msisdn, Reason, WallSeconds};
use mm4::{
    Acknowledgement, Action, Address, Bounce, DeliveryReportReq, Id, MmStatus, Operation, Orientation,
    ReadReplyReportReq, ReadStatus, RequestStatus, Response, Transaction,
};
use profile::peers::ReportFrom;
use profile::{Party, Peer};
use std::sync::Arc;
use store::via::PeerMark;

/// What is said of a message.
#[derive(Debug)]
pub struct Word {
    /// Which message.
    pub message: Named,
    /// What.
    pub says: Says,
    /// The response that the peer wants for it, if it wants one.
    pub owed: Option<Box<Owed>>,
}

/// Which message is spoken of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// One that was named here.
    Ours(MessageId),
    /// One that another operator named, and that was passed on.
    Theirs {
        /// X-Mms-Message-ID as it came.
        message_id: Vec<u8>,
        /// Its sender, where the peer says so in a form that can be read.
        originator: Option<Msisdn>,
    },
}

/// What is said.
#[derive(Debug)]
pub enum Says {
    /// MM4_forward.RES.
    Answered {
        /// The answer.
        status: RequestStatus,
        /// Whom it is about; empty: all of its mail.
        recipients: Vec<Msisdn>,
        /// The copies of its mail.
        part: Part,
        /// Its text.
        detail: Detail,
    },
    /// MM4_delivery_report.REQ.
    Delivered {
        /// Whom it is about.
        recipient: Msisdn,
        /// What became of the message.
        status: MmStatus,
        /// Its text and extension.
        detail: Detail,
        /// When.
        at: Option<WallSeconds>,
    },
    /// MM4_read_reply_report.REQ.
    Read {
        /// Who read it, or did not.
        recipient: Msisdn,
        /// Which of it.
        status: ReadStatus,
        /// When.
        at: Option<WallSeconds>,
        /// Its text.
        detail: Detail,
    },
    /// A mail server on the way gave up.
    Bounced {
        /// For whom.
        recipients: Vec<Msisdn>,
        /// The enhanced code, where there is one: class, subject, detail.
        status: Option<(u8, u16, u16)>,
    },
    /// Nothing that matters here.
    Nothing,
}

/// A response.
pub(super) fn response(
    response: &Response<'_>,
    envelope: &Envelope<'_>,
    peer: &Peer,
) -> Result<Word, Refused> {
    if response.operation != Operation::Forward {
        // Nobody waits for a response to a report.
        return Ok(Word {
            message: Named::Ours(MessageId::from_bits(0)),
            says: Says::Nothing,
            owed: None,
        });
    }
    let (message, part) = of_transaction(&response.transaction.id, peer).ok_or(Reason::MessageNotFound)?;
    let numbers = response.recipients.iter();
    Ok(Word {
        message: Named::Ours(message),
        says: Says::Answered {
            status: response.status,
            recipients: numbers.filter_map(|address| number(address, envelope)).collect(),
            part,
            detail: Detail::new(response.status_text.as_deref(), None),
        },
        owed: None,
    })
}

/// A delivery report.
pub(super) fn delivered(
    report: DeliveryReportReq<'_>,
    envelope: &Envelope<'_>,
    peer: &Peer,
) -> Result<Word, Refused> {
    let report = report.oriented(orientation(peer));
    let wants = Wants {
        operation: Operation::DeliveryReport,
        transaction: &report.transaction,
        message_id: &report.message_id,
        acknowledgement: &report.acknowledgement,
    };
    let parties = [&report.recipient, &report.originator];
    let (message, recipient) = wants.about(parties, envelope, peer)?;
    Ok(Word {
        message,
        says: Says::Delivered {
            recipient,
            status: report.status,
            detail: Detail {
                is_for_system: report.forward_to_originator == Some(false),
                ..Detail::new(report.status_text.as_deref(), report.extension)
            },
            at: report.transaction.date,
        },
        owed: wants.owed(peer, RequestStatus::Ok),
    })
}

/// A read report.
pub(super) fn read(
    report: ReadReplyReportReq<'_>,
    envelope: &Envelope<'_>,
    peer: &Peer,
) -> Result<Word, Refused> {
    let report = report.oriented(orientation(peer));
    let wants = Wants {
        operation: Operation::ReadReplyReport,
        transaction: &report.transaction,
        message_id: &report.message_id,
        acknowledgement: &report.acknowledgement,
    };
    let parties = [&report.recipient, &report.originator];
    let (message, recipient) = wants.about(parties, envelope, peer)?;
    Ok(Word {
        message,
        says: Says::Read {
            recipient,
            status: report.status,
            at: report.transaction.date,
            detail: Detail::new(report.status_text.as_deref(), None),
        },
        owed: wants.owed(peer, RequestStatus::Ok),
    })
}

/// A bounce of a message that this peer was sent; nothing where the mail is none.
pub(super) fn bounce(mail: &[u8], envelope: &Envelope<'_>, peer: &Peer) -> Option<Word> {
    let bounce = Bounce::read(mail).ok().flatten()?;
    let (message, _) = of_transaction(bounce.transaction_id.as_ref()?, peer)?;
    let failed = || {
        bounce
            .recipients
            .iter()
            .filter(|recipient| recipient.action == Action::Failed)
    };
    Some(Word {
        message: Named::Ours(message),
        says: Says::Bounced {
            recipients: failed()
                .filter_map(|recipient| number(&recipient.address, envelope))
                .collect(),
            status: failed().find_map(|recipient| recipient.status),
        },
        owed: None,
    })
}

/// The message of a transaction of ours with this peer, and which of its copies.
fn of_transaction(id: &Id<'_>, peer: &Peer) -> Option<(MessageId, Part)> {
    let (message, short, part) = read_transaction_id(id.bare())?;
    (short == PeerMark::of(&peer.name).short()).then_some((message, part))
}

fn number(address: &Address, envelope: &Envelope<'_>) -> Option<Msisdn> {
    let dialled = address.dialled()?;
    envelope
        .routes
        .normalise(Party::Peer(envelope.peer), dialled.as_bytes())
}

fn orientation(peer: &Peer) -> Orientation {
    match peer.dialect.report_from {
        ReportFrom::Recipient => Orientation::BySpecification,
        ReportFrom::Originator => Orientation::Reversed,
    }
}

/// What a report has that is answered.
struct Wants<'r> {
    operation: Operation<'static>,
    transaction: &'r Transaction<'r>,
    message_id: &'r Id<'r>,
    acknowledgement: &'r Acknowledgement,
}

impl Wants<'_> {
    /// The message and the recipient that a report is about.
    fn about(
        &self,
        [recipient, originator]: [&Address; 2],
        envelope: &Envelope<'_>,
        peer: &Peer,
    ) -> Result<(Named, Msisdn), Refused> {
        let not_found = || Refused {
            reason: Reason::MessageNotFound,
            response: self.owed(peer, RequestStatus::NotFound),
        };
        let recipient = number(recipient, envelope).ok_or_else(not_found)?;
        let raw = self.message_id.raw();
        if raw.len() > super::origin::TEXT_OCTETS_MAX {
            return Err(not_found());
        }
        let named = self.ours(envelope).map_or_else(
            || Named::Theirs {
                message_id: raw.to_vec(),
                originator: number(originator, envelope),
            },
            Named::Ours,
        );
        Ok((named, recipient))
    }

    /// The message of ours that a report names, if it is one: by our domain, or as one of ours without any.
    fn ours(&self, envelope: &Envelope<'_>) -> Option<MessageId> {
        let bare = self.message_id.bare();
        let ours = envelope.profile.mm1.domain.as_bytes();
        let domain = bare.iter().position(|&octet| octet == b'@');
        let domain = domain.and_then(|at| bare.get(at + 1..));
        let is_ours = domain.is_none_or(|domain| domain.eq_ignore_ascii_case(ours));
        MessageId::from_wire(bare).filter(|_| is_ours)
    }

    /// The response, if one is wanted and goes to the peer itself: no backscatter.
    fn owed(&self, peer: &Peer, status: RequestStatus) -> Option<Box<Owed>> {
        let system = self.acknowledgement.reply_to(self.transaction.sender.as_ref());
        let is_theirs = system.is_none_or(|system| is_of(system, peer));
        (self.acknowledgement.is_wanted && is_theirs).then(|| {
            Box::new(Owed {
                peer: Arc::from(peer.name.as_str()),
                operation: self.operation.name().to_owned(),
                transaction_id: self.transaction.id.raw().to_vec(),
                message_id: self.message_id.raw().to_vec(),
                system: system.map_or_else(String::new, |system| system.text.clone()),
                version: self.transaction.version,
                status,
                text: None,
                recipients: Vec::new(),
            })
        })
    }
}
