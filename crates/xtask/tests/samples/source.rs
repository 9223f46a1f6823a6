//! Samples for the checks of source text: form, tests, suppressions, traces of a machine, generated pages.
//!
//! Data for `canaries.rs`.
//!
//! Invariants: each sample shows one thing; the ones that pass show what looks like it and is not.

use xtask::form::{FILE_LINES_MAX, FUNCTION_LINES_MAX, LINE_CHARACTERS_MAX};
use xtask::pages::{PAGES, refreshed};
use xtask::tree::{File, Tree};

use crate::{Sample, passed, refused, source};

const LIB: &str = "crates/base/src/lib.rs";
const TESTS: &str = "crates/base/src/line/tests.rs";

pub(crate) fn form() -> Vec<Sample> {
    vec![
        refused(
            "lexes",
            source(LIB, "//! What it is.\nfn f() {\n    )\n}\n"),
            &[(3, "not Rust")],
        ),
        passed(
            "lexes",
            source(LIB, "fn f() { r#\"}\"#; '}'; b'{'; /* { /* } */ */ }\n"),
        ),
    ]
}

pub(crate) fn openings() -> Vec<Sample> {
    let said = "//! What it is.\n//!\n//! Where it stands in the flow.\n//!\n//! What always holds here.\nfn f() {}\n";
    vec![
        refused(
            "opening",
            source(LIB, "fn f() {}\n"),
            &[(1, "no opening comment")],
        ),
        refused(
            "opening",
            source(LIB, "//! Placeholder.\nfn f() {}\n"),
            &[(1, "no opening comment")],
        ),
        refused(
            "opening",
            source(LIB, "// A comment that is not documentation.\nfn f() {}\n"),
            &[(1, "no opening")],
        ),
        refused("opening", source(LIB, format!("\n{said}")), &[(1, "no opening")]),
        passed("opening", source(LIB, said)),
        refused(
            "opening",
            source(TESTS, "//! Tests.\n"),
            &[(1, "says too little")],
        ),
        passed("opening", source(TESTS, "//! Tests of `line`.\n")),
    ]
}

pub(crate) fn lengths() -> Vec<Sample> {
    let function = |lines: u32| {
        format!(
            "fn long() {{\n{}}}\n",
            "    x(\"}\"); // }\n".repeat(lines as usize - 2)
        )
    };
    let line = |length: usize| format!("//! {}\n", "é".repeat(length - 4));
    vec![
        refused(
            "file-length",
            source(LIB, "\n".repeat(FILE_LINES_MAX + 1)),
            &[(501, "501 lines, at most 500")],
        ),
        passed("file-length", source(LIB, "\n".repeat(FILE_LINES_MAX))),
        passed(
            "file-length",
            source("README.md", "\n".repeat(FILE_LINES_MAX + 1)),
        ),
        refused(
            "function-length",
            source(LIB, function(FUNCTION_LINES_MAX + 1)),
            &[(1, "fn long: 71 lines")],
        ),
        refused(
            "function-length",
            source(
                LIB,
                format!(
                    "m! {{\n    where_is!();\n    {}}}\n",
                    function(FUNCTION_LINES_MAX + 5)
                ),
            ),
            &[(3, "fn long: 75 lines")],
        ),
        passed("function-length", source(LIB, function(FUNCTION_LINES_MAX))),
        passed(
            "function-length",
            source(
                LIB,
                format!("type F = fn(u8);\ntrait T {{ fn a();\n{}}}\n", "\n".repeat(99)),
            ),
        ),
        refused(
            "line-length",
            source(LIB, line(LINE_CHARACTERS_MAX + 1)),
            &[(1, "121 characters, at most 120")],
        ),
        passed("line-length", source(LIB, line(LINE_CHARACTERS_MAX))),
    ]
}

pub(crate) fn tests() -> Vec<Sample> {
    vec![
        refused(
            "tests-apart",
            source(LIB, "#[cfg(test)]\nmod tests {\n}\n"),
            &[(2, "tests inside the file")],
        ),
        refused(
            "tests-apart",
            source(LIB, "#[cfg(test)]\npub mod tests {\n}\n"),
            &[(2, "tests inside the file")],
        ),
        passed(
            "tests-apart",
            source(LIB, "#[cfg(test)]\nmod tests;\nmod wire {\n}\n"),
        ),
        refused(
            "test-sleep",
            source(TESTS, "fn f() {\n    std::thread::sleep(D);\n}\n"),
            &[(2, "a test sleeps")],
        ),
        refused(
            "test-sleep",
            source("tests/src/a.rs", "p! { fn f() { sleep(D).await } }\n"),
            &[(1, "a test sleeps")],
        ),
        passed("test-sleep", source(LIB, "fn f() { std::thread::sleep(D) }\n")),
        passed(
            "test-sleep",
            source(TESTS, "// sleep(1)\nfn sleep(d: D) { asleep(\"sleep(1)\") }\n"),
        ),
    ]
}

