//! A run's folder: what was kept of it, and what is derived from that.
//!
//! ```text
//!  conditions.json ─┐
//!  latency.hlog    ─┼─► derive ─► summary.json ─► render ─► report.html
//!  samples.csv     ─┤
//!  ledger.csv      ─┘
//! ```
//!
//! Invariants: raw files are written while the run goes on and never changed; the two derived ones can be made
//! again from them to the octet, which is what `verify` does.

use crate::conditions::Conditions;
use crate::hlog::{self, Entry};
use crate::phone::Ledger;
use crate::run::Interval;
use crate::samples::{self, Sample};
use crate::summary::{Checksums, Summary, derive};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The conditions.
pub const CONDITIONS: &str = "conditions.json";
/// The interval log.
pub const LOG: &str = "latency.hlog";
/// The samples.
pub const SAMPLES: &str = "samples.csv";
/// The incidents.
pub const LEDGER: &str = "ledger.csv";
/// The figures.
pub const SUMMARY: &str = "summary.json";
/// The report.
pub const REPORT: &str = "report.html";
/// The server's own histograms by stage, where it has them: an interval log of its own.
pub const STAGES: &str = "stages.json";
/// The raw files that are summed.
const RAW: &[&str] = &[CONDITIONS, LOG, SAMPLES, LEDGER, STAGES];

/// Why a folder can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system refused.
    #[error("{0}: {1}")]
    Io(String, io::Error),
    /// The interval log is broken.
    #[error("{0}")]
    Log(#[from] hlog::LogError),
    /// The samples are broken.
    #[error("{0}")]
    Samples(#[from] samples::SamplesError),
    /// A JSON file is broken.
    #[error("{0}: {1}")]
    Json(&'static str, serde_json::Error),
}

/// Writes a folder while a run goes on.
#[derive(Debug)]
pub struct Keeper {
    folder: PathBuf,
    conditions: Conditions,
    log: BufWriter<File>,
    samples: BufWriter<File>,
    rows: u64,
}

/// A folder's raw data.
#[derive(Clone, Debug)]
pub struct Raw {
    /// The conditions.
    pub conditions: Conditions,
    /// The interval log.
    pub entries: Vec<Entry>,
    /// The samples.
    pub samples: Vec<Sample>,
    /// The server's stages, where it told them.
    pub stages: Option<serde_json::Value>,
    /// Of the raw files.
    pub checksums: Checksums,
}

impl Keeper {
    /// Makes the folder, which must not hold a run already, and writes the conditions.
    ///
    /// # Errors
    /// What the system answered.
    pub fn create(folder: &Path, conditions: Conditions) -> Result<Keeper, FolderError> {
        let io = |name: &str| {
            let path = folder.join(name).display().to_string();
            move |error| FolderError::Io(path, error)
        };
        fs::create_dir_all(folder).map_err(io(""))?;
        let text = serde_json::to_string_pretty(&conditions)
            .map_err(|error| FolderError::Json(CONDITIONS, error))?;
        let mut file = File::create_new(folder.join(CONDITIONS)).map_err(io(CONDITIONS))?;
        file.write_all(text.as_bytes()).map_err(io(CONDITIONS))?;
        let mut log = BufWriter::new(File::create(folder.join(LOG)).map_err(io(LOG))?);
        hlog::begin(&mut log, conditions.start_unix_ms).map_err(io(LOG))?;
        let samples = BufWriter::new(File::create(folder.join(SAMPLES)).map_err(io(SAMPLES))?);
        Ok(Keeper {
            folder: folder.to_owned(),
            conditions,
            log,
            samples,
            rows: 0,
        })
    }

    /// Keeps an interval.
    ///
    /// # Errors
    /// What the system answered.
    pub fn keep(&mut self, interval: &Interval) -> io::Result<Sample> {
        let sample = Sample::of(interval);
        if self.rows == 0 {
            samples::write_head(&mut self.samples, &sample)?;
        }
        self.rows += 1;
        samples::write_row(&mut self.samples, &sample)?;
        for ((phase, series), histogram) in &interval.frame.histograms {
            let name = self.conditions.scenario.phase.get(usize::from(*phase));
            let name = name.map_or("unknown", |phase| phase.name.as_str());
            let tag = format!("{name}.{}", series.tag());
            hlog::write(
                &mut self.log,
                &tag,
                interval.begin_ns,
                sample.length_ns(),
                histogram,
            )?;
        }
        Ok(sample)
    }

    /// Ends the raw files; derives and writes the figures and the report.
    ///
    /// # Errors
    /// What the system answered.
    pub fn finish(
        mut self,
        ledger: &Ledger,
        stages: Option<&serde_json::Value>,
    ) -> Result<Summary, FolderError> {
        let folder = self.folder.clone();
        let io = |name: &str| {
            let path = folder.join(name).display().to_string();
            move |error| FolderError::Io(path, error)
        };
        self.log.flush().map_err(io(LOG))?;
        self.samples.flush().map_err(io(SAMPLES))?;
        let mut out = BufWriter::new(File::create(folder.join(LEDGER)).map_err(io(LEDGER))?);
        ledger
            .write(&mut out)
            .and_then(|()| out.flush())
            .map_err(io(LEDGER))?;
        if let Some(stages) = stages {
            fs::write(folder.join(STAGES), stages.to_string()).map_err(io(STAGES))?;
        }
        write_derived(&folder)
    }
}

/// Derives the figures from the raw files and writes them and the report.
///
/// # Errors
/// What the system answered; raw files that can't be read.
pub fn write_derived(folder: &Path) -> Result<Summary, FolderError> {
    let raw = read(folder)?;
    let (summary, text, report) = derived(&raw)?;
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| FolderError::Io(path.display().to_string(), error))
    };
    write(SUMMARY, &text)?;
    write(REPORT, &report)?;
    Ok(summary)
}

/// What follows from raw data: the figures, `summary.json` and `report.html`.
///
/// # Errors
/// Where the figures can't be written as JSON (they can).
pub fn derived(raw: &Raw) -> Result<(Summary, String, String), FolderError> {
    let summary = derive(
        &raw.conditions.scenario,
        &raw.entries,
        &raw.samples,
        raw.checksums.clone(),
    );
    let text = serde_json::to_string_pretty(&summary).map_err(|error| FolderError::Json(SUMMARY, error))?;
    let report = crate::report::render(raw, &summary);
    Ok((summary, text, report))
}

/// Reads the raw files.
///
/// # Errors
/// What the system answered; files that can't be read.
pub fn read(folder: &Path) -> Result<Raw, FolderError> {
    let load = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).map_err(|error| FolderError::Io(path.display().to_string(), error))
    };
    let mut checksums = Checksums::new();
    for name in RAW {
        match fs::read(folder.join(name)) {
            Ok(octets) => {
                let sum = xxhash_rust::xxh3::xxh3_64(&octets);
                checksums.insert((*name).to_owned(), format!("{sum:016x}"));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && *name == STAGES => {}
            Err(error) => return Err(FolderError::Io(folder.join(name).display().to_string(), error)),
        }
    }
    let conditions =
        serde_json::from_str(&load(CONDITIONS)?).map_err(|error| FolderError::Json(CONDITIONS, error))?;
    let stages = match checksums.contains_key(STAGES) {
        true => Some(serde_json::from_str(&load(STAGES)?).map_err(|error| FolderError::Json(STAGES, error))?),
        false => None,
    };
    Ok(Raw {
        conditions,
        entries: hlog::read(&load(LOG)?)?,
        samples: samples::read(&load(SAMPLES)?)?,
        stages,
        checksums,
    })
}
