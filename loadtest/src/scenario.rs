//! What a run is to do: a TOML file, and nothing that is not in it.
//!
//! First in the flow: read, checked whole, then turned into schedules, templates and actors. Invariants: unknown
//! keys are errors; a scenario that was read can be run; its text goes into the run's record as it was.

mod check;
mod kinds;

pub use kinds::{Kind, Kinds};

use crate::pace::{Arrivals, Stretch};
use serde::{Deserialize, Serialize};

/// Why a scenario is refused.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// It can't be read.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// It is not TOML of this form.
    #[error("{0}")]
    Form(#[from] toml::de::Error),
    /// A value does not fit.
    #[error("{0}")]
    Value(String),
    /// A photograph or message can't be made.
    #[error("{0}")]
    Message(#[from] crate::template::TemplateError),
}

/// Whether messages are due on a schedule or follow from answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Loop {
    /// On a schedule: latency counts from when a message was due.
    #[default]
    Open,
    /// So many phones, each sending its next message after the last one ended: overload hides itself.
    Closed,
}

/// How far a message's life is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Life {
    /// Submission and its answer.
    #[default]
    Submit,
    /// Submission, notification, retrieval, acknowledgement and the reports that were asked for.
    Full,
}

/// Where notifications and reports are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Notify {
    /// The admin listener's outbox (`push = outbox` of the server).
    #[default]
    Outbox,
}

/// A scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it is for, in a sentence.
    #[serde(default)]
    pub text: String,
    /// The seed of arrivals and choices.
    #[serde(default = "default::seed")]
    pub seed: u64,
    /// Open or closed.
    #[serde(default, rename = "loop")]
    pub shape: Loop,
    /// How arrivals are spread (open loop).
    #[serde(default)]
    pub arrivals: Arrivals,
    /// Phones at a time (closed loop).
    #[serde(default = "default::concurrency")]
    pub concurrency: u32,
    /// Connections to the MM1 listener, at most, all threads together.
    #[serde(default = "default::connections")]
    pub connections: u32,
    /// Connections to the admin listener, at most, all threads together.
    #[serde(default = "default::admin_connections")]
    pub admin_connections: u32,
    /// Subscribers on each side; one life at a time for each.
    #[serde(default = "default::subscribers")]
    pub subscribers: u32,
    /// Seconds that an answer, and each step of a life, is waited for.
    #[serde(default = "default::patience_s")]
    pub patience_s: u32,
    /// Seconds between rows of samples and between histograms.
    #[serde(default = "default::interval_s")]
    pub interval_s: u32,
    /// How far lives are followed.
    #[serde(default)]
    pub life: Life,
    /// Where notifications are seen.
    #[serde(default)]
    pub notify: Notify,
    /// What happens when, in order.
    pub phase: Vec<Phase>,
    /// What is sent, by weight.
    pub mix: Vec<Mix>,
    /// Who sends it: personalities by weight.
    #[serde(default)]
    pub personalities: std::collections::BTreeMap<String, f64>,
    /// How long people think.
    #[serde(default)]
    pub think: Think,
    /// What goes wrong on purpose.
    #[serde(default)]
    pub misbehaviour: Misbehaviour,
    /// When the driver's own figures make a run void.
    #[serde(default)]
    pub limits: Limits,
    /// What the server is to hold (`sweep`).
    #[serde(default)]
    pub slo: Slo,
}

/// A phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Its name; it stands in tags, so letters, digits and `-`.
    pub name: String,
    /// Seconds.
    pub seconds: f64,
    /// Messages a second, constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Messages a second at the start of a ramp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// Messages a second at the end of a ramp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
    /// Whether it counts for the run's figures; a warm-up does not.
    #[serde(default = "default::yes")]
    pub measured: bool,
}

/// A kind of message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mix {
    /// Its share, relative to the others'.
    #[serde(default = "default::weight")]
    pub weight: f64,
    /// Octets of the part: a JPEG of this size is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub octets: Option<usize>,
    /// A file instead, as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The part's media type.
    #[serde(default = "default::media_type")]
    pub media_type: String,
    /// Whether a delivery report is asked for.
    #[serde(default = "default::yes")]
    pub delivery_report: bool,
    /// Whether a read report is asked for.
    #[serde(default)]
    pub read_report: bool,
}

/// Think times: means of exponential distributions, in milliseconds; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Think {
    /// From seeing a notification to retrieving.
    pub retrieve_ms: f64,
    /// From having retrieved to acknowledging.
    pub acknowledge_ms: f64,
    /// From having acknowledged to the read report.
    pub read_ms: f64,
    /// Between a phone's lives (closed loop).
    pub next_ms: f64,
}

