//! Links to SMSCs and gateways as operators see them: `/v1/push/links`, and families of `/metrics`.
//!
//! The program says how a link looks; here it becomes JSON and text. Invariant: reading changes nothing; a link's row
//! holds no number and no content.

use crate::metrics::Dialect;
use serde::Serialize;
use std::fmt::Write as _;

/// One link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The SMSC's or gateway's name.
    pub centre: String,
    /// Counted from 0 within it.
    pub link: usize,
    /// `transceiver`, `transmitter`, `receiver` or `pap`.
    pub kind: &'static str,
    /// `down`, `rising`, `up`, `paused` or `ended`.
    pub state: &'static str,
    /// Submissions that may be unanswered.
    pub window: u32,
    /// Those that are.
    pub outstanding: u32,
    /// Submissions a second that are allowed; 0: no limit.
    pub rate_per_s: u32,
    /// Pushes taken in the last second.
    pub taken_per_s: u32,
    /// Pushes that wait in front of the centre's links on this side.
    pub waiting: u32,
    /// Pushes taken since the start.
    pub taken: u64,
    /// Refused for good.
    pub refused: u64,
    /// Refused for pace.
    pub throttled: u64,
    /// Handed back without an answer.
    pub unanswered: u64,
    /// Receipts that ended a push.
    pub receipts: u64,
    /// How often it was lost.
    pub lost: u64,
    /// Why, the last time; empty: never.
    pub error: String,
}

/// Shows all links.
pub type Links = Box<dyn Fn() -> Vec<Link> + Send + Sync>;

/// Name, kind, help and value of each family.
type Family = (&'static str, bool, &'static str, fn(&Link) -> u64);

const FAMILIES: [Family; 9] = [
    ("up", false, "1 while pushes can go over the link.", |link| {
        u64::from(matches!(link.state, "up" | "paused"))
    }),
    ("outstanding", false, "Submissions that are unanswered.", |link| {
        u64::from(link.outstanding)
    }),
    (
        "waiting",
        false,
        "Pushes that wait in front of the centre's links.",
        |link| u64::from(link.waiting),
    ),
    ("taken", true, "Pushes taken.", |link| link.taken),
    (
        "refused",
        true,
        "Pushes refused for good; look when it rises.",
        |link| link.refused,
    ),
    ("throttled", true, "Pushes refused for pace.", |link| {
        link.throttled
    }),
    (
        "unanswered",
        true,
        "Pushes handed back without an answer.",
        |link| link.unanswered,
    ),
    ("receipts", true, "Receipts that ended a push.", |link| {
        link.receipts
    }),
    (
        "lost",
        true,
        "How often the link was lost; look when it rises.",
        |link| link.lost,
    ),
];

/// The families of all links as text; nothing where there are none.
pub(crate) fn families(dialect: Dialect, links: &[Link]) -> String {
    let mut out = String::new();
    if links.is_empty() {
        return out;
    }
    for (name, is_counter, help, value) in FAMILIES {
        let total = if is_counter { "_total" } else { "" };
        let family = match dialect {
            Dialect::OpenMetrics => "",
            Dialect::Prometheus => total,
        };
        let word = if is_counter { "counter" } else { "gauge" };
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "# HELP ringpost_link_{name}{family} {help}\n# TYPE ringpost_link_{name}{family} {word}\n"
        );
        for link in links {
            let _ = writeln!(
                out,
                "ringpost_link_{name}{total}{{centre=\"{}\",link=\"{}\",kind=\"{}\"}} {}",
                link.centre,
                link.link,
                link.kind,
                value(link)
            );
        }
    }
    out
}
