//! The tables `[[apn]]` and `[[radius]]`: by which rules phones are known, and who tells of their sessions.
//!
//! Beside `settings`, of the same form; the crate `apn` compiles them. Invariant: what holds between entries is asked
//! in `broken`, so that an entry by itself can be wrong in its own keys only.

use crate::kind::Kind;
use crate::number_source::NumberSource;
use crate::prefix::Prefix;
use crate::settings::Settings;
use crate::table::entry;
use crate::value::{self, Form};
use std::collections::BTreeSet;
use std::net::SocketAddr;

const fn texts(form: Form, count_min: usize, count_max: usize) -> Kind {
    Kind::Texts {
        form,
        count_min,
        count_max,
    }
}

const PREFIXES: Kind = Kind::Prefixes { count_max: 1_024 };
const REALM: Kind = Kind::Integer { min: 0, max: 65_535 };

/// The name of an access point or a feed.
pub const NAME: Form = Form {
    text: "1 to 64 letters, digits, dots, hyphens and underscores",
    pattern: "^[0-9A-Za-z._-]{1,64}$",
    check: |text| {
        (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c))
    },
};

/// A listener of this server.
pub const LISTENER: Form = Form {
    text: "ADDRESS:PORT",
    pattern: "^(\\[[0-9A-Fa-f:.]{2,45}\\]|[0-9.]{7,15}):[0-9]{1,5}$",
    check: |text| text.parse::<SocketAddr>().is_ok(),
};

/// A block of addresses, of which one at least must be named: a [`Prefix`].
pub const PREFIX: Form = Form {
    text: "ADDRESS or ADDRESS/BITS",
    pattern: "^[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?$",
    check: |text| text.parse::<Prefix>().is_ok(),
};

/// What Host may be.
pub const HOST_NAME: Form = Form {
    text: "a host name or address of 1 to 253 characters, without port",
    pattern: "^[0-9A-Za-z._:-]{1,253}$",
    check: |text| {
        (1..=253).contains(&text.len())
            && text
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || b"._:-".contains(&c))
    },
};

/// What a path begins with.
pub const PATH_START: Form = Form {
    text: "a path of 1 to 256 characters that begins with /",
    pattern: "^/[!-~]{0,255}$",
    check: |text| {
        (1..=256).contains(&text.len()) && text.starts_with('/') && text.bytes().all(|c| c.is_ascii_graphic())
    },
};

/// Where a header holds a number: see [`NumberSource`].
pub const NUMBER_SOURCE: Form = Form {
    text: "NAME, then any of form=plain|hex|bcd|base64, parameter=NAME, \
        numbers=dialled|international|national, national_digits=4 to 14",
    pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}( +(form=(plain|hex|bcd|base64)\
        |parameter=[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}|numbers=(dialled|international|national)\
        |national_digits=([4-9]|1[0-4])))*$",
    check: |text| text.parse::<NumberSource>().is_ok(),
};

/// A secret shared with RADIUS clients. RFC 2865 §3 asks for 16 octets or more; older clients hold less.
pub const SECRET: Form = Form {
    text: "8 to 128 printable characters without spaces",
    pattern: "^[!-~]{8,128}$",
    check: |text| (8..=128).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic()),
};

entry! {
    /// An access point: from where phones come, and how it is known who they are.
    ApnEntry "apn" 1_000 "An access point: where its phones come from, and how it is known who they are. Without one, \
        identity.headers from identity.gateways count; with any, nobody is served by other rules." {
        name: String = String::new(), "apn.name", Kind::Text(NAME), "",
            "\"mms.example\"", "Its name, in events and counters.";
        listeners: Vec<String> = Vec::new(), "apn.listeners", texts(LISTENER, 0, 16), "",
            "[\"127.0.0.1:8190\"]", "Those of listen.mm1 that it is reached at; empty: all.";
        hosts: Vec<String> = Vec::new(), "apn.hosts", texts(HOST_NAME, 0, 64), "",
            "[\"mmsc.example\"]", "What Host must be, without regard to case and port; empty: anything.";
        paths: Vec<String> = Vec::new(), "apn.paths", texts(PATH_START, 0, 64), "",
            "[\"/mms\"]", "What the path must begin with; empty: anything.";
        sources: Vec<String> = Vec::new(), "apn.sources", texts(PREFIX, 1, 1_024), "",
            "[\"10.0.0.0/8\", \"2001:db8::/32\"]", "Addresses that its connections come from.";
        mode: String = "session".to_owned(), "apn.mode",
            Kind::Choice(&["session", "gateway_address", "gateway_number", "both"]), "",
            "\"both\"", "Who is asking: the session of the connection's address, the session of the address that a \
            gateway's header names, the number in a gateway's header, or that number and the session, agreeing.";
        realm: u16 = 0, "apn.realm", REALM, "",
            "7", "The address space of its sessions: networks whose addresses overlap have different ones.";
        gateways: Vec<Prefix> = Vec::new(), "apn.gateways", PREFIXES, "",
            "[\"10.20.0.0/24\"]", "Addresses of gateways whose headers are believed.";
        number_headers: Vec<String> = Vec::new(), "apn.number_headers", texts(NUMBER_SOURCE, 0, 16), "",
            "[\"X-MSISDN\", \"Cookie parameter=msisdn form=hex\"]", "Headers that hold the number.";
        imsi_headers: Vec<String> = Vec::new(), "apn.imsi_headers", texts(NUMBER_SOURCE, 0, 8), "",
            "[\"X-WAP-3GPP-IMSI\"]", "Headers that hold the IMSI; one that is there must agree with the session's.";
        address_headers: Vec<String> = Vec::new(), "apn.address_headers", texts(value::HEADER_NAME, 0, 8), "",
            "[\"X-WAP-Network-Client-IP\"]", "Headers that hold the phone's address.";
        claims: String = "refuse".to_owned(), "apn.claims", Kind::Choice(&["refuse", "compare", "ignore"]), "",
            "\"compare\"", "Headers about identity that do not come from a gateway: refuse the request, refuse it if \
            they name another than the session, or pass over them.";
        country_code: String = String::new(), "apn.country_code", Kind::Text(value::COUNTRY_CODE), "",
            "\"44\"", "Country code of numbers written nationally; empty: as in numbering.*, prefixes included.";
        national_prefix: String = "0".to_owned(), "apn.national_prefix", Kind::Text(value::DIAL_PREFIX), "",
            "\"8\"", "What its national numbers begin with, where apn.country_code is set.";
        international_prefix: String = "00".to_owned(), "apn.international_prefix", Kind::Text(value::DIAL_PREFIX), "",
            "\"011\"", "What its international numbers may begin with, where apn.country_code is set.";
    }
}

