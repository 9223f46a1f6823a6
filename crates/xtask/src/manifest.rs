//! What manifests must say: a reason for each library, one place for its version, the workspace's lints in each crate.
//!
//! One family of tidy checks; reads the `Cargo.toml` files by line, since comments are what it is about.
//!
//! Invariants: a library of `[workspace.dependencies]` stands on one line that ends in a comment (crates of the
//! workspace need none); a crate names no version of its own; a crate inherits the lints, else none is enforced in it.

use crate::tree::{File, Finding, Tree};

/// Characters of a reason, at least.
const REASON_CHARACTERS_MIN: usize = 12;

/// Libraries without a reason on their line.
#[must_use]
pub fn reasons(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|f| f.path == "Cargo.toml") {
        for (number, line) in entries(file, |section| section == "workspace.dependencies") {
            let (code, reason) = split_comment(line);
            if !code.contains("path =") && reason.chars().count() < REASON_CHARACTERS_MIN {
                let name = code.split(['=', '.']).next().unwrap_or_default().trim();
                findings.push(file.finding(
                    number,
                    format!(
                        "`{name}` has no reason: keep it on one line that ends in `# what it is for, where`"
                    ),
                ));
            }
        }
    }
    findings
}

/// Dependencies of a crate that do not come from the workspace's list.
#[must_use]
pub fn inherited(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in members(tree) {
        for (number, line) in entries(file, |section| section.ends_with("dependencies")) {
            if !split_comment(line).0.replace(' ', "").contains("workspace=true") {
                findings.push(file.finding(
                    number,
                    "not from the workspace: list it in [workspace.dependencies], say `name.workspace = true` here",
                ));
            }
        }
    }
    findings
}

/// Crates that do not inherit the lints.
#[must_use]
pub fn lints(tree: &Tree) -> Vec<Finding> {
    let silent = |file: &&File| {
        !entries(file, |section| section == "lints")
            .any(|(_, line)| line.replace(' ', "").starts_with("workspace=true"))
    };
    members(tree)
        .filter(silent)
        .map(|file| {
            file.finding(
                1,
                "no lint is enforced in this crate: add `[lints]` with `workspace = true`",
            )
        })
        .collect()
}

fn members(tree: &Tree) -> impl Iterator<Item = &File> {
    let is_member = |path: &str| {
        tree.members
            .iter()
            .any(|m| path.strip_suffix("/Cargo.toml") == Some(&m.folder))
    };
    tree.files.iter().filter(move |f| is_member(&f.path))
}

/// The lines of the sections chosen, without headings, blank lines and comments.
fn entries(file: &File, chosen: impl Fn(&str) -> bool) -> impl Iterator<Item = (u32, &str)> {
    let mut inside = false;
    file.lines().filter(move |(_, line)| {
        if let Some(heading) = line.strip_prefix('[') {
            inside = chosen(heading.trim_end().trim_end_matches(']'));
            return false;
        }
        inside && !line.trim().is_empty() && !line.starts_with('#')
    })
}

/// A line's code and its comment. No value in these sections holds `" #"`.
fn split_comment(line: &str) -> (&str, &str) {
    line.split_once(" #")
        .map_or((line, ""), |(code, reason)| (code, reason.trim()))
}
