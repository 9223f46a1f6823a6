//! MM4_delivery_report.REQ and MM4_read_reply_report.REQ: what became of messages that other operators brought.
//!
//! At the message's owner, asked by a copy's home ([`Mail::Report`]); its record says who brought it and by which id.
//! Invariants: a report goes to the peer that brought the message and to no other; its transaction id is the same in
//! every try, over starts too; each [`Mail::Report`] is answered once with [`Mail::Told`]. A peer takes a report by
//! storing it (250): no response is asked for.

use super::Relay;
use super::mail::{address, system_address};
use super::note::{NOTE_OCTETS, Note, Writing};
use crate::bearer::Answered;
use crate::brain::Brain;
use crate::mail::{About, Mail, Report, Says, Told};
use base::{Msisdn, ShardId};
use mm4::{
    Acknowledgement, Address, Application, DeliveryReportReq, Extra, Id, MmStatus, ReadReplyReportReq,
    ReadStatus, Transaction,
};
use std::borrow::Cow;
use std::sync::Arc;
use store::record::{FLAG_SYSTEM_REPORT, Origin, entered};
use store::via::PeerMark;

/// A report with whom it goes to.
#[derive(Debug)]
pub(crate) struct Tale {
    report: Report,
    /// The copy's home, which waits to hear what came of it.
    home: ShardId,
    peer: Arc<str>,
    /// X-Mms-Message-ID as it came.
    message_id: Vec<u8>,
    /// The originator's domain; empty: the peer's own.
    domain: String,
    sender: Msisdn,
    /// Its user did not ask for it, or the far side says that it is not to be shown (Rel-6; MM4 reference §2).
    is_for_system: bool,
}

impl Tale {
    pub(super) fn about(&self) -> About {
        self.report.about
    }

    pub(super) fn home(&self) -> ShardId {
        self.home
    }

    /// The mail of it.
    pub(super) fn write(&self, mail: &Writing<'_>) -> Relay {
        let dialect = mail.dialect();
        let form = mail.peer.dialect.address_domain;
        let system = system_address(mail.ours);
        let theirs = match self.domain.is_empty() {
            true => mail.domain,
            false => &self.domain,
        };
        let recipient = address(self.report.number, &mail.ours.domain, form);
        let originator = address(self.sender, theirs, form);
        let id = transaction_id(self.report.about);
        let mail_id = format!("{id}@{}", mail.ours.domain);
        let transaction = Transaction {
            version: dialect.version,
            id: Id::new(id.as_bytes()),
            sender: Some(system.clone()),
            mail_id: Some(Id::new(mail_id.as_bytes())),
            date: Some(self.report.at),
        };
        let acknowledgement = Acknowledgement {
            is_wanted: false,
            originator_system: Some(system.clone()),
        };
        let message_id = Id::kept(self.message_id.as_slice());
        let mut octets = Vec::with_capacity(NOTE_OCTETS);
        let to = Address::of_subscriber(self.sender);
        let text = self.report.detail.text.as_deref().map(Cow::Borrowed);
        let read = |status| ReadReplyReportReq {
            transaction: transaction.clone(),
            message_id: message_id.clone(),
            acknowledgement: acknowledgement.clone(),
            recipient: recipient.clone(),
            originator: originator.clone(),
            status,
            status_text: text.clone(),
            application: Application::default(),
            extra: Extra::default(),
        };
        let delivery = |status| DeliveryReportReq {
            transaction: transaction.clone(),
            message_id: message_id.clone(),
            acknowledgement: acknowledgement.clone(),
            recipient: recipient.clone(),
            originator: originator.clone(),
            status,
            extension: self.report.detail.extension,
            status_text: text.clone(),
            forward_to_originator: Some(!self.is_for_system),
            application: Application::default(),
            extra: Extra::default(),
        };
        match self.report.says {
            Says::Ended(end) => delivery(MmStatus::of_mm1(end.status())).write(&dialect, &mut octets),
            Says::Deferred => delivery(MmStatus::Deferred).write(&dialect, &mut octets),
            Says::Read => read(ReadStatus::Read).write(&dialect, &mut octets),
            Says::Deleted => read(ReadStatus::DeletedUnread).write(&dialect, &mut octets),
        }
        Relay {
            ticket: mail.ticket,
            peer: Arc::clone(&self.peer),
            from: dialect.address(&system, None),
            recipients: vec![dialect.address(&to, Some(theirs))],
            mail: octets,
        }
    }
}

/// 16 digits of the message as it is called here, which recipient, which report.
fn transaction_id(about: About) -> String {
    let which = match about.what {
        Told::End => 'd',
        Told::Reading => 'r',
        Told::Deferral => 'w',
    };
    format!("{}.{}{which}", about.message, about.recipient)
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Brain<B> {
    /// The record of a message was read, for a report on it; nothing where it could not be.
    pub(crate) fn tell_origin(&mut self, report: Report, home: ShardId, record: Option<(u16, &[u8])>) {
        let about = report.about;
        let entered = record.and_then(|(kind, header)| entered(kind, header).ok());
        let Some(entered) = entered else {
            return self.answer_report(about, home, Answered::Late);
        };
        let sender = Msisdn::from_bits(entered.accept.sender);
        let (Some((origin, _)), Some(sender)) = (entered.arrival, sender) else {
            return self.answer_report(about, home, Answered::Rejected);
        };
        let mark = PeerMark::of(&origin.peer);
        if !self.takes_reports(mark, about.what) {
            return self.answer_report(about, home, Answered::Rejected);
        }
        let Origin {
            peer,
            domain,
            message_id,
            ..
        } = origin;
        let asked_by_system = entered.accept.flags & FLAG_SYSTEM_REPORT != 0;
        let tale = Tale {
            is_for_system: asked_by_system || report.detail.is_for_system,
            report,
            home,
            peer: Arc::from(peer),
            message_id,
            domain,
            sender,
        };
        self.queue_note(mark, Note::report(Box::new(tale), self.now));
    }

    /// Whether a peer takes such reports, by its profile; one that is gone may be back.
    fn takes_reports(&self, peer: PeerMark, what: Told) -> bool {
        self.peer_profile(peer).is_none_or(|peer| match what {
            Told::End | Told::Deferral => peer.reports.delivery,
            Told::Reading => peer.reports.read,
        })
    }

    /// Says to a copy's home what came of a report.
    pub(crate) fn answer_report(&mut self, about: About, home: ShardId, answered: Answered) {
        self.send_mail(home, Mail::Told { about, answered });
    }
}
