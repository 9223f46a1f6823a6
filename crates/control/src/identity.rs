//! Who holds an address, and what access points and feeds have counted.
//!
//! Shown by `/v1/identity/{address}` and `/metrics`; put there by the program at the start and at each reload.
//! Invariants: reading changes nothing; numbers are masked unless they are asked for whole.

use crate::metrics::{Dialect, Kind, family, line};
use apn::{Apns, Facts, Found, Mode, Realm, Session, View};
use meter::{ApnMeter, FeedCounter, FeedMeter, MapGauge, MapMeter, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::net::IpAddr;
use std::sync::Arc;

/// What there is to show.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The access points that hold now.
    pub apns: Arc<Apns>,
    /// The map of sessions.
    pub view: View,
    /// What each access point counts.
    pub apn_meters: Vec<Arc<ApnMeter>>,
    /// What each feed counts.
    pub feed_meters: Vec<Arc<FeedMeter>>,
    /// How the map is filled; none without a feed.
    pub map_meter: Option<Arc<MapMeter>>,
}

/// Whether numbers are shown whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Masking {
    Masked,
    Whole,
}

impl Identity {
    /// Who holds the address, in each realm that an access point looks in.
    pub(crate) fn who(&self, address: IpAddr, masking: Masking) -> Value {
        let mut realms: BTreeMap<Realm, Vec<&str>> = BTreeMap::new();
        for apn in self.apns.iter().filter(|apn| apn.mode != Mode::GatewayNumber) {
            realms.entry(apn.realm).or_default().push(&apn.name);
        }
        let found = realms.into_iter().map(|(realm, apns)| {
            let mut entry = match self.view.find(realm, address) {
                Found::Held(session) => held(&session, masking),
                Found::Ambiguous => json!({ "state": "ambiguous" }),
                Found::Nobody => json!({ "state": "nobody" }),
            };
            entry["realm"] = json!(realm.0);
            entry["apns"] = json!(apns);
            entry
        });
        json!({ "address": address.to_canonical().to_string(), "realms": found.collect::<Vec<_>>() })
    }

    /// Families of metrics, as text.
    pub(crate) fn families(&self, dialect: Dialect) -> String {
        let mut out = String::new();
        let text =
            "Requests by access point and what was decided about who asks; no access point: an empty name.";
        let sample = family(&mut out, dialect, "ringpost_apn_requests", Kind::Counter, text);
        for meter in &self.apn_meters {
            for verdict in Verdict::ALL {
                let (name, value) = (meter.name(), meter.sum(verdict));
                let verdict = verdict.name();
                line(
                    &mut out,
                    format_args!("{sample}{{apn=\"{name}\",verdict=\"{verdict}\"}} {value}\n"),
                );
            }
        }
        let Some(map) = &self.map_meter else { return out };
        for counter in FeedCounter::ALL {
            let name = format!("ringpost_accounting_{}", counter.name());
            let sample = family(&mut out, dialect, &name, Kind::Counter, counter.text());
            for meter in &self.feed_meters {
                let (name, value) = (meter.name(), meter.counter(counter));
                line(&mut out, format_args!("{sample}{{feed=\"{name}\"}} {value}\n"));
            }
        }
        for gauge in MapGauge::ALL {
            let name = format!("ringpost_{}", gauge.name());
            let sample = family(&mut out, dialect, &name, Kind::Gauge, gauge.text());
            line(&mut out, format_args!("{sample} {}\n", map.gauge(gauge)));
        }
        out
    }
}

fn held(session: &Session, masking: Masking) -> Value {
    let Facts {
        msisdn,
        imsi,
        imeisv,
        sgsn,
        rat,
    } = session.facts;
    let key = session.binding.key;
    json!({
        "state": "held",
        "msisdn": shown(msisdn, "+", masking),
        "imsi": shown(imsi, "", masking),
        "imeisv": shown(imeisv, "", masking),
        "network": sgsn.map(|network| network.to_string()),
        "rat": rat,
        "last_s": session.last_s,
        "within": format!("{}/{}", key.ip(), prefix_bits(key)),
        "binding": session.binding.generation.0,
    })
}

/// The length of a key's prefix as it is written for its family.
fn prefix_bits(key: apn::Key) -> u8 {
    match key.ip() {
        IpAddr::V4(_) => key.bits().saturating_sub(96),
        IpAddr::V6(_) => key.bits(),
    }
}

/// Digits whole, or all but the last two hidden.
fn shown(digits: Option<impl Display>, sign: &str, masking: Masking) -> Option<String> {
    let whole = digits?.to_string();
    if masking == Masking::Whole {
        return Some(whole);
    }
    let last = whole.get(whole.len().saturating_sub(2)..).unwrap_or_default();
    let mut masked = String::from(sign);
    // Writing to a String cannot fail.
    let _ = write!(masked, "…{last}");
    Some(masked)
}
