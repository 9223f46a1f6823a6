//! What the driver can do at most: one core of driver against one core of a server that does nothing.
//!
//! Beside the flow; its figures say up to where the driver's word counts. Invariants: the driver does all that it
//! does in a run (numbering, checking answers, recording); the null server runs in a process of its own, as a real
//! one would.

use crate::record::{Counts, Series, histogram};
use crate::run::{Interval, RunError, RunPlan, run};
use crate::scenario::Scenario;
use serde::Serialize;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A null server in a process of its own; it ends with this value.
#[derive(Debug)]
pub struct NullProcess {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl NullProcess {
    /// Starts this program again as `null`, on a core if one is given.
    ///
    /// # Errors
    /// What the system answered; no `ready` line.
    pub fn start(core: Option<usize>, further: &[String]) -> Result<NullProcess, RunError> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["null", "--listen", "127.0.0.1:0"]).args(further);
        if let Some(core) = core {
            command.args(["--core", &core.to_string()]);
        }
        NullProcess::ready(&mut command)
    }

    /// Starts a command and reads where it listens from its `ready` line.
    ///
    /// # Errors
    /// What the system answered; another line.
    pub fn ready(command: &mut Command) -> Result<NullProcess, RunError> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address = line
            .split_whitespace()
            .find_map(|word| word.strip_prefix("mm1=")?.parse().ok());
        match address {
            Some(address) => Ok(NullProcess { child, address }),
            None => {
                // Dropping it would leave it running; it fails only where it has ended already.
                let _ = child.kill();
                let _ = child.wait();
                Err(RunError::Broken(format!(
                    "the null server is not ready: {line:?}"
                )))
            }
        }
    }

    /// Its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for NullProcess {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came of one measurement.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Ceiling {
    /// Octets of the part in each message.
    pub octets: usize,
    /// Connections.
    pub connections: u32,
    /// Transactions a second.
    pub per_s: f64,
    /// Processor time of the driver's thread, share of its core.
    pub driver_share: f64,
    /// Processor time of the null server, share of its core.
    pub server_share: f64,
    /// Median of latency in microseconds.
    pub p50_us: f64,
    /// 99th percentile in microseconds.
    pub p99_us: f64,
}

/// Measures for so many seconds with messages of so many octets on so many connections, all busy.
///
/// # Errors
/// What the system answered, and answers that are not Ok.
pub fn measure(
    server: &NullProcess,
    core: Option<usize>,
    octets: usize,
    connections: u32,
    seconds: u32,
) -> Result<Ceiling, RunError> {
    let text = format!(
        "name = \"ceiling\"\nloop = \"closed\"\nconcurrency = {connections}\nconnections = {connections}\n\
         [[phase]]\nname = \"warm-up\"\nseconds = 1\n[[phase]]\nname = \"busy\"\nseconds = {seconds}\n\
         [[mix]]\noctets = {octets}\n"
    );
    let plan = RunPlan {
        scenario: Scenario::parse(&text)?,
        mm1: server.address,
        admin: None,
        cores: core.into_iter().collect(),
        name: "ceiling".to_owned(),
        server: Some(server.process()),
    };
    let (mut counts, mut latency) = (Counts::default(), histogram());
    let (mut driver_ns, mut server_ns, mut length_ns) = (0, 0, 0);
    run(&plan, &Arc::new(AtomicBool::new(false)), |interval: Interval| {
        if interval.index >= 1 && interval.index <= u64::from(seconds) {
            counts.add(&interval.frame.counts);
            driver_ns += interval.driver_cpu_ns.iter().sum::<u64>();
            server_ns += interval.server_cpu_ns;
            length_ns += interval.end_ns - interval.begin_ns;
            for ((_, series), histogram) in &interval.frame.histograms {
                if *series == Series::SubmitSent {
                    latency.add(histogram).map_err(std::io::Error::other)?;
                }
            }
        }
        Ok(())
    })?;
    let failed = counts.broken + counts.unreachable + counts.silent + counts.malformed + counts.http_errors;
    if failed > 0 || counts.submitted == 0 {
        return Err(RunError::Broken(format!(
            "{failed} exchanges failed, {} were Ok",
            counts.submitted
        )));
    }
    let length = length_ns as f64;
    Ok(Ceiling {
        octets,
        connections,
        per_s: counts.submitted as f64 / length * 1e9,
        driver_share: driver_ns as f64 / length,
        server_share: server_ns as f64 / length,
        p50_us: latency.value_at_quantile(0.5) as f64 / 1e3,
        p99_us: latency.value_at_quantile(0.99) as f64 / 1e3,
    })
}
