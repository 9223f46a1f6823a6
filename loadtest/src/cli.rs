//! The command line: what can be asked for, with its defaults.
//!
//! Read by `main`, carried out by `commands`. Invariant: nothing here does anything.

use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Load for an MMSC, open-loop, with figures that can be derived again.
#[derive(Parser, Debug)]
#[command(name = "ringpost-load", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Runs a scenario against a server and keeps a folder of what happened.
    Run(Run),
    /// Derives every figure of a run again from its raw data; exit code 1 where one differs.
    Verify(Verify),
    /// Says what changed between two runs (or two folders of runs), with confidence intervals.
    Compare(Compare),
    /// Raises the load until the server no longer holds its objectives; finds the knee, fits the scalability law.
    Sweep(Sweep),
    /// Fits the Universal Scalability Law to a CSV of load (or cores) and throughput.
    Usl(Usl),
    /// What the driver can do: one core of it against one core of a server that does nothing.
    Ceiling(Ceiling),
    /// A server that does nothing, for `ceiling` and for canaries.
    Null(Null),
    /// The scenarios that come with the program; with a name, its text.
    Scenarios {
        /// A scenario's name.
        name: Option<String>,
    },
    /// Makes summary and report of a folder again, after a change of this program.
    Render {
        /// The run's folder.
        folder: PathBuf,
    },
}

/// Where the server is, and where it may run.
#[derive(Args, Debug, Clone)]
pub(crate) struct Where {
    /// The server's MM1 listener.
    #[arg(long, value_name = "ADDR", required_unless_present = "start")]
    pub(crate) mm1: Option<SocketAddr>,
    /// The server's admin listener; full lives need it.
    #[arg(long, value_name = "ADDR")]
    pub(crate) admin: Option<SocketAddr>,
    /// Starts this server (`PROGRAM serve --config …`) on free ports instead, and ends it afterwards.
    #[arg(long, value_name = "PROGRAM", conflicts_with = "mm1")]
    pub(crate) start: Option<PathBuf>,
    /// Settings for the started server.
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// Where the started server keeps its data; deleted afterwards.
    #[arg(long, value_name = "DIR", default_value = "/var/tmp/ringpost-load")]
    pub(crate) data: PathBuf,
    /// Cores of the started server, such as 0,1.
    #[arg(long, value_delimiter = ',', value_name = "CORES")]
    pub(crate) server_cores: Vec<usize>,
    /// Cores for the server's outbox and admin threads, which are the lab's: a bearer takes their place in service.
    #[arg(long, value_delimiter = ',', value_name = "CORES")]
    pub(crate) lab_cores: Vec<usize>,
    /// The process of a server that runs already, to sample its processor time.
    #[arg(long, value_name = "PID")]
    pub(crate) server_pid: Option<u32>,
    /// Cores of the driver, one thread each, such as 1. Without it one thread, not pinned.
    #[arg(long, value_delimiter = ',', value_name = "CORES")]
    pub(crate) cores: Vec<usize>,
}

#[derive(Args, Debug)]
pub(crate) struct Run {
    /// A scenario's file, or the name of one that comes with the program (`scenarios` lists them).
    pub(crate) scenario: String,
    #[command(flatten)]
    pub(crate) place: Where,
    /// The folder to make; without it `load-runs/TIME-SCENARIO`.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Multiplies every rate.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) scale: f64,
    /// Another seed.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// One JSON object an interval instead of the progress line, and the summary as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// The run's folder.
    pub(crate) folder: PathBuf,
    /// The verdict as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Compare {
    /// The run before, or a folder of several.
    pub(crate) before: PathBuf,
    /// The run after, or a folder of several.
    pub(crate) after: PathBuf,
    /// The least shift that is called a change, in per cent.
    #[arg(long, default_value_t = 3.0)]
    pub(crate) least: f64,
    /// The table as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Sweep {
    /// The scenario whose mix is sent; its phases are not used.
    pub(crate) scenario: String,
    #[command(flatten)]
    pub(crate) place: Where,
    /// The first rate, messages a second; a closed sweep begins with 1 phone.
    #[arg(long, default_value_t = 1_000.0)]
    pub(crate) from: f64,
    /// How much each step adds, as a factor.
    #[arg(long, default_value_t = 1.4)]
    pub(crate) factor: f64,
    /// Seconds of a step, after a second of warm-up.
    #[arg(long, default_value_t = 8)]
    pub(crate) seconds: u32,
    /// Steps at most.
    #[arg(long, default_value_t = 20)]
    pub(crate) steps: u32,
    /// Raises the number of phones in a closed loop instead of the rate, and fits the scalability law.
    #[arg(long)]
    pub(crate) closed: bool,
    /// The folder to make; a run's folder a step lies in it.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Usl {
    /// Two columns: load or cores, throughput. A first line that is no numbers is skipped.
    pub(crate) file: PathBuf,
    /// The fit as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Ceiling {
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 3)]
    pub(crate) seconds: u32,
    /// Connections, all busy.
    #[arg(long, default_value_t = 128)]
    pub(crate) connections: u32,
    /// The driver's core.
    #[arg(long, default_value_t = 1)]
    pub(crate) core: usize,
    /// The null server's core.
    #[arg(long, default_value_t = 0)]
    pub(crate) server_core: usize,
    /// The table as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Null {
    /// Where it listens.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Its core.
    #[arg(long)]
    pub(crate) core: Option<usize>,
    /// Stalls so many seconds after the first request.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) stall_at: Option<f64>,
    /// For so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    pub(crate) stall_for: f64,
}
