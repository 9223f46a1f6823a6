//! Response-Status, Retrieve-Status and Store-Status: the three with reserved ranges.
//!
//! What an answer says. Invariants: a reserved value keeps its octet and counts as its class's general failure, as
//! OMA-TS-MMS_ENC clauses 7.3.48, 7.3.50 and 7.3.58 want it; a value outside the ranges is an error.

use wsp::{Reader, Version};

use crate::value::Value;

/// What a status means to the one who gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusClass {
    /// Done.
    Ok,
    /// Not done; the same request may succeed later.
    Transient,
    /// Not done; the same request will fail again.
    Permanent,
}

macro_rules! statuses {
    ($(#[$doc:meta])* $type:ident { $($octet:literal $variant:ident $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $type {
            $(#[doc = $name] $variant,)*
            /// A value of 0xC0 to 0xDF that is not assigned here, kept as it is: a transient failure.
            ReservedTransient(u8),
            /// A value of 0xE0 to 0xFF that is not assigned here, kept as it is: a permanent failure.
            ReservedPermanent(u8),
        }

        impl $type {
            /// The octet on the wire.
            #[must_use]
            pub const fn octet(self) -> u8 {
                match self {
                    $(Self::$variant => $octet,)*
                    Self::ReservedTransient(octet) | Self::ReservedPermanent(octet) => octet,
                }
            }

            /// The name of an octet, for people.
            #[must_use]
            pub fn name_of(octet: u8) -> Option<&'static str> {
                match octet {
                    $($octet => Some($name),)*
                    0xC0..=0xDF => Some("reserved transient failure"),
                    0xE0..=0xFF => Some("reserved permanent failure"),
                    _ => None,
                }
            }

            /// What it means to the receiver. The errors of version 1.0 (0x81 to 0x88) are permanent.
            #[must_use]
            pub const fn class(self) -> StatusClass {
                match self.octet() {
                    0x80 => StatusClass::Ok,
                    0xC0..=0xDF => StatusClass::Transient,
                    _ => StatusClass::Permanent,
                }
            }
        }

        impl TryFrom<u8> for $type {
            type Error = u8;

            fn try_from(octet: u8) -> Result<Self, u8> {
                match octet {
                    $($octet => Ok(Self::$variant),)*
                    0xC0..=0xDF => Ok(Self::ReservedTransient(octet)),
                    0xE0..=0xFF => Ok(Self::ReservedPermanent(octet)),
                    other => Err(other),
                }
            }
        }

        impl Value<'_> for $type {
            fn read(reader: &mut Reader<'_>) -> Result<Self, wsp::Error> {
                let at = *reader;
                Self::try_from(reader.octet()?).map_err(|_| at.error(wsp::ErrorKind::Form))
            }

            fn write(&self, out: &mut Vec<u8>) {
                out.push(self.octet());
            }
        }
    };
}

statuses! {
    /// X-Mms-Response-Status.
    ResponseStatus {
        0x80 Ok "Ok",
        0x81 ErrorUnspecified "Error-unspecified",
        0x82 ErrorServiceDenied "Error-service-denied",
        0x83 ErrorMessageFormatCorrupt "Error-message-format-corrupt",
        0x84 ErrorSendingAddressUnresolved "Error-sending-address-unresolved",
        0x85 ErrorMessageNotFound "Error-message-not-found",
        0x86 ErrorNetworkProblem "Error-network-problem",
        0x87 ErrorContentNotAccepted "Error-content-not-accepted",
        0x88 ErrorUnsupportedMessage "Error-unsupported-message",
        0xC0 TransientFailure "Error-transient-failure",
        0xC1 TransientSendingAddressUnresolved "Error-transient-sending-address-unresolved",
        0xC2 TransientMessageNotFound "Error-transient-message-not-found",
        0xC3 TransientNetworkProblem "Error-transient-network-problem",
        0xC4 TransientPartialSuccess "Error-transient-partial-success",
        0xE0 PermanentFailure "Error-permanent-failure",
        0xE1 PermanentServiceDenied "Error-permanent-service-denied",
        0xE2 PermanentMessageFormatCorrupt "Error-permanent-message-format-corrupt",
        0xE3 PermanentSendingAddressUnresolved "Error-permanent-sending-address-unresolved",
        0xE4 PermanentMessageNotFound "Error-permanent-message-not-found",
        0xE5 PermanentContentNotAccepted "Error-permanent-content-not-accepted",
        0xE6 PermanentReplyChargingLimitationsNotMet "Error-permanent-reply-charging-limitations-not-met",
        0xE7 PermanentReplyChargingRequestNotAccepted "Error-permanent-reply-charging-request-not-accepted",
        0xE8 PermanentReplyChargingForwardingDenied "Error-permanent-reply-charging-forwarding-denied",
        0xE9 PermanentReplyChargingNotSupported "Error-permanent-reply-charging-not-supported",
        0xEA PermanentAddressHidingNotSupported "Error-permanent-address-hiding-not-supported",
        0xEB PermanentLackOfPrepaid "Error-permanent-lack-of-prepaid",
    }
}

statuses! {
    /// X-Mms-Retrieve-Status.
    RetrieveStatus {
        0x80 Ok "Ok",
        0xC0 TransientFailure "Error-transient-failure",
        0xC1 TransientMessageNotFound "Error-transient-message-not-found",
        0xC2 TransientNetworkProblem "Error-transient-network-problem",
        0xE0 PermanentFailure "Error-permanent-failure",
        0xE1 PermanentServiceDenied "Error-permanent-service-denied",
        0xE2 PermanentMessageNotFound "Error-permanent-message-not-found",
        0xE3 PermanentContentUnsupported "Error-permanent-content-unsupported",
    }
}

statuses! {
    /// X-Mms-Store-Status.
    StoreStatus {
        0x80 Success "Success",
        0xC0 TransientFailure "Error-transient-failure",
        0xC1 TransientNetworkProblem "Error-transient-network-problem",
        0xE0 PermanentFailure "Error-permanent-failure",
        0xE1 PermanentServiceDenied "Error-permanent-service-denied",
        0xE2 PermanentMessageFormatCorrupt "Error-permanent-message-format-corrupt",
        0xE3 PermanentMessageNotFound "Error-permanent-message-not-found",
        0xE4 PermanentMboxFull "Error-permanent-mmbox-full",
    }
}

impl ResponseStatus {
    /// The same answer in the words of the client's version: a 1.0 client knows only 0x80 to 0x88, so each later
    /// status becomes the nearest of those (OMA-TS-MMS_ENC clause 7.3.48). Partial success is a success to it: the
    /// message has been taken.
    #[must_use]
    pub fn for_version(self, client: Version) -> Self {
        if client > Version::V1_0 {
            return self;
        }
        match self.octet() {
            0x80..=0x88 => self,
            0xC4 => Self::Ok,
            0xE1 | 0xE6..=0xEB => Self::ErrorServiceDenied,
            0xE2 => Self::ErrorMessageFormatCorrupt,
            0xC1 | 0xE3 => Self::ErrorSendingAddressUnresolved,
            0xC2 | 0xE4 => Self::ErrorMessageNotFound,
            0xC3 => Self::ErrorNetworkProblem,
            0xE5 => Self::ErrorContentNotAccepted,
            _ => Self::ErrorUnspecified,
        }
    }
}

#[cfg(test)]
mod tests;
