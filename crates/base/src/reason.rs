//! The one table of reasons: why something was refused or ended, and what each interface says of it.
//!
//! Every refusal anywhere in the product is a [`Reason`]; the table says whose fault it is, whether to try again,
//! and the exact code on MM1 (for 1.0 clients and for later ones), on retrieval, on HTTP, on SMTP and on MM4, with the
//! sentence that goes out as Response-Text. `ringpost explain CODE` prints a row. Status octets: OMA MMS Encapsulation,
//! X-Mms-Response-Status and X-Mms-Retrieve-Status (spec table §6); a 1.0 client is only ever told 0x80 to 0x88. SMTP:
//! RFC 5321 §4.2, enhanced codes RFC 3463. MM4: 3GPP TS 23.140 §8.4, X-Mms-Request-Status-Code (MM4 reference §3).
//!
//! A row spells its SMTP and MM4 codes in brackets where they differ from what follows from its other columns:
//! `smtp_derived` and `mm4_derived`.

/// Who has to change something before it can work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The one who asked.
    Peer,
    /// This server.
    Us,
    /// What we stand on: disk, network, another system.
    Environment,
}

/// Whether the same request may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Yes: the refusal is transient.
    Later,
    /// No: it would be refused again.
    Never,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The reason this row is of.
    pub reason: Reason,
    /// The code an operator looks up: stable for ever.
    pub code: &'static str,
    /// Whose fault.
    pub blame: Blame,
    /// Try again?
    pub retry: Retry,
    /// X-Mms-Response-Status for a client of version 1.0.
    pub response_status_1_0: u8,
    /// X-Mms-Response-Status for a client of version 1.1 or later.
    pub response_status: u8,
    /// X-Mms-Retrieve-Status.
    pub retrieve_status: u8,
    /// HTTP status, where no PDU can carry the answer.
    pub http_status: u16,
    /// SMTP reply code.
    pub smtp_code: u16,
    /// Enhanced status code, for a session that knows them.
    pub smtp_enhanced: &'static str,
    /// X-Mms-Request-Status-Code of a RES on MM4.
    pub mm4_status: &'static str,
    /// The sentence for a human: Response-Text and Retrieve-Text.
    pub text: &'static str,
    /// What an operator can do about it.
    pub action: &'static str,
}

/// The SMTP reply of a row that names none: a local error to try again after, or a transaction that failed for good
/// (RFC 5321 §4.2.3; RFC 3463 §3.1 and §3.4).
const fn smtp_derived(retry: Retry) -> (u16, &'static str) {
    match retry {
        Retry::Later => (451, "4.3.0"),
        Retry::Never => (554, "5.0.0"),
    }
}

/// The MM4 status of a row that names none, from its X-Mms-Response-Status (MM4 reference, end of §3). Whatever may be
/// tried again is a network problem: the only status after which an originator re-sends (§5).
const fn mm4_derived(response_status: u8) -> &'static str {
    match response_status {
        0x82 | 0xE1 => "Error-service-denied",
        0x83 | 0xE2 => "Error-message-format-corrupt",
        0x84 | 0xE3 => "Error-sending-address-unresolved",
        0x85 | 0xE4 => "Error-message-not-found",
        0x86 | 0xC0..=0xDF => "Error-network-problem",
        0x87 | 0xE5 => "Error-content-not-accepted",
        0x88 => "Error-unsupported-message",
        _ => "Error-unspecified",
    }
}

macro_rules! reasons {
    ($($reason:ident $code:literal $blame:ident $retry:ident
       $v10:literal $v11:literal $retrieve:literal $http:literal $text:literal $action:literal
       $([$smtp:literal $enhanced:literal $mm4:literal])?;)*) => {
        /// Why something was refused or ended.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Reason { $(#[doc = $text] $reason,)* }

        /// All rows, in the order of the enum.
        pub static TABLE: &[Row] = &[$(Row {
            reason: Reason::$reason, code: $code, blame: Blame::$blame, retry: Retry::$retry,
            response_status_1_0: $v10, response_status: $v11, retrieve_status: $retrieve,
            http_status: $http, text: $text, action: $action,
            smtp_code: [$($smtp,)? smtp_derived(Retry::$retry).0][0],
            smtp_enhanced: [$($enhanced,)? smtp_derived(Retry::$retry).1][0],
            mm4_status: [$($mm4,)? mm4_derived($v11)][0],
        },)*];
    };
}

