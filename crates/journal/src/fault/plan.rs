//! What shall go wrong, and how often, as one line of text.
//!
//! Read from the server's test-only switch or built by tests. The form is `MODE:name=number,name=number`; the mode is
//! `plain`, `forget` or `lie`; the rest may be left out. Invariant: unknown names are errors.

use std::path::PathBuf;
use std::str::FromStr;

/// When a write reaches the medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// At once, answered later (`plain`).
    Keep,
    /// When it is answered; a kill before that loses it (`forget`).
    Forget,
    /// Some writes after it was answered; a kill loses it although it was acknowledged (`lie`, the canary).
    Lie,
}

/// The plan. Odds are "one in N"; 0 is never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultPlan {
    /// When writes reach the medium.
    pub holding: Holding,
    /// Seed of the dice (`seed`).
    pub seed: u64,
    /// Odds of EIO for any operation (`eio`).
    pub eio: u32,
    /// Whether what is answered with EIO reaches the medium all the same, as after a failed sync (`sync=1`).
    pub fails_sync: bool,
    /// Operations of a kind (groups, preparations, others) that come to no harm before the first that may (`good`).
    pub good: u32,
    /// Nothing comes to harm while this file is there: how a test makes the disk well again (`well=PATH`).
    pub well: Option<PathBuf>,
    /// Whether errors are answered as success: a server that does not look at the answer, the canary (`deaf=1`).
    pub is_deaf: bool,
    /// Odds of ENOSPC for a preparation (`enospc`).
    pub enospc: u32,
    /// Odds that half of a group is written (`short`).
    pub short: u32,
    /// Odds that one bit of a group is flipped on its way (`corrupt`).
    pub corrupt: u32,
    /// Whether a power cut may also leave wrong octets where a group was on its way (`garble=1`).
    pub garbles: bool,
    /// Most steps that an answer is delayed (`slow`).
    pub slow_steps_max: u32,
    /// Whether answers come in any order (`reorder=1`).
    pub reorder: bool,
    /// Writes that `lie` holds back after answering them (`held`).
    pub lies_kept_max: usize,
}

/// Why a line is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultPlanError {
    /// Not `plain`, `forget` or `lie`.
    #[error("unknown fault mode {0:?}; it is plain, forget or lie")]
    Mode(String),
    /// Not a known name with a number.
    #[error(
        "{0:?} is not one of seed, eio, sync, enospc, short, corrupt, garble, good, deaf, slow, reorder, held with \
         a number, or well with a path"
    )]
    Option(String),
}

impl FaultPlan {
    /// A disk without faults that holds writes as told.
    #[must_use]
    pub fn of(holding: Holding, seed: u64) -> Self {
        Self {
            holding,
            seed,
            eio: 0,
            fails_sync: false,
            good: 0,
            well: None,
            is_deaf: false,
            enospc: 0,
            short: 0,
            corrupt: 0,
            garbles: false,
            slow_steps_max: 0,
            reorder: false,
            lies_kept_max: 8,
        }
    }
}

impl FromStr for FaultPlan {
    type Err = FaultPlanError;

    fn from_str(line: &str) -> Result<Self, FaultPlanError> {
        let (mode, options) = line.split_once(':').unwrap_or((line, ""));
        let holding = match mode {
            "plain" => Holding::Keep,
            "forget" => Holding::Forget,
            "lie" => Holding::Lie,
            _ => return Err(FaultPlanError::Mode(mode.to_owned())),
        };
        let mut plan = Self::of(holding, 0);
        for option in options.split(',').filter(|option| !option.is_empty()) {
            let refuse = || FaultPlanError::Option(option.to_owned());
            let (name, number) = option.split_once('=').ok_or_else(refuse)?;
            if name == "seed" {
                plan.seed = number.parse().map_err(|_| refuse())?;
                continue;
            }
            if name == "well" {
                plan.well = Some(number.into());
                continue;
            }
            let number: u32 = number.parse().map_err(|_| refuse())?;
            match name {
                "eio" => plan.eio = number,
                "sync" => plan.fails_sync = number != 0,
                "good" => plan.good = number,
                "deaf" => plan.is_deaf = number != 0,
                "enospc" => plan.enospc = number,
                "short" => plan.short = number,
                "corrupt" => plan.corrupt = number,
                "slow" => plan.slow_steps_max = number,
                "garble" => plan.garbles = number != 0,
                "reorder" => plan.reorder = number != 0,
                "held" => plan.lies_kept_max = number as usize,
                _ => return Err(refuse()),
            }
        }
        Ok(plan)
    }
}
