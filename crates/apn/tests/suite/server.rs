//! A small accounting server on the crates under test: datagrams to the map, and answers.

use apn::accounting::{Stamp, event_time};
use apn::{Accounting, BearerRule, Change, Facts, Feed, Imeisv, Imsi, Key, NasName, Plmn, Realm, Taken};
use base::{Now, NumberingPlan};
use radius::{Answer, Duplicates, Meeting, Packet, Status};
use std::net::{IpAddr, SocketAddr};

pub(crate) const SECRET: &[u8] = b"between-you-and-me";

/// The realm of all that it is told.
pub(crate) const REALM: Realm = Realm(3);

pub(crate) struct Server {
    pub(crate) feed: Feed,
    duplicates: Duplicates,
}

/// What became of a datagram.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    Applied(Taken),
    Repeated,
    Dropped,
}

impl Server {
    pub(crate) fn new() -> Server {
        let bounds = apn::Bounds {
            sessions_max: 1_000,
            ..apn::Bounds::default()
        };
        Server {
            feed: Feed::new(bounds, 1),
            duplicates: Duplicates::new(1_000, 30_000),
        }
    }

    /// Takes a datagram; the answer, if one is due, is appended to `out`.
    pub(crate) fn hear(&mut self, source: SocketAddr, datagram: &[u8], now: Now, out: &mut Vec<u8>) -> Heard {
        let Ok(packet) = Packet::read(datagram) else {
            return Heard::Dropped;
        };
        if packet.verify(SECRET).is_err() {
            return Heard::Dropped;
        }
        let Ok(said) = radius::Accounting::read(&packet) else {
            return Heard::Dropped;
        };
        let heard = match self.duplicates.meet(source, &packet, now.monotonic.0) {
            Meeting::Repeated => Heard::Repeated,
            Meeting::First => Heard::Applied(self.apply(source.ip(), &said, now)),
        };
        Answer::write(&packet, SECRET, out);
        heard
    }

    fn apply(&mut self, source: IpAddr, said: &radius::Accounting<'_>, now: Now) -> Taken {
        let v4 = said.framed_ip.map(|v4| Key::address(REALM, IpAddr::V4(v4)));
        let prefixes = [said.framed_ipv6_prefix, said.delegated_ipv6_prefix];
        let v6 = prefixes
            .into_iter()
            .flatten()
            .filter_map(|prefix| Key::prefix(REALM, prefix.address, prefix.bits));
        let addresses: Vec<Key> = v4.into_iter().chain(v6).collect();
        let plan = NumberingPlan::default();
        let core = &said.three_gpp;
        let event = Accounting {
            change: match said.status {
                Status::Start => Change::Start,
                Status::Stop => Change::Stop,
                Status::InterimUpdate => Change::Interim,
                Status::AccountingOn | Status::AccountingOff => Change::Clear,
            },
            realm: REALM,
            nas: NasName {
                identifier: said.nas_identifier,
                address: said.nas_ip.map(IpAddr::V4).or(said.nas_ipv6.map(IpAddr::V6)),
                source,
            },
            session_id: said.session_id.unwrap_or_default(),
            addresses: &addresses,
            facts: Facts {
                msisdn: said.calling_station_id.and_then(|text| plan.normalise(text)),
                imsi: core.imsi.and_then(Imsi::from_digits),
                imeisv: core.imeisv.and_then(Imeisv::from_digits),
                sgsn: core.sgsn_mcc_mnc.and_then(Plmn::from_digits),
                rat: core.rat_type,
            },
            at: event_time(
                said.event_timestamp,
                said.delay_s,
                Stamp::Event,
                now.wall.seconds(),
            ),
            lasted_s: said.session_s,
            bearers: BearerRule::Stop,
            session_stop: core.session_stop,
        };
        self.feed.apply(&event, now)
    }
}
