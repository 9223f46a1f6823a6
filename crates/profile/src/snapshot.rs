//! The snapshot: what the rules read, for one version of the settings.
//!
//! Made from settings by `compile` and never changed; a reload makes another one. Its fields are already in the units
//! that the rules count in, and each is within the range of its setting.

use crate::local::LocalRanges;
use crate::peers::Peers;
use crate::prefix::Prefix;
use crate::pushing::Push;
use base::{NumberingPlan, timers};
use std::sync::Arc;

/// A snapshot that shards share.
pub type Shared = Arc<Profile>;

/// Everything the rules need to know, for one version of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Counts the snapshots since start, from 1.
    pub version: u64,
    /// Whose word is taken for who is asking.
    pub identity: Identity,
    /// What phones may send and get.
    pub mm1: Mm1,
    /// What other operators may bring.
    pub mm4: Mm4,
    /// Repeats of notifications.
    pub notify: Notify,
    /// How notifications and reports leave.
    pub push: Push,
    /// Endgame of retrieval and reports.
    pub retrieve: Retrieve,
    /// What becomes of new messages when there are more than can be served.
    pub overload: Overload,
    /// How numbers are written here.
    pub numbering: NumberingPlan,
    /// Which numbers are served here; empty: every number that is not routed elsewhere.
    pub local_ranges: LocalRanges,
    /// Other operators, and who may send to whom.
    pub peers: Arc<Peers>,
}

/// The identity sources of the listener (DESIGN §8): handsets write number headers themselves, so a header proves
/// something only when it comes from an address that is listed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Header names that may hold the number, the first found counts; compared without regard to case.
    pub headers: Vec<String>,
    /// Where gateways stand whose headers are believed.
    pub gateways: Vec<Prefix>,
}

/// MM1 admission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mm1 {
    /// Octets of subject and parts (3GPP TS 23.140 message size); 5 % more is let through.
    pub message_octets_max: u32,
    /// Recipients over To, Cc and Bcc.
    pub recipients_max: u16,
    /// Seconds; the longest validity and the default one.
    pub expiry_max_s: u32,
    /// Seconds; a shorter validity is raised to it.
    pub expiry_min_s: u32,
    /// Seconds that a repeated M-Send.req is known for one.
    pub dedup_s: u32,
    /// Whether a sender may hide their number.
    pub sender_hiding: bool,
    /// Messages that may wait for one recipient.
    pub mailbox_messages_max: u32,
    /// What retrieval URLs begin with, `/` last: short, because it decides the number of SMS.
    pub retrieval_base: String,
    /// What stands behind the `@` of a Message-ID.
    pub domain: String,
}

/// MM4 admission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mm4 {
    /// Our MMSE domain.
    pub domain: String,
    /// What stands before the `@` of this system's own address.
    pub system_user: String,
    /// Seconds that an arrival is known for a repeat, for each recipient.
    pub repeats_s: u32,
    /// Octets of one mail as it comes.
    pub mail_octets_max: u32,
    /// Recipients of one mail.
    pub recipients_max: u16,
    /// Relays that a mail may have passed.
    pub hops_max: u16,
    /// The highest X-Mms-Forward-Counter that is taken.
    pub forwards_max: u32,
}

/// Notification repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    /// Seconds between one attempt and the next; the last repeats until expiry.
    pub schedule_s: Vec<u32>,
    /// Parts per hundred by which each wait is varied at random, so that repeats do not march in step.
    pub jitter_percent: u8,
    /// Milliseconds that one unanswered notification keeps others to the same subscriber back.
    pub place_ms: u32,
    /// Pushes a second that a shard makes at most while it catches up after a start.
    pub resume_per_s: u32,
}

/// Retrieval and reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retrieve {
    /// Milliseconds after a complete retrieval without an answer until it counts as retrieved.
    pub unanswered_ms: u32,
    /// Milliseconds after the end during which the same bytes are served again.
    pub again_ms: u32,
    /// Seconds after retrieval during which a read report is taken.
    pub read_report_s: u32,
    /// Delivered on a complete retrieval, without waiting for its acknowledgement.
    pub delivered_on_fetch: bool,
}

/// Overload: delays of one shard, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overload {
    /// What waited longer is refused whatever the queue: half of what a sender may wait, since the disk comes after.
    pub patience_ms: u32,
    /// What may be waited for long.
    pub target_ms: u32,
    /// How long a delay must stay above the target to be a standing queue.
    pub interval_ms: u32,
    /// Parts per hundred of the memory for requests that large bodies may take.
    pub memory_percent: u8,
    /// Refusals a second that are made at once; the connections of more are not read for a while.
    pub refusals_per_s: u32,
}

impl Identity {
    /// Whether a number header that comes from `peer` proves anything.
    #[must_use]
    pub fn trusts(&self, peer: std::net::IpAddr) -> bool {
        self.gateways.iter().any(|gateway| gateway.contains(peer))
    }
}

impl Default for Profile {
    /// What the settings' defaults compile to, with the retrieval base of the default listener.
    fn default() -> Profile {
        Profile {
            version: 1,
            identity: Identity {
                headers: vec!["X-MSISDN".to_owned()],
                gateways: Prefix::loopback(),
            },
            mm1: Mm1 {
                message_octets_max: 1 << 20,
                recipients_max: 50,
                expiry_max_s: timers::EXPIRY.default_s,
                expiry_min_s: timers::EXPIRY_MIN.default_s,
                dedup_s: timers::DEDUP.default_s,
                sender_hiding: true,
                mailbox_messages_max: 1_000,
                retrieval_base: "http://127.0.0.1:8190/".to_owned(),
                domain: "ringpost.invalid".to_owned(),
            },
            mm4: Mm4 {
                domain: "ringpost.invalid".to_owned(),
                system_user: "system-user".to_owned(),
                repeats_s: timers::MM4_REPEATS.default_s,
                mail_octets_max: 3 << 20,
                recipients_max: 100,
                hops_max: 30,
                forwards_max: 10,
            },
            notify: Notify {
                schedule_s: timers::NOTIFY_SCHEDULE_S.to_vec(),
                jitter_percent: 10,
                place_ms: timers::PUSH_PLACE.default_s * 1_000,
                resume_per_s: 1_000,
            },
            push: Push::default(),
            retrieve: Retrieve {
                unanswered_ms: timers::RETRIEVED_UNANSWERED.default_s * 1_000,
                again_ms: timers::RETRIEVE_AGAIN.default_s * 1_000,
                read_report_s: timers::READ_REPORT.default_s,
                delivered_on_fetch: false,
            },
            overload: Overload {
                patience_ms: 500,
                target_ms: 200,
                interval_ms: 100,
                memory_percent: 80,
                refusals_per_s: 2_000,
            },
            numbering: NumberingPlan::default(),
            local_ranges: LocalRanges::default(),
            peers: Arc::default(),
        }
    }
}
