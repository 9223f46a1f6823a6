//! The tables `[[peer]]`, `[[relation]]` and `[[override]]`: what stands in the file about other operators.
//!
//! Beside `settings`, of the same form: one row a key, with type, default, range, unit, example and sentence; keys that
//! are not in a table are refused. `peers` compiles them. Invariant: what holds between them is asked in `relations`,
//! so that an entry by itself can be wrong in its own keys only.

pub mod forms;
mod relations;

pub(crate) use relations::broken;

use crate::kind::Kind;
use crate::prefix::Prefix;
use crate::table::entry;
use crate::value::{self, Form};
use base::{limits, timers};

const fn between(min: u64, max: u64) -> Kind {
    Kind::Integer { min, max }
}

const fn texts(form: Form, count_min: usize, count_max: usize) -> Kind {
    Kind::Texts {
        form,
        count_min,
        count_max,
    }
}

const DAY_S: u64 = 86_400;
const MONTH_S: u64 = 30 * DAY_S;

/// Octets of a message that all operators take (FEATURES of the trade: 300 KB; GSMA IR.52 recommends the same).
const SIZE_OCTETS: u32 = 300 << 10;

entry! {
    /// An operator profile: one peer as it stands in the file.
    PeerEntry "peer" 1_000 "Another operator, reached over MM4: who it is, what it owns, what it takes." {
        name: String = String::new(), "peer.name", Kind::Text(forms::PEER_NAME), "",
            "\"alpha\"", "Its name here: in relations, files of ported numbers, records and reports.";
        domains: Vec<String> = Vec::new(), "peer.domains", texts(forms::DOMAIN, 1, 16), "",
            "[\"mms.mnc015.mcc234.gprs\"]", "Its MMSE domains; the first one stands in addresses to it.";
        hosts: Vec<String> = Vec::new(), "peer.hosts", texts(forms::HOST, 0, 16), "",
            "[\"mms1.alpha.example:25/10\", \"mms2.alpha.example:25/0\"]",
            "Its next hops, with weights (0 is drained); empty: the MX of its first domain, else that itself.";
        mx_port: u16 = 25, "peer.mx_port", between(1, 65_535), "",
            "2525", "Port of machines that are found by MX.";
        sources: Vec<Prefix> = Vec::new(), "peer.sources", Kind::Prefixes { count_max: 256 }, "",
            "[\"192.0.2.0/28\"]", "Addresses that it connects from; empty: its certificate alone proves it.";
        certificate_names: Vec<String> = Vec::new(), "peer.certificate_names", texts(forms::CERTIFICATE_NAME, 0, 16),
            "", "[\"*.alpha.example\"]", "Names of which its TLS certificate must hold one; empty: none is asked for.";
        helo_names: Vec<String> = Vec::new(), "peer.helo_names", texts(forms::DOMAIN, 0, 16), "",
            "[\"mms1.alpha.example\"]", "Names of which its EHLO or HELO must be one; empty: any.";
        ranges: Vec<String> = Vec::new(), "peer.ranges", texts(value::NUMBER_RANGE, 0, 20_000), "",
            "[\"+44770090001\"]", "Leading digits of the numbers that it owns; the longest of all peers wins.";
        routing_ids: Vec<String> = Vec::new(), "peer.routing_ids", texts(forms::ROUTING_ID, 0, 64), "",
            "[\"D042\"]", "What files of ported numbers call it, beside its name.";
        senders: String = "owned".to_owned(), "peer.senders", Kind::Choice(&["owned", "foreign"]), "",
            "\"foreign\"",
            "Senders that it may bring: `owned` numbers, or (a hub) any that is neither ours nor another peer's.";
        country_code: String = String::new(), "peer.country_code", Kind::Text(value::COUNTRY_CODE), "",
            "\"44\"", "Country code of numbers that it writes nationally; empty: they are refused.";
        national_prefix: String = "0".to_owned(), "peer.national_prefix", Kind::Text(value::DIAL_PREFIX), "",
            "\"8\"", "What its national numbers begin with.";
        international_prefix: String = "00".to_owned(), "peer.international_prefix",
            Kind::Text(value::DIAL_PREFIX), "",
            "\"011\"", "What its international numbers may begin with instead of +.";
        content_types: Vec<String> = vec!["*/*".to_owned()], "peer.content_types",
            texts(forms::MEDIA_RANGE, 1, 128), "",
            "[\"image/*\", \"text/plain\", \"application/smil\"]", "Types of parts that it takes.";
        size_octets_max: u32 = SIZE_OCTETS, "peer.size_octets_max",
            between(10 << 10, limits::PDU_OCTETS_MAX as u64), "octets",
            "614400", "The largest message that it takes, counted as peer.size_basis says.";
        size_basis: String = "binary".to_owned(), "peer.size_basis", Kind::Choice(&["binary", "base64", "whole"]), "",
            "\"base64\"",
            "What its limit counts: the parts as they are, the parts in base64, or the whole mail with its headers.";
        recipients_max: u16 = 50, "peer.recipients_max", between(1, limits::RECIPIENTS_MAX as u64), "",
            "10", "Recipients of one mail to it; more are spread over several.";
        charset: String = "unchanged".to_owned(), "peer.charset", Kind::Choice(&["unchanged", "utf-8"]), "",
            "\"utf-8\"", "Character set of texts that it takes.";
        mms_version: String = "6.10.0".to_owned(), "peer.mms_version", Kind::Text(forms::MM4_VERSION), "",
            "\"5.3.0\"", "X-Mms-3GPP-MMS-Version in what it is sent.";
        ids: String = "bare".to_owned(), "peer.ids", Kind::Choice(&["bare", "quoted"]), "",
            "\"quoted\"", "Whether Transaction-ID and Message-ID to it stand in quotes.";
        address_type: String = "plmn".to_owned(), "peer.address_type", Kind::Choice(&["plmn", "none"]), "",
            "\"none\"", "Whether numbers to it carry /TYPE=PLMN.";
        address_plus: String = "plus".to_owned(), "peer.address_plus", Kind::Choice(&["plus", "none"]), "",
            "\"none\"", "Whether numbers to it begin with a plus sign.";
        address_domain: String = "domain".to_owned(), "peer.address_domain", Kind::Choice(&["domain", "none"]), "",
            "\"none\"", "Whether numbers in From, To and Cc to it carry a domain; those of the envelope always do.";
        report_from: String = "recipient".to_owned(), "peer.report_from",
            Kind::Choice(&["recipient", "originator"]), "",
            "\"originator\"", "Who stands in From of a report to it: the message's recipient, as the standard has it.";
        transfer: String = "base64".to_owned(), "peer.transfer", Kind::Choice(&["base64", "binary"]), "",
            "\"binary\"", "Encoding of parts to it; `binary` where the session offers BINARYMIME, else base64.";
        ack: String = "res".to_owned(), "peer.ack", Kind::Choice(&["res", "smtp"]), "",
            "\"smtp\"", "What takes a message off our hands: its MM4_forward.RES, or its 250 at the end of the mail.";
        delivery_reports: bool = true, "peer.delivery_reports", Kind::Switch, "",
            "false", "Whether it sends and takes delivery reports.";
        read_reports: bool = true, "peer.read_reports", Kind::Switch, "",
            "false", "Whether it sends and takes read reports.";
        request_recipients: bool = false, "peer.request_recipients", Kind::Switch, "",
            "true", "Whether it knows X-Mms-Request-Recipients: a RES that speaks of some recipients.";
        messages_per_s_max: u32 = 100, "peer.messages_per_s_max", between(1, 1_000_000), "1/s",
            "20", "Mails that it is sent in a second, at most.";
        connections_max: u16 = 4, "peer.connections_max", between(1, 1_000), "",
            "16", "Connections to it at once.";
        outstanding_max: u32 = 1_000, "peer.outstanding_max", between(1, 1_000_000), "",
            "100", "Messages that wait for its MM4_forward.RES at once; the others queue.";
        arrivals_per_s_max: u32 = 1_000_000, "peer.arrivals_per_s_max", between(1, 1_000_000), "1/s",
            "50", "Mails that it may bring in a second, over all its connections; more are answered 450 at MAIL.";
        res_s: u32 = timers::MM4_RES.default_s, "peer.res_s",
            between(timers::MM4_RES.min_s as u64, timers::MM4_RES.max_s as u64), "s",
            "300", timers::MM4_RES.text;
        resends_max: u8 = 3, "peer.resends_max", between(0, 20), "",
            "1", "How often a message without its RES is sent again, under the same ids.";
        retry_schedule_s: Vec<u32> = vec![60, 300, 900, 3_600, 14_400], "peer.retry_schedule_s",
            Kind::Integers { min: 1, max: MONTH_S, count_max: 16 }, "s",
            "[30, 120]", "Waits after a try that failed for a time; the last one repeats until peer.retry_s_max.";
        retry_s_max: u32 = 3 * DAY_S as u32, "peer.retry_s_max", between(60, MONTH_S), "s",
            "86400", "How long a message is tried at all; its own expiry ends it earlier.";
        tls: String = "offered".to_owned(), "peer.tls", Kind::Choice(&["never", "offered", "required"]), "",
            "\"required\"", "STARTTLS both ways: never, where it is offered, or nothing without it.";
    }
}

