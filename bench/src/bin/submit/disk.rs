//! Whether the log's way to the disk is what the machine can do.
//!
//! After the repetitions. Invariant: log and fio write in turn, in blocks as large as the repetitions' groups were.

use crate::Arguments;
use crate::round::Round;
use bench::bare::{GROUPS_IN_FLIGHT, SEGMENT_OCTETS};
use bench::fio::{self, Pattern};
use bench::report::Spread;
use bench::server::{Programs, Side};
use bench::{BenchError, prepare};

/// What the disk path gives without requests, and what the disk gives to fio.
pub(crate) struct Disk {
    pub(crate) block_octets: u64,
    pub(crate) log_octets_per_s: Spread,
    pub(crate) fio_octets_per_s: Spread,
    pub(crate) ratio: Spread,
}

impl Disk {
    /// In turn, thrice, on the last repetition's files.
    pub(crate) fn measure(
        arguments: &Arguments,
        programs: &Programs,
        rounds: &[Round],
    ) -> Result<Disk, BenchError> {
        let data = arguments.data.join("log");
        let bare: Vec<&Round> = rounds.iter().filter(|round| round.side == Side::Bare).collect();
        let group = Spread::of(
            bare.iter()
                .map(|round| round.log_octets() / round.groups().max(1.0)),
        )
        .median;
        let block_octets = (group as u64).next_multiple_of(4_096).max(4_096);
        let (mut log, mut fio, mut ratio) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..3 {
            prepare::fill(&data, arguments.segments, SEGMENT_OCTETS)?;
            let output = arguments
                .server()
                .command(&programs.bare)
                .args(["--mode", "log", "--seconds", "2"])
                .args(["--octets", &arguments.octets.to_string()])
                .args(["--clients", &arguments.connections.to_string()])
                .arg("--data")
                .arg(&data)
                .output()?;
            let line = String::from_utf8_lossy(&output.stdout).into_owned();
            let figure = |name: &str| {
                let found = line.split_whitespace().find_map(|word| word.strip_prefix(name));
                found.and_then(|text| text.parse::<f64>().ok())
            };
            let (Some(octets), Some(seconds)) = (figure("octets="), figure("seconds=")) else {
                return Err(BenchError::broken(format!("the log alone: {line:?}")));
            };
            let given = fio::octets_per_s(
                arguments.server(),
                &data.join("journal-00000/slot-0000.log"),
                Pattern {
                    block_octets,
                    depth: GROUPS_IN_FLIGHT,
                    seconds: 2,
                },
            )?;
            log.push(octets / seconds);
            fio.push(given);
            ratio.push(octets / seconds / given);
        }
        Ok(Disk {
            block_octets,
            log_octets_per_s: Spread::of(log),
            fio_octets_per_s: Spread::of(fio),
            ratio: Spread::of(ratio),
        })
    }
}
