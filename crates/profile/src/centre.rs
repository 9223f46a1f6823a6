//! The tables `[[smsc]]` and `[[pap]]`: through whom notifications and reports reach phones.
//!
//! Beside `settings`, of the same form; `pushing` compiles their prefixes, the program makes links of the rest.
//! Invariants: an entry by itself can be wrong in its own keys only, what holds between them is asked in `broken`; the
//! ranges of what stands in SMPP's fields are those of the crate `push`, whose check has the last word (a test of the
//! program compares them).

use crate::apn::{HOST_NAME, NAME, PATH_START};
use crate::kind::Kind;
use crate::settings::Settings;
use crate::table::entry;
use crate::value::{self, Form};
use std::collections::BTreeSet;

const fn between(min: u64, max: u64) -> Kind {
    Kind::Integer { min, max }
}

const OCTET: Kind = between(0, 255);
const PORT: Kind = between(1, 65_535);
const PREFIXES: Kind = Kind::Texts {
    form: value::NUMBER_RANGE,
    count_min: 0,
    count_max: 64,
};

/// Routes at most: each has its own room at the bearer.
pub const ROUTES_MAX: usize = 64;

const fn is_printable(text: &str, length_max: usize) -> bool {
    let octets = text.as_bytes();
    let mut index = 0;
    while index < octets.len() {
        if !octets[index].is_ascii_graphic() {
            return false;
        }
        index += 1;
    }
    octets.len() <= length_max
}

/// Who we are to an SMSC (SMPP 3.4 §5.2.1: 16 octets with the zero).
pub const SYSTEM_ID: Form = Form {
    text: "at most 15 printable characters without spaces",
    pattern: "^[!-~]{0,15}$",
    check: |text| is_printable(text, 15),
};

/// What kind of system we are (SMPP 3.4 §5.2.3: 13 octets with the zero).
pub const SYSTEM_TYPE: Form = Form {
    text: "at most 12 printable characters without spaces",
    pattern: "^[!-~]{0,12}$",
    check: |text| is_printable(text, 12),
};

/// A service of an SMSC (SMPP 3.4 §5.2.11: 6 octets with the zero).
pub const SERVICE_TYPE: Form = Form {
    text: "at most 5 printable characters without spaces",
    pattern: "^[!-~]{0,5}$",
    check: |text| is_printable(text, 5),
};

/// Who we are to a gateway (RFC 7617 §2: no colon).
pub const USER: Form = Form {
    text: "at most 64 printable characters without spaces and colons",
    pattern: "^[!-9;-~]{0,64}$",
    check: |text| is_printable(text, 64) && !text.contains(':'),
};

/// Whom a push comes from (SMPP 3.4 §5.2.8: 21 octets with the zero).
pub const SOURCE: Form = Form {
    text: "at most 20 printable characters without spaces",
    pattern: "^[!-~]{0,20}$",
    check: |text| is_printable(text, 20),
};