entry! {
    /// An agreement: who may send to whom, and how a hub answers between them.
    RelationEntry "relation" 10_000 "Who may send to whom. Without one, peers reach our subscribers and are reached \
        by them, and not each other." {
        from: String = String::new(), "relation.from", Kind::Text(forms::PARTY), "",
            "\"alpha\"", "Where messages come from: a peer, `local` or `any`.";
        to: String = String::new(), "relation.to", Kind::Text(forms::PARTY), "",
            "\"beta\"", "Where they go: a peer, `local` or `any`.";
        allowed: bool = true, "relation.allowed", Kind::Switch, "",
            "false", "Whether they may; the entry that names more sides wins, then the one that names from.";
        mode: String = "transparent".to_owned(), "relation.mode",
            Kind::Choice(&["transparent", "store_and_forward"]), "",
            "\"store_and_forward\"",
            "Between peers: our RES follows that of the other side, or is given once the message is stored.";
        answer_s: u32 = timers::MM4_ANSWER.default_s, "relation.answer_s",
            between(timers::MM4_ANSWER.min_s as u64, timers::MM4_ANSWER.max_s as u64), "s",
            "900", timers::MM4_ANSWER.text;
    }
}

entry! {
    /// Numbers that go elsewhere than ranges and ported numbers say.
    OverrideEntry "override" 10_000 "Numbers that go elsewhere than ranges and files of ported numbers say." {
        numbers: Vec<String> = Vec::new(), "override.numbers", texts(forms::NUMBERS, 1, 10_000), "",
            "[\"+447700900011\", \"+4477009002*\"]", "Whole numbers, and leading digits with a * behind.";
        to: String = String::new(), "override.to", Kind::Text(forms::TARGET), "",
            "\"beta\"", "Where they go: a peer, `local`, or `refused`.";
    }
}

#[cfg(test)]
mod tests;