reasons! {
    // reason               code    blame       retry 1.0  1.1+ retr http text, action
    MessageCorrupt          "R101" Peer        Never 0x83 0xE2 0xE0 400
        "The message could not be read."
        "Dump the PDU with `ringpost pdu dump`; the offset of the fault is in the event.";
    VersionUnsupported      "R102" Peer        Never 0x88 0x88 0xE0 400
        "This version of MMS is not supported." "Nothing: the client speaks another major version.";
    PduUnsupported          "R103" Peer        Never 0x88 0x88 0xE0 400
        "This kind of request is not supported."
        "Nothing: the client asked for a service that is not offered.";
    SenderUnidentified      "R111" Peer        Never 0x82 0xE1 0xE1 403
        "The network did not say who is asking."
        "Check the identity sources of the listener and that its gateway is allow-listed.";
    SenderBarred            "R112" Peer        Never 0x82 0xE1 0xE1 403
        "This service is not available to you." "Check the subscriber's provisioning."
        [550 "5.7.1" "Error-service-denied"];
    IdentityUntrusted       "R113" Peer        Never 0x82 0xE1 0xE1 403
        "The network did not say who is asking."
        "An identity header came from an address that is no gateway: a phone that pretends, or a gateway not listed.";
    IdentityContradicted    "R114" Peer        Never 0x82 0xE1 0xE1 403
        "The network did not say who is asking."
        "Headers and session name different subscribers: an attempt, or a gateway and a feed of different networks.";
    IdentityAmbiguous       "R115" Environment Later 0x86 0xC0 0xC0 503
        "The network did not say who is asking. Please try again later."
        "Two sessions claim the address: check the clocks of the access servers and that their pools do not overlap.";
    IdentityEnded           "R116" Environment Later 0x86 0xC0 0xC0 503
        "The connection has changed hands. Please try again."
        "The session ended between request and answer; many at once: the feed of sessions is late.";
    RecipientMissing        "R121" Peer        Never 0x83 0xE2 0xE0 400
        "The message has no recipient." "Nothing: the client left To, Cc and Bcc out."
        [554 "5.5.1" "Error-message-format-corrupt"];
    RecipientUnresolved     "R122" Peer        Never 0x84 0xE3 0xE0 404
        "No recipient can be reached from here."
        "Check the numbering plan and the routes for the address forms in use."
        [550 "5.1.1" "Error-sending-address-unresolved"];
    RecipientsTooMany       "R123" Peer        Never 0x82 0xE1 0xE0 403
        "The message has too many recipients." "Raise mm1.recipients_max if the operator allows more."
        [452 "4.5.3" "Error-service-denied"];
    ContentTooLarge         "R131" Peer        Never 0x87 0xE5 0xE3 413
        "The message is too large." "Raise mm1.message_octets_max if the operator allows more."
        [552 "5.3.4" "Error-content-not-accepted"];
    ContentRefused          "R132" Peer        Never 0x87 0xE5 0xE3 415
        "The content of the message is not accepted." "Check the operator profile's content types."
        [554 "5.6.1" "Error-content-not-accepted"];
    ReplyChargingUnsupported "R133" Peer       Never 0x81 0xE9 0xE0 403
        "Reply charging is not supported." "Nothing: the sender asked for a service that is not offered.";
    HidingUnsupported       "R134" Peer        Never 0x82 0xEA 0xE0 403
        "The sender's number can't be hidden here." "Allow mm1.sender_hiding if the operator offers it.";
    TimesImpossible         "R135" Peer        Never 0x83 0xE2 0xE0 400
        "The delivery time is after the expiry." "Nothing: the client's times contradict each other.";
    MessageNotFound         "R141" Peer        Never 0x85 0xE4 0xE2 404
        "The message was not found."
        "Trace the message: it ended, expired, or was never for this subscriber.";
    MessageExpired          "R142" Peer        Never 0x85 0xE4 0xE2 404
        "The message has expired." "Nothing: it waited for its whole validity.";
    Busy                    "R201" Us          Later 0x86 0xC0 0xC0 503
        "The service is busy. Please try again later."
        "See the queue gauges: a shard or its mesh is saturated.";
    LogFull                 "R202" Environment Later 0x86 0xC0 0xC0 503
        "The service can't store messages now. Please try again later."
        "Free space in the data directory or raise journal.segments_max."
        [452 "4.3.1" "Error-network-problem"];
    LogFailed               "R203" Environment Later 0x86 0xC0 0xC0 503
        "The service can't store messages now. Please try again later."
        "A write or sync failed and the journal stopped: replace the disk, then restart.";
    Draining                "R204" Us          Later 0x86 0xC0 0xC0 503
        "The service is restarting. Please try again later." "Nothing: a planned stop."
        [421 "4.3.2" "Error-network-problem"];
    Internal                "R209" Us          Later 0x81 0xC0 0xC0 500
        "The service failed. Please try again later." "A defect: report the event with its context.";
    RequestMalformed        "R301" Peer        Never 0x83 0xE2 0xE0 400
        "The HTTP request could not be read." "Nothing: the client or a proxy broke the framing.";
    MethodUnsupported       "R302" Peer        Never 0x88 0x88 0xE0 405
        "Only GET and POST are understood here." "Nothing.";
    MediaTypeUnsupported    "R303" Peer        Never 0x88 0x88 0xE0 415
        "Only application/vnd.wap.mms-message is understood here." "Nothing.";
    RequestTimedOut         "R304" Peer        Later 0x86 0xC0 0xC0 408
        "The request took too long to arrive." "Slow radio is normal; many at once may be an attack.";
    HeadTooLarge            "R305" Peer        Never 0x83 0xE2 0xE0 431
        "The head of the request is too large." "Raise http.head_octets_max if a gateway adds long headers.";
    ConnectionsTooMany      "R306" Us          Later 0x86 0xC0 0xC0 503
        "Too many connections. Please try again later." "Raise http.connections_max or add shards."
        [421 "4.7.0" "Error-network-problem"];
    DuplicateReport         "R401" Peer        Never 0x81 0xE0 0xE0 200
        "The report was already taken." "Nothing: counted and dropped.";
    ReportUnrequested       "R402" Peer        Never 0x81 0xE0 0xE0 200
        "No such report was asked for." "Nothing: counted and dropped.";
    PeerUnknown             "R501" Peer        Never 0x82 0xE1 0xE1 403
        "This system is not known here."
        "Check sources, helo_names and certificate_names of the operator's [[peer]] table."
        [550 "5.7.1" "Error-service-denied"];
    SenderForeign           "R502" Peer        Never 0x82 0xE1 0xE1 403
        "The sender's number does not belong to the system that sends it."
        "A spoof, or the number ranges or ported numbers of the [[peer]] are out of date."
        [550 "5.7.1" "Error-service-denied"];
    SenderOurs              "R503" Peer        Never 0x82 0xE1 0xE1 403
        "The sender's number is served here and can't come from outside."
        "A spoof, or the number was ported away and the table of ported numbers is out of date."
        [550 "5.7.1" "Error-service-denied"];
    RelationDenied          "R504" Peer        Never 0x82 0xE1 0xE1 403
        "There is no agreement between these two operators."
        "Add a [[relation]] table if there is one."
        [550 "5.7.1" "Error-service-denied"];
    SystemForeign           "R506" Peer        Never 0x82 0xE1 0xE1 403
        "The originating system's address does not belong to the system that sends it."
        "A spoof, or the domains of the [[peer]] are out of date: Sender and X-Mms-Originator-System must lie in them."
        [550 "5.7.1" "Error-service-denied"];
    LoopFound               "R507" Peer        Never 0x81 0xE0 0xE0 403
        "The message has passed too many systems, or this one before."
        "Two operators route to each other: compare their number ranges and ported numbers."
        [554 "5.4.6" "Error-unspecified"];
    RateExceeded            "R508" Peer        Later 0x86 0xC0 0xC0 429
        "Too many mails in a second. Please try again later."
        "Raise peer.arrivals_per_s_max if the operator may bring more."
        [450 "4.7.0" "Error-network-problem"];
    RouteRefused            "R505" Us          Never 0x84 0xE3 0xE0 404
        "Messages to this number are refused here." "An [[override]] table says so."
        [550 "5.7.1" "Error-service-denied"];
}

impl Reason {
    /// This reason's row.
    #[must_use]
    pub fn row(self) -> &'static Row {
        // The table is made by the same macro as the enum, in its order.
        &TABLE[self as usize]
    }

    /// The X-Mms-Response-Status for a client that speaks MMS 1.`minor`.
    #[must_use]
    pub fn response_status(self, minor: u8) -> u8 {
        let row = self.row();
        if minor == 0 {
            row.response_status_1_0
        } else {
            row.response_status
        }
    }

    /// Looks a row up by its code (`R101`, any case) or by the reason's name.
    #[must_use]
    pub fn find(code: &str) -> Option<&'static Row> {
        TABLE.iter().find(|row| {
            row.code.eq_ignore_ascii_case(code) || format!("{:?}", row.reason).eq_ignore_ascii_case(code)
        })
    }
}

#[cfg(test)]
mod tests;
