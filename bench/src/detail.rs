//! What a message costs in allocations and system calls; not timed.
//!
//! Beside the timed repetitions, in runs of its own, since counting disturbs. Invariants: allocations are
//! counted by the server's own allocator (`counted`), exactly; system calls by the kernel's tracepoint
//! `raw_syscalls:sys_enter` for all threads of the unchanged server (perf), exactly, over a time that is known
//! to some milliseconds.

use crate::driver::{Driver, Expect};
use crate::host::Seat;
use crate::pdu::Template;
use crate::server::{Programs, Server, Side, settings};
use crate::{BenchError, clock, prepare};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Messages before counting begins: tables and buffers have grown by then.
const WARM_MESSAGES: u64 = 20_000;
/// Messages that are counted.
const COUNTED_MESSAGES: u64 = 50_000;
/// Octets of a message of which there are so many; of larger ones there are fewer. Reason: a server whose segments are
/// full waits for new ones, and refuses meanwhile.
const OCTETS: u64 = 30_000;
/// Segments that are filled beforehand.
const SEGMENTS: u16 = 6;
/// Seconds that system calls are counted for.
const COUNTED_SECONDS: u64 = 2;

/// How to drive.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    /// The programs.
    pub programs: &'a Programs,
    /// The server's core.
    pub seat: Seat,
    /// Folder of the log.
    pub data: &'a Path,
    /// Octets of a message.
    pub octets: usize,
    /// Connections.
    pub connections: usize,
}

/// Per message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Detail {
    /// Calls of the allocator that gave memory.
    pub allocations: f64,
    /// Octets that they asked for.
    pub allocated_octets: f64,
    /// System calls of all threads; nothing where perf can't count them.
    pub syscalls: Option<f64>,
}

impl Detail {
    /// Counts for one side.
    ///
    /// # Errors
    /// What the system or the server answered.
    pub fn measure(shape: Shape<'_>, side: Side) -> Result<Detail, BenchError> {
        prepare::fill(shape.data, SEGMENTS)?;
        let (allocations, allocated_octets) = allocations(shape, side)?;
        prepare::fill(shape.data, SEGMENTS)?;
        Ok(Detail {
            allocations,
            allocated_octets,
            syscalls: syscalls(shape, side)?,
        })
    }
}

/// How many messages of so many octets there are for a number of them: as many, or their octets' worth.
fn messages(number: u64, octets: usize) -> u64 {
    let octets = (octets as u64).max(OCTETS);
    number * OCTETS / octets
}

fn driver(shape: Shape<'_>, side: Side, server: &Server) -> Result<Driver, BenchError> {
    let template = Template::new(shape.octets, 100_000)?;
    let expect = if side == Side::Full {
        Expect::SendConfOk
    } else {
        Expect::Status200
    };
    let mut driver = Driver::connect(server.mm1, shape.connections, &template, 0, expect)?;
    driver.run(Duration::from_secs(60), messages(WARM_MESSAGES, shape.octets))?;
    Ok(driver)
}

fn allocations(shape: Shape<'_>, side: Side) -> Result<(f64, f64), BenchError> {
    let program = shape.programs.bare.with_file_name("counted");
    let mut command = shape.seat.command(&program);
    if side == Side::Full {
        let config = shape.data.with_extension("toml");
        std::fs::write(&config, settings(shape.data))?;
        command.arg("full").arg("--config").arg(config);
    } else {
        command.arg("bare").arg("--data").arg(shape.data);
    }
    let mut server = Server::ready(&mut command)?;
    let mut driver = driver(shape, side, &server)?;
    let before = counts(&server.ask()?)?;
    let counted = messages(COUNTED_MESSAGES, shape.octets);
    let driven = driver.run(Duration::from_secs(60), counted)?;
    let after = counts(&server.ask()?)?;
    let messages = driven.messages as f64;
    Ok(((after.0 - before.0) / messages, (after.1 - before.1) / messages))
}

fn counts(line: &str) -> Result<(f64, f64), BenchError> {
    let figure = |name: &str| {
        let found = line.split_whitespace().find_map(|word| word.strip_prefix(name));
        found.and_then(|text| text.parse::<f64>().ok())
    };
    figure("calls=")
        .zip(figure("octets="))
        .ok_or_else(|| BenchError::broken(format!("no counts: {line:?}")))
}

fn syscalls(shape: Shape<'_>, side: Side) -> Result<Option<f64>, BenchError> {
    let server = Server::start(side, shape.programs, shape.seat, shape.data)?;
    let mut driver = driver(shape, side, &server)?;
    let perf = Command::new("perf")
        .args(["stat", "-x", ",", "-e", "raw_syscalls:sys_enter", "-p"])
        .arg(server.process().to_string())
        .args(["--", "sleep", &COUNTED_SECONDS.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut perf) = perf else { return Ok(None) };
    let begun = clock();
    let mut messages = 0;
    // In small steps, so that what is driven and what is counted end together.
    while perf.try_wait()?.is_none() {
        messages += driver.run(Duration::from_millis(5), u64::MAX)?.messages;
    }
    let elapsed = begun.elapsed().as_secs_f64();
    let output = perf.wait_with_output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let calls = text
        .lines()
        .find(|line| line.contains("raw_syscalls"))
        .and_then(|line| line.split(',').next()?.parse::<f64>().ok());
    let rate = messages as f64 / elapsed;
    Ok(calls.map(|calls| calls / (rate * COUNTED_SECONDS as f64)))
}

#[cfg(test)]
mod tests;
