//! What a load needs: cores, disk, network, memory, SMS, nodes, and which of them binds.
//!
//! Pure arithmetic on two inputs. Reading order: [`demand`] (what is wanted) and [`measured`] (what one message costs,
//! each figure with its source) → [`mod@model`] (needs) → [`page`] (as a table). Invariants: every figure that was not
//! measured is called assumed, on the page and in JSON; the same model, asked about the point at which its figures were
//! taken, gives the throughput that was measured there ([`back_test`]).

pub mod demand;
pub mod measured;
pub mod model;
pub mod page;

pub use demand::{Demand, Node, Size};
pub use measured::{BackTest, Basis, Figure, Measured, NotASummary, Ran, back_test};
pub use model::{Confidence, Need, Plan, plan};

#[cfg(test)]
mod tests;
