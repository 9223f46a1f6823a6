//! What the disk gives to a stranger: fio with the log's own write pattern.
//!
//! Beside the servers. Invariant: same block size, depth, flags, folder and core as the log's writes in the
//! same run, or the comparison says nothing.

use crate::BenchError;
use crate::host::Seat;
use std::path::{Path, PathBuf};

/// What to write.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    /// Octets of a write, a multiple of 4,096.
    pub block_octets: u64,
    /// Writes under way at once.
    pub depth: u8,
    /// For how long.
    pub seconds: u64,
}

/// Octets a second of sequential O_DIRECT|O_DSYNC writes into files that are filled already, one behind the other.
///
/// # Errors
/// Where fio is not there, or fails.
pub fn octets_per_s(seat: Seat, files: &[PathBuf], pattern: Pattern) -> Result<f64, BenchError> {
    let mut size = 0;
    for file in files {
        let octets = std::fs::metadata(file)?.len();
        // Whole blocks only.
        size += octets - octets % pattern.block_octets;
    }
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let output = seat
        .command(Path::new("fio"))
        .args([
            "--name=log",
            "--rw=write",
            "--direct=1",
            "--sync=dsync",
            "--ioengine=io_uring",
        ])
        .args(["--time_based", "--output-format=json"])
        .arg(format!("--filename={}", names.join(":")))
        .arg("--file_service_type=sequential")
        .arg(format!("--bs={}", pattern.block_octets))
        .arg(format!("--iodepth={}", pattern.depth))
        .arg(format!("--size={size}"))
        .arg(format!("--runtime={}", pattern.seconds))
        .output()?;
    let broken = || {
        let told = String::from_utf8_lossy(&output.stderr);
        BenchError::broken(format!("fio (apt install fio): {}", told.trim()))
    };
    // fio may put notes before the JSON.
    let start = output
        .stdout
        .iter()
        .position(|&octet| octet == b'{')
        .ok_or_else(broken)?;
    let json: serde_json::Value =
        serde_json::from_slice(output.stdout.get(start..).unwrap_or_default()).map_err(|_| broken())?;
    json.pointer("/jobs/0/write/bw_bytes")
        .and_then(serde_json::Value::as_f64)
        .filter(|rate| *rate > 0.0)
        .ok_or_else(broken)
}
