//! The table of counters and gauges: name, meaning, and when an operator should look.
//!
//! Names follow OpenMetrics: `ringpost_` in front, counters with `_total` behind, units last. Each is exported once
//! per shard, with the label `shard`.

macro_rules! table {
    ($(#[$doc:meta])* $kind:ident: $($entry:ident $name:literal $text:literal;)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum $kind { $(#[doc = $text] $entry,)* }

        impl $kind {
            /// How many there are.
            pub const COUNT: usize = [$($name),*].len();
            /// All, in the order of the table.
            pub const ALL: [$kind; Self::COUNT] = [$($kind::$entry),*];

            /// Its name in the export, without prefix and suffix.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $($kind::$entry => $name,)* }
            }

            /// What it says, and when to look.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $($kind::$entry => $text,)* }
            }
        }
    };
}

table! {
    /// What only grows.
    Counter:
    ConnectionsAccepted "connections_accepted" "TCP connections taken.";
    ConnectionsRefused "connections_refused" "TCP connections turned away at the limit; look when it rises.";
    HttpRequests "http_requests" "HTTP requests read whole.";
    HttpRefused "http_refused" "HTTP requests refused for their framing, size, method or lateness.";
    IdentityRefused "identity_refused" "Requests whose sender the network did not name; look when it rises.";
    IdentityUntrusted "identity_untrusted" "Identity headers from addresses that are not allow-listed; look at any.";
    IdentityContradicted "identity_contradicted" "Requests whose headers and session name two; look at any.";
    IdentityAmbiguous "identity_ambiguous" "Requests from addresses that two sessions claim; look at any.";
    IdentityEnded "identity_ended" "Answers held back since the session ended meanwhile; look when it rises.";
    RequestsForwarded "requests_forwarded" "Requests passed through the mesh to their subscriber's shard.";
    RequestsRefusedBusy "requests_refused_busy" "Requests refused for want of room in a shard or the mesh.";
    OverloadRefused "overload_refused" "New messages refused since requests waited too long; look when it rises.";
    MemoryRefused "memory_refused" "Requests refused for want of memory for bodies; look when it rises.";
    ConnectionsPaused "connections_paused" "Connections not read for a while after a refusal for overload.";
    AcceptsPaused "accepts_paused" "Pauses before the next connection was accepted, because the shard was behind.";
    DoorsShut "doors_shut" "Times a listener stopped hearing new connections: they would have waited too long.";
    PduCorrupt "pdu_corrupt" "PDUs that could not be read.";
    SendAccepted "send_accepted" "Messages accepted and durable.";
    SendRepeated "send_repeated" "Repeated M-Send.req answered with the first one's Message-ID.";
    SendRefused "send_refused" "M-Send.req and M-Forward.req refused.";
    ForwardAccepted "forward_accepted" "M-Forward.req accepted and durable.";
    ArrivalsAccepted "arrivals_accepted" "Messages of other operators accepted and durable.";
    ArrivalsRepeated "arrivals_repeated" "Repeated MM4_forward.REQ taken again without delivering anything.";
    ArrivalsRefused "arrivals_refused" "Mails of other operators refused at their end.";
    ResponsesOwed "responses_owed" "MM4_forward.RES that a peer asked for.";
    SmtpFaults "smtp_faults" "Mails and connections that SMTP or TLS itself forbids; look at any.";
    RecipientsTaken "recipients_taken" "Recipients whose delivery began here.";
    NotificationsPushed "notifications_pushed" "M-Notification.ind handed to a bearer, repeats included.";
    PushesTaken "pushes_taken" "Notifications that the bearer took.";
    PushesRejected "pushes_rejected" "Notifications not taken for good, or to nobody; look when it rises.";
    PushesLate "pushes_late" "Notifications that no link took while they were valid; look at any.";
    PushesDelivered "pushes_delivered" "Receipts: the phone has the notification.";
    PushesAbsent "pushes_absent" "Receipts: the phone could not be reached.";
    RetrievalsServed "retrievals_served" "M-Retrieve.conf sent whole.";
    RetrievalsBroken "retrievals_broken" "M-Retrieve.conf whose connection broke before the end.";
    RetrievalsRefused "retrievals_refused" "Retrievals of what was not found, expired, or not the asker's.";
    EndedRetrieved "ended_retrieved" "Recipients ended as Retrieved.";
    EndedRejected "ended_rejected" "Recipients ended as Rejected.";
    EndedExpired "ended_expired" "Recipients ended as Expired.";
    EndedForwarded "ended_forwarded" "Recipients ended as Forwarded.";
    EndedUnrecognised "ended_unrecognised" "Recipients ended as Unrecognised.";
    EndedUnreachable "ended_unreachable" "Recipients ended as Unreachable or Indeterminate.";
    EndedPassedOn "ended_passed_on" "Recipients whose operator has the message and will not say more.";
    DeliveryReports "delivery_reports" "M-Delivery.ind written.";
    ReadReports "read_reports" "M-Read-Orig.ind written.";
    RelaysSent "relays_sent" "Mails to other operators begun.";
    RelaysAnswered "relays_answered" "Mails to other operators answered, whatever the answer.";
    PeerNamesFailed "peer_names_failed" "Look-ups of other operators' machines that found none; look when it rises.";
    RelaysLost "relays_lost" "Mails to other operators that found no connection, or lost it; look when it rises.";
    CopiesCarried "copies_carried" "Copies that another operator's system has stored (250).";
    ResponsesTaken "responses_taken" "Responses of other operators that fitted a message.";
    ResponsesDropped "responses_dropped" "Responses of other operators that fitted none; look when it rises.";
    ResponsesSent "responses_sent" "Responses that other operators' systems have stored.";
    ResponsesUnsent "responses_unsent" "Responses given up: the peer asks again; look when it rises.";
    ReportsSent "reports_sent" "Reports on their messages that other operators' systems have stored.";
    ReportsHeard "reports_heard" "Reports of other operators on messages that they were sent.";
    ReportsDropped "reports_dropped" "Reports that nobody asked for, repeated, or not the asker's to make.";
    JournalGroups "journal_groups" "Groups written to the journal.";
    JournalOctets "journal_octets" "Octets written to the journal, padding included.";
    JournalRecords "journal_records" "Records appended to the journal.";
    JournalRefused "journal_refused" "Appends refused for want of space; look at any.";
    JournalFailures "journal_failures" "Journals that a failed write or sync has stopped. Alarm.";
    SegmentsFreed "segments_freed" "Segments freed for reuse.";
    OctetsEvacuated "octets_evacuated" "Octets copied out of segments that were nearly empty.";
    RecordsDamaged "records_damaged" "Records not read back as they were written; run log verify at any. Alarm.";
    BodiesFromMemory "bodies_from_memory" "Bodies served from the ring of recent ones.";
    BodiesFromDisk "bodies_from_disk" "Bodies read from the journal.";
    MeshSent "mesh_sent" "Messages sent to other shards.";
    RingsCoopTaskrun "rings_coop_taskrun" "io_uring instances created with COOP_TASKRUN; zero costs twice the CPU.";
    Turns "turns" "Turns of the shard.";
    TurnsStalled "turns_stalled" "Turns that took over 5 ms, effects included; everybody waited: look when it rises.";
    TurnsOverlong "turns_overlong" "Stalled turns that worked for over 5 ms; in the others somebody had the core.";
    OctetsCopied "octets_copied" "Octets of PDUs copied in user space.";
    DiskReads "disk_reads" "Read operations given to the disk.";
    DiskWrites "disk_writes" "Write operations given to the disk; each is durable when it completes.";
}

