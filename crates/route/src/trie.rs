//! Longest prefix of digits: a trie with ten children a node.
//!
//! Filled once, then only read; the ground of ranges and of overrides by range. A child is nothing, a leaf with its
//! code, or another node, so that only prefixes with longer ones behind them cost a node of 44 octets. Invariant: the
//! root is node 0 and nobody's child.

use crate::numbers::Code;
use base::Msisdn;

/// Marks a child that is a leaf: the code stands in the lower bits.
const LEAF: u32 = 1 << 31;

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    /// 0 nothing, LEAF | code, or the place of a node.
    children: [u32; 10],
    /// The code of the prefix that ends here; 0 for none.
    code: u16,
}

/// A prefix that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Longest {
    /// What it leads to.
    pub code: Code,
    /// How many digits it has.
    pub digits: u8,
}

/// The trie.
#[derive(Clone, Debug)]
pub struct Trie {
    nodes: Vec<Node>,
    count: usize,
}

impl Default for Trie {
    fn default() -> Trie {
        Trie {
            nodes: vec![Node::default()],
            count: 0,
        }
    }
}

impl Trie {
    /// Adds a prefix of decimal digits; one that is there already gets the new code. Anything else than digits is not
    /// added, which the settings rule out.
    pub fn insert(&mut self, prefix: &str, code: Code) {
        if prefix.is_empty() || !prefix.bytes().all(|c| c.is_ascii_digit()) {
            return;
        }
        let mut node = 0;
        for (index, digit) in prefix.bytes().enumerate() {
            let digit = usize::from(digit - b'0');
            let is_last = index + 1 == prefix.len();
            let child = self.child(node, digit);
            if is_last && (child == 0 || child & LEAF != 0) {
                self.count += usize::from(child == 0);
                self.set_child(node, digit, LEAF | u32::from(code.value()));
                return;
            }
            node = if child == 0 || child & LEAF != 0 {
                let place = self.nodes.len();
                self.nodes.push(Node {
                    children: [0; 10],
                    // A leaf that gets longer ones behind it becomes a node with its code; 0 where there was none.
                    code: (child & !LEAF) as u16,
                });
                self.set_child(node, digit, place as u32);
                place
            } else {
                child as usize
            };
        }
        if let Some(node) = self.nodes.get_mut(node) {
            self.count += usize::from(node.code == 0);
            node.code = code.value();
        }
    }

    /// The longest prefix of a number.
    #[must_use]
    #[inline]
    pub fn longest(&self, number: Msisdn) -> Option<Longest> {
        let digits = Digits::of(number);
        let mut found = None;
        let mut node = self.nodes.first()?;
        for (depth, digit) in (1_u8..).zip(digits.iter()) {
            let child = *node.children.get(usize::from(*digit))?;
            let code = if child & LEAF != 0 {
                (child & !LEAF) as u16
            } else if child == 0 {
                return found;
            } else {
                node = self.nodes.get(child as usize)?;
                node.code
            };
            if let Some(code) = Code::new(code) {
                found = Some(Longest { code, digits: depth });
            }
            if child & LEAF != 0 {
                return found;
            }
        }
        found
    }

    /// Prefixes in it.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Octets of memory that it takes.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.nodes.len() * size_of::<Node>()
    }

    fn child(&self, node: usize, digit: usize) -> u32 {
        let node = self.nodes.get(node);
        node.and_then(|node| node.children.get(digit))
            .copied()
            .unwrap_or(0)
    }

    fn set_child(&mut self, node: usize, digit: usize, child: u32) {
        let node = self.nodes.get_mut(node);
        if let Some(place) = node.and_then(|node| node.children.get_mut(digit)) {
            *place = child;
        }
    }
}

/// The digits of a number, the first one first.
struct Digits {
    digits: [u8; 16],
    start: usize,
}

impl Digits {
    /// Two digits a step: half the divisions, which depend on each other.
    #[inline]
    fn of(number: Msisdn) -> Digits {
        let mut value = number.digits();
        let mut digits = [0; 16];
        for pair in digits.rchunks_exact_mut(2) {
            let two = (value % 100) as u8;
            value /= 100;
            if let [tens, ones] = pair {
                (*tens, *ones) = (two / 10, two % 10);
            }
        }
        let start = digits
            .iter()
            .position(|digit| *digit != 0)
            .unwrap_or(digits.len());
        Digits { digits, start }
    }

    #[inline]
    fn iter(&self) -> std::slice::Iter<'_, u8> {
        self.digits.get(self.start..).unwrap_or_default().iter()
    }
}

#[cfg(test)]
mod tests;
