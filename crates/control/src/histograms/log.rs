//! The interval log: each interval's histograms as lines of an `.hlog` file, which any HdrHistogram reader opens.
//!
//! Off by default; a thread of its own, since it writes files. Invariants: a line holds what was recorded in its
//! interval only, so lines add up; a file ends where it has its size, and the oldest files go, so the folder is
//! bounded; an error ends the log with a sentence and nothing else.
//!
//! Tags are `interface.peer.transaction.stage.sN`, N being the shard; values are nanoseconds, the column of the
//! greatest value is in milliseconds.

use super::{Histograms, LOOK, PATIENCE, Table};
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriter, IntervalLogWriterBuilder, Tag};
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// Greatest values are written in milliseconds, as HdrHistogram's own logs of nanoseconds do.
const NS_PER_MS: f64 = 1e6;

/// What a log is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntervalLog {
    /// Where the files go; made when it is not there.
    pub folder: PathBuf,
    /// How long an interval is.
    pub interval: Duration,
    /// A file that has grown to this many octets is its last.
    pub file_octets_max: u64,
    /// Files that are kept.
    pub files_max: u32,
}

/// The running log.
#[derive(Debug)]
pub(crate) struct Running {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Running {
    /// Begins the first interval.
    ///
    /// # Errors
    /// The folder can't be made, or the thread can't be had.
    pub(crate) fn start(log: IntervalLog, histograms: Arc<Histograms>) -> io::Result<Running> {
        std::fs::create_dir_all(&log.folder)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("hlog".to_owned())
            .spawn(move || {
                // At least once: a log that is stopped at once still writes what there was.
                loop {
                    if let Err(error) = write_file(&log, &histograms, &stopped) {
                        let folder = log.folder.display();
                        eprintln!("alarm: the histogram log has stopped: {folder}: {error}");
                        return;
                    }
                    if stopped.load(Ordering::Acquire) {
                        return;
                    }
                }
            })?;
        Ok(Running { stop, thread })
    }

    /// Has the last interval written and the thread end, which is given back.
    pub(crate) fn stop(self) -> JoinHandle<()> {
        self.stop.store(true, Ordering::Release);
        self.thread.thread().unpark();
        self.thread
    }
}

/// Writes one file, until it is full or the log ends.
fn write_file(log: &IntervalLog, histograms: &Histograms, stopped: &AtomicBool) -> io::Result<()> {
    let began = SystemClock::now();
    let unix = began
        .wall
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    make_room(&log.folder, log.files_max)?;
    let path = log.folder.join(format!("ringpost-{:013}.hlog", unix.as_millis()));
    let sink = Sink {
        file: RefCell::new(BufWriter::new(File::create(path)?)),
        octets: Cell::new(0),
    };
    let (mut file, mut serializer) = (&sink, V2DeflateSerializer::new());
    let mut writer = IntervalLogWriterBuilder::new()
        .add_comment(concat!("ringpost ", env!("CARGO_PKG_VERSION"), ", nanoseconds"))
        .with_start_time(began.wall)
        .with_base_time(began.wall)
        .with_max_value_divisor(NS_PER_MS)
        .begin_log_with(&mut file, &mut serializer)?;
    let mut from = Duration::ZERO;
    loop {
        let last = wait(began.monotonic, from + log.interval, stopped);
        look(histograms);
        let to = began.elapsed();
        write_interval(&mut writer, &histograms.take_interval(), (from, to))?;
        sink.file.borrow_mut().flush()?;
        from = to;
        if last || sink.octets.get() >= log.file_octets_max {
            return Ok(());
        }
    }
}

/// The lines of one interval.
fn write_interval(
    writer: &mut IntervalLogWriter<'_, '_, &Sink, V2DeflateSerializer>,
    tables: &[Table],
    (from, to): (Duration, Duration),
) -> io::Result<()> {
    for (shard, table) in tables.iter().enumerate() {
        for (class, stage, series) in table.recorded() {
            let labels = class.labels();
            let (interface, peer, transaction) = (labels.interface, labels.peer, labels.transaction);
            let tag = format!("{interface}.{peer}.{transaction}.{}.s{shard}", stage.name());
            let duration = to.saturating_sub(from);
            writer
                .write_histogram(&series.histogram, from, duration, Tag::new(&tag))
                .map_err(|error| io::Error::other(format!("{error:?}")))?;
        }
    }
    Ok(())
}

/// Has the shards swap and gathers; a shard that does not swap in time stands in the next interval.
fn look(histograms: &Histograms) {
    histograms.order();
    let began = SystemClock::now();
    while !histograms.is_settled() && began.elapsed() < PATIENCE {
        std::thread::park_timeout(LOOK);
    }
    histograms.gather();
}

/// Waits until so long after `began`; true where the log ends instead.
fn wait(began: Instant, after: Duration, stopped: &AtomicBool) -> bool {
    while !stopped.load(Ordering::Acquire) {
        let left = after.saturating_sub(began.elapsed());
        if left.is_zero() {
            return false;
        }
        std::thread::park_timeout(left);
    }
    true
}

/// Removes the oldest files, so that one more is not too many. Their names sort by age.
fn make_room(folder: &Path, files_max: u32) -> io::Result<()> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| is_ours(path))
        .collect();
    files.sort();
    let kept = usize::try_from(files_max.saturating_sub(1)).unwrap_or(usize::MAX);
    let surplus = files.len().saturating_sub(kept);
    files.iter().take(surplus).try_for_each(std::fs::remove_file)
}

fn is_ours(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str()?.strip_prefix("ringpost-")?.strip_suffix(".hlog"))
        .is_some_and(|middle| middle.bytes().all(|octet| octet.is_ascii_digit()))
}

/// A file that knows how long it is, and can be flushed while a writer holds it.
struct Sink {
    file: RefCell<BufWriter<File>>,
    octets: Cell<u64>,
}

impl Write for &Sink {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.file.borrow_mut().write(octets)?;
        self.octets.set(self.octets.get() + written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.borrow_mut().flush()
    }
}

/// Both clocks at one moment; the log is a tool's output and reads them itself.
struct SystemClock {
    wall: SystemTime,
    monotonic: Instant,
}

impl SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the control plane's log is in real time"
    )]
    fn now() -> SystemClock {
        SystemClock {
            wall: SystemTime::now(),
            monotonic: Instant::now(),
        }
    }

    fn elapsed(&self) -> Duration {
        self.monotonic.elapsed()
    }
}

#[cfg(test)]
mod tests;
