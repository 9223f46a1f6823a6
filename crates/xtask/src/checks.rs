//! The table of tidy checks: name, rule, sentence, function. All that runs, runs from here.
//!
//! The end of this crate's flow: `tests/tidy.rs` and `cargo xtask tidy` call [`run`] over the checkout.
//!
//! Invariants: names are unique; each has a canary in `tests/canaries.rs`; the table in CONTRIBUTING.md is generated
//! from this one.

use crate::tree::{Finding, Tree};
use crate::{attributes, confined, form, machine, manifest, pages, rings, testing};

/// One check.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its name in findings.
    pub name: &'static str,
    /// The number of the house rule that it holds.
    pub rule: u8,
    /// What it holds, as a sentence.
    pub holds: &'static str,
    /// The check itself.
    pub run: fn(&Tree) -> Vec<Finding>,
}

const fn check(name: &'static str, rule: u8, holds: &'static str, run: fn(&Tree) -> Vec<Finding>) -> Check {
    Check {
        name,
        rule,
        holds,
        run,
    }
}

/// All checks.
pub const CHECKS: &[Check] = &[
    check("ring-known", 3, "Every crate stands in a ring.", rings::unknown),
    check(
        "ring-edge",
        3,
        "Dependencies point inwards; codecs and rules never meet.",
        rings::edges,
    ),
    check(
        "confined-dependency",
        3,
        "glommio, memmap2 and rkyv are asked for only where they belong.",
        confined::dependencies,
    ),
    check(
        "confined-path",
        3,
        "The source names them only there.",
        confined::paths,
    ),
    check(
        "lexes",
        17,
        "Every .rs file is Rust, so that the other checks see it.",
        form::lexes,
    ),
    check(
        "opening",
        18,
        "Every .rs file opens with a `//!` comment.",
        form::openings,
    ),
    check("file-length", 17, "A file has at most 500 lines.", form::files),
    check(
        "function-length",
        17,
        "A function has at most 70 lines.",
        form::functions,
    ),
    check(
        "line-length",
        17,
        "A line has at most 120 characters.",
        form::lines,
    ),
    check(
        "tests-apart",
        18,
        "Tests stand in a sibling file.",
        testing::inline,
    ),
    check("test-sleep", 29, "A test never sleeps.", testing::sleeps),
    check("test-port", 29, "A test uses no fixed port.", testing::ports),
    check(
        "ignore-reason",
        29,
        "An ignored test says why.",
        attributes::ignored,
    ),
    check(
        "suppression-reason",
        25,
        "A suppressed lint says why.",
        attributes::suppressions,
    ),
    check(
        "dependency-reason",
        24,
        "A library has its reason on its line.",
        manifest::reasons,
    ),
    check(
        "dependency-inherited",
        24,
        "A crate takes libraries from the workspace's list.",
        manifest::inherited,
    ),
    check(
        "lints-inherited",
        25,
        "A crate inherits the workspace's lints.",
        manifest::lints,
    ),
    check(
        "machine-path",
        38,
        "No file names a path of one machine.",
        machine::paths,
    ),
    check(
        "registry-host",
        38,
        "No file names a package registry's host.",
        machine::hosts,
    ),
    check(
        "page-fresh",
        23,
        "Generated pages say what the code says.",
        pages::stale,
    ),
];

/// Runs every check: findings with the rule and the check's name in front of their text, in the order of the files.
#[must_use]
pub fn run(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for check in CHECKS {
        findings.extend((check.run)(tree).into_iter().map(|finding| Finding {
            text: format!("rule {} ({}): {}", check.rule, check.name, finding.text),
            ..finding
        }));
    }
    findings.sort();
    findings
}
