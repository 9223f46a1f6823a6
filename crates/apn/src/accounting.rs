//! What the packet core tells of a session, as values.
//!
//! Comes into [`crate::Feed`]; the owner makes it of a RADIUS packet (or of another source of the same facts), so that
//! no codec is known here. Invariants: a session is named within its access server; event times are the access
//! server's, and are ordered only among themselves.

use crate::address::{Key, Realm};
use crate::subscriber::Facts;
use base::WallSeconds;
use std::net::IpAddr;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A session began.
    Start,
    /// It is still there.
    Interim,
    /// It ended.
    Stop,
    /// The access server came up or goes down: none of its sessions lives.
    Clear,
}

/// What ends a session of several bearers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BearerRule {
    /// Its Stop.
    #[default]
    Stop,
    /// A Stop with 3GPP-Session-Stop-Indicator; one without speaks of a bearer (3GPP TS 29.061 §16.4.7.2). The session
    /// is then the subscriber's, not the Acct-Session-Id's, which each bearer has its own.
    Indicator,
}

/// What an access server calls itself. At least one is there: the source address, if nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NasName<'a> {
    /// NAS-Identifier.
    pub identifier: Option<&'a [u8]>,
    /// NAS-IP-Address or NAS-IPv6-Address.
    pub address: Option<IpAddr>,
    /// Where the packet came from; counts only where neither of the others is there, since a proxy stands for many.
    pub source: IpAddr,
}

/// A session's name, as a hash that is the same after a restart (so XXH3, whose values never change).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionName(pub u64);

/// One accounting event.
#[derive(Clone, Copy, Debug)]
pub struct Accounting<'a> {
    /// What happened.
    pub change: Change,
    /// The address space that the addresses are of.
    pub realm: Realm,
    /// Who says so.
    pub nas: NasName<'a>,
    /// Acct-Session-Id; empty where the packet has none.
    pub session_id: &'a [u8],
    /// The session's addresses and prefixes; may be empty for an Interim or Stop of a session that is known.
    pub addresses: &'a [Key],
    /// What it says of the subscriber.
    pub facts: Facts,
    /// When it happened, by the access server: see [`event_time`].
    pub at: WallSeconds,
    /// Acct-Session-Time, where it is told: how long the session had lasted at `at`.
    pub lasted_s: Option<u32>,
    /// What ends a session here.
    pub bearers: BearerRule,
    /// 3GPP-Session-Stop-Indicator is there.
    pub session_stop: bool,
}

/// What an access server's Event-Timestamp means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stamp {
    /// The time of the event, whenever it is sent (RFC 2869 §5.3).
    #[default]
    Event,
    /// The time of sending, as some servers have it: the time that they have been trying is taken off.
    Sending,
}

/// When an event happened: by Event-Timestamp, and without one by arrival less Acct-Delay-Time (RFC 2866 §5.2). Never
/// after its arrival: a clock that is ahead must not shut later sessions out.
#[must_use]
pub fn event_time(
    timestamp: Option<u32>,
    delay_s: Option<u32>,
    stamp: Stamp,
    received: WallSeconds,
) -> WallSeconds {
    let delay_s = delay_s.unwrap_or(0);
    let at = match (timestamp, stamp) {
        (Some(timestamp), Stamp::Event) => timestamp,
        (Some(timestamp), Stamp::Sending) => timestamp.saturating_sub(delay_s),
        (None, _) => received.0.saturating_sub(delay_s),
    };
    WallSeconds(at.min(received.0))
}

/// Seeds keep the kinds of names apart.
const SESSION_SEED: u64 = 0x5345_5353;
const SUBSCRIBER_SEED: u64 = 0x5355_4253;

impl Accounting<'_> {
    /// The name of its session at the access server `nas`; `None` where nothing names it.
    #[must_use]
    pub(crate) fn session_name(&self, nas: u64) -> Option<SessionName> {
        let seed = nas ^ (u64::from(self.realm.0) << 48);
        match self.bearers {
            BearerRule::Stop if self.session_id.is_empty() => None,
            BearerRule::Stop => Some(SessionName(xxh3_64_with_seed(
                self.session_id,
                seed ^ SESSION_SEED,
            ))),
            BearerRule::Indicator => {
                let imsi = self.facts.imsi.map(|imsi| imsi.bits());
                let subscriber = imsi.or(self.facts.msisdn.map(base::Msisdn::digits))?;
                Some(SessionName(xxh3_64_with_seed(
                    &subscriber.to_le_bytes(),
                    seed ^ SUBSCRIBER_SEED,
                )))
            }
        }
    }

    /// What it means for the session, once bearers are told apart.
    #[must_use]
    pub(crate) fn meaning(&self) -> Change {
        match (self.change, self.bearers, self.session_stop) {
            (Change::Stop, BearerRule::Indicator, false) => Change::Interim,
            (change, _, _) => change,
        }
    }
}

#[cfg(test)]
mod tests;
