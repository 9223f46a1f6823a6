//! Keeps the map fit and on disk: log, snapshots, sweeps, gauges, the alarm when the disk fails.
//!
//! Under the owner, on its thread. Invariants: while anything that was applied may be missing on disk, `is_kept` is
//! false and nobody is answered; that ends with a whole snapshot; a failed file is never written to again.

use crate::files;
use crate::recorder::Recorder;
use apn::Feed;
use base::{Monotonic, Now};
use meter::{MapGauge, MapMeter};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// How often the log says that this process lives, milliseconds: the age of a log tells how long nobody listened.
const ALIVE_MS: u64 = 5_000;

/// How often rows are swept, milliseconds.
const SWEEP_MS: u64 = 1_000;

/// Rows are all swept within so many sweeps.
const SWEEPS: u32 = 60;

/// After a failure of the disk the next attempt waits so long, milliseconds.
const RETRY_MS: u64 = 1_000;

/// See the module's comment.
pub(crate) struct Keeper {
    folder: PathBuf,
    /// None after a failure, until the next attempt.
    recorder: Option<Recorder>,
    /// Something that was applied may not be on disk; until a snapshot is whole.
    is_behind: bool,
    /// The next number that no file has.
    next: u64,
    log_octets_max: u64,
    rows: u32,
    retry_at: Monotonic,
    alive_at: Monotonic,
    sweep_at: Monotonic,
    meter: Arc<MapMeter>,
}

impl Keeper {
    /// Begins new files, whose first snapshot is not made yet.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn begin(
        folder: PathBuf,
        next: u64,
        (rows, log_octets_max): (u32, u64),
        meter: Arc<MapMeter>,
    ) -> io::Result<Keeper> {
        let recorder = Recorder::begin(&folder, next)?;
        Ok(Keeper {
            folder,
            recorder: Some(recorder),
            is_behind: true,
            next: next.saturating_add(1),
            log_octets_max,
            rows,
            retry_at: Monotonic(0),
            alive_at: Monotonic(0),
            sweep_at: Monotonic(0),
            meter,
        })
    }

    /// Whether all that was applied is on disk.
    pub(crate) fn is_kept(&self) -> bool {
        self.recorder.is_some() && !self.is_behind
    }

    /// Whether there is more to do than to wait.
    pub(crate) fn is_busy(&self) -> bool {
        self.recorder.as_ref().is_some_and(Recorder::is_making_snapshot)
    }

    /// Takes other settings.
    pub(crate) fn set_log_octets_max(&mut self, octets: u64) {
        self.log_octets_max = octets;
    }

    /// Puts a batch's changes on disk.
    pub(crate) fn keep(&mut self, log: &[u8], is_whole: bool, now: Now) {
        if !is_whole {
            // More changed at once than the log holds: only a snapshot has it all.
            self.is_behind = true;
            self.attempt(now, |recorder| match recorder.is_making_snapshot() {
                // The one that is being made began before.
                true => Err(io::Error::other("too much changed while a snapshot was made")),
                false => recorder.roll(),
            });
        }
        if !log.is_empty() {
            self.attempt(now, |recorder| recorder.append(log));
        }
    }

    /// Does what is due: a piece of a snapshot, a sweep, a sign of life, the gauges.
    pub(crate) fn tend(&mut self, feed: &mut Feed, now: Now) {
        if now.monotonic >= self.sweep_at {
            self.sweep_at = now.monotonic + SWEEP_MS;
            feed.sweep(now, self.rows / SWEEPS + 1);
            self.show(feed);
        }
        if self.recorder.is_none() && now.monotonic >= self.retry_at {
            self.begin_again(now);
        }
        if self.is_busy() {
            self.step(feed, now);
        } else if self
            .recorder
            .as_ref()
            .is_some_and(|log| log.is_long(self.log_octets_max))
        {
            self.attempt(now, Recorder::roll);
        }
        if now.monotonic >= self.alive_at {
            self.alive_at = now.monotonic + ALIVE_MS;
            self.attempt(now, |recorder| recorder.note_alive(now));
        }
    }

    /// The last sign of life.
    pub(crate) fn end(&mut self, now: Now) {
        self.attempt(now, |recorder| recorder.note_alive(now));
    }

    fn step(&mut self, feed: &Feed, now: Now) {
        let mut is_whole = false;
        self.attempt(now, |recorder| {
            is_whole = recorder.step(feed, now)?;
            Ok(())
        });
        if is_whole && self.is_behind {
            self.is_behind = false;
            if self.meter.gauge(MapGauge::Unrecorded) != 0 {
                eprintln!("clear: sessions are on disk again; accounting is answered");
            }
            self.meter.set(MapGauge::Unrecorded, 0);
        }
    }

    fn begin_again(&mut self, now: Now) {
        match Recorder::begin(&self.folder, self.next) {
            Ok(recorder) => self.recorder = Some(recorder),
            Err(error) => self.fail(&error, now),
        }
        self.next = self.next.saturating_add(1);
    }

    fn attempt(&mut self, now: Now, act: impl FnOnce(&mut Recorder) -> io::Result<()>) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        let done = act(recorder);
        self.next = self.next.max(recorder.number().saturating_add(1));
        if let Err(error) = done {
            self.fail(&error, now);
        }
    }

    fn fail(&mut self, error: &io::Error, now: Now) {
        self.recorder = None;
        self.is_behind = true;
        self.retry_at = now.monotonic + RETRY_MS;
        if self.meter.gauge(MapGauge::Unrecorded) == 0 {
            self.meter.set(MapGauge::Unrecorded, 1);
            eprintln!(
                "alarm: sessions can't be written in {}: {error}; accounting is not answered until they can",
                self.folder.display()
            );
        }
    }

    fn show(&self, feed: &Feed) {
        let tallies = feed.tallies();
        let log_octets = self.recorder.as_ref().map_or(0, Recorder::log_octets);
        for (gauge, value) in [
            (MapGauge::Held, tallies.held),
            (MapGauge::Contested, tallies.contested),
            (MapGauge::Ended, tallies.ended),
            (MapGauge::Silent, tallies.silent),
            (MapGauge::LogOctets, log_octets),
        ] {
            self.meter.set(gauge, value);
        }
    }
}

/// Makes the folder where it is not there.
///
/// # Errors
/// What the disk says.
pub(crate) fn make_folder(folder: &std::path::Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    files::sync_folder(folder.parent().unwrap_or(folder))
}

#[cfg(test)]
mod tests;