entry! {
    /// An SMSC, and our links to it.
    SmscEntry "smsc" 64 "An SMSC that carries notifications and reports, and the links to it. Used where push is \
        `smpp`; \
        a change counts at the next start." {
        name: String = String::new(), "smsc.name", Kind::Text(NAME), "",
            "\"smsc-north\"", "Its name, in commands, events and counters.";
        host: String = String::new(), "smsc.host", Kind::Text(HOST_NAME), "",
            "\"192.0.2.9\"", "Its name or address.";
        port: u16 = 2775, "smsc.port", PORT, "",
            "2776", "Its TCP port.";
        prefixes: Vec<String> = Vec::new(), "smsc.prefixes", PREFIXES, "",
            "[\"+44\"]", "Leading digits of the numbers that it serves, the longest of all decides; empty: all \
            numbers. \
            Of several with one prefix the first that is up is used.";
        system_id: String = String::new(), "smsc.system_id", Kind::Text(SYSTEM_ID), "",
            "\"ringpost\"", "Who we are to it.";
        password_file: String = String::new(), "smsc.password_file", Kind::Text(value::FOLDER_OR_NONE), "",
            "\"/etc/ringpost/smsc-north.password\"", "File whose first line is the password; empty: none.";
        system_type: String = String::new(), "smsc.system_type", Kind::Text(SYSTEM_TYPE), "",
            "\"WAP\"", "What kind of system we are.";
        bind: String = "transceiver".to_owned(), "smsc.bind",
            Kind::Choice(&["transceiver", "transmitter_and_receiver", "transmitter"]), "",
            "\"transmitter\"", "Links that submit and receive; or links that submit and one more that receives \
            receipts; \
            or links that submit only.";
        links: u16 = 1, "smsc.links", between(1, 32), "",
            "4", "Links that submit.";
        carriage: String = "udh".to_owned(), "smsc.carriage", Kind::Choice(&["udh", "sar", "payload"]), "",
            "\"sar\"", "Where ports and segments stand: in a user data header, in parameters, or the whole push in \
            one.";
        reference: String = "octet".to_owned(), "smsc.reference", Kind::Choice(&["octet", "word"]), "",
            "\"word\"", "Width of the reference of several segments in a user data header.";
        service_type: String = String::new(), "smsc.service_type", Kind::Text(SERVICE_TYPE), "",
            "\"WAP\"", "service_type of what is submitted.";
        source: String = String::new(), "smsc.source", Kind::Text(SOURCE), "",
            "\"2626\"", "Whom pushes come from: a short code, a number or a name.";
        source_ton: u8 = 0, "smsc.source_ton", OCTET, "",
            "3", "Type of that: 0 unknown, 1 international, 3 of the network, 5 a name.";
        source_npi: u8 = 0, "smsc.source_npi", OCTET, "",
            "1", "Numbering plan of that: 0 unknown, 1 telephones.";
        destination_ton: u8 = 1, "smsc.destination_ton", OCTET, "",
            "0", "Type of the subscribers' numbers.";
        destination_npi: u8 = 1, "smsc.destination_npi", OCTET, "",
            "0", "Numbering plan of the subscribers' numbers.";
        messaging_mode: u8 = 0, "smsc.messaging_mode", between(0, 3), "",
            "3", "esm_class beside the header indicator: 0 as the SMSC does it, 3 store and forward.";
        data_coding: u8 = 0x04, "smsc.data_coding", OCTET, "",
            "245", "data_coding: 4, 21 or 245, all of them octets.";
        priority: u8 = 0, "smsc.priority", between(0, 3), "",
            "1", "priority_flag.";
        receipts: String = "always".to_owned(), "smsc.receipts", Kind::Choice(&["never", "always", "failure"]), "",
            "\"failure\"", "Which delivery receipts are asked for.";
        receipt_ids: String = "learn".to_owned(), "smsc.receipt_ids",
            Kind::Choice(&["learn", "same", "hexadecimal_then_decimal", "decimal_then_hexadecimal"]), "",
            "\"same\"", "How receipts write the ids that submissions were answered with.";
        receipt_errors: String = "opaque".to_owned(), "smsc.receipt_errors", Kind::Choice(&["opaque", "map"]), "",
            "\"map\"", "What err: in a receipt's text means: nothing that is known, or MAP errors.";
        receipts_max: u32 = 200_000, "smsc.receipts_max", between(1, 10_000_000), "",
            "1000000", "Pushes that wait for a receipt; the oldest is given up for a new one.";
        receipt_late_s: u32 = 3_600, "smsc.receipt_late_s", between(0, 86_400), "s",
            "600", "How long after the validity of a push its receipt is still waited for.";
        window: u32 = 50, "smsc.window", between(1, 1_000), "",
            "10", "Segments of one link that are submitted and not answered.";
        rate_per_s: u32 = 100, "smsc.rate_per_s", between(1, 100_000), "1/s",
            "1000", "Segments that one link submits in a second.";
        burst: u32 = 10, "smsc.burst", between(1, 10_000), "",
            "100", "Segments that may go at once after silence.";
        queue: u32 = 1_000, "smsc.queue", between(1, 100_000), "",
            "100", "Pushes in one link; the others wait in front of it.";
        connect_ms: u32 = 10_000, "smsc.connect_ms", between(100, 120_000), "ms",
            "5000", "How long a connection may take to come up.";
        bind_ms: u32 = 10_000, "smsc.bind_ms", between(100, 120_000), "ms",
            "5000", "How long it may take to answer a bind.";
        response_ms: u32 = 10_000, "smsc.response_ms", between(100, 120_000), "ms",
            "30000", "How long it may take to answer a submission or a test of the link.";
        enquire_ms: u32 = 30_000, "smsc.enquire_ms", between(1_000, 600_000), "ms",
            "60000", "After so much silence the link is tested.";
        drain_ms: u32 = 5_000, "smsc.drain_ms", between(0, 60_000), "ms",
            "1000", "How long a link waits for answers when the server ends.";
        reconnect_ms_min: u32 = 1_000, "smsc.reconnect_ms_min", between(100, 60_000), "ms",
            "500", "The first wait before a lost link is built again.";
        reconnect_ms_max: u32 = 60_000, "smsc.reconnect_ms_max", between(1_000, 3_600_000), "ms",
            "10000", "The longest such wait, and the wait after a refused bind.";
        throttle_ms_min: u32 = 500, "smsc.throttle_ms_min", between(10, 60_000), "ms",
            "100", "The first pause after it says that we are too fast.";
        throttle_ms_max: u32 = 30_000, "smsc.throttle_ms_max", between(100, 600_000), "ms",
            "10000", "The longest such pause.";
        throttled_max: u32 = 6, "smsc.throttled_max", between(1, 100), "",
            "3", "So many refusals for pace, and a push goes to another link.";
        retry_ms_min: u32 = 1_000, "smsc.retry_ms_min", between(10, 60_000), "ms",
            "100", "The first wait before a refused segment is submitted again.";
        retry_ms_max: u32 = 30_000, "smsc.retry_ms_max", between(100, 600_000), "ms",
            "10000", "The longest such wait.";
        unanswered_max: u32 = 3, "smsc.unanswered_max", between(1, 100), "",
            "10", "So many submissions in a row without an answer, and the link counts as lost.";
    }
}

