//! The form of a source file: its opening comment, its length, its functions' lengths, its lines' lengths.
//!
//! One family of tidy checks; reads text and tokens of the Rust files.
//!
//! Invariants: the limits are the house rules' (17 and 18); a function is counted from its `fn` to its closing brace,
//! also inside macros; a line's length is in characters.

use crate::token::{Kind, Token};
use crate::tree::{Finding, Tree};

/// Lines of a file, at most (rule 17).
pub const FILE_LINES_MAX: usize = 500;
/// Lines of a function, at most (rule 17).
pub const FUNCTION_LINES_MAX: u32 = 70;
/// Characters of a line, at most (rule 17).
pub const LINE_CHARACTERS_MAX: usize = 120;
/// Characters of the opening comment, at least: three things are to be said, and "Placeholder." says nothing.
pub const OPENING_CHARACTERS_MIN: usize = 60;
/// The same for a file of tests, which stands where the tested file says.
pub const OPENING_CHARACTERS_MIN_TESTS: usize = 15;

/// Files that the lexer refuses: every other check is blind to them.
#[must_use]
pub fn lexes(tree: &Tree) -> Vec<Finding> {
    let broken = tree
        .files
        .iter()
        .filter_map(|f| Some((f, *f.tokens.as_ref().err()?)));
    broken
        .map(|(file, line)| file.finding(line, "is not Rust from here on: mend it, or name it otherwise"))
        .collect()
}

/// Files that do not open with a `//!` comment.
#[must_use]
pub fn openings(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|f| f.is_rust()) {
        let comment = file.text.lines().map_while(|l| l.strip_prefix("//!"));
        let said: usize = comment.map(|l| l.trim().chars().count()).sum();
        let wanted = if file.is_test() {
            OPENING_CHARACTERS_MIN_TESTS
        } else {
            OPENING_CHARACTERS_MIN
        };
        if said < wanted {
            findings.push(file.finding(
                1,
                "no opening comment, or one that says too little: begin with `//!` lines that say what it is, where \
                 it stands in the flow, and its invariants",
            ));
        }
    }
    findings
}

/// Files that are too long.
#[must_use]
pub fn files(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|f| f.is_rust()) {
        let lines = file.text.lines().count();
        if lines > FILE_LINES_MAX {
            let text =
                format!("{lines} lines, at most {FILE_LINES_MAX}: find the two ideas and give each its file");
            findings.push(file.finding(u32::try_from(lines).unwrap_or(u32::MAX), text));
        }
    }
    findings
}

/// Functions that are too long.
#[must_use]
pub fn functions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, tokens) in tree.rust() {
        for (index, token) in tokens.iter().enumerate().filter(|(_, t)| t.is_word("fn")) {
            let Some((name, last)) = body_end(tokens, index) else {
                continue;
            };
            let lines = last.saturating_sub(token.line) + 1;
            if lines > FUNCTION_LINES_MAX {
                let text = format!(
                    "fn {name}: {lines} lines, at most {FUNCTION_LINES_MAX}: find the two thoughts in it"
                );
                findings.push(file.finding(token.line, text));
            }
        }
    }
    findings
}

/// Lines that are too long.
#[must_use]
pub fn lines(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|f| f.is_rust()) {
        for (number, line) in file.lines() {
            let characters = line.chars().count();
            if characters > LINE_CHARACTERS_MAX {
                let text = format!("{characters} characters, at most {LINE_CHARACTERS_MAX}: break the line");
                findings.push(file.finding(number, text));
            }
        }
    }
    findings
}

/// The name of the function whose `fn` is at `index`, and the line of its closing brace; nothing for a function
/// pointer type or a declaration without body.
fn body_end(tokens: &[Token], index: usize) -> Option<(&str, u32)> {
    let name = tokens.get(index + 1)?.word()?;
    let mut next = index + 2;
    loop {
        let token = tokens.get(next)?;
        match token.kind {
            Kind::Open { bracket: '{', close } => return Some((name, tokens.get(close)?.line)),
            Kind::Open { close, .. } => next = close + 1,
            Kind::Mark(';') | Kind::Close => return None,
            _ => next += 1,
        }
    }
}