table! {
    /// What rises and falls.
    Gauge:
    ConnectionsOpen "connections_open" "TCP connections open.";
    QueueDelay "queue_delay_seconds" "Wait of the request at the front, and age of the oldest append not on disk.";
    Overloaded "overloaded" "1 while new messages that waited are refused since the shard is behind. Alarm.";
    RecipientsWaiting "recipients_waiting" "Recipients whose message has not ended.";
    RecipientsKept "recipients_kept" "Recipients in memory, ended ones kept for late reports included.";
    PushesOutstanding "pushes_outstanding" "Pushes that the bearer has not answered.";
    PushesWaiting "pushes_waiting" "Notifications and reports that wait for room at the bearer; look when it rises.";
    MessagesStored "messages_stored" "Messages whose accept record is in the journal.";
    JournalLag "journal_lag_octets" "Octets of groups that are not yet durable.";
    JournalSegmentsFree "journal_segments_free" "Prepared segments ready to be written.";
    JournalSegments "journal_segments" "Segments that hold something.";
    JournalFailed "journal_failed" "1 when the journal has stopped after a failed write. Alarm.";
    JournalPreparing "journal_preparing" "1 while a segment file is being filled or claimed.";
    TurnWorst "turn_worst_seconds" "The longest turn since the start, effects included.";
    AdmissionClosed "admission_closed" "1 while new messages are refused for want of log space. Alarm.";
}

pub(crate) use table;

impl Gauge {
    /// How many of what the cell holds make one of the unit in its name: times are kept in nano- or milliseconds.
    #[must_use]
    pub fn per_unit(self) -> u32 {
        match self {
            Gauge::TurnWorst => 1_000_000_000,
            Gauge::QueueDelay => 1_000,
            _ => 1,
        }
    }
}
