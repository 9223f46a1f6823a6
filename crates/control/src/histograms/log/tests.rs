//! Interval logs are read by others: this library's own reader, and HdrHistogram's Python reader with equal
//! percentiles.

use super::{IntervalLog, Running, is_ours, make_room};
use crate::histograms::tests::{awake, recorded};
use crate::histograms::{Intervals, v2};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A folder that goes with the test.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn place(name: &str) -> Place {
    let folder = std::env::temp_dir().join(format!("ringpost-hlog-{}-{name}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    Place(folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// Records, lets a log run for its last interval only, and gives the file with the percentiles that it must hold.
fn written(folder: &Path) -> (PathBuf, Vec<serde_json::Value>) {
    let (histograms, meters) = awake(2, Intervals::Kept);
    recorded(&meters);
    let log = IntervalLog {
        folder: folder.to_owned(),
        interval: Duration::from_secs(3_600),
        file_octets_max: 1 << 20,
        files_max: 2,
    };
    let running = Running::start(log, std::sync::Arc::clone(&histograms)).unwrap();
    running.stop().join().unwrap();
    let list = histograms.show(|tables| v2::list(tables, &v2::Wanted::default()));
    let files = files(folder);
    assert_eq!(files.len(), 1, "{files:?}");
    (files[0].clone(), list.as_array().unwrap().clone())
}

/// The reader of the language that wrote HdrHistogram's second implementation; `HDR_PYTHON` may name an interpreter
/// that has PyPI's `hdrhistogram`.
const READER: &str = r"
import sys
try:
    from hdrh.histogram import HdrHistogram
    from hdrh.log import HistogramLogReader
except ImportError:
    sys.exit(9)
reader = HistogramLogReader(sys.argv[1], HdrHistogram(1, 60 * 10**9, 2))
while True:
    one = reader.get_next_interval_histogram()
    if one is None:
        break
    tag = one.get_tag() if hasattr(one, 'get_tag') else one.tag
    quantiles = [one.get_value_at_percentile(p) for p in (50, 90, 99, 99.9, 99.99)]
    print(tag, one.get_total_count(), one.get_max_value(), *quantiles)
for encoded in sys.argv[2:]:
    one = HdrHistogram.decode(encoded)
    quantiles = [one.get_value_at_percentile(p) for p in (50, 90, 99, 99.9, 99.99)]
    print('v2', one.get_total_count(), one.get_max_value(), *quantiles)
";

#[test]
fn a_foreign_reader_finds_equal_percentiles() {
    let place = place("foreign");
    let (file, list) = written(&place.0);
    let python = std::env::var_os("HDR_PYTHON").unwrap_or_else(|| "python3".into());
    let mut command = Command::new(python);
    command.arg("-c").arg(READER).arg(&file);
    command.args(list.iter().map(|entry| entry["v2"].as_str().unwrap()));
    let Ok(output) = command.output() else {
        return eprintln!("skipped: there is no python3");
    };
    if output.status.code() == Some(9) {
        return eprintln!("skipped: python3 has no hdrh (PyPI package hdrhistogram)");
    }
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said = String::from_utf8(output.stdout).unwrap();
    let summary = |entry: &serde_json::Value| {
        let numbers =
            ["count", "max", "p50", "p90", "p99", "p999", "p9999"].map(|key| entry[key].to_string());
        numbers.join(" ")
    };
    let tagged = list.iter().map(|entry| {
        let text = |key: &str| entry[key].as_str().unwrap();
        let (interface, peer) = (text("interface"), text("peer"));
        let (transaction, stage, shard) = (text("transaction"), text("stage"), &entry["shard"]);
        format!(
            "{interface}.{peer}.{transaction}.{stage}.s{shard} {}",
            summary(entry)
        )
    });
    let encoded = list.iter().map(|entry| format!("v2 {}", summary(entry)));
    let expected: Vec<String> = tagged.chain(encoded).collect();
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
    assert!(list.len() > 5, "it compared something");
}

#[test]
fn the_log_is_a_log_of_intervals() {
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
    let place = place("own");
    let (file, list) = written(&place.0);
    let octets = std::fs::read(file).unwrap();
    let entries: Vec<_> = IntervalLogIterator::new(&octets)
        .map(|entry| entry.unwrap())
        .collect();
    assert!(matches!(entries[0], LogEntry::StartTime(_)) && matches!(entries[1], LogEntry::BaseTime(_)));
    let intervals: Vec<_> = entries
        .iter()
        .filter_map(|entry| match entry {
            LogEntry::Interval(interval) => Some(interval),
            _ => None,
        })
        .collect();
    assert_eq!(intervals.len(), list.len());
    for (interval, entry) in intervals.iter().zip(&list) {
        assert!(
            interval
                .tag()
                .unwrap()
                .as_str()
                .ends_with(&format!(".s{}", entry["shard"]))
        );
        let max_ms = entry["max"].as_f64().unwrap() / 1e6;
        assert!((interval.max() - max_ms).abs() < 0.001 + 0.01 * max_ms);
        assert_eq!(interval.encoded_histogram(), entry["v2"].as_str().unwrap());
    }
}

#[test]
fn the_folder_is_bounded_and_others_files_stay() {
    let place = place("bounded");
    let names = [
        "ringpost-0000000000001.hlog",
        "ringpost-0000000000002.hlog",
        "ringpost-0000000000003.hlog",
    ];
    for name in names.iter().chain(&["notes.txt", "ringpost-mine.hlog"]) {
        std::fs::write(place.0.join(name), "x").unwrap();
    }
    make_room(&place.0, 3).unwrap();
    let left: Vec<_> = files(&place.0)
        .iter()
        .map(|path| path.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(left, ["notes.txt", names[1], names[2], "ringpost-mine.hlog"]);
    make_room(&place.0, 1).unwrap();
    assert_eq!(files(&place.0).iter().filter(|path| is_ours(path)).count(), 0);
}
