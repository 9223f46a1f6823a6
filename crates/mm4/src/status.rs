//! Statuses, and their mapping between MM4 and MM1.
//!
//! What a response says of a request, what a report says of a message. Invariants: an unknown request status is
//! Error-unspecified; every status of MM1 has one on MM4 and back (MM4 reference §3, end; §5).

use crate::value::values;

values! {
    /// X-Mms-Request-Status-Code. The octet is the X-Mms-Response-Status of an MM1 client of version 1.0.
    RequestStatus {
        Ok 0x80 "Ok" | "0" | "128",
        Unspecified 0x81 "Error-unspecified" | "129",
        ServiceDenied 0x82 "Error-service-denied" | "130",
        FormatCorrupt 0x83 "Error-message-format-corrupt" | "131",
        AddressUnresolved 0x84 "Error-sending-address-unresolved" | "132",
        NotFound 0x85 "Error-message-not-found" | "133",
        NetworkProblem 0x86 "Error-network-problem" | "134",
        ContentNotAccepted 0x87 "Error-content-not-accepted" | "135",
        UnsupportedMessage 0x88 "Error-unsupported-message" | "136",
    }
}

values! {
    /// X-Mms-MM-Status-Code. The octet is the X-Mms-Status of MM1; Unreachable (0x87) has no row of its own.
    MmStatus {
        Expired 0x80 "Expired",
        Retrieved 0x81 "Retrieved",
        Rejected 0x82 "Rejected",
        Deferred 0x83 "Deferred",
        Unrecognised 0x84 "Unrecognised" | "Unrecognized",
        Indeterminate 0x85 "Indeterminate",
        Forwarded 0x86 "Forwarded",
    }
}

values! {
    /// X-Mms-MM-Status-Extension (Rel-6). The octet is ours: MM1 has no such field.
    StatusExtension {
        RejectedByRecipient 0x80 "Rejection-By-MMS-Recipient" | "RejectionByMMSRecipient" | "Rejected-by-recipient",
        RejectedByOtherSystem 0x81 "Rejection-By-Other-RS" | "RejectionByOtherRS" | "Rejected-by-other-MMSC",
    }
}

/// X-Mms-Response-Status of MM1, version 1.1 and later, and what it is on MM4. What is not here is Error-unspecified.
/// The transient ones, 0xC0 and up, are all a network problem: the only status after which an originator sends again.
pub const RESPONSE_STATUS: &[(u8, RequestStatus)] = &[
    (0x80, RequestStatus::Ok),
    (0x82, RequestStatus::ServiceDenied),
    (0x83, RequestStatus::FormatCorrupt),
    (0x84, RequestStatus::AddressUnresolved),
    (0x85, RequestStatus::NotFound),
    (0x86, RequestStatus::NetworkProblem),
    (0x87, RequestStatus::ContentNotAccepted),
    (0x88, RequestStatus::UnsupportedMessage),
    (0xC0, RequestStatus::NetworkProblem),
    (0xC1, RequestStatus::NetworkProblem),
    (0xC2, RequestStatus::NetworkProblem),
    (0xC3, RequestStatus::NetworkProblem),
    (0xC4, RequestStatus::NetworkProblem),
    (0xE1, RequestStatus::ServiceDenied),
    (0xE2, RequestStatus::FormatCorrupt),
    (0xE3, RequestStatus::AddressUnresolved),
    (0xE4, RequestStatus::NotFound),
    (0xE5, RequestStatus::ContentNotAccepted),
];

/// What MM1 says from version 1.1 on for each status of MM4. A transient one stays transient.
const LATER_OCTETS: &[(RequestStatus, u8)] = &[
    (RequestStatus::Ok, 0x80),
    (RequestStatus::Unspecified, 0xE0),
    (RequestStatus::ServiceDenied, 0xE1),
    (RequestStatus::FormatCorrupt, 0xE2),
    (RequestStatus::AddressUnresolved, 0xE3),
    (RequestStatus::NotFound, 0xE4),
    (RequestStatus::NetworkProblem, 0xC3),
    (RequestStatus::ContentNotAccepted, 0xE5),
    (RequestStatus::UnsupportedMessage, 0x88),
];

impl RequestStatus {
    /// The status of a header's text. Unknown ones are Error-unspecified.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        Self::read(text).unwrap_or(Self::Unspecified)
    }

    /// The status for an X-Mms-Response-Status of MM1.
    #[must_use]
    pub fn of_response_status(octet: u8) -> Self {
        let row = RESPONSE_STATUS.iter().find(|row| row.0 == octet);
        row.map_or(Self::Unspecified, |row| row.1)
    }

    /// The X-Mms-Response-Status for a client of MMS 1.`minor`.
    #[must_use]
    pub fn response_status(self, minor: u8) -> u8 {
        let later = LATER_OCTETS.iter().find(|row| row.0 == self);
        match later {
            Some(row) if minor > 0 => row.1,
            _ => self.octet(),
        }
    }

    /// What a refusal by this server is called on MM4.
    #[must_use]
    pub fn of_reason(reason: base::Reason) -> Self {
        Self::of_text(reason.row().mm4_status)
    }

    /// Whether the request may be sent again (MM4 reference §5).
    #[must_use]
    pub const fn may_be_retried(self) -> bool {
        matches!(self, Self::NetworkProblem)
    }

    /// What became of the message, when a forward was answered so; `None` for Ok, which decides nothing yet (§5).
    #[must_use]
    pub const fn outcome(self) -> Option<MmStatus> {
        match self {
            Self::Ok => None,
            Self::ServiceDenied | Self::ContentNotAccepted => Some(MmStatus::Rejected),
            Self::UnsupportedMessage => Some(MmStatus::Unrecognised),
            _ => Some(MmStatus::Indeterminate),
        }
    }
}

impl MmStatus {
    /// The status for an X-Mms-Status of MM1. Unreachable, and what is not assigned, is Indeterminate.
    #[must_use]
    pub fn of_mm1(octet: u8) -> Self {
        Self::of_octet(octet).unwrap_or(Self::Indeterminate)
    }

    /// Whether nothing can follow it: all but Deferred.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Deferred)
    }
}

#[cfg(test)]
mod tests;