entry! {
    /// A push proxy gateway.
    PapEntry "pap" 64 "A push proxy gateway (PAP 2.0 over HTTP) that carries notifications and reports. Used where \
        push \
        is `pap`; a change counts at the next start." {
        name: String = String::new(), "pap.name", Kind::Text(NAME), "",
            "\"ppg\"", "Its name, in commands, events and counters.";
        host: String = String::new(), "pap.host", Kind::Text(HOST_NAME), "",
            "\"192.0.2.10\"", "Its name or address.";
        port: u16 = 8080, "pap.port", PORT, "",
            "9100", "Its TCP port.";
        path: String = "/wappush".to_owned(), "pap.path", Kind::Text(PATH_START), "",
            "\"/pap\"", "Where pushes are posted.";
        domain: String = "ppg.invalid".to_owned(), "pap.domain", Kind::Text(value::DOMAIN), "",
            "\"ppg.example\"", "What stands behind the @ of a subscriber's address there.";
        prefixes: Vec<String> = Vec::new(), "pap.prefixes", PREFIXES, "",
            "[\"+44\"]", "Leading digits of the numbers that it serves, the longest of all decides; empty: all \
            numbers.";
        user: String = String::new(), "pap.user", Kind::Text(USER), "",
            "\"ringpost\"", "Who we are to it (Basic authentication); empty: it does not ask.";
        password_file: String = String::new(), "pap.password_file", Kind::Text(value::FOLDER_OR_NONE), "",
            "\"/etc/ringpost/ppg.password\"", "File whose first line is the password; empty: none.";
        connections: u16 = 4, "pap.connections", between(1, 64), "",
            "16", "Connections to it; each carries one push at a time.";
        answer_ms: u32 = 10_000, "pap.answer_ms", between(100, 120_000), "ms",
            "30000", "How long it may take to answer a push.";
        connect_ms: u32 = 10_000, "pap.connect_ms", between(100, 120_000), "ms",
            "5000", "How long a connection may take to come up.";
        retry_ms_min: u32 = 1_000, "pap.retry_ms_min", between(10, 60_000), "ms",
            "100", "The first wait after a connection or a push that failed for a time.";
        retry_ms_max: u32 = 30_000, "pap.retry_ms_max", between(100, 600_000), "ms",
            "10000", "The longest such wait.";
    }
}

/// A sentence for each thing that does not hold between them and the bearer.
pub(crate) fn broken(settings: &Settings) -> Vec<String> {
    let mut sentences = Vec::new();
    let smscs = settings.smscs.iter().map(|smsc| ("smsc", &smsc.name));
    let paps = settings.paps.iter().map(|pap| ("pap", &pap.name));
    let mut names = BTreeSet::new();
    for (list, name) in smscs.chain(paps) {
        if !names.insert((list, name)) {
            sentences.push(format!("{list} {name}: two tables have this name"));
        }
    }
    let bearer = settings.process.push.as_str();
    let is_empty = match bearer {
        "smpp" => settings.smscs.is_empty().then_some("smsc"),
        "pap" => settings.paps.is_empty().then_some("pap"),
        _ => None,
    };
    if let Some(list) = is_empty {
        sentences.push(format!("push = \"{bearer}\" needs a [[{list}]] that carries it"));
    }
    for smsc in &settings.smscs {
        let name = &smsc.name;
        for (least, most, what) in [
            (smsc.reconnect_ms_min, smsc.reconnect_ms_max, "reconnect_ms"),
            (smsc.throttle_ms_min, smsc.throttle_ms_max, "throttle_ms"),
            (smsc.retry_ms_min, smsc.retry_ms_max, "retry_ms"),
        ] {
            if least > most {
                sentences.push(format!("smsc {name}: {what}_min must be at most {what}_max"));
            }
        }
    }
    for pap in &settings.paps {
        if pap.user.is_empty() && !pap.password_file.is_empty() {
            sentences.push(format!("pap {}: password_file needs user", pap.name));
        }
    }
    let routes = crate::pushing::routes(settings);
    if routes.len() > ROUTES_MAX {
        sentences.push(format!(
            "prefixes of [[smsc]] or [[pap]]: {} different ones, at most {ROUTES_MAX} are possible",
            routes.len()
        ));
    }
    sentences
}

#[cfg(test)]
mod tests;
