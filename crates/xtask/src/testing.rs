//! How tests are written: no sleeping, no fixed port, and in a file of their own.
//!
//! One family of tidy checks; reads the tokens of the test files (and, for the last, of all others).
//!
//! Invariants: a port in a `bind` or `connect` of a test is 0 or comes from a value; a test waits for an event with a
//! deadline. The wall clock is clippy's business (`disallowed-methods`).

use crate::token::{Kind, Token};
use crate::tree::{Finding, Tree};

/// The calls whose arguments are addresses.
const ADDRESS_CALLS: &[&str] = &["bind", "connect", "connect_timeout", "listen"];
/// Below this a number in an address call is a length or a count, not a port that somebody chose.
const PORT_MIN: u32 = 1024;

/// Calls of any `sleep` in tests.
#[must_use]
pub fn sleeps(tree: &Tree) -> Vec<Finding> {
    calls_in_tests(tree, &["sleep", "sleep_ms", "park_timeout"], |_| {
        Some("a test sleeps: wait for an event (a channel, a condition, a readable socket) with a deadline")
    })
}

/// Addresses with a fixed port in tests.
#[must_use]
pub fn ports(tree: &Tree) -> Vec<Finding> {
    calls_in_tests(tree, ADDRESS_CALLS, |arguments| {
        has_port(arguments)
            .then_some("a test uses a fixed port: bind port 0 and ask for the address that it got")
    })
}

/// Test modules inside the file that they test.
#[must_use]
pub fn inline(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, tokens) in tree.rust() {
        for (index, token) in tokens.iter().enumerate().filter(|(_, t)| t.is_word("mod")) {
            let body = tokens.get(index + 2).and_then(|t| t.opens('{'));
            if body.is_some() && follows_cfg_test(tokens, index) {
                findings.push(file.finding(
                    token.line,
                    "tests inside the file: move them to a sibling file and say `mod tests;`",
                ));
            }
        }
    }
    findings
}

fn calls_in_tests(
    tree: &Tree,
    names: &[&str],
    judge: impl Fn(&[Token]) -> Option<&'static str>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, tokens) in tree.rust().filter(|(f, _)| f.is_test()) {
        for (index, token) in tokens.iter().enumerate() {
            let called = token.word().is_some_and(|w| names.contains(&w));
            let declared = index
                .checked_sub(1)
                .and_then(|i| tokens.get(i))
                .is_some_and(|t| t.is_word("fn"));
            let Some(close) = tokens.get(index + 1).and_then(|t| t.opens('(')) else {
                continue;
            };
            if called && !declared {
                let text = tokens.get(index + 2..close).and_then(&judge);
                findings.extend(text.map(|text| file.finding(token.line, text)));
            }
        }
    }
    findings
}

/// A string that ends in `:PORT`, or a number that closes a list (`("host", PORT)`, `([127, 0, 0, 1], PORT)`).
fn has_port(arguments: &[Token]) -> bool {
    let chosen = |text: &str| {
        text.parse::<u32>()
            .is_ok_and(|n| (PORT_MIN..=65_535).contains(&n))
    };
    arguments.iter().enumerate().any(|(index, token)| {
        let Kind::Literal(text) = &token.kind else {
            return false;
        };
        if let Some((_, port)) = text.strip_suffix('"').and_then(|t| t.rsplit_once(':')) {
            return chosen(port);
        }
        let after_comma = index
            .checked_sub(1)
            .and_then(|i| arguments.get(i))
            .is_some_and(|t| t.is_mark(','));
        let last = arguments.get(index + 1).is_none_or(|t| t.kind == Kind::Close);
        let digits: String = text
            .chars()
            .filter(|c| *c != '_')
            .take_while(char::is_ascii_digit)
            .collect();
        after_comma && last && chosen(&digits)
    })
}

/// Whether the item whose keyword is at `index` stands right behind `#[cfg(test)]`.
fn follows_cfg_test(tokens: &[Token], index: usize) -> bool {
    // `# [ cfg ( test ) ]` is seven tokens; a visibility may stand between.
    let skip = usize::from(
        index
            .checked_sub(1)
            .and_then(|i| tokens.get(i))
            .is_some_and(|t| t.is_word("pub")),
    );
    let Some(window) = index
        .checked_sub(7 + skip)
        .and_then(|from| tokens.get(from..index - skip))
    else {
        return false;
    };
    matches!(window, [hash, _, cfg, _, test, _, _] if hash.is_mark('#') && cfg.is_word("cfg") && test.is_word("test"))
}
