//! What one message costs, figure by figure, each with where it comes from.
//!
//! Second input of the model: compiled in, or read from the `summary.json` of a kept run. Invariants: a figure is
//! measured only when a run says so; what no run says is assumed and has its reason; ranges are those of the runs.

use serde::Serialize;
use serde_json::Value;

/// Where a figure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// From a kept run.
    Measured,
    /// From reasons only.
    Assumed,
}

/// A figure with its range.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The median, or the assumption.
    pub value: f64,
    /// The least seen.
    pub low: f64,
    /// The most seen.
    pub high: f64,
    /// Measured or assumed.
    pub basis: Basis,
    /// The run, or the reason.
    pub source: String,
}

/// What the model stands on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Processor time of a submission of [`Self::octets`] and its notification, µs.
    pub submit_us: Figure,
    /// Processor time of a whole life of one recipient, µs, where a run has measured that; instead of the parts.
    pub life_us: Option<Figure>,
    /// Octets of the PDU that were measured with.
    pub octets: f64,
    /// Processor time of one retrieval of a message of [`Self::octets`], in submissions: both were measured on one
    /// machine at one time, so that this holds for another machine sooner than microseconds would.
    pub retrieve: Figure,
    /// Processor time of everything else behind a submission, in submissions: the notification's way over a link, the
    /// response with the record of the end, the delivery report over a link with the record that it went.
    pub end: Figure,
    /// Processor time of a small HTTP exchange, µs.
    pub exchange_us: Figure,
    /// Processor time of one more octet on one way, ns.
    pub octet_ns: Figure,
    /// The slowest of a hundred answers at full load, ms.
    pub p99_ms: Figure,
    /// Octets of the log beside the PDU, for a submission and its notification.
    pub log_octets: Figure,
    /// Octets of the log for the rest of a recipient's life.
    pub state_octets: Figure,
    /// Durable writes a message under load.
    pub flushes: Figure,
    /// Memory of a waiting copy, octets.
    pub copy_octets: Figure,
    /// Memory of a core's buffers, octets.
    pub core_octets: Figure,
    /// Notifications of a copy that can't be reached, over its life.
    pub attempts: Figure,
    /// Room that a waiting octet takes in the log until it is copied together.
    pub spread: Figure,
}

/// A text that is no summary of a known kind. Who gave it is at fault.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotASummary {
    /// It is not JSON.
    #[error("it is not JSON: {0}")]
    Json(String),
    /// It lacks what is needed.
    #[error(
        "it has neither full.server_us (bench, submit or life) nor submit_us, retrieve and end (bench, parts) \
         nor server_us_per_message (loadtest)"
    )]
    Unknown,
    /// It is of a run whose rate the model does not predict.
    #[error("only runs of the benches submit and life say how much one core did when it was full")]
    NoRate,
    /// The run itself says that nothing may be concluded.
    #[error("the run is void: {0}")]
    Void(String),
}

fn assumed(value: f64, low: f64, high: f64, source: &str) -> Figure {
    Figure {
        value,
        low,
        high,
        basis: Basis::Assumed,
        source: source.to_owned(),
    }
}

fn measured(value: f64, low: f64, high: f64, source: &str) -> Figure {
    Figure {
        basis: Basis::Measured,
        ..assumed(value, low, high, source)
    }
}

/// The kept run that the figures compiled in are from.
const SUBMIT_RUN: &str = "bench/runs/2026-11-22-2157-vm-submit";
/// The kept run of the parts of a life.
const PARTS_RUN: &str = "bench/runs/2026-11-24-0033-vm-parts";
/// The kept run of memory.
const MEMORY_RUN: &str = "bench/runs/2026-11-22-2211-vm-memory";