pub(crate) fn ports() -> Vec<Sample> {
    vec![
        refused(
            "test-port",
            source(TESTS, "fn f() { TcpListener::bind(\"127.0.0.1:8190\") }\n"),
            &[(1, "fixed port")],
        ),
        refused(
            "test-port",
            source(TESTS, "fn f() { connect((\"::1\", 2_525)) }\n"),
            &[(1, "fixed port")],
        ),
        refused(
            "test-port",
            source(
                TESTS,
                "fn f() { a.connect(A::from(([127, 0, 0, 1], 8190u16))) }\n",
            ),
            &[(1, "fixed")],
        ),
        passed(
            "test-port",
            source(
                TESTS,
                "fn f() { bind(\"127.0.0.1:0\"); bind((\"::1\", 0)); connect(address) }\n",
            ),
        ),
        passed(
            "test-port",
            source(
                TESTS,
                "fn f() { connect_timeout(&a, D::from_millis(2000)); host(\"a:8190\") }\n",
            ),
        ),
    ]
}

pub(crate) fn suppressions() -> Vec<Sample> {
    vec![
        refused(
            "ignore-reason",
            source(TESTS, "#[test]\n#[ignore]\nfn f() {}\n"),
            &[(2, "without a reason")],
        ),
        passed(
            "ignore-reason",
            source(TESTS, "#[ignore = \"an hour on one core\"]\nfn ignore() {}\n"),
        ),
        refused(
            "suppression-reason",
            source(LIB, "#![allow(dead_code)]\n"),
            &[(1, "`allow` without a reason")],
        ),
        refused(
            "suppression-reason",
            source(LIB, "m! {\n#[expect(a, b)]\nfn f() {} }\n"),
            &[(2, "`expect` without")],
        ),
        passed(
            "suppression-reason",
            source(
                LIB,
                "#[expect(a, reason = \"b\")]\nfn f() { x.expect(\"y\"); }\n// #[allow(a)]\n",
            ),
        ),
    ]
}

pub(crate) fn traces() -> Vec<Sample> {
    let marks = "a\n<!-- generated: tidy checks -->\nSTALE\n<!-- end: tidy checks -->\nb\n";
    let fresh = PAGES
        .first()
        .and_then(|page| refreshed(marks, page))
        .unwrap_or_default();
    vec![
        refused(
            "machine-path",
            source("a.md", concat!("x\ncd /wo", "rk/main\n")),
            &[(2, "a path of one machine")],
        ),
        refused(
            "machine-path",
            source("a.sh", concat!("ls \"/ho", "me/somebody/x\"\n")),
            &[(1, "one machine")],
        ),
        refused(
            "machine-path",
            source("a.toml", concat!("[build]\ntarget = '/tm", "p/target-x/debug'\n")),
            &[(2, "one")],
        ),
        passed(
            "machine-path",
            source(
                "a.md",
                "a/work/b, /work, ./root/x, /tmp/$x/y, /etc/x, http://h/home/a, /home/\n",
            ),
        ),
        passed("machine-path", source("Cargo.lock", concat!("/wo", "rk/main\n"))),
        refused(
            "registry-host",
            source("a.md", concat!("see static.crates", ".io\n")),
            &[(1, "a registry's host")],
        ),
        passed("registry-host", source("a.md", "see docs.rs, and debian\n")),
        passed(
            "registry-host",
            source("Cargo.lock", concat!("index.crates", ".io\n")),
        ),
        refused(
            "page-fresh",
            source("CONTRIBUTING.md", marks),
            &[(2, "`tidy checks` is stale: run `cargo xtask generate`")],
        ),
        refused(
            "page-fresh",
            source("CONTRIBUTING.md", "no marks\n"),
            &[(1, "the marks of `tidy checks` are gone")],
        ),
        refused(
            "page-fresh",
            Tree::default(),
            &[(1, "the marks of `tidy checks` are gone")],
        ),
        passed(
            "page-fresh",
            Tree {
                files: vec![File::new("CONTRIBUTING.md", fresh)],
                members: Vec::new(),
            },
        ),
    ]
}
