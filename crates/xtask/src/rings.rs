//! The rings: which crate may depend on which. The table is the picture of the workspace, as data.
//!
//! One family of tidy checks; reads only the crates' dependencies as cargo sees them.
//!
//! Invariants: a crate depends on lower rings, or along a listed edge of its own ring; codecs and rules never meet;
//! what only tests see may point anywhere. A crate that is not in the table is a finding, so the picture stays whole.

use crate::tree::{Finding, Member, Tree};

/// Where a crate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ring {
    /// Identifiers, limits, counters: no I/O, no protocol.
    Words,
    /// Bytes to types and back.
    Codecs,
    /// Values to verdicts.
    Rules,
    /// The journal and what is kept in it.
    Memory,
    /// The shard's brain and hands.
    Motion,
    /// Settings, admin, provisioning.
    Control,
    /// What is run.
    Programs,
}

/// Every crate of the workspace, with its ring.
pub const RINGS: &[(&str, Ring)] = &[
    ("base", Ring::Words),
    ("meter", Ring::Words),
    ("wsp", Ring::Codecs),
    ("mms", Ring::Codecs),
    ("entity", Ring::Codecs),
    ("http1", Ring::Codecs),
    ("smtp", Ring::Codecs),
    ("mm4", Ring::Codecs),
    ("mm7", Ring::Codecs),
    ("push", Ring::Codecs),
    ("radius", Ring::Codecs),
    ("profile", Ring::Rules),
    ("route", Ring::Rules),
    ("apn", Ring::Rules),
    ("admit", Ring::Rules),
    ("filter", Ring::Rules),
    ("adapt", Ring::Rules),
    ("charge", Ring::Rules),
    ("lifecycle", Ring::Rules),
    ("journal", Ring::Memory),
    ("store", Ring::Memory),
    ("shard", Ring::Motion),
    ("engine", Ring::Motion),
    ("sessions", Ring::Motion),
    ("control", Ring::Control),
    ("cluster", Ring::Control),
    ("ringpost", Ring::Programs),
    ("loadtest", Ring::Programs),
    ("bench", Ring::Programs),
    ("counts", Ring::Programs),
    ("counts-runner", Ring::Programs),
    ("tests", Ring::Programs),
    ("sim", Ring::Programs),
    ("xtask", Ring::Programs),
];

/// The edges allowed inside a ring: (from, to).
pub const SAME_RING: &[(&str, &str)] = &[
    ("mms", "wsp"),
    ("push", "wsp"),
    // A notification leaves optional fields out until its push fits one SMS.
    ("push", "mms"),
    ("mm4", "entity"),
    ("mm4", "smtp"),
    // A MIME entity becomes the canonical WSP multipart once, at the edge, and back.
    ("entity", "wsp"),
    ("mm4", "wsp"),
    ("mm7", "entity"),
    // Terms are reckoned against the operator's settings, and a validity by the schedule of a life.
    ("admit", "profile"),
    ("admit", "lifecycle"),
    ("store", "journal"),
    ("engine", "shard"),
    // Routes and access points are compiled from settings.
    ("route", "profile"),
    ("apn", "profile"),
    // Tests and benches drive the program as its users do.
    ("tests", "ringpost"),
    ("bench", "ringpost"),
    ("bench", "counts"),
];

/// Edges that point inwards and are forbidden all the same: (from, to, why).
pub const FORBIDDEN: &[(&str, &str, &str)] = &[(
    "control",
    "engine",
    "the control plane never calls engine; it publishes snapshots and reads what shards publish",
)];

/// The rings that `loadtest` may use: it is a client, so nothing of the server's own.
const LOADTEST_RINGS: &[Ring] = &[Ring::Words, Ring::Codecs];

/// The crates that measure or test the others: they may depend on any.
const MAY_USE_ALL: &[&str] = &["bench", "counts", "tests", "sim"];

/// The ring of a crate, if it is in the table.
#[must_use]
pub fn ring(name: &str) -> Option<Ring> {
    RINGS.iter().find(|(n, _)| *n == name).map(|(_, r)| *r)
}

/// Crates that the table does not know.
#[must_use]
pub fn unknown(tree: &Tree) -> Vec<Finding> {
    let stray = tree.members.iter().filter(|m| ring(&m.name).is_none());
    let how = "add it to RINGS in crates/xtask/src/rings.rs, and to the picture in ARCHITECTURE.md";
    stray
        .map(|m| at(m, format!("crate `{}` is in no ring: {how}", m.name)))
        .collect()
}

/// Edges that do not point inwards.
#[must_use]
pub fn edges(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in &tree.members {
        for dependency in member.dependencies.iter().filter(|d| d.local && !d.for_tests) {
            if let Err(why) = allowed(&member.name, &dependency.name) {
                findings.push(at(
                    member,
                    format!("`{}` may not depend on `{}`: {why}", member.name, dependency.name),
                ));
            }
        }
    }
    findings
}

/// Says why the edge is forbidden, if it is; unknown crates are another check's business.
fn allowed(from: &str, to: &str) -> Result<(), String> {
    let (Some(ring_from), Some(ring_to)) = (ring(from), ring(to)) else {
        return Ok(());
    };
    if let Some((_, _, why)) = FORBIDDEN.iter().find(|(f, t, _)| (*f, *t) == (from, to)) {
        return Err((*why).to_owned());
    }
    if MAY_USE_ALL.contains(&from) || SAME_RING.contains(&(from, to)) {
        return Ok(());
    }
    if from == "loadtest" && !LOADTEST_RINGS.contains(&ring_to) {
        return Err("loadtest is a client: it uses words and codecs only".to_owned());
    }
    if ring_from == Ring::Rules && ring_to == Ring::Codecs {
        return Err("rules never import a codec: pass them the value, not the PDU".to_owned());
    }
    if ring_from == ring_to {
        return Err(format!(
            "both are {ring_from:?}, and the edge is not listed in SAME_RING: move what they share to a lower ring"
        ));
    }
    if ring_from < ring_to {
        return Err(format!(
            "{ring_to:?} lies outside {ring_from:?}: turn the edge round, or pass a value in"
        ));
    }
    Ok(())
}

/// A finding at the crate's manifest.
fn at(member: &Member, text: String) -> Finding {
    Finding {
        path: format!("{}/Cargo.toml", member.folder),
        line: 1,
        text,
    }
}
