//! Every bound and timer of SMPP links, with default, range and reason: the one table of them.
//!
//! Beside the flow: [`super::settings`] takes its defaults from here, and settings of the product their ranges.
//! Invariant: defaults lie within their ranges and agree with each other, checked when this file is compiled.

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Name, unit last, as in the settings.
    pub name: &'static str,
    /// Unless changed.
    pub default: u32,
    /// The least that can be set.
    pub min: u32,
    /// The most that can be set.
    pub max: u32,
    /// What it is for, and why this much.
    pub text: &'static str,
}

/// One constant for each row, and the table of them all.
macro_rules! rows {
    ($($constant:ident $name:literal $default:literal in $min:literal..=$max:literal, $text:literal;)*) => {
        $(#[doc = $text] pub const $constant: Row = Row {
            name: $name, default: $default, min: $min, max: $max, text: $text,
        };)*
        /// All rows.
        pub const TABLE: &[Row] = &[$($constant),*];
    };
}

rows! {
    CONNECT "smpp.connect_ms" 10_000 in 100..=120_000, "How long a connection may take to come up.";
    BIND "smpp.bind_ms" 10_000 in 100..=120_000, "How long an SMSC may take to answer a bind.";
    RESPONSE "smpp.response_ms" 10_000 in 100..=120_000,
        "How long it may take to answer a submit_sm or enquire_link; the push is then handed back.";
    ENQUIRE "smpp.enquire_ms" 30_000 in 1_000..=600_000,
        "After so much silence of the SMSC the link is tested with enquire_link.";
    DRAIN "smpp.drain_ms" 5_000 in 0..=60_000, "How long a link that is retired waits for what is outstanding.";
    RECONNECT_MIN "smpp.reconnect_ms_min" 1_000 in 100..=60_000, "The first wait before a lost link is built again.";
    RECONNECT_MAX "smpp.reconnect_ms_max" 60_000 in 1_000..=3_600_000,
        "The longest such wait; also after a refused bind, and how long a link must hold for the first wait again.";
    THROTTLE_MIN "smpp.throttle_ms_min" 500 in 10..=60_000, "The first pause after the SMSC says it is too fast.";
    THROTTLE_MAX "smpp.throttle_ms_max" 30_000 in 100..=600_000, "The longest such pause.";
    RETRY_MIN "smpp.retry_ms_min" 1_000 in 10..=60_000, "The first wait before a refused segment is tried again.";
    RETRY_MAX "smpp.retry_ms_max" 30_000 in 100..=600_000, "The longest such wait.";
    THROTTLED_MAX "smpp.throttled_max" 6 in 1..=100,
        "So many refusals for pace, and the push is handed back for another link: after 8 to 16 s of pauses.";
    WINDOW "smpp.window" 50 in 1..=1_000, "Segments submitted and not answered. SMSCs allow 10 to 100.";
    RATE "smpp.rate_per_s" 100 in 1..=100_000, "Segments a second, as the SMSC's operator has agreed.";
    BURST "smpp.burst" 10 in 1..=10_000, "Segments that may go at once after silence.";
    QUEUE "smpp.queue" 1_000 in 1..=100_000,
        "Pushes in a link; ten seconds' worth, so that fail-over hands back few.";
    UNANSWERED_MAX "smpp.unanswered_max" 3 in 1..=100,
        "So many submissions in a row without an answer, and the link counts as lost.";
    RECEIPTS "smpp.receipts_max" 200_000 in 1..=10_000_000,
        "Pushes of an SMSC that wait for a receipt: half an hour at the default rate.";
    EARLY "smpp.receipts_early_max" 1_024 in 1..=100_000, "Receipts kept that came before their submit_sm_resp.";
    EARLY_KEPT "smpp.receipt_early_ms" 300_000 in 1_000..=3_600_000, "How long these are kept.";
    LATE_KEPT "smpp.receipt_late_ms" 3_600_000 in 0..=86_400_000,
        "How long after the validity of a push its receipt is still waited for.";
}

/// Octets of the largest PDU that is read: a message_payload of 65,535 octets (SMPP 3.4 §5.3.2.32) and 1 KiB beside.
pub const PDU_OCTETS_MAX: u32 = 66_559;
/// Octets of output that wait for the socket before no more input is read: answers must not pile up without bound.
pub const OUTPUT_OCTETS_MAX: usize = 64 << 10;
/// Actions that wait for the caller before no more input is read.
pub const ACTIONS_MAX: usize = 1_024;
/// Octets of a message id (SMPP 3.4 §5.2.23: 65 with the zero).
pub const MESSAGE_ID_OCTETS_MAX: usize = 64;
/// The greatest sequence_number (SMPP 3.4 §5.1.4); after it comes 1.
pub const SEQUENCE_MAX: u32 = 0x7FFF_FFFF;
/// Octets of a field of a delivered PDU that are read at all; the longest in 3.4 is 65.
pub const FIELD_OCTETS_MAX: usize = 256;

const _: () = {
    let mut rows = TABLE;
    while let Some((row, rest)) = rows.split_first() {
        assert!(
            row.min <= row.default && row.default <= row.max,
            "default within its range"
        );
        rows = rest;
    }
    assert!(RECONNECT_MIN.default <= RECONNECT_MAX.default, "waits grow");
    assert!(THROTTLE_MIN.default <= THROTTLE_MAX.default, "pauses grow");
    assert!(RETRY_MIN.default <= RETRY_MAX.default, "waits grow");
    assert!(
        RESPONSE.default < ENQUIRE.default,
        "a test of the link ends before the next begins"
    );
    assert!(WINDOW.default <= QUEUE.default, "a window's worth fits the queue");
    assert!(
        EARLY_KEPT.default / 4 >= RESPONSE.default && EARLY_KEPT.default / 4 >= RETRY_MAX.default,
        "an early receipt outlives the segments that its push still waits for"
    );
};
