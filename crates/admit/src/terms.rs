//! The terms a submission is taken on: size, times, reports, visibility.

use base::{Reason, WallSeconds};
use lifecycle::schedule;
use profile::Profile;

/// A point in time as a phone names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Seconds since 1970.
    Absolute(u64),
    /// Seconds from now.
    Relative(u64),
}

/// What a submission asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Submission {
    /// Minor version of the client.
    pub minor: u8,
    /// Octets of subject and parts.
    pub size_octets: u64,
    /// Earliest delivery.
    pub delivery: Option<When>,
    /// End of its validity.
    pub expiry: Option<When>,
    /// What it asks for, one bit each: see [`Asked`].
    pub asked: Asked,
}

/// What a submission asks for, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked(pub u8);

impl Asked {
    /// A delivery report.
    pub const DELIVERY_REPORT: u8 = 1;
    /// A read report.
    pub const READ_REPORT: u8 = 1 << 1;
    /// That the sender's number is hidden.
    pub const HIDING: u8 = 1 << 2;
    /// Reply charging.
    pub const REPLY_CHARGING: u8 = 1 << 3;
    /// Class Auto: machines talk, no reports.
    pub const CLASS_AUTO: u8 = 1 << 4;

    /// The delivery report is for the sender's operator alone.
    pub const SYSTEM_REPORT: u8 = 1 << 5;

    /// Whether all of `bits` are asked for.
    #[must_use]
    pub fn has(self, bits: u8) -> bool {
        self.0 & bits == bits
    }
}

/// The terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Before this nobody is notified.
    pub deliver_at: WallSeconds,
    /// Then it ends.
    pub expiry: WallSeconds,
    /// A delivery report is owed.
    pub delivery_report: bool,
    /// A read report may be passed back.
    pub read_report: bool,
    /// The sender's number is hidden.
    pub hidden: bool,
}

/// Octets let through above a limit, in parts of a hundred: clients count a little differently (MM1 flows §5).
const GRACE_PERCENT: u64 = 5;

/// Whether so many octets are within the operator's limit and its grace.
#[must_use]
pub fn fits(size_octets: u64, octets_max: u32) -> bool {
    size_octets * 100 <= u64::from(octets_max) * (100 + GRACE_PERCENT)
}

/// Decides the terms.
///
/// # Errors
/// Why it is not taken: too large, reply charging or hiding not offered, or times that contradict each other.
pub fn terms(asks: &Submission, profile: &Profile, now: WallSeconds) -> Result<Terms, Reason> {
    if !fits(asks.size_octets, profile.mm1.message_octets_max) {
        return Err(Reason::ContentTooLarge);
    }
    // A 1.0 client could not be told; to it the fields do not exist.
    if asks.asked.has(Asked::REPLY_CHARGING) && asks.minor > 0 {
        return Err(Reason::ReplyChargingUnsupported);
    }
    if asks.asked.has(Asked::HIDING) && !profile.mm1.sender_hiding {
        return Err(Reason::HidingUnsupported);
    }
    let at = |when: When| match when {
        When::Absolute(seconds) => WallSeconds(u32::try_from(seconds).unwrap_or(u32::MAX)),
        When::Relative(seconds) => now + u32::try_from(seconds).unwrap_or(u32::MAX),
    };
    let deliver_at = asks.delivery.map_or(now, at).max(now);
    let asked = asks.expiry.map(at);
    let expiry = schedule::expiry(asked, now, profile.mm1.expiry_min_s, profile.mm1.expiry_max_s);
    if deliver_at >= expiry {
        return Err(Reason::TimesImpossible);
    }
    // Class Auto must not carry a request for a report (OMA MMS-ENC, M-Send.req); where it does, the request is void.
    let reports = !asks.asked.has(Asked::CLASS_AUTO);
    Ok(Terms {
        deliver_at,
        expiry,
        delivery_report: reports && asks.asked.has(Asked::DELIVERY_REPORT),
        read_report: reports && asks.asked.has(Asked::READ_REPORT),
        hidden: asks.asked.has(Asked::HIDING),
    })
}

#[cfg(test)]
mod tests;
