//! The PDUs, one file each.
//!
//! [`Pdu::read`] is the door from bytes to types; each type reads itself from a scan and writes itself to a buffer.
//! Invariants: a PDU that exists has all its mandatory fields, in a version 1.x; reading what was written gives an
//! equal PDU.

mod acknowledge_ind;
mod cancel_conf;
mod cancel_req;
mod delete_conf;
mod delete_req;
mod delivery_ind;
mod forward_conf;
mod forward_req;
mod notification_ind;
mod notify_resp_ind;
mod read_orig_ind;
mod read_rec_ind;
mod retrieve_conf;
mod send_conf;
mod send_req;

pub use acknowledge_ind::AcknowledgeInd;
pub use cancel_conf::CancelConf;
pub use cancel_req::CancelReq;
pub use delete_conf::DeleteConf;
pub use delete_req::DeleteReq;
pub use delivery_ind::DeliveryInd;
pub use forward_conf::ForwardConf;
pub use forward_req::ForwardReq;
pub use notification_ind::NotificationInd;
pub use notify_resp_ind::NotifyRespInd;
pub use read_orig_ind::ReadOrigInd;
pub use read_rec_ind::ReadRecInd;
pub use retrieve_conf::RetrieveConf;
pub use send_conf::SendConf;
pub use send_req::SendReq;

use crate::error::{Error, ErrorKind};
use crate::pdu_type::PduType;
use crate::scan::{self, Scan};

macro_rules! pdus {
    ($($kind:ident,)*) => {
        /// Any PDU that is read here: all of MMS 1.3 but the mailbox.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub enum Pdu<'a> {
            $(#[doc = concat!("See [`", stringify!($kind), "`].")] $kind($kind<'a>),)*
        }

        impl<'a> Pdu<'a> {
            /// Reads a PDU. Errors: see [`ErrorKind`]; of a mailbox PDU `Unsupported`.
            pub fn read(bytes: &'a [u8]) -> Result<Self, Error> {
                let pdu_type = scan::pdu_type(bytes)?;
                let scan = Scan::read(bytes)?;
                match pdu_type {
                    $(PduType::$kind => $kind::read(&scan).map(Self::$kind),)*
                    mailbox => Err(Error::new(ErrorKind::Unsupported(mailbox.octet()), 1)),
                }
            }

            /// Its type.
            #[must_use]
            pub const fn pdu_type(&self) -> PduType {
                match self { $(Self::$kind(_) => PduType::$kind,)* }
            }

            /// Appends the PDU without the body, which the caller appends to a PDU that has one.
            pub fn write(&self, out: &mut Vec<u8>) {
                match self { $(Self::$kind(pdu) => pdu.write(out),)* }
            }
        }
    };
}

pdus! {
    SendReq, SendConf, NotificationInd, NotifyRespInd, RetrieveConf, AcknowledgeInd, DeliveryInd, ReadRecInd,
    ReadOrigInd, ForwardReq, ForwardConf, DeleteReq, DeleteConf, CancelReq, CancelConf,
}

impl<'a> Pdu<'a> {
    /// The body of a PDU that has one, empty otherwise.
    #[must_use]
    pub const fn body(&self) -> &'a [u8] {
        match self {
            Self::SendReq(message) => message.content.body,
            Self::RetrieveConf(message) => message.content.body,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests;
