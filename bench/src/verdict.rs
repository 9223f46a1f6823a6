//! What a run says of its claim: that it holds, that it does not, that no bound stands, or why nothing can be said.
//!
//! The end of a bench. Invariants: a void run claims nothing; whoever says one of these things says it in the same
//! words.

use crate::host::Host;
use serde_json::Value;
use std::fmt::{self, Write as _};

/// Pairs of repetitions that a claim needs.
pub const PAIRS_MIN: usize = 7;
/// What others may take of the server's core. Reason: they would cost one side of a ratio what they take.
pub const FOREIGN_MAX: f64 = 0.05;

/// What a run that is not void says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The bound is kept.
    Holds,
    /// It is not.
    DoesNotHold,
    /// Of what was measured there is no bound; what that is, in words.
    NoBound(String),
    /// The bench has none: its figures are for others to use.
    Figures,
}

impl Claim {
    /// Of whether a bound is kept.
    #[must_use]
    pub fn of(is_kept: bool) -> Claim {
        match is_kept {
            true => Claim::Holds,
            false => Claim::DoesNotHold,
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Claim::Holds => f.write_str("HOLDS"),
            Claim::DoesNotHold => f.write_str("DOES NOT HOLD"),
            Claim::NoBound(what) => write!(f, "NO BOUND stands for {what}"),
            Claim::Figures => Ok(()),
        }
    }
}

/// What a run says at its end.
#[derive(Clone, Debug)]
pub struct Verdict {
    claim: Claim,
    /// Why it says nothing; empty where it does.
    pub void: Vec<String>,
    /// What of the machine could not be made fit.
    pub weaknesses: Vec<String>,
}

impl Verdict {
    /// Of the claim, and of what makes a run void, where it does.
    #[must_use]
    pub fn reach(host: &Host, void: impl IntoIterator<Item = Option<String>>, claim: Claim) -> Verdict {
        Verdict {
            claim,
            void: void.into_iter().flatten().collect(),
            weaknesses: host.weaknesses.clone(),
        }
    }

    /// Whether nothing speaks against the run: it is not void, and breaks no bound.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.void.is_empty() && self.claim != Claim::DoesNotHold
    }

    /// For JSON: whether the claim holds; null where there is none.
    #[must_use]
    pub fn holds(&self) -> Value {
        match &self.claim {
            Claim::Holds | Claim::DoesNotHold => self.is_good().into(),
            Claim::NoBound(_) | Claim::Figures => Value::Null,
        }
    }

    /// Writes it below a table.
    pub fn write(&self, out: &mut String) {
        // Writing to a String cannot fail.
        for weakness in &self.weaknesses {
            let _ = writeln!(out, "weak: {weakness}");
        }
        for reason in &self.void {
            let _ = writeln!(out, "VOID: {reason}");
        }
        if self.void.is_empty() && self.claim != Claim::Figures {
            let _ = writeln!(out, "{}", self.claim);
        }
    }
}

/// Too few of something.
#[must_use]
pub fn too_few(what: &str, count: usize, least: usize) -> Option<String> {
    (count < least).then(|| format!("{count} {what}; {least} are the least"))
}

/// The share of the server's core that others took is too much.
#[must_use]
pub fn too_foreign(foreign: f64) -> Option<String> {
    (foreign > FOREIGN_MAX).then(|| format!("others took {foreign:.2} of the server's core"))
}

/// The share of time that the driver's core was idle is so little that it may have set the rate.
#[must_use]
pub fn too_busy(driver_idle: f64, least: f64) -> Option<String> {
    (driver_idle < least).then(|| format!("the driver's core was idle for {driver_idle:.2}"))
}

#[cfg(test)]
mod tests;
