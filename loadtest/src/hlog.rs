//! Interval logs: the histograms of a run as others read them (HdrHistogram's format, V2, deflated).
//!
//! Between the intervals and the folder, both ways. Tags are `PHASE.SERIES`; values are nanoseconds; starts and
//! lengths are seconds of the run. Invariant: what is read back is equal to what was written, bucket for bucket.

use crate::record::Series;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::interval_log::{
    IntervalLogIterator, IntervalLogWriterBuilder, LogEntry, Tag,
};
use hdrhistogram::serialization::{Deserializer, V2DeflateSerializer};
use std::io::{self, Write};
use std::time::{Duration, UNIX_EPOCH};

/// Values are divided by this in the column that is for people: milliseconds.
const MAX_DIVISOR: f64 = 1e6;

/// One histogram of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When its interval began, seconds of the run.
    pub begin_s: f64,
    /// Its phase's name.
    pub phase: String,
    /// Its series.
    pub series: Series,
    /// Nanoseconds.
    pub histogram: Histogram<u64>,
}

/// Why a log can't be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the interval log can't be read: {0}")]
pub struct LogError(pub String);

/// Writes the beginning of a log.
///
/// # Errors
/// What the writer says.
pub fn begin(out: &mut impl Write, start_unix_ms: u64) -> io::Result<()> {
    let mut serializer = V2DeflateSerializer::new();
    IntervalLogWriterBuilder::new()
        .add_comment("ringpost-load; values in nanoseconds; tags PHASE.SERIES")
        .with_start_time(UNIX_EPOCH + Duration::from_millis(start_unix_ms))
        .with_base_time(UNIX_EPOCH + Duration::from_millis(start_unix_ms))
        .with_max_value_divisor(MAX_DIVISOR)
        .begin_log_with(out, &mut serializer)
        .map(drop)
}

/// Writes a histogram, in the form that the library's own writer has (which can't go on with a log).
///
/// # Errors
/// What the writer says.
pub fn write(
    out: &mut impl Write,
    tag: &str,
    begin_ns: u64,
    length_ns: u64,
    histogram: &Histogram<u64>,
) -> io::Result<()> {
    use hdrhistogram::serialization::Serializer as _;
    let mut octets = Vec::new();
    V2DeflateSerializer::new()
        .serialize(histogram, &mut octets)
        .map_err(|error| io::Error::other(format!("{error:?}")))?;
    let tag = Tag::new(tag).ok_or_else(|| io::Error::other("a tag with a comma or a space"))?;
    writeln!(
        out,
        "Tag={},{:.3},{:.3},{:.3},{}",
        tag.as_str(),
        begin_ns as f64 / 1e9,
        length_ns as f64 / 1e9,
        histogram.max() as f64 / MAX_DIVISOR,
        STANDARD.encode(&octets)
    )
}

/// Reads a log.
///
/// # Errors
/// Where a line is not of the format, or a tag is not of this package.
pub fn read(text: &str) -> Result<Vec<Entry>, LogError> {
    let mut entries = Vec::new();
    let mut deserializer = Deserializer::new();
    for entry in IntervalLogIterator::new(text.as_bytes()) {
        let entry = entry.map_err(|error| LogError(format!("{error:?}")))?;
        let LogEntry::Interval(interval) = entry else {
            continue;
        };
        let tag = interval
            .tag()
            .map(|tag| tag.as_str().to_owned())
            .unwrap_or_default();
        let (phase, series) = tag
            .split_once('.')
            .and_then(|(phase, series)| Some((phase, Series::of_tag(series)?)))
            .ok_or_else(|| LogError(format!("the tag {tag:?} is not known")))?;
        let octets = STANDARD
            .decode(interval.encoded_histogram())
            .map_err(|error| LogError(format!("{tag}: {error}")))?;
        let histogram: Histogram<u64> = deserializer
            .deserialize(&mut octets.as_slice())
            .map_err(|error| LogError(format!("{tag}: {error:?}")))?;
        entries.push(Entry {
            begin_s: interval.start_timestamp().as_secs_f64(),
            phase: phase.to_owned(),
            series,
            histogram,
        });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests;