/// Shares of messages, from 0 to 1, that misbehave; at most one way each.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Misbehaviour {
    /// Sent slowly.
    pub slow: f64,
    /// So slowly, in octets a second.
    pub slow_octets_per_s: u32,
    /// Cut off in the middle, sent again after a second.
    pub cut: f64,
    /// Sent again after the answer, as a phone that did not get it.
    pub retry: f64,
    /// Sent twice at once on two connections.
    pub duplicate: f64,
    /// How often everybody who is refused for now, or gets no answer, comes again, each time after one to three
    /// seconds.
    pub again: u8,
}

/// When the driver is the bottleneck.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Lag behind the schedule, 99th percentile, microseconds.
    pub lag_p99_us_max: f64,
    /// Processor time of a driver's thread, share of a core.
    pub cpu_share_max: f64,
    /// Share of exchanges that found no free connection.
    pub held_share_max: f64,
}

/// What is to hold while a sweep rises.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Slo {
    /// 99th percentile of submission from when it was due, milliseconds.
    pub submit_p99_ms: f64,
    /// Share of what was due that was answered Ok.
    pub done_share_min: f64,
}

impl Default for Misbehaviour {
    fn default() -> Misbehaviour {
        Misbehaviour {
            slow: 0.0,
            slow_octets_per_s: 4_000,
            cut: 0.0,
            retry: 0.0,
            duplicate: 0.0,
            again: 0,
        }
    }
}

impl Default for Limits {
    /// A millisecond of lag would be seen in the latencies; above 90 % a core queues.
    fn default() -> Limits {
        Limits {
            lag_p99_us_max: 1_000.0,
            cpu_share_max: 0.9,
            held_share_max: 0.01,
        }
    }
}

impl Default for Slo {
    fn default() -> Slo {
        Slo {
            submit_p99_ms: 50.0,
            done_share_min: 0.999,
        }
    }
}

impl Scenario {
    /// Reads a scenario from its text.
    ///
    /// # Errors
    /// Where the text is not a scenario, or one that can't be run.
    pub fn parse(text: &str) -> Result<Scenario, ScenarioError> {
        let scenario: Scenario = toml::from_str(text)?;
        check::check(&scenario)?;
        Ok(scenario)
    }

    /// Reads a scenario's file, or one of those that come with the program by its name.
    ///
    /// # Errors
    /// As [`Scenario::parse`], and what the system answered.
    pub fn load(path: &str) -> Result<(Scenario, String), ScenarioError> {
        let built_in = BUILT_IN.iter().find(|(name, _)| *name == path);
        let text = match built_in {
            Some((_, text)) => (*text).to_owned(),
            None => {
                std::fs::read_to_string(path).map_err(|error| ScenarioError::Io(path.to_owned(), error))?
            }
        };
        Ok((Scenario::parse(&text)?, text))
    }

    /// The phases as the schedule wants them.
    #[must_use]
    pub fn stretches(&self) -> Vec<Stretch> {
        self.phase.iter().map(Phase::stretch).collect()
    }

    /// Nanoseconds of all phases.
    #[must_use]
    pub fn length_ns(&self) -> u64 {
        self.stretches().iter().map(|stretch| stretch.length_ns).sum()
    }
}

impl Phase {
    /// As the schedule wants it.
    #[must_use]
    pub fn stretch(&self) -> Stretch {
        Stretch {
            length_ns: (self.seconds * 1e9) as u64,
            from_per_s: self.from.or(self.rate).unwrap_or_default(),
            to_per_s: self.to.or(self.rate).unwrap_or_default(),
        }
    }

    /// Messages that are due in it, on average.
    #[must_use]
    pub fn expected(&self) -> f64 {
        let stretch = self.stretch();
        (stretch.from_per_s + stretch.to_per_s) / 2.0 * self.seconds
    }
}

/// The scenarios that come with the program.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("submit", include_str!("../scenarios/submit.toml")),
    ("full-life", include_str!("../scenarios/full-life.toml")),
    ("busy-hour", include_str!("../scenarios/busy-hour.toml")),
    ("misbehaviour", include_str!("../scenarios/misbehaviour.toml")),
    ("canary", include_str!("../scenarios/canary.toml")),
    ("soak", include_str!("../scenarios/soak.toml")),
    ("overload", include_str!("../scenarios/overload.toml")),
    ("storm", include_str!("../scenarios/storm.toml")),
];

mod default {
    //! What a key means that is left out; numbers for a laptop.
    pub(super) fn seed() -> u64 {
        1
    }
    pub(super) fn concurrency() -> u32 {
        64
    }
    pub(super) fn connections() -> u32 {
        512
    }
    pub(super) fn admin_connections() -> u32 {
        128
    }
    pub(super) fn subscribers() -> u32 {
        100_000
    }
    pub(super) fn patience_s() -> u32 {
        20
    }
    pub(super) fn interval_s() -> u32 {
        1
    }
    pub(super) fn weight() -> f64 {
        1.0
    }
    pub(super) fn yes() -> bool {
        true
    }
    pub(super) fn media_type() -> String {
        "image/jpeg".to_owned()
    }
}

#[cfg(test)]
mod tests;
