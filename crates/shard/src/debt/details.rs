//! What a far side said beside its status, until it is passed on: texts and extensions, which no record keeps.
//!
//! Between `relay::words`, which hears them, and the report or response that says them. Invariants: they are worth a
//! person's look and nothing else, so a start forgets them and the oldest give way to new ones; each is dropped with
//! what it was kept for.

use crate::mail::{About, Detail};
use base::limits;
use std::collections::BTreeMap;

/// The details of what this shard still has to tell.
#[derive(Debug, Default)]
pub(crate) struct Details(BTreeMap<About, Detail>);

impl Details {
    /// Keeps one, if it says anything.
    pub(crate) fn keep(&mut self, about: About, detail: Detail) {
        if detail.is_empty() {
            self.0.remove(&about);
            return;
        }
        if self.0.len() >= limits::DETAILS_MAX {
            self.0.pop_first();
        }
        self.0.insert(about, detail);
    }

    /// What was said of a copy.
    pub(crate) fn of(&self, about: About) -> Detail {
        self.0.get(&about).cloned().unwrap_or_default()
    }

    /// It was told, or will never be.
    pub(crate) fn drop(&mut self, about: About) {
        self.0.remove(&about);
    }
}
