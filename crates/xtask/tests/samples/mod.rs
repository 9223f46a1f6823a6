//! The samples for the canaries, by family.
//!
//! Data for `canaries.rs`; nothing here decides.
//!
//! Invariants: words that a check looks for in this checkout, too, are put together here with `concat!`.

mod crates;
mod source;

use crate::Sample;

/// Every sample of every check.
pub(crate) fn all() -> Vec<Sample> {
    let mut all = crates::samples();
    all.extend(source::form());
    all.extend(source::openings());
    all.extend(source::lengths());
    all.extend(source::tests());
    all.extend(source::ports());
    all.extend(source::suppressions());
    all.extend(source::traces());
    all
}
