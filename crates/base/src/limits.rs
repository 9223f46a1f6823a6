//! Every fixed limit of the product, in one place, with its unit, its reason and its relation to its neighbours.
//!
//! What an operator may want to change is a setting (crate `profile`), whose range is bounded by these.

/// Octets of a whole MM1 PDU that can be stored at all. Reason: the largest carrier limit seen is 8 MiB.
pub const PDU_OCTETS_MAX: u32 = 8 << 20;

/// Octets of a record's header beside its body: envelope, recipients. Reason: the longest list of recipients below.
pub const RECORD_HEADER_OCTETS_MAX: u32 = 64 << 10;

/// Recipients of one message, over To, Cc and Bcc together, that a setting may allow.
pub const RECIPIENTS_MAX: u16 = 256;

/// Octets of one recipient in a stored record, padding included.
pub const RECIPIENT_RECORD_OCTETS: u32 = 96;

/// Octets of an address as text. Reason: RFC 5321 §4.5.3.1 allows an e-mail path of 256.
pub const ADDRESS_OCTETS_MAX: usize = 256;

/// Octets of a Transaction-ID that we echo. Reason: the longest in captures is 40; a notification must fit an SMS.
pub const TRANSACTION_ID_OCTETS_MAX: usize = 64;

/// Octets of push payload (WSP push header and PDU) in one SMS with port addressing: 140 less a UDH of 7.
pub const PUSH_OCTETS_PER_SMS: usize = 133;

/// Octets that the WSP push header takes: transaction id, type, headers length, content type, application id.
pub const PUSH_HEADER_OCTETS: usize = 6;

/// Inputs that a shard takes in one turn. Reason: bounds the time of a turn to about 64 × 10 µs.
pub const TURN_INPUTS_MAX: usize = 128;

/// Requests that may wait in a shard for room in the journal. Reason: at 10 µs each they are served within 20 ms.
pub const BACKLOG_REQUESTS_MAX: usize = 2_048;

/// Mail of one shard to another that waits for its answer. Reason: see the relation below.
pub const MAIL_OUTSTANDING_MAX: usize = MESH_CREDIT / 4;

/// Messages that one shard may have on their way to another, each direction.
pub const MESH_CREDIT: usize = 1_024;

/// Requests of one shard's connections under way at other shards. Each has its reply's place reserved.
pub const REQUESTS_OUTSTANDING_MAX: usize = MESH_CREDIT / 2;

/// Pushes of one shard that its bearer has and has not answered, each route. Reason: a second's worth of a fast SMSC,
/// and few enough that those recorded and lost in a crash are few.
pub const PUSHES_OUTSTANDING_MAX: u32 = 512;

/// Mails to other operators that one shard has under way at once, over all peers: each holds a whole message. Reason:
/// at 400 KB of mail they are 400 MB at worst; a peer's own bound is its connections.
pub const RELAYS_MAX: u32 = 1_024;

/// Responses to one peer that a shard keeps. Reason: at 1 KiB each they are 4 MiB; a peer that misses one asks again.
pub const NOTES_MAX: usize = 4_096;

/// Octets of an X-Mms-Status-Text that are passed on; a longer one is cut off. Reason: a line or two for a person.
pub const STATUS_TEXT_OCTETS_MAX: usize = 256;

/// Words of other operators about copies (text, extension) that one shard keeps until they are passed on. Reason: each
/// is of a report under way, and they take half a MiB at most; beyond, the oldest report goes without.
pub const DETAILS_MAX: usize = 1_024;

/// Seconds behind its validity in which the last report on a message that another operator took may still come. Reason:
/// its system sends the report of an expiry when it notices it, and tries again where we can't be reached.
pub const RELAY_GRACE_S: u32 = 86_400;

/// Operators' actions on peers that one shard keeps for those who look, beside the ones that hold. Reason: months of
/// them, in half a MiB at most.
pub const ACTIONS_KEPT_MAX: usize = 1_000;

/// Actions of operators under way at one shard at once. Reason: each is a person's or a script's; more is a defect.
pub const ACTIONS_UNDER_WAY_MAX: usize = 64;

/// Octets of who did something, and of why. Reason: a line of a screen; and four a peer, a name and an address fit a
/// record's header.
pub const ACTION_WORD_OCTETS_MAX: usize = 200;

/// Shards of one process: glommio's task references and the mesh (shards²) set it.
pub const SHARDS_MAX: u16 = 256;

const _: () = assert!(
    RECIPIENTS_MAX as u32 * RECIPIENT_RECORD_OCTETS <= RECORD_HEADER_OCTETS_MAX,
    "a message with every recipient allowed must fit its record's header"
);
const _: () = assert!(
    REQUESTS_OUTSTANDING_MAX < MESH_CREDIT,
    "replies must never wait for credit"
);
const _: () = assert!(
    PUSH_HEADER_OCTETS < PUSH_OCTETS_PER_SMS,
    "something must be left for the PDU"
);
