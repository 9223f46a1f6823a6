//! What the tidy checks look at: the files of the checkout and the crates with their dependencies, as plain values.
//!
//! First in the flow of this crate: `load` reads the disk once, everything after it is pure.
//!
//! Invariants: paths are relative to the workspace and use `/`; files that are not UTF-8 are left out; files that git
//! ignores are not seen, new ones that are not yet added are.

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::token::{self, Token};

/// A checkout: everything that a check may look at.
#[derive(Debug, Default)]
pub struct Tree {
    /// The text files, in the order of their paths.
    pub files: Vec<File>,
    /// The workspace's crates.
    pub members: Vec<Member>,
}

/// One text file.
#[derive(Debug)]
pub struct File {
    /// Path from the workspace's root, with `/`.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// The tokens, if it is Rust; the line at which the lexer gave up, if it is not valid Rust.
    pub tokens: Result<Vec<Token>, u32>,
}

/// One crate of the workspace.
#[derive(Debug)]
pub struct Member {
    /// Package name.
    pub name: String,
    /// Folder from the workspace's root, with `/`, without one at the end.
    pub folder: String,
    /// What its manifest asks for.
    pub dependencies: Vec<Dependency>,
}

/// One line of a crate's dependencies.
#[derive(Debug)]
pub struct Dependency {
    /// Name of the package asked for (not the name it is renamed to).
    pub name: String,
    /// Whether only tests, examples and benches see it.
    pub for_tests: bool,
    /// Whether it lies in this workspace (a path, not a registry).
    pub local: bool,
}

/// Something that breaks a rule, said so that it can be mended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// What is wrong and how to mend it.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}

impl Tree {
    /// Reads the checkout whose root is `root`.
    ///
    /// # Errors
    /// What cargo or the disk says: a manifest that does not parse, a file that cannot be read.
    pub fn load(root: &Path) -> Result<Self, Box<dyn Error>> {
        let mut paths = listed_by_git(root).map_or_else(|| walked(root), Ok)?;
        paths.sort();
        paths.dedup();
        let mut files = Vec::new();
        for path in paths {
            let full = root.join(&path);
            if full.is_file()
                && let Ok(text) = String::from_utf8(fs::read(&full)?)
            {
                files.push(File::new(path, text));
            }
        }
        Ok(Self {
            files,
            members: members(root)?,
        })
    }

    /// The crate that a file belongs to: the one with the longest folder above it.
    #[must_use]
    pub fn owner(&self, path: &str) -> Option<&Member> {
        self.members
            .iter()
            .filter(|m| {
                path.strip_prefix(&m.folder)
                    .is_some_and(|rest| rest.starts_with('/'))
            })
            .max_by_key(|m| m.folder.len())
    }

    /// The Rust files, each with its tokens; those that do not lex are left to the check that says so.
    pub fn rust(&self) -> impl Iterator<Item = (&File, &[Token])> {
        self.files
            .iter()
            .filter(|f| f.is_rust())
            .filter_map(|f| Some((f, f.tokens.as_deref().ok()?)))
    }
}

impl File {
    /// A file from its path and text.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let (path, text) = (path.into(), text.into());
        let tokens = if path.ends_with(".rs") {
            token::lex(&text)
        } else {
            Ok(Vec::new())
        };
        Self { path, text, tokens }
    }

    /// Whether it is Rust source.
    #[must_use]
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether all of it is test code: in a folder `tests`, or a sibling file `tests.rs` or `*_tests.rs`.
    #[must_use]
    pub fn is_test(&self) -> bool {
        let stem = self
            .path
            .rsplit('/')
            .next()
            .unwrap_or(&self.path)
            .trim_end_matches(".rs");
        stem == "tests" || stem.ends_with("_tests") || self.path.split('/').any(|part| part == "tests")
    }

    /// A finding in this file.
    #[must_use]
    pub fn finding(&self, line: u32, text: impl Into<String>) -> Finding {
        Finding {
            path: self.path.clone(),
            line,
            text: text.into(),
        }
    }

    /// The lines with their numbers from 1.
    pub fn lines(&self) -> impl Iterator<Item = (u32, &str)> {
        (1..).zip(self.text.lines())
    }
}

/// The root of the checkout that cargo was called in: two folders above this crate.
///
/// Asked for when it runs, since two checkouts may share one target folder, and with it one binary; where cargo did not
/// start it, the checkout that it was built from.
#[must_use]
pub fn workspace() -> PathBuf {
    let this = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    PathBuf::from(this).join("../..")
}

fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let out = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()
        .filter(|out| out.status.success())?;
    let text = String::from_utf8(out.stdout).ok()?;
    Some(
        text.split('\0')
            .filter(|p| !p.is_empty())
            .map(str::to_owned)
            .collect(),
    )
}

/// Every file below `root` but for git's and cargo's own: for a source archive without git.
fn walked(root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() {
                name.clone()
            } else {
                format!("{folder}/{name}")
            };
            if !entry.file_type()?.is_dir() {
                found.push(path);
            } else if name != ".git" && name != "target" {
                folders.push(path);
            }
        }
    }
    Ok(found)
}

fn members(root: &Path) -> Result<Vec<Member>, Box<dyn Error>> {
    let metadata = MetadataCommand::new().current_dir(root).no_deps().exec()?;
    let base = metadata.workspace_root.clone();
    let mut members = Vec::new();
    for package in metadata.workspace_packages() {
        let folder = package
            .manifest_path
            .parent()
            .and_then(|p| p.strip_prefix(&base).ok());
        let dependencies = package.dependencies.iter().map(|d| Dependency {
            name: d.name.clone(),
            for_tests: d.kind == DependencyKind::Development,
            local: d.path.is_some(),
        });
        members.push(Member {
            name: package.name.to_string(),
            folder: folder.map(|p| p.as_str().to_owned()).unwrap_or_default(),
            dependencies: dependencies.collect(),
        });
    }
    Ok(members)
}
