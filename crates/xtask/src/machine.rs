//! Traces of one machine in the tree: absolute paths of somebody's checkout, hosts of package registries.
//!
//! One family of tidy checks; reads every text file but lock files.
//!
//! Invariants: what is committed works from any folder and with any mirror. The words looked for are put together here
//! so that this file does not hold them.

use crate::tree::{Finding, Tree};

/// Folders of one machine: nothing that is committed may name a place below them.
const FOLDERS: &[&str] = &[concat!("wo", "rk"), concat!("fa", "rm"), concat!("ro", "ot")];
/// Folders whose subfolders belong to somebody.
const PARENTS: &[&str] = &["home", "tmp"];
/// Hosts of registries: which one is used is the machine's business.
const HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("py", "pi.org"),
    concat!("pythonhosted", ".org"),
    concat!("npmjs", ".org"),
    concat!("deb.", "debian.org"),
    concat!("proxy.", "golang.org"),
];

/// Absolute paths of one machine.
#[must_use]
pub fn paths(tree: &Tree) -> Vec<Finding> {
    lines_with(
        tree,
        has_path,
        "a path of one machine: use a path relative to the workspace, or a variable",
    )
}

/// Hosts of registries.
#[must_use]
pub fn hosts(tree: &Tree) -> Vec<Finding> {
    let named = |line: &str| HOSTS.iter().any(|host| line.contains(host));
    lines_with(
        tree,
        named,
        "a registry's host: name the package only; the mirror is the machine's business",
    )
}

fn lines_with(tree: &Tree, found: impl Fn(&str) -> bool, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|f| !f.path.ends_with(".lock")) {
        let bad = file.lines().filter(|(_, line)| found(line));
        findings.extend(bad.map(|(number, _)| file.finding(number, text)));
    }
    findings
}

fn has_path(line: &str) -> bool {
    line.match_indices('/').any(|(at, _)| {
        let (before, after) = line.split_at(at);
        let inside = before.ends_with(|c: char| c.is_alphanumeric() || "_.-".contains(c));
        let mut parts = after.split('/').skip(1);
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        let deeper = parts.next().is_some();
        let own =
            second.is_some_and(|s| s.starts_with(|c: char| c.is_ascii_lowercase()) && s.chars().all(is_name));
        !inside
            && ((FOLDERS.contains(&first) && second.is_some()) || (PARENTS.contains(&first) && own && deeper))
    })
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_.-".contains(c)
}
