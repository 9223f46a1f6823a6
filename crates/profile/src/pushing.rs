//! How notifications and reports leave, compiled: the bearer, and which numbers go where.
//!
//! Part of the snapshot; what only the links need (hosts, windows, rates) stays in the tables. Invariants: the longest
//! prefix decides alone; routes are fixed for the life of a process, since pushes under way are counted by route.

use crate::settings::Settings;
use base::Msisdn;
use std::sync::Arc;

/// What carries pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// The record of a push is the push: the admin listener shows it to who asks (lab).
    Outbox,
    /// Short messages through an SMSC.
    Smpp,
    /// A push proxy gateway.
    Pap,
}

/// Numbers that begin alike, and who takes their pushes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRoute {
    /// Leading digits, without `+`; empty for all numbers.
    pub prefix: String,
    /// SMSCs or gateways in the order in which they are tried, by their place in the list of tables.
    pub centres: Vec<u16>,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// What carries pushes.
    pub bearer: Bearer,
    /// Where they go; none for the outbox.
    pub routes: Arc<[PushRoute]>,
    /// Seconds for which a report is tried that no bearer takes.
    pub told_s: u32,
}

/// The bearer that is set.
pub(crate) fn bearer(settings: &Settings) -> Bearer {
    match settings.process.push.as_str() {
        "smpp" => Bearer::Smpp,
        "pap" => Bearer::Pap,
        _ => Bearer::Outbox,
    }
}

/// The routes of the bearer that is set, in the order of the file.
pub(crate) fn routes(settings: &Settings) -> Vec<PushRoute> {
    let mut routes: Vec<PushRoute> = Vec::new();
    let mut add = |place: usize, prefix: &str| {
        let prefix = prefix.strip_prefix('+').unwrap_or(prefix);
        let place = u16::try_from(place).unwrap_or(u16::MAX);
        match routes.iter_mut().find(|route| route.prefix == prefix) {
            Some(route) if route.centres.contains(&place) => {}
            Some(route) => route.centres.push(place),
            None => routes.push(PushRoute {
                prefix: prefix.to_owned(),
                centres: vec![place],
            }),
        }
    };
    let lists: Vec<&[String]> = match bearer(settings) {
        Bearer::Outbox => Vec::new(),
        Bearer::Smpp => settings.smscs.iter().map(|smsc| &smsc.prefixes[..]).collect(),
        Bearer::Pap => settings.paps.iter().map(|pap| &pap.prefixes[..]).collect(),
    };
    for (place, prefixes) in lists.into_iter().enumerate() {
        if prefixes.is_empty() {
            add(place, "");
        }
        for prefix in prefixes {
            add(place, prefix);
        }
    }
    routes
}

impl Push {
    /// Whether a push leaves this machine, so that somebody has to take it.
    #[must_use]
    pub fn is_carried(&self) -> bool {
        self.bearer != Bearer::Outbox
    }

    /// The place of a number's route; nothing where no prefix fits it.
    #[must_use]
    pub fn route_of(&self, number: Msisdn) -> Option<u16> {
        let digits = number.digits();
        let fits = |route: &PushRoute| begins(digits, &route.prefix);
        (0_u16..)
            .zip(self.routes.iter())
            .filter(|(_, route)| fits(route))
            .max_by_key(|(_, route)| route.prefix.len())
            .map(|(place, _)| place)
    }
}

/// Whether a number begins with these digits: it is cut to their count and compared, so nothing is written down.
fn begins(number: u64, prefix: &str) -> bool {
    let Some(count) = u32::try_from(prefix.len()).ok().filter(|count| *count > 0) else {
        return true;
    };
    let digits = number.checked_ilog10().map_or(1, |log| log + 1);
    let Some(cut) = digits.checked_sub(count) else {
        return false;
    };
    prefix.parse() == Ok(number / 10_u64.pow(cut))
}

impl Default for Push {
    fn default() -> Push {
        Push {
            bearer: Bearer::Outbox,
            routes: Arc::default(),
            told_s: base::timers::TOLD.default_s,
        }
    }
}

#[cfg(test)]
mod tests;
