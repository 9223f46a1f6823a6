//! Generated parts of the manual: a table in code is written between two marks in a page; a stale part is refused.
//!
//! Last family of tidy checks, and what `cargo xtask generate` writes.
//!
//! Invariants: the text between `<!-- generated: NAME -->` and `<!-- end: NAME -->` is what the code says; all around
//! it is written by hand and never touched. To add a part, put it in [`PAGES`] and the two marks in the page.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::checks::CHECKS;
use crate::tree::{Finding, Tree};

/// One generated part.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// The file, from the workspace's root.
    pub path: &'static str,
    /// The name in the two marks.
    pub name: &'static str,
    /// Its text: whole lines.
    pub render: fn() -> String,
}

/// All generated parts.
pub const PAGES: &[Page] = &[Page {
    path: "CONTRIBUTING.md",
    name: "tidy checks",
    render: tidy_checks,
}];

/// Generated parts that do not say what the code says, or whose marks are gone.
#[must_use]
pub fn stale(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for page in PAGES {
        let text = tree
            .files
            .iter()
            .find(|f| f.path == page.path)
            .map_or("", |f| f.text.as_str());
        let line = mark_line(text, page.name);
        let why = match refreshed(text, page) {
            Some(fresh) if fresh == text => continue,
            Some(_) => format!("`{}` is stale: run `cargo xtask generate`", page.name),
            None => format!(
                "the marks of `{}` are gone: put `<!-- generated: {0} -->` and `<!-- end: {0} -->` back",
                page.name
            ),
        };
        findings.push(Finding {
            path: page.path.to_owned(),
            line,
            text: why,
        });
    }
    findings
}

/// Writes every generated part anew; says which files changed.
///
/// # Errors
/// What the disk says, or [`io::ErrorKind::InvalidData`] for a page without its marks.
pub fn generate(root: &Path) -> io::Result<Vec<&'static str>> {
    let mut changed = Vec::new();
    for page in PAGES {
        let text = fs::read_to_string(root.join(page.path))?;
        let fresh = refreshed(&text, page).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{}: no marks for `{}`", page.path, page.name),
            )
        })?;
        if fresh != text {
            fs::write(root.join(page.path), fresh)?;
            changed.push(page.path);
        }
    }
    Ok(changed)
}

/// The page's text with its part as it should be; nothing if a mark is missing.
#[must_use]
pub fn refreshed(text: &str, page: &Page) -> Option<String> {
    let (head, rest) = text.split_once(&begin(page.name))?;
    let end = format!("<!-- end: {} -->", page.name);
    let (_, tail) = rest.split_once(&end)?;
    Some(format!(
        "{head}{}\n{}{end}{tail}",
        begin(page.name),
        (page.render)()
    ))
}

fn begin(name: &str) -> String {
    format!("<!-- generated: {name} -->")
}

fn mark_line(text: &str, name: &str) -> u32 {
    let before = text.split_once(&begin(name)).map_or("", |(head, _)| head);
    u32::try_from(before.matches('\n').count())
        .unwrap_or(u32::MAX)
        .saturating_add(1)
}

fn tidy_checks() -> String {
    let mut out = String::from("\n| check | rule | what it holds |\n|---|---|---|\n");
    for check in CHECKS {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "| `{}` | {} | {} |", check.name, check.rule, check.holds);
    }
    out.push('\n');
    out
}
