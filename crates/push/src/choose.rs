//! Which link carries a push: routing by prefix, fail-over between SMSCs, the least loaded link of one.
//!
//! A pure function over what the links say of themselves; the engine asks it for each push. Invariants: the longest
//! prefix decides alone; an SMSC further down its list is used only when all before it are down or full; a link that
//! can't submit is never chosen.

use base::Msisdn;

/// A link's place in the caller's list of links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u16);

/// An SMSC's place in the caller's list of SMSCs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SmscId(pub u16);

/// Numbers that begin so go to these SMSCs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route<'a> {
    /// Leading digits, without `+`; empty for all numbers.
    pub prefix: &'a str,
    /// In the order in which they are to be tried.
    pub smscs: &'a [SmscId],
}

/// What a link says of itself, see [`crate::smpp::Session::state`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkState {
    /// Which link.
    pub link: LinkId,
    /// Whose it is.
    pub smsc: SmscId,
    /// Bound so that it may submit.
    pub is_up: bool,
    /// Its SMSC has asked for a pause.
    pub is_paused: bool,
    /// Pushes in it.
    pub load: u32,
    /// Pushes that it takes.
    pub load_max: u32,
}

/// Why no link was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoLink {
    /// No route has a prefix of this number: settings are incomplete; trying again is useless.
    NoRoute,
    /// All links of its SMSCs are down: try again when one comes up.
    AllDown,
    /// Those that are up are full: try again when one has room.
    AllFull,
}

/// The link for `number`. Linear in routes and links: there are tens of both. Errors: see [`NoLink`].
pub fn choose(routes: &[Route<'_>], links: &[LinkState], number: Msisdn) -> Result<LinkId, NoLink> {
    let mut text = [0_u8; 20];
    let digits = decimal(number.digits(), &mut text);
    let route = routes
        .iter()
        .filter(|route| digits.starts_with(route.prefix.as_bytes()))
        .max_by_key(|route| route.prefix.len())
        .ok_or(NoLink::NoRoute)?;
    let mut is_any_up = false;
    for smsc in route.smscs {
        let up = links.iter().filter(|link| link.smsc == *smsc && link.is_up);
        let best = up
            .inspect(|_| is_any_up = true)
            .filter(|link| link.load < link.load_max)
            .min_by_key(|link| (link.is_paused, share(link), link.link));
        // A paused SMSC still comes before the next in the list: it asked for patience, it is not down.
        if let Some(best) = best {
            return Ok(best.link);
        }
    }
    Err(if is_any_up {
        NoLink::AllFull
    } else {
        NoLink::AllDown
    })
}

/// Load in parts of 65,536 of the most.
fn share(link: &LinkState) -> u64 {
    let load = u64::from(link.load) << 16;
    load.checked_div(u64::from(link.load_max)).unwrap_or(u64::MAX)
}

fn decimal(value: u64, text: &mut [u8; 20]) -> &[u8] {
    let mut left = value;
    let mut start = text.len();
    while left != 0 && start > 0 {
        start = start.saturating_sub(1);
        if let Some(slot) = text.get_mut(start) {
            *slot = b'0'.wrapping_add((left % 10).to_le_bytes()[0]);
        }
        left /= 10;
    }
    text.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