impl Default for Measured {
    fn default() -> Self {
        Self {
            submit_us: measured(43.667, 33.876, 44.914, SUBMIT_RUN),
            life_us: None,
            octets: 30_000.0,
            retrieve: measured(0.7794, 0.5063, 0.9419, PARTS_RUN),
            end: measured(1.3135, 0.6937, 1.3987, PARTS_RUN),
            exchange_us: measured(
                13.831,
                13.831,
                13.831,
                &format!("{SUBMIT_RUN}, the server that does nothing"),
            ),
            octet_ns: assumed(
                0.2,
                0.1,
                0.4,
                "three copies at the 0.07 ns of an append's copy and checksum",
            ),
            p99_ms: measured(
                7.511,
                5.407,
                12.423,
                &format!("{SUBMIT_RUN}, 64 connections in a closed loop"),
            ),
            log_octets: measured(
                436.0,
                423.0,
                455.0,
                &format!("{SUBMIT_RUN}, log octets less the PDU"),
            ),
            state_octets: assumed(
                400.0,
                250.0,
                700.0,
                "an end with its report, at the size of a notification",
            ),
            flushes: measured(0.0443, 0.0391, 0.0476, SUBMIT_RUN),
            copy_octets: measured(
                367.0,
                309.0,
                367.0,
                &format!("{MEMORY_RUN}, resident in the real server"),
            ),
            core_octets: assumed(512e6, 256e6, 1e9, "recent bodies, group buffers, connections"),
            attempts: assumed(
                12.0,
                6.0,
                20.0,
                "a schedule of notifications that grows from minutes to hours",
            ),
            spread: assumed(
                2.0,
                1.2,
                4.0,
                "segments are copied together before they are nearly empty",
            ),
        }
    }
}

/// Median, least and most of a member.
fn range(value: &Value, name: &str) -> Option<(f64, f64, f64)> {
    let of = |which: &str| value.get(name)?.get(which)?.as_f64();
    Some((of("median")?, of("least")?, of("most")?))
}

fn parsed(text: &str) -> Result<Value, NotASummary> {
    let summary: Value = serde_json::from_str(text).map_err(|error| NotASummary::Json(error.to_string()))?;
    match summary.get("void").and_then(Value::as_array) {
        Some(reasons) if !reasons.is_empty() => {
            let reasons: Vec<String> = reasons.iter().map(Value::to_string).collect();
            Err(NotASummary::Void(reasons.join(", ")))
        }
        _ => Ok(summary),
    }
}

/// Which bench a summary is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ran {
    /// `submit`: submissions and nothing else.
    Submissions,
    /// `life`: whole lives.
    Lives,
    /// `parts`: what the parts of a life cost.
    Parts,
    /// The load generator.
    Load,
}

impl Ran {
    /// By what it says of itself; earlier benches didn't, and are told by what only they measured.
    fn of(summary: &Value) -> Result<Ran, NotASummary> {
        let full = summary.get("full");
        let has_full = |name: &str| full.is_some_and(|full| range(full, name).is_some());
        match summary.get("question").and_then(Value::as_str) {
            Some("submit") => Ok(Ran::Submissions),
            Some("life") => Ok(Ran::Lives),
            Some("parts") => Ok(Ran::Parts),
            Some(_) => Err(NotASummary::Unknown),
            None if has_full("flushes_per_message") => Ok(Ran::Submissions),
            None if has_full("server_us") => Ok(Ran::Lives),
            None if summary.get("server_us_per_message").is_some() => Ok(Ran::Load),
            None => Err(NotASummary::Unknown),
        }
    }
}

impl Measured {
    /// The figures compiled in, with those that a run's summary holds in their place.
    ///
    /// # Errors
    /// [`NotASummary`].
    pub fn from_summary(text: &str, source: &str) -> Result<Self, NotASummary> {
        let summary = parsed(text)?;
        let figure = |value: &Value, name: &str| {
            let (value, low, high) = range(value, name).ok_or(NotASummary::Unknown)?;
            Ok(measured(value, low, high, source))
        };
        let full = summary.get("full").unwrap_or(&Value::Null);
        let mut figures = Self::default();
        match Ran::of(&summary)? {
            Ran::Submissions => {
                figures.submit_us = figure(full, "server_us")?;
                figures.flushes = figure(full, "flushes_per_message").unwrap_or(figures.flushes);
            }
            Ran::Lives => figures.life_us = Some(figure(full, "server_us")?),
            Ran::Parts => {
                figures.submit_us = figure(&summary, "submit_us")?;
                figures.retrieve = figure(&summary, "retrieve")?;
                figures.end = figure(&summary, "end")?;
            }
            Ran::Load => {
                let life = summary.get("server_us_per_message").and_then(Value::as_f64);
                let life = life.filter(|us| *us > 0.0).ok_or(NotASummary::Unknown)?;
                figures.life_us = Some(measured(life, life, life, source));
            }
        }
        Ok(figures)
    }

