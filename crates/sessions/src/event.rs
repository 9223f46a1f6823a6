//! A RADIUS packet's words to the map's.
//!
//! Between the codec and the rules, which do not know each other. Invariant: what can't be read as what it should be is
//! left out, never guessed: a number that is none gives a session that identifies nobody.

use crate::source::{Called, Source};
use apn::accounting::event_time;
use apn::{Accounting, Change, Facts, Imeisv, Imsi, Key, NasName, Plmn, Realm};
use base::{Msisdn, Now};
use radius::Status;
use std::net::IpAddr;

/// Addresses of one packet at most: IPv4, framed and delegated prefix, single IPv6 address.
const ADDRESSES_MAX: usize = 4;

/// The addresses of a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    keys: [Option<Key>; ADDRESSES_MAX],
}

impl Addresses {
    /// Those that the packet names.
    pub(crate) fn of(said: &radius::Accounting<'_>, realm: Realm) -> Addresses {
        let address = |address: IpAddr| Key::address(realm, address);
        let prefix = |prefix: radius::Ipv6Prefix| Key::prefix(realm, prefix.address, prefix.bits);
        Addresses {
            keys: [
                said.framed_ip.map(|v4| address(IpAddr::V4(v4))),
                said.framed_ipv6_prefix.and_then(prefix),
                said.delegated_ipv6_prefix.and_then(prefix),
                said.framed_ipv6_address.map(|v6| address(IpAddr::V6(v6))),
            ],
        }
    }

    /// Without the gaps.
    pub(crate) fn packed(&self) -> Vec<Key> {
        self.keys.iter().flatten().copied().collect()
    }
}

/// What the packet's status means.
pub(crate) fn change(status: Status) -> Change {
    match status {
        Status::Start => Change::Start,
        Status::Stop => Change::Stop,
        Status::InterimUpdate => Change::Interim,
        Status::AccountingOn | Status::AccountingOff => Change::Clear,
    }
}

/// Whether the event is of a session that counts here. Where a packet does not say of which access point it is, it may
/// end or confirm a session that is known, and begin none.
pub(crate) fn counts(said: &radius::Accounting<'_>, source: &Source) -> bool {
    match (source.called(said.called_station_id), said.status) {
        (Called::Counts, _) => true,
        (_, Status::AccountingOn | Status::AccountingOff) => true,
        (Called::Foreign, _) | (Called::Untold, Status::Start) => false,
        (Called::Untold, Status::Stop | Status::InterimUpdate) => true,
    }
}

/// The event, as the map takes it.
pub(crate) fn accounting<'b>(
    said: &radius::Accounting<'b>,
    source: &Source,
    client: IpAddr,
    addresses: &'b [Key],
    now: Now,
) -> Accounting<'b> {
    let core = &said.three_gpp;
    let untold = source.called(said.called_station_id) == Called::Untold;
    Accounting {
        change: change(said.status),
        realm: source.realm,
        nas: NasName {
            identifier: said.nas_identifier,
            address: said.nas_ip.map(IpAddr::V4).or(said.nas_ipv6.map(IpAddr::V6)),
            source: client,
        },
        session_id: said.session_id.unwrap_or_default(),
        // Without addresses an Interim or Stop is of a session that is known, or of none.
        addresses: if untold { &[] } else { addresses },
        facts: Facts {
            msisdn: said.calling_station_id.and_then(msisdn),
            imsi: core.imsi.and_then(Imsi::from_digits),
            imeisv: core.imeisv.and_then(Imeisv::from_digits),
            sgsn: core.sgsn_mcc_mnc.and_then(Plmn::from_digits),
            rat: core.rat_type,
        },
        at: event_time(
            said.event_timestamp,
            said.delay_s,
            source.stamp,
            now.wall.seconds(),
        ),
        lasted_s: said.session_s,
        bearers: source.bearers,
        session_stop: core.session_stop,
    }
}

/// Calling-Station-Id holds the MSISDN in international form (TS 29.061 §16.4.4), with `+` or without.
fn msisdn(text: &[u8]) -> Option<Msisdn> {
    let text = text.trim_ascii();
    Msisdn::from_digits(text.strip_prefix(b"+").unwrap_or(text))
}
