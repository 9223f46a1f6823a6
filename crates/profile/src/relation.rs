//! What must hold between settings, beside the range of each.
//!
//! Asked at the end of parsing. Invariant: every relation names both settings, so that either can be changed.

use crate::settings::Settings;
use base::limits;

/// Octets around a message's content that must fit beside it: headers of the PDU and of its parts.
const HEADERS_OCTETS: u64 = 64 << 10;

/// Octets of a group beside its largest record's body: group header, record headers, padding to a block.
const FRAME_OCTETS: u64 = 8 << 10;

/// Octets of a segment that hold no groups.
const SEGMENT_HEADER_OCTETS: u64 = 64 << 10;

/// Octets of the largest body that `message_octets_max` lets through: 5 % above it, and its headers.
fn body_octets(message_octets_max: u32) -> u64 {
    let message = u64::from(message_octets_max);
    message
        .saturating_add(message / 20)
        .saturating_add(HEADERS_OCTETS)
}

/// A sentence for each relation that does not hold.
#[must_use]
pub fn broken(settings: &Settings) -> Vec<String> {
    let mut sentences = without_peers(settings);
    sentences.extend(crate::peer::broken(settings));
    sentences
}

/// The same while peers that stand in files of their own have not joined: what speaks of them can't be judged yet.
pub(crate) fn without_peers(settings: &Settings) -> Vec<String> {
    let mut sentences = http(settings);
    sentences.extend(journal(settings));
    sentences.extend(mm4(settings));
    sentences.extend(crate::apn::broken(settings));
    sentences.extend(crate::centre::broken(settings));
    let send = &settings.send;
    let wildcard = settings
        .listen
        .mm1
        .first()
        .is_some_and(|address| address.ip().is_unspecified());
    sentences.extend(sentences_of(&[
        (send.expiry_min_s <= send.expiry_max_s, "send.expiry_min_s must be at most send.expiry_max_s"),
        (
            !wildcard || !settings.mm1.retrieval_base.is_empty(),
            "mm1.retrieval_base must be set where the first listen.mm1 is a wildcard: phones need a real address",
        ),
        (
            settings.overload.target_ms <= settings.overload.slo_ms / 2,
            "overload.target_ms must be at most half of overload.slo_ms",
        ),
    ]));
    sentences
}

fn http(settings: &Settings) -> Vec<String> {
    let http = &settings.http;
    sentences_of(&[
        (
            http.request_line_octets_max < http.head_octets_max,
            "http.request_line_octets_max must be less than http.head_octets_max",
        ),
        (
            http.body_octets_max <= http.drain_octets_max,
            "http.body_octets_max must be at most http.drain_octets_max",
        ),
        (
            body_octets(settings.mm1.message_octets_max) <= http.body_octets_max,
            "http.body_octets_max must hold mm1.message_octets_max with 5 % and 64 KiB more",
        ),
        (
            http.body_octets_max <= http.buffer_octets_max / 2,
            "http.body_octets_max must be at most half of http.buffer_octets_max",
        ),
        (
            http.body_grace_s.max(http.body_stall_s) <= http.body_s_max,
            "http.body_grace_s and http.body_stall_s must be at most http.body_s_max",
        ),
    ])
}

fn journal(settings: &Settings) -> Vec<String> {
    let journal = &settings.journal;
    let group = u64::from(journal.group_octets);
    let record = settings.http.body_octets_max + u64::from(limits::RECORD_HEADER_OCTETS_MAX) + FRAME_OCTETS;
    let segments = u32::from(journal.segments_reserved) + u32::from(journal.segments_ahead) + 1;
    sentences_of(&[
        (
            journal.segment_octets.is_power_of_two(),
            "journal.segment_octets must be a power of two",
        ),
        (
            group.is_multiple_of(4_096),
            "journal.group_octets must be a multiple of 4096",
        ),
        (
            group * 4 + SEGMENT_HEADER_OCTETS <= journal.segment_octets,
            "journal.group_octets must be less than a quarter of journal.segment_octets, by 16 KiB",
        ),
        (
            record <= group,
            "journal.group_octets must hold http.body_octets_max and 72 KiB more",
        ),
        (
            segments < u32::from(journal.segments_max),
            "journal.segments_max must be more than journal.segments_reserved, journal.segments_ahead and 1 together",
        ),
        (
            journal.segments_ahead <= journal.segments_max / 2,
            "journal.segments_ahead must be at most half of journal.segments_max",
        ),
    ])
}

fn mm4(settings: &Settings) -> Vec<String> {
    let mm4 = &settings.mm4;
    let has_certificate = !mm4.tls_certificate.is_empty();
    sentences_of(&[
        (
            u64::from(mm4.mail_octets_max) <= settings.http.buffer_octets_max / 2,
            "mm4.mail_octets_max must be at most half of http.buffer_octets_max",
        ),
        (
            mm4.block_s <= mm4.mail_s,
            "mm4.block_s must be at most mm4.mail_s",
        ),
        (
            has_certificate != mm4.tls_key.is_empty(),
            "mm4.tls_certificate and mm4.tls_key must be given together",
        ),
        (
            has_certificate || mm4.tls != "required",
            "mm4.tls = \"required\" needs mm4.tls_certificate",
        ),
        (
            has_certificate || mm4.tls_authorities.is_empty(),
            "mm4.tls_authorities needs mm4.tls_certificate",
        ),
    ])
}

fn sentences_of(relations: &[(bool, &str)]) -> Vec<String> {
    relations
        .iter()
        .filter(|(holds, _)| !holds)
        .map(|(_, sentence)| (*sentence).to_owned())
        .collect()
}
