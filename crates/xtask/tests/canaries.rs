//! A canary for every tidy check: a tree that it must refuse, at the line named, and one that it must let pass.
//!
//! Outside the message flow. The trees are made in memory.
//!
//! Invariants: every check of the table has at least one of each; a check without one fails here, and so does one that
//! does not fire.

use xtask::checks::CHECKS;
use xtask::pages::{PAGES, refreshed};
use xtask::tree::{Dependency, File, Member, Tree};

mod samples;

/// What a sample must do.
enum Expect {
    /// Exactly these findings: (line, a part of the text).
    Refused(&'static [(u32, &'static str)]),
    /// No finding.
    Passed,
}

/// One tree for one check.
struct Sample {
    check: &'static str,
    tree: Tree,
    expect: Expect,
}

fn refused(check: &'static str, tree: Tree, findings: &'static [(u32, &'static str)]) -> Sample {
    Sample {
        check,
        tree,
        expect: Expect::Refused(findings),
    }
}

fn passed(check: &'static str, tree: Tree) -> Sample {
    Sample {
        check,
        tree,
        expect: Expect::Passed,
    }
}

/// A tree of one file in a crate `base`.
fn source(path: &str, text: impl Into<String>) -> Tree {
    Tree {
        files: vec![File::new(path, text)],
        members: vec![member("base", &[])],
    }
}

/// A crate in `crates/`; a dependency beginning with `test:` is for tests only, with `lib:` comes from a registry.
fn member(name: &str, dependencies: &[&str]) -> Member {
    let dependency = |text: &&str| {
        let (for_tests, rest) = text
            .strip_prefix("test:")
            .map_or((false, *text), |rest| (true, rest));
        let (local, name) = rest
            .strip_prefix("lib:")
            .map_or((true, rest), |rest| (false, rest));
        Dependency {
            name: name.to_owned(),
            for_tests,
            local,
        }
    };
    let dependencies = dependencies.iter().map(dependency).collect();
    Member {
        name: name.to_owned(),
        folder: format!("crates/{name}"),
        dependencies,
    }
}

/// A tree of one crate and no file.
fn depends(name: &str, dependencies: &[&str]) -> Tree {
    Tree {
        files: Vec::new(),
        members: vec![member(name, dependencies)],
    }
}

#[test]
fn every_check_fires_on_its_canary_and_passes_what_is_right() {
    for sample in samples::all() {
        let check = CHECKS
            .iter()
            .find(|c| c.name == sample.check)
            .expect("a sample names a check of the table");
        let findings = (check.run)(&sample.tree);
        let expected = match sample.expect {
            Expect::Refused(expected) => expected,
            Expect::Passed => &[],
        };
        assert_eq!(findings.len(), expected.len(), "{}: {findings:?}", check.name);
        for (finding, (line, part)) in findings.iter().zip(expected) {
            assert_eq!(finding.line, *line, "{}: {finding}", check.name);
            assert!(finding.text.contains(part), "{}: {finding}", check.name);
        }
    }
}

#[test]
fn every_check_has_both_samples() {
    let samples = samples::all();
    for check in CHECKS {
        let of =
            |wanted: fn(&Expect) -> bool| samples.iter().any(|s| s.check == check.name && wanted(&s.expect));
        assert!(
            of(|e| matches!(e, Expect::Refused(f) if !f.is_empty())),
            "{} has no canary",
            check.name
        );
        assert!(
            of(|e| matches!(e, Expect::Passed)),
            "{} has no sample that passes",
            check.name
        );
    }
}

#[test]
fn names_of_checks_are_unique() {
    for (index, check) in CHECKS.iter().enumerate() {
        assert!(
            CHECKS
                .iter()
                .skip(index + 1)
                .all(|other| other.name != check.name),
            "{} twice",
            check.name
        );
    }
}

/// Only what stands between the marks is written, and all of it.
#[test]
fn a_page_keeps_what_is_written_by_hand() {
    let page = PAGES.first().expect("there is a page");
    let (begin, end) = (
        format!("<!-- generated: {} -->", page.name),
        format!("<!-- end: {} -->", page.name),
    );
    let fresh = refreshed(&format!("a\n{begin}\nSTALE\n{end}\nb"), page).expect("the marks are there");
    assert_eq!(fresh, format!("a\n{begin}\n{}{end}\nb", (page.render)()));
    assert_eq!(refreshed(&fresh, page), Some(fresh.clone()));
    assert_eq!(refreshed("a\n", page), None);
    assert_eq!(refreshed(&begin, page), None);
}

/// The whole run puts rule and name in front and keeps the order of the files.
#[test]
fn a_run_says_rule_and_name() {
    let tree = Tree {
        files: vec![File::new("crates/base/src/lib.rs", "fn x() {}\n")],
        members: Vec::new(),
    };
    let findings = xtask::checks::run(&tree);
    let opening = findings
        .iter()
        .find(|f| f.text.contains("(opening)"))
        .expect("the opening is missing");
    assert!(
        opening
            .to_string()
            .starts_with("crates/base/src/lib.rs:1: rule 18 (opening): no opening comment"),
        "{opening}"
    );
    assert!(findings.is_sorted());
}
