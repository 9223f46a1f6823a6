//! What a thread measured, interval by interval: histograms by phase and series, and counts.
//!
//! Written by the actors, handed over whole at the end of each interval. Invariants: a value is recorded in the
//! interval in which it became known and under the phase in which its message was due, so that a spike's late
//! answers stay the spike's; histograms hold nanoseconds with three digits up to two minutes, and what is longer
//! counts as two minutes.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;

/// The shortest latency that is told apart from none, in nanoseconds.
const LOW_NS: u64 = 100;
/// The longest that is told apart.
pub const HIGH_NS: u64 = 120_000_000_000;
/// Digits that a histogram keeps.
const DIGITS: u8 = 3;

macro_rules! series {
    ($($name:ident $tag:literal $text:literal,)*) => {
        /// What is measured.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Series { $(#[doc = $text] $name,)* }

        impl Series {
            /// All of them.
            pub const ALL: &[Series] = &[$(Series::$name,)*];

            /// Its tag in interval logs, behind the phase.
            #[must_use]
            pub const fn tag(self) -> &'static str {
                match self { $(Series::$name => $tag,)* }
            }

            /// What it is, for people.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Series::$name => $text,)* }
            }
        }
    };
}

series! {
    Submit "submit" "M-Send.req to its answer, from when it was due",
    SubmitSent "submit.sent" "M-Send.req to its answer, from when it was sent",
    Retrieve "retrieve" "GET to the whole message, from when it was due",
    RetrieveSent "retrieve.sent" "GET to the whole message, from when it was sent",
    Acknowledge "acknowledge" "M-Acknowledge.ind or M-NotifyResp.ind to its answer, from when it was due",
    AcknowledgeSent "acknowledge.sent" "M-Acknowledge.ind or M-NotifyResp.ind to its answer, from when it was sent",
    Read "read" "M-Read-Rec.ind to its answer, from when it was due",
    ReadSent "read.sent" "M-Read-Rec.ind to its answer, from when it was sent",
    LifeNotified "life.notified" "Submission due to notification seen",
    LifeRetrieved "life.retrieved" "Submission due to message retrieved whole",
    LifeAcknowledged "life.acknowledged" "Submission due to retrieval acknowledged",
    LifeReported "life.reported" "Submission due to delivery report seen",
    LifeRead "life.read" "Submission due to read report seen",
    Lag "lag" "How late the driver was with what was due",
}

impl Series {
    /// The series with this tag.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Series> {
        Series::ALL.iter().copied().find(|series| series.tag() == tag)
    }

    /// The same exchange from its actual send, if this is one from when it was due.
    #[must_use]
    pub const fn uncorrected(self) -> Option<Series> {
        match self {
            Series::Submit => Some(Series::SubmitSent),
            Series::Retrieve => Some(Series::RetrieveSent),
            Series::Acknowledge => Some(Series::AcknowledgeSent),
            Series::Read => Some(Series::ReadSent),
            _ => None,
        }
    }

    /// Whether it is shown beside another and not of its own.
    #[must_use]
    pub fn is_companion(self) -> bool {
        Series::ALL
            .iter()
            .any(|series| series.uncorrected() == Some(self))
    }
}

macro_rules! counts {
    ($($field:ident $text:literal,)*) => {
        /// What was counted in an interval or a run. Each is also a column of `samples.csv`.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct Counts { $(#[doc = $text] pub $field: u64,)* }

        impl Counts {
            /// Names and what they mean, in the order of the columns.
            pub const NAMES: &[(&str, &str)] = &[$((stringify!($field), $text),)*];

            /// The values, in the order of the columns.
            #[must_use]
            pub fn values(&self) -> Vec<u64> {
                vec![$(self.$field,)*]
            }

            /// From a value for each name; those that are not known are left out.
            #[must_use]
            pub fn from_pairs<'a>(pairs: impl Iterator<Item = (&'a str, u64)>) -> Counts {
                let mut counts = Counts::default();
                for (name, value) in pairs {
                    match name {
                        $(stringify!($field) => counts.$field = value,)*
                        _ => {}
                    }
                }
                counts
            }

            /// Adds another's.
            pub fn add(&mut self, other: &Counts) {
                $(self.$field += other.$field;)*
            }
        }
    };
}

