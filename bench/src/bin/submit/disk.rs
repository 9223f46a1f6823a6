//! Whether the log's way to the disk is what the machine can do.
//!
//! After the repetitions. Invariant: log and fio write in turn, in blocks as large as the repetitions' groups were.

use crate::Arguments;
use crate::round::Round;
use bench::BenchError;
use bench::bare::GROUPS_IN_FLIGHT;
use bench::fio::{self, Pattern};
use bench::report::Spread;
use bench::server::{Programs, Side};
use std::path::{Path, PathBuf};

/// Pairs of log and fio.
const PAIRS: usize = 5;
/// Seconds that each writes.
const SECONDS: u64 = 2;

/// What the disk path gives without requests, and what the disk gives to fio.
pub(crate) struct Disk {
    pub(crate) block_octets: u64,
    pub(crate) log_octets_per_s: Spread,
    pub(crate) fio_octets_per_s: Spread,
    pub(crate) ratio: Spread,
}

impl Disk {
    /// In turn, each first in turn, on files filled for the pair.
    pub(crate) fn measure(
        arguments: &Arguments,
        programs: &Programs,
        rounds: &[Round],
    ) -> Result<Disk, BenchError> {
        let bare = rounds.iter().filter(|round| round.side == Side::Bare);
        let group = Spread::of(bare.map(|round| round.log_octets() / round.groups().max(1.0))).median;
        let block_octets = (group as u64).next_multiple_of(4_096).max(4_096);
        let (mut log, mut fio, mut ratio) = (Vec::new(), Vec::new(), Vec::new());
        for pair in 0..PAIRS {
            let data = arguments.place.log(arguments.segments)?;
            let (written, given) = if pair % 2 == 0 {
                let written = log_alone(arguments, programs, &data)?;
                (written, fio_alone(arguments, &data, block_octets)?)
            } else {
                let given = fio_alone(arguments, &data, block_octets)?;
                // What fio wrote over is no journal any more.
                let data = arguments.place.log(arguments.segments)?;
                (log_alone(arguments, programs, &data)?, given)
            };
            log.push(written);
            fio.push(given);
            ratio.push(written / given);
        }
        Ok(Disk {
            block_octets,
            log_octets_per_s: Spread::of(log),
            fio_octets_per_s: Spread::of(fio),
            ratio: Spread::of(ratio),
        })
    }
}

/// Octets a second of the log without requests.
fn log_alone(arguments: &Arguments, programs: &Programs, data: &Path) -> Result<f64, BenchError> {
    let output = arguments
        .server()
        .command(&programs.bare)
        .args(["--mode", "log"])
        .args(["--seconds", &SECONDS.to_string()])
        .args(["--octets", &arguments.octets.to_string()])
        .args(["--clients", &arguments.connections.to_string()])
        .arg("--data")
        .arg(data)
        .output()?;
    let line = String::from_utf8_lossy(&output.stdout).into_owned();
    let figure = |name: &str| {
        let found = line.split_whitespace().find_map(|word| word.strip_prefix(name));
        found.and_then(|text| text.parse::<f64>().ok())
    };
    match (figure("octets="), figure("seconds=")) {
        (Some(octets), Some(seconds)) => Ok(octets / seconds),
        _ => Err(BenchError::broken(format!("the log alone: {line:?}"))),
    }
}

/// Octets a second of fio on the same files, in the same order.
fn fio_alone(arguments: &Arguments, data: &Path, block_octets: u64) -> Result<f64, BenchError> {
    let files: Vec<PathBuf> = (0..arguments.segments)
        .map(|slot| data.join(format!("journal-00000/slot-{slot:04}.log")))
        .collect();
    let pattern = Pattern {
        block_octets,
        depth: GROUPS_IN_FLIGHT,
        seconds: SECONDS,
    };
    fio::octets_per_s(arguments.server(), &files, pattern)
}
