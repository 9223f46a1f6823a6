//! Address lists: From, To, Cc.
//!
//! Ours and not the library's, because an MMSC is addressed by `+447700900001/TYPE=PLMN`, which has no domain.
//! Invariants: reading never fails, never drops an address and is linear; groups are flattened
//! (`undisclosed-recipients:;` has no members); comments are skipped. Grammar: RFC 5322 §3.4, with anything at all
//! for an address.

use std::borrow::Cow;

use crate::word;

type Characters<'a> = core::iter::Peekable<core::str::Chars<'a>>;

/// One address of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name, decoded, without its quotes.
    pub name: Option<String>,
    /// The address, without angle brackets.
    pub address: String,
}

/// The addresses of a list, in order. Empty ones are left out.
#[must_use]
pub fn list(text: &str) -> Vec<Mailbox> {
    let mut mailboxes = Vec::new();
    let mut item = Item::default();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => quoted(&mut characters, &mut item),
            '(' => comment(&mut characters),
            '<' => {
                let mut address = String::new();
                for character in characters.by_ref() {
                    match character {
                        '>' => break,
                        character => address.push(character),
                    }
                }
                item.angle = Some(address);
            }
            ',' => item.finish(&mut mailboxes),
            ';' if item.in_group => {
                item.finish(&mut mailboxes);
                item.in_group = false;
            }
            // The name of a group ends here; a colon within an address (TYPE=IPv6) does not end anything.
            ':' if !item.in_group && is_group(&mut characters) => {
                item = Item {
                    in_group: true,
                    ..Item::default()
                };
            }
            character => item.push(character),
        }
    }
    item.finish(&mut mailboxes);
    mailboxes
}

/// Whether what follows a colon is the list of a group and not the rest of an IPv6 address.
fn is_group(characters: &mut Characters<'_>) -> bool {
    !matches!(
        characters.peek(),
        Some(':' | '0'..='9' | 'a'..='f' | 'A'..='F' | '/')
    )
}

#[derive(Default)]
struct Item {
    /// The text outside angle brackets, quotes undone.
    words: String,
    angle: Option<String>,
    in_group: bool,
}

impl Item {
    fn push(&mut self, character: char) {
        let is_space = character.is_whitespace();
        if !(is_space && (self.words.is_empty() || self.words.ends_with(' '))) {
            self.words.push(if is_space { ' ' } else { character });
        }
    }

    fn finish(&mut self, mailboxes: &mut Vec<Mailbox>) {
        let item = core::mem::take(self);
        self.in_group = item.in_group;
        let words = item.words.trim();
        let (name, address) = match item.angle {
            Some(address) => {
                let name = (!words.is_empty()).then(|| word::decode(Cow::Borrowed(words)).into_owned());
                (name, address.trim().to_owned())
            }
            None => (None, words.to_owned()),
        };
        if !address.is_empty() {
            mailboxes.push(Mailbox { name, address });
        }
    }
}

fn quoted(characters: &mut Characters<'_>, item: &mut Item) {
    while let Some(character) = characters.next() {
        match character {
            '"' => return,
            '\\' => item.words.extend(characters.next()),
            character => item.words.push(character),
        }
    }
}

/// Comments nest (RFC 5322 §3.2.2); one that does not end takes the rest.
fn comment(characters: &mut Characters<'_>) {
    let mut depth = 1_u32;
    while let Some(character) = characters.next() {
        match character {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            '\\' => {
                characters.next();
            }
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
