//! What every message has, and the groups of headers that several have.
//!
//! Parts of the typed messages. Invariant: a transaction has an id that is not empty; without one there is nothing to
//! match a response with.

use std::borrow::Cow;

use base::WallSeconds;

use crate::address::Address;
use crate::error::{Error, ErrorKind};
use crate::field::Field;
use crate::head::Head;
use crate::id::Id;
use crate::version::Version;

/// One exchange between two MMSCs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction<'a> {
    /// The version that the sender follows; [`Version::ASSUMED`] where it does not say.
    pub version: Version,
    /// What request and response share: unique per sender and request.
    pub id: Id<'a>,
    /// The system that sends, from Sender.
    pub sender: Option<Address>,
    /// The id of the mail (RFC 5322): a bounce names it.
    pub mail_id: Option<Id<'a>>,
    /// When it was sent, or of a report when it happened.
    pub date: Option<WallSeconds>,
}

impl<'a> Transaction<'a> {
    pub(crate) fn read(head: &Head<'a>) -> Result<Self, Error> {
        let version = head
            .version()
            .map_err(|version| Error::from(ErrorKind::Version(version)))?;
        Ok(Self {
            version,
            id: head.mandatory_id(Field::TransactionId)?,
            sender: head.address(Field::Sender),
            mail_id: head.id(Field::MailId),
            date: head.seconds(Field::Date).map(wall),
        })
    }
}

/// Seconds as they are stored; beyond the year 2106 it is the last of them.
pub(crate) fn wall(seconds: u64) -> WallSeconds {
    WallSeconds(u32::try_from(seconds).unwrap_or(u32::MAX))
}

/// Whether a response is wanted, and where it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acknowledgement {
    /// X-Mms-Ack-Request; absent is No.
    pub is_wanted: bool,
    /// X-Mms-Originator-System.
    pub originator_system: Option<Address>,
}

impl Acknowledgement {
    pub(crate) fn read(head: &Head<'_>) -> Self {
        Self {
            is_wanted: head.flag(Field::AckRequest).unwrap_or(false),
            originator_system: head.address(Field::OriginatorSystem),
        }
    }

    /// Where a response goes: the originator system, else the sending system; else the caller takes `system-user` at
    /// the domain of the SMTP sender (MM4 reference §4).
    #[must_use]
    pub fn reply_to<'s>(&'s self, sender: Option<&'s Address>) -> Option<&'s Address> {
        self.originator_system.as_ref().or(sender)
    }
}

/// Addressing of applications (Rel-6).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Application<'a> {
    /// X-Mms-Applic-ID: who it is for.
    pub applic_id: Option<Cow<'a, str>>,
    /// X-Mms-Reply-Applic-ID: who a reply is for.
    pub reply_applic_id: Option<Cow<'a, str>>,
    /// X-Mms-Aux-Applic-Info: what else the application wants to know.
    pub aux_applic_info: Option<Cow<'a, str>>,
}

impl<'a> Application<'a> {
    pub(crate) fn read(head: &Head<'a>) -> Self {
        Self {
            applic_id: head.decoded(Field::ApplicId),
            reply_applic_id: head.decoded(Field::ReplyApplicId),
            aux_applic_info: head.decoded(Field::AuxApplicInfo),
        }
    }
}
