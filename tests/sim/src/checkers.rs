//! The checkers, one thing that must always hold in each file.
//!
//! Behind the events. What the log alone can tell (one end, one report, nothing after an end) is judged by `ledger`;
//! here is what needs an outside observer. Invariant: each is known to fail: by a planted bug,
//! by broken surroundings, or by a test here.

mod actions;
mod bounds;
mod causes;
mod damage;
mod debts;
mod durability;
mod leases;
mod liveness;
mod privacy;
mod repeats;
mod retention;
mod schedule;

use crate::event::Checker;

/// All of them, at the start of a run.
#[must_use]
pub fn all() -> Vec<Box<dyn Checker>> {
    vec![
        Box::new(durability::Durability::default()),
        Box::new(repeats::Repeats::default()),
        Box::new(privacy::Privacy::default()),
        Box::new(causes::Causes::default()),
        Box::new(debts::Debts::default()),
        Box::new(schedule::Schedule::default()),
        Box::new(leases::Leases::default()),
        Box::new(retention::Retention::default()),
        Box::new(bounds::Bounds),
        Box::new(liveness::Liveness::default()),
        Box::new(actions::Actions::default()),
        Box::new(damage::Damage),
    ]
}

/// Says what is wrong unless it holds.
pub(crate) fn expect(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

#[cfg(test)]
mod tests;
