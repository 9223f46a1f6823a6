//! Attributes that silence something must say why: lints that are allowed or expected, tests that are ignored.
//!
//! One family of tidy checks; reads the tokens of the Rust files, so it sees into macros, too.
//!
//! Invariants: a suppression has a `reason`; clippy's own lint says the same where code is compiled, this check says it
//! for code behind a `cfg`, too.

use crate::token::Token;
use crate::tree::{Finding, Tree};

/// `allow` and `expect` without a reason.
#[must_use]
pub fn suppressions(tree: &Tree) -> Vec<Finding> {
    attributes(tree, |inner| {
        let name = inner
            .first()?
            .word()
            .filter(|w| matches!(*w, "allow" | "expect"))?;
        inner.get(1)?.opens('(')?;
        let reasoned = inner
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a.is_word("reason") && b.is_mark('=')));
        (!reasoned).then(|| {
            format!("`{name}` without a reason: write #[expect(the_lint, reason = \"…\")], or mend the cause")
        })
    })
}

/// `ignore` without a reason.
#[must_use]
pub fn ignored(tree: &Tree) -> Vec<Finding> {
    attributes(tree, |inner| match inner {
        [word] if word.is_word("ignore") => {
            Some("`#[ignore]` without a reason: write #[ignore = \"…\"], or let the test run".to_owned())
        }
        _ => None,
    })
}

/// Calls `judge` with the tokens between the brackets of each attribute.
fn attributes(tree: &Tree, judge: impl Fn(&[Token]) -> Option<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, tokens) in tree.rust() {
        for (index, token) in tokens.iter().enumerate().filter(|(_, t)| t.is_mark('#')) {
            let bang = usize::from(tokens.get(index + 1).is_some_and(|t| t.is_mark('!')));
            let open = index + 1 + bang;
            let Some(close) = tokens.get(open).and_then(|t| t.opens('[')) else {
                continue;
            };
            let text = tokens.get(open + 1..close).and_then(&judge);
            findings.extend(text.map(|text| file.finding(token.line, text)));
        }
    }
    findings
}
