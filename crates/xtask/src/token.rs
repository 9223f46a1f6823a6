//! Rust source as a flat list of tokens with their lines, each opening bracket knowing where it closes.
//!
//! Second in the flow of this crate: the checks look for short patterns in the list, so they see into macros, too, and
//! never into comments, documentation or strings.
//!
//! Invariants: `Open::close` is the index of the matching [`Kind::Close`] in the same list; lines count from 1.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its line, from 1.
    pub line: u32,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or keyword.
    Word(String),
    /// One character of punctuation.
    Mark(char),
    /// A literal as written, quotes included.
    Literal(String),
    /// An opening bracket, `(`, `[` or `{`.
    Open {
        /// Which one.
        bracket: char,
        /// The index of the token that closes it.
        close: usize,
    },
    /// A closing bracket.
    Close,
}

impl Token {
    /// Whether this is the identifier or keyword `text`.
    #[must_use]
    pub fn is_word(&self, text: &str) -> bool {
        matches!(&self.kind, Kind::Word(w) if w == text)
    }

    /// Whether this is the punctuation `mark`.
    #[must_use]
    pub fn is_mark(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }

    /// The place of the closing bracket, if this opens a `bracket`.
    #[must_use]
    pub fn opens(&self, bracket: char) -> Option<usize> {
        match self.kind {
            Kind::Open { bracket: b, close } if b == bracket => Some(close),
            _ => None,
        }
    }

    /// The identifier or keyword, if it is one.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(w) => Some(w),
            _ => None,
        }
    }
}

/// Lexes a whole file.
///
/// # Errors
/// The line at which it stops being Rust.
pub fn lex(text: &str) -> Result<Vec<Token>, u32> {
    let stream: TokenStream = text
        .parse()
        .map_err(|e: proc_macro2::LexError| line_of(e.span()))?;
    let mut tokens = Vec::new();
    flatten(stream, &mut tokens);
    Ok(tokens)
}

/// Whether a path to the crate or module `name` begins at `index`: `name::…`, `use name`, `extern crate name`.
#[must_use]
pub fn names_crate(tokens: &[Token], index: usize, name: &str) -> bool {
    let at = |i: usize| tokens.get(i);
    if !at(index).is_some_and(|t| t.is_word(name)) {
        return false;
    }
    let before = |n: usize| index.checked_sub(n).and_then(at);
    let pathed =
        at(index + 1).is_some_and(|t| t.is_mark(':')) && at(index + 2).is_some_and(|t| t.is_mark(':'));
    let inner = before(1).is_some_and(|t| t.is_mark(':')) && before(2).is_some_and(|t| t.is_mark(':'));
    let rooted = inner && before(3).is_none_or(|t| t.word().is_none());
    let used = before(1).is_some_and(|t| t.is_word("use") || t.is_word("crate"));
    (pathed && (!inner || rooted)) || used
}

fn flatten(stream: TokenStream, out: &mut Vec<Token>) {
    for tree in stream {
        let line = line_of(tree.span());
        match tree {
            TokenTree::Ident(word) => out.push(Token {
                line,
                kind: Kind::Word(word.to_string()),
            }),
            TokenTree::Punct(mark) => out.push(Token {
                line,
                kind: Kind::Mark(mark.as_char()),
            }),
            TokenTree::Literal(text) => out.push(Token {
                line,
                kind: Kind::Literal(text.to_string()),
            }),
            TokenTree::Group(group) if is_documentation(&group) => drop_hash(out),
            TokenTree::Group(group) => flatten_group(&group, out),
        }
    }
}

fn flatten_group(group: &Group, out: &mut Vec<Token>) {
    let bracket = match group.delimiter() {
        Delimiter::Parenthesis => '(',
        Delimiter::Brace => '{',
        Delimiter::Bracket | Delimiter::None => '[',
    };
    let open = out.len();
    out.push(Token {
        line: line_of(group.span_open()),
        kind: Kind::Open { bracket, close: open },
    });
    flatten(group.stream(), out);
    let close = out.len();
    out.push(Token {
        line: line_of(group.span_close()),
        kind: Kind::Close,
    });
    if let Some(token) = out.get_mut(open) {
        token.kind = Kind::Open { bracket, close };
    }
}

/// The lexer turns documentation comments into `#[doc = "…"]`; they are prose, not code.
fn is_documentation(group: &Group) -> bool {
    let mut trees = group.stream().into_iter();
    group.delimiter() == Delimiter::Bracket
        && matches!(trees.next(), Some(TokenTree::Ident(word)) if word == "doc")
        && matches!(trees.next(), Some(TokenTree::Punct(mark)) if mark.as_char() == '=')
}

fn drop_hash(out: &mut Vec<Token>) {
    out.pop_if(|t| t.is_mark('!'));
    out.pop_if(|t| t.is_mark('#'));
}

fn line_of(span: Span) -> u32 {
    u32::try_from(span.start().line).unwrap_or(u32::MAX)
}
