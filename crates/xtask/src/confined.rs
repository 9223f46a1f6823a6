//! Libraries that only one crate may touch: the executor, the memory maps, the stored types' serialiser.
//!
//! One family of tidy checks; reads the dependencies (those of tests too) and the paths in the source.
//!
//! Invariants: outside the listed crates neither a dependency line nor a path names the library, so that what it does
//! (I/O, unsafe maps, stored layout) can be reviewed in one place.

use crate::token::names_crate;
use crate::tree::{Finding, Tree};

/// (library, the crates that may use it, why).
pub const CONFINED: &[(&str, &[&str], &str)] = &[
    (
        "glommio",
        &["engine", "loadtest", "bench"],
        "all I/O of the datapath is engine's; bench holds the bare server that it is measured against",
    ),
    (
        "memmap2",
        &["journal"],
        "a map read on a shard stalls it; go through journal's mapped readers",
    ),
    (
        "rkyv",
        &["store"],
        "stored types live in store, versioned; convert to domain types there",
    ),
];

/// Dependencies on a confined library.
#[must_use]
pub fn dependencies(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in &tree.members {
        for dependency in &member.dependencies {
            if let Some(text) = trespass(&member.name, &dependency.name) {
                findings.push(Finding {
                    path: format!("{}/Cargo.toml", member.folder),
                    line: 1,
                    text,
                });
            }
        }
    }
    findings
}

/// Paths in the source that name a confined library.
#[must_use]
pub fn paths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, tokens) in tree.rust() {
        let owner = tree.owner(&file.path).map_or("", |m| m.name.as_str());
        for (index, token) in tokens.iter().enumerate() {
            let Some(word) = token.word().filter(|w| names_crate(tokens, index, w)) else {
                continue;
            };
            if let Some(text) = trespass(owner, word) {
                findings.push(file.finding(token.line, text));
            }
        }
    }
    findings
}

fn trespass(from: &str, library: &str) -> Option<String> {
    let (name, users, why) = CONFINED
        .iter()
        .find(|(name, users, _)| *name == library && !users.contains(&from))?;
    Some(format!("`{name}` belongs to {} only: {why}", users.join(" and ")))
}