    /// The same for messages of so many octets, where the run was made with those.
    #[must_use]
    pub fn with_octets(self, octets: f64) -> Self {
        Self { octets, ..self }
    }

    /// Processor time of a submission of so many octets, µs: never below an exchange.
    #[must_use]
    pub fn submit_us_of(&self, octets: f64) -> f64 {
        let more = (octets - self.octets) * self.octet_ns.value / 1e3;
        (self.submit_us.value + more).max(self.exchange_us.value)
    }

    /// Processor time of what one recipient costs behind the submission, µs: a retrieval, never below an exchange, and
    /// the end, with a report.
    #[must_use]
    pub fn deliver_us_of(&self, octets: f64) -> f64 {
        let more = (octets - self.octets) * self.octet_ns.value / 1e3;
        let retrieved = self.submit_us.value * self.retrieve.value + more;
        retrieved.max(self.exchange_us.value) + self.submit_us.value * self.end.value
    }

    /// Messages a second that so many cores take when they do nothing but submissions of so many octets.
    #[must_use]
    pub fn submissions_per_s(&self, octets: f64, cores: f64) -> f64 {
        cores * 1e6 / self.submit_us_of(octets)
    }

    /// Whole lives a second of one recipient and so many octets that so many cores take when they do nothing else.
    #[must_use]
    pub fn lives_per_s(&self, octets: f64, cores: f64) -> f64 {
        cores * 1e6 / (self.submit_us_of(octets) + self.deliver_us_of(octets))
    }
}

/// The model against a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BackTest {
    /// What the run was of.
    pub ran: Ran,
    /// How many a second the model predicts at the run's point: one core, full, messages of 30,000 octets.
    pub predicted_per_s: f64,
    /// How many a second were measured.
    pub measured_per_s: f64,
    /// Predicted over measured.
    pub ratio: f64,
}

/// How far a prediction may be from what was measured.
pub const BACK_TEST_TOLERANCE: f64 = 0.15;

impl BackTest {
    /// Whether it is near enough.
    #[must_use]
    pub fn holds(&self) -> bool {
        (self.ratio - 1.0).abs() <= BACK_TEST_TOLERANCE
    }
}

/// Predicts the rate of a kept run, and compares it with what was measured: of `submit` from the run's own processor
/// time, of `life` from the parts compiled in, none of which is that run's.
///
/// # Errors
/// [`NotASummary`]: only runs to the full of one core can be compared.
pub fn back_test(text: &str) -> Result<BackTest, NotASummary> {
    let summary = parsed(text)?;
    let ran = Ran::of(&summary)?;
    let figures = match ran {
        Ran::Submissions => Measured::from_summary(text, "the run")?,
        Ran::Lives => Measured::default(),
        Ran::Parts | Ran::Load => return Err(NotASummary::NoRate),
    };
    let predicted_per_s = match ran {
        Ran::Lives => figures.lives_per_s(figures.octets, 1.0),
        _ => figures.submissions_per_s(figures.octets, 1.0),
    };
    let full = summary.get("full");
    let rate = full.and_then(|full| range(full, "rate_per_s"));
    let (measured_per_s, ..) = rate.ok_or(NotASummary::Unknown)?;
    Ok(BackTest {
        ran,
        predicted_per_s,
        measured_per_s,
        ratio: predicted_per_s / measured_per_s,
    })
}
