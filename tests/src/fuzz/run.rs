//! The runner: executes a fuzzer a number of times, catches the panic, makes the input small.
//!
//! Between the table and its two callers, the program and the suite. Invariants: a run is a function of the fuzzer and
//! the campaign; it ends at the first failure; panics of other threads are reported as ever.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use super::{Dice, Fuzzer, hex, minimise, mutate};

/// One execution in this many asks whether the input was accepted.
const SAMPLE_ODDS: u64 = 16;

/// Which executions to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// The seed.
    pub seed: u64,
    /// Number of the first execution.
    pub first: u64,
    /// How many.
    pub executions: u64,
}

/// Where and why something panicked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PanicNote {
    /// File and line.
    pub location: String,
    /// What it said.
    pub message: String,
}

/// An input that makes a check panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The fuzzer's name.
    pub fuzzer: &'static str,
    /// The seed.
    pub seed: u64,
    /// The number of the execution.
    pub execution: u64,
    /// The input as it was found.
    pub input: Vec<u8>,
    /// A smaller one that panics at the same place.
    pub minimal: Vec<u8>,
    /// The panic that the smaller one gives.
    pub panic: PanicNote,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            fuzzer,
            seed,
            execution,
            input,
            minimal,
            panic,
        } = self;
        writeln!(f, "{fuzzer}: {} at {}", panic.message, panic.location)?;
        writeln!(
            f,
            "repeat: cargo run -p tests --bin fuzz -- {fuzzer} --seed {seed} --first {execution} --executions 1"
        )?;
        writeln!(f, "{} octets, of {} found:", minimal.len(), input.len())?;
        f.write_str(&hex::dump(minimal))
    }
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Executions done.
    pub executions: u64,
    /// Executions whose input was looked at.
    pub sampled: u64,
    /// Of these, inputs taken for valid.
    pub accepted: u64,
    /// What was found.
    pub failure: Option<Failure>,
}

impl Report {
    /// Adds what another run of the same fuzzer did.
    pub fn add(&mut self, other: Self) {
        self.executions += other.executions;
        self.sampled += other.sampled;
        self.accepted += other.accepted;
        self.failure = self.failure.take().or(other.failure);
    }

    /// Of a hundred inputs, how many were taken for valid; `None` when none was looked at.
    #[must_use]
    pub fn accepted_percent(&self) -> Option<u64> {
        (self.accepted * 100).checked_div(self.sampled)
    }
}

/// Runs a fuzzer, to the end or to the first failure.
#[must_use]
pub fn run(fuzzer: &Fuzzer, campaign: Campaign) -> Report {
    let mut report = Report::default();
    for execution in campaign.first..campaign.first.saturating_add(campaign.executions) {
        let input = mutate::input(fuzzer.format, &mut Dice::new(campaign.seed, execution));
        report.executions += 1;
        if let Err(found) = verdict(fuzzer.check, &input) {
            let (minimal, panic) = minimise::minimise(fuzzer.check, &input, found);
            report.failure = Some(Failure {
                fuzzer: fuzzer.name,
                seed: campaign.seed,
                execution,
                input,
                minimal,
                panic,
            });
            break;
        }
        if execution % SAMPLE_ODDS == 0 {
            report.sampled += 1;
            report.accepted += u64::from((fuzzer.accepts)(&input));
        }
    }
    report
}

thread_local! {
    /// `Some` while a check runs on this thread; the hook writes into it.
    static NOTE: RefCell<Option<PanicNote>> = const { RefCell::new(None) };
}

/// Runs a check on an input.
///
/// # Errors
/// The note of the panic, if it panicked.
pub fn verdict(check: fn(&[u8]), input: &[u8]) -> Result<(), PanicNote> {
    note_panics();
    NOTE.set(Some(PanicNote::default()));
    // A check keeps nothing from one input to the next, so nothing is left half done behind the panic.
    let outcome = catch_unwind(AssertUnwindSafe(|| check(input)));
    let note = NOTE.take().unwrap_or_default();
    outcome.map_err(|_| note)
}

/// Panics of a check are noted, all others go to the hook that was there.
fn note_panics() {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            let noted = NOTE.with_borrow_mut(|note| {
                let note = note.as_mut()?;
                let place = info.location()?;
                note.location = format!("{}:{}", place.file(), place.line());
                note.message = message(info.payload());
                Some(())
            });
            if noted.is_none() {
                before(info);
            }
        }));
    });
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}
