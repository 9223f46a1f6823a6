//! The lab's defaults, and where they are refused (DESIGN §9).
//!
//! On loopback everything works without a file: a header names the subscriber, pushes are kept for who asks, every
//! number is local. Behind any other address each of these would let strangers send, read or be charged for messages of
//! others. Asked at start and at each reload. Invariant: one sentence for each thing to mend, all at once.

use crate::apn::ApnEntry;
use crate::settings::Settings;
use std::net::{IpAddr, SocketAddr};

/// A sentence for each default that is not fit for the addresses that are listened at; empty: all well.
#[must_use]
pub fn refusals(settings: &Settings) -> Vec<String> {
    let off = |addresses: &[SocketAddr]| {
        addresses
            .iter()
            .find(|address| !is_loopback(address.ip()))
            .copied()
    };
    let admin = off(&settings.listen.admin);
    let Some(address) = off(&settings.listen.mm1).or(admin).or(off(&settings.listen.mm4)) else {
        return Vec::new();
    };
    let mut sentences = Vec::new();
    let is_plain = settings.apns.is_empty();
    let identity = &settings.identity;
    if is_plain && *identity == Settings::default().identity && !identity.headers.is_empty() {
        sentences.push(format!(
            "identity.gateways is the default, which trusts X-MSISDN from this machine: behind {address} name the \
             gateways whose headers are believed"
        ));
    }
    if is_plain && identity.gateways.iter().any(|gateway| gateway.bits() == 0) {
        sentences.push(format!(
            "identity.gateways trusts every address: behind {address} phones could claim any number; name the gateways"
        ));
    }
    for apn in settings.apns.iter().filter(|apn| trusts_everybody(apn)) {
        sentences.push(format!(
            "apn {}: gateways trusts every address: behind {address} phones could claim any number; name the gateways",
            apn.name
        ));
    }
    if settings.process.push == "outbox" {
        sentences.push(format!(
            "push = \"outbox\" is for the lab: behind {address} it would show everybody's notifications; \
             listen on loopback"
        ));
    }
    if settings.numbering.local_ranges.is_empty() {
        sentences.push(format!(
            "numbering.local_ranges is empty: behind {address} say which numbers are served here"
        ));
    }
    if let (Some(address), true) = (admin, settings.admin.token.is_empty()) {
        sentences.push(format!(
            "admin.token is empty: behind {address} the admin listener needs one"
        ));
    }
    sentences
}

fn trusts_everybody(apn: &ApnEntry) -> bool {
    apn.gateways.iter().any(|gateway| gateway.bits() == 0)
}

/// Whether only this machine can reach it; an IPv4 address written the IPv6 way included.
fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests;
