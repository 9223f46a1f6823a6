//! The samples for the canaries, by family.
//!
//! Data for `canaries.rs`; nothing here decides.
//!
//! Invariants: words that a check looks for in this checkout, too, are put together here with `concat!`.

mod crates;
mod source;

use crate::Sample;

/// Every sample of every check.
pub fn all() -> Vec<Sample> {
    let mut all = crates::samples();
    all.extend(source::form());
    all.extend(source::tests());
    all.extend(source::traces());
    all
}
