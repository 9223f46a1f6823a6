//! The table of timers: name, default, range, and what it is for.
//!
//! Settings may change a timer within its range; the table is where code, `config schema` and the manual take it
//! from.

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Timer {
    /// Name, as in the settings.
    pub name: &'static str,
    /// Seconds, unless changed.
    pub default_s: u32,
    /// The least that can be set.
    pub min_s: u32,
    /// The most that can be set.
    pub max_s: u32,
    /// What it is for.
    pub text: &'static str,
}

const DAY_S: u32 = 86_400;

/// A response that frees the place of an outstanding notification.
pub const PUSH_PLACE: Timer = Timer {
    name: "notify.place_s",
    default_s: 60,
    min_s: 1,
    max_s: 3_600,
    text: "how long one unanswered notification keeps others to the same subscriber back",
};

/// A complete retrieval without an answer becomes Retrieved.
pub const RETRIEVED_UNANSWERED: Timer = Timer {
    name: "retrieve.unanswered_s",
    default_s: 600,
    min_s: 1,
    max_s: DAY_S,
    text: "after a complete retrieval without M-NotifyResp.ind or M-Acknowledge.ind, when it counts as retrieved",
};

/// How long a retrieval may be repeated after the acknowledgement.
pub const RETRIEVE_AGAIN: Timer = Timer {
    name: "retrieve.again_s",
    default_s: 3_600,
    min_s: 0,
    max_s: DAY_S,
    text: "how long after its end a message can be retrieved again, without a second report",
};

/// How long a repeated M-Send.req is known for a repeat.
pub const DEDUP: Timer = Timer {
    name: "send.dedup_s",
    default_s: 3_600,
    min_s: 60,
    max_s: DAY_S,
    text: "how long a repeated M-Send.req is answered with the first one's Message-ID",
};

/// The longest validity, and the default one.
pub const EXPIRY: Timer = Timer {
    name: "send.expiry_max_s",
    default_s: 7 * DAY_S,
    min_s: 60,
    max_s: 30 * DAY_S,
    text: "the longest validity of a message, and its validity when it names none",
};

/// The least validity.
pub const EXPIRY_MIN: Timer = Timer {
    name: "send.expiry_min_s",
    default_s: 60,
    min_s: 1,
    max_s: DAY_S,
    text: "the least validity of a message; a shorter one is raised to it",
};

/// How long a read report may follow a retrieval.
pub const READ_REPORT: Timer = Timer {
    name: "report.read_s",
    default_s: 7 * DAY_S,
    min_s: 0,
    max_s: 30 * DAY_S,
    text: "how long after retrieval a read report is still taken",
};

/// How long a report is tried for that no bearer takes.
pub const TOLD: Timer = Timer {
    name: "report.told_s",
    default_s: 3 * DAY_S,
    min_s: 60,
    max_s: 30 * DAY_S,
    text: "how long a report is tried for when its bearer does not take it",
};

/// How long a peer may take for its MM4_forward.RES (MM4 reference §5: 10 minutes are suggested).
pub const MM4_RES: Timer = Timer {
    name: "peer.res_s",
    default_s: 600,
    min_s: 5,
    max_s: DAY_S,
    text: "how long a peer may take for its MM4_forward.RES before the message is sent again",
};

/// How long a hub in transparent mode waits for the far side's answer. Reason: a peer waits for ten minutes before it
/// asks again (MM4 reference §5), and so do we before we send again; half an hour is time for two tries.
pub const MM4_ANSWER: Timer = Timer {
    name: "relation.answer_s",
    default_s: 1_800,
    min_s: 5,
    max_s: 7 * DAY_S,
    text: "how long a transparent relation waits for the other side; then the message is given up, and refused with \
           Error-network-problem",
};

/// How long an arrival is known for a repeat (MM4 reference §5: the longest time that a peer may go on sending it
/// again, three to seven days).
pub const MM4_REPEATS: Timer = Timer {
    name: "mm4.repeats_s",
    default_s: 3 * DAY_S,
    min_s: 3_600,
    max_s: 30 * DAY_S,
    text: "how long a repeated MM4_forward.REQ is known for one, for each recipient; 58 octets of memory each",
};

/// When notifications are repeated, in seconds after the one before (spec, MM1 flows §4): at once, 5 min, 15 min,
/// 1 h, 4 h, 12 h, 24 h, then every 24 h until expiry.
pub const NOTIFY_SCHEDULE_S: [u32; 7] = [300, 900, 3_600, 4 * 3_600, 12 * 3_600, DAY_S, DAY_S];

/// All rows, for `config schema`.
pub const TABLE: [Timer; 11] = [
    PUSH_PLACE,
    RETRIEVED_UNANSWERED,
    RETRIEVE_AGAIN,
    DEDUP,
    EXPIRY,
    EXPIRY_MIN,
    READ_REPORT,
    TOLD,
    MM4_RES,
    MM4_ANSWER,
    MM4_REPEATS,
];

const _: () = {
    let mut index = 0;
    while index < TABLE.len() {
        let row = &TABLE[index];
        assert!(
            row.min_s <= row.default_s && row.default_s <= row.max_s,
            "default within its range"
        );
        index += 1;
    }
};