entry! {
    /// A feed of sessions: RADIUS accounting from some clients.
    RadiusEntry "radius" 256 "A feed of sessions: RADIUS accounting (RFC 2866) from clients of one network." {
        name: String = String::new(), "radius.name", Kind::Text(NAME), "",
            "\"ggsn-north\"", "Its name, in events and counters.";
        listen: String = String::new(), "radius.listen", Kind::Text(LISTENER), "",
            "\"192.0.2.1:1813\"", "UDP address that its packets come to; several feeds may share one.";
        clients: Vec<String> = Vec::new(), "radius.clients", texts(PREFIX, 1, 256), "",
            "[\"10.30.0.0/28\"]", "Addresses of its clients; the first feed that lists one is its.";
        secret: String = String::new(), "radius.secret", Kind::Text(SECRET), "",
            "\"between-you-and-me\"", "The secret shared with them.";
        realm: u16 = 0, "radius.realm", REALM, "",
            "7", "The address space of its sessions; see apn.realm.";
        called: Vec<String> = Vec::new(), "radius.called", texts(NAME, 0, 64), "",
            "[\"mms\"]", "Access points (Called-Station-Id) whose sessions count, without regard to case; empty: all.";
        ended_by: String = "stop".to_owned(), "radius.ended_by", Kind::Choice(&["stop", "indicator"]), "",
            "\"indicator\"", "What ends a session: each Stop, or one with 3GPP-Session-Stop-Indicator.";
        timestamp: String = "event".to_owned(), "radius.timestamp", Kind::Choice(&["event", "sending"]), "",
            "\"sending\"", "What Event-Timestamp is: the time of the event (RFC 2869), or of the packet's sending.";
    }
}

/// A sentence for each thing that does not hold between access points, feeds and listeners.
pub(crate) fn broken(settings: &Settings) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut names = BTreeSet::new();
    for apn in &settings.apns {
        let name = &apn.name;
        if !names.insert(name.as_str()) {
            sentences.push(format!("apn {name}: two access points have this name"));
        }
        broken_apn(settings, apn, &mut sentences);
    }
    let mut feeds = BTreeSet::new();
    for radius in &settings.radius {
        let name = &radius.name;
        if !feeds.insert(name.as_str()) {
            sentences.push(format!("radius {name}: two feeds have this name"));
        }
        let anywhere = radius
            .listen
            .parse()
            .is_ok_and(|at: SocketAddr| at.ip().is_unspecified());
        if anywhere {
            let sentence = "listen must name an address: answers must leave from where requests came to";
            sentences.push(format!("radius {name}: {sentence}"));
        }
        if prefixes(&radius.clients).any(|prefix| prefix.bits() == 0) {
            sentences.push(format!("radius {name}: clients must not be everybody"));
        }
    }
    sentences
}

/// Texts that were found to be prefixes, as prefixes.
fn prefixes(texts: &[String]) -> impl Iterator<Item = Prefix> {
    texts.iter().filter_map(|text| text.parse().ok())
}

impl ApnEntry {
    /// Where its connections come from.
    pub fn source_prefixes(&self) -> impl Iterator<Item = Prefix> {
        prefixes(&self.sources)
    }
}

impl RadiusEntry {
    /// Where its packets come from.
    pub fn client_prefixes(&self) -> impl Iterator<Item = Prefix> {
        prefixes(&self.clients)
    }
}

fn broken_apn(settings: &Settings, apn: &ApnEntry, sentences: &mut Vec<String>) {
    let name = &apn.name;
    let mut unless = |holds: bool, sentence: String| {
        if !holds {
            sentences.push(format!("apn {name}: {sentence}"));
        }
    };
    for listener in &apn.listeners {
        let known = listener
            .parse()
            .is_ok_and(|address: SocketAddr| settings.listen.mm1.contains(&address));
        unless(known, format!("listener {listener} is not in listen.mm1"));
    }
    let mode = apn.mode.as_str();
    if mode != "session" {
        unless(
            !apn.gateways.is_empty(),
            format!("mode {mode} needs gateways whose headers are believed"),
        );
    }
    if matches!(mode, "gateway_number" | "both") {
        unless(
            !apn.number_headers.is_empty(),
            format!("mode {mode} needs number_headers"),
        );
    }
    if mode == "gateway_address" {
        unless(
            !apn.address_headers.is_empty(),
            format!("mode {mode} needs address_headers"),
        );
    }
    if mode != "gateway_number" {
        let fed = settings.radius.iter().any(|radius| radius.realm == apn.realm);
        unless(
            fed,
            format!(
                "mode {mode} needs sessions: no [[radius]] is of realm {}",
                apn.realm
            ),
        );
    }
}

#[cfg(test)]
mod tests;