counts! {
    arrived "Messages that were due",
    submitted "Messages answered with Ok",
    refused_transient "Messages refused for now",
    refused_permanent "Messages refused for good",
    notified "Notifications seen",
    retrieved "Messages retrieved with every octet as it was sent",
    acknowledged "Retrievals whose acknowledgement was taken",
    reported "Delivery reports seen",
    read "Read reports seen by the sender",
    ended "Lives that ended as they should",
    octets_checked "Octets compared",
    mismatched "Messages that differ from what was sent",
    duplicate_messages "Repeats of a transaction that got another Message-ID: a second message",
    duplicate_notifications "Second notifications of one message with another identity",
    duplicate_reports "Second reports about one message",
    repeated_pushes "Pushes that came again with the same identity, which is allowed",
    lost_notifications "Accepted messages that nobody was told of in time",
    lost_retrievals "Notified messages that could not be had in time",
    lost_reports "Delivery reports that did not come in time",
    lost_reads "Read reports that did not come in time",
    late_reports "Reports that came after they were given up",
    http_errors "Answers with a status other than 200 where 200 was due",
    unreachable "Exchanges that got no connection",
    broken "Exchanges whose connection ended",
    silent "Exchanges without an answer in time",
    malformed "Answers that can't be read",
    cut "Requests cut off on purpose",
    retried "Requests sent again on purpose",
    slowed "Requests sent slowly on purpose",
    unsent "Messages given up that waited for a connection too long, or were too many",
    held "Exchanges that found no free connection when they were due",
}

/// A histogram as this package keeps them.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "the bounds are constants that the library takes; a test makes one"
)]
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(LOW_NS, HIGH_NS, DIGITS).expect("bounds of latency")
}

/// What one thread measured in one interval.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Histograms by phase and series.
    pub histograms: BTreeMap<(u8, Series), Histogram<u64>>,
    /// Counts.
    pub counts: Counts,
}

impl Frame {
    /// Adds another thread's, and gives back its histograms, emptied.
    pub fn add(&mut self, other: Frame, mut emptied: impl FnMut(Histogram<u64>)) {
        self.counts.add(&other.counts);
        for (key, mut histogram) in other.histograms {
            match self.histograms.get_mut(&key) {
                // Same bounds always, so it can't fail.
                Some(sum) => drop(sum.add(&histogram)),
                None => drop(self.histograms.insert(key, histogram.clone())),
            }
            histogram.reset();
            emptied(histogram);
        }
    }
}

/// Histograms of a thread's kept ready for its next interval: those that it had for each series at once, three times.
/// Reason: one interval is written, one is on its way, one comes back.
const READY: usize = 3 * Series::ALL.len();

/// Empty histograms whose memory has been touched. One that is new takes 180 kB of memory that nobody has: a dozen of
/// them at the end of each interval kept a thread from its schedule for 5 to 10 ms (measured).
#[derive(Debug, Default)]
struct Spare {
    ready: Vec<Histogram<u64>>,
    returned: Option<Receiver<Histogram<u64>>>,
}

impl Spare {
    fn take(&mut self) -> Histogram<u64> {
        let returned = || {
            self.returned
                .as_ref()
                .and_then(|returned| returned.try_recv().ok())
        };
        self.ready.pop().or_else(returned).unwrap_or_else(histogram)
    }
}

/// Where an actor writes.
#[derive(Debug, Default)]
pub struct Recorder {
    current: Vec<[Option<Box<Histogram<u64>>>; Series::ALL.len()]>,
    spare: Spare,
    /// Counts of the current interval.
    pub counts: Counts,
}

impl Recorder {
    /// One whose histograms come back by `returned` when they were read, and whose first ones are ready.
    #[must_use]
    pub fn with_returned(returned: Receiver<Histogram<u64>>) -> Recorder {
        let touched = || {
            let mut histogram = histogram();
            // Writes every count.
            histogram.reset();
            histogram
        };
        Recorder {
            spare: Spare {
                ready: std::iter::repeat_with(touched).take(READY).collect(),
                returned: Some(returned),
            },
            ..Recorder::default()
        }
    }

    /// Records a time.
    pub fn record(&mut self, phase: u8, series: Series, ns: u64) {
        let phase = usize::from(phase);
        while self.current.len() <= phase {
            self.current.push([const { None }; Series::ALL.len()]);
        }
        let place = &mut self.current[phase][series as usize];
        place
            .get_or_insert_with(|| Box::new(self.spare.take()))
            .saturating_record(ns);
    }

    /// Hands over the interval and begins the next.
    pub fn take(&mut self) -> Frame {
        let mut frame = Frame {
            counts: std::mem::take(&mut self.counts),
            ..Frame::default()
        };
        for (phase, all) in self.current.iter_mut().enumerate() {
            for (series, place) in Series::ALL.iter().zip(all) {
                if let Some(histogram) = place.take() {
                    frame.histograms.insert((phase as u8, *series), *histogram);
                }
            }
        }
        frame
    }
}

#[cfg(test)]
mod tests;
