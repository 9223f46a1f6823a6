//! The servers under measurement, as child processes on a core of their own.
//!
//! Between `prepare` and the driver. Invariants: the full server is the real program with its own settings file; a
//! server never outlives the value that stands for it.

use crate::BenchError;
use crate::bare::{GROUP_OCTETS, GROUPS_IN_FLIGHT, SEGMENT_OCTETS, SEGMENTS_MAX};
use crate::host::Seat;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The floor: HTTP and log.
    Bare,
    /// The floor without a log.
    Null,
    /// `ringpost serve`.
    Full,
}

impl Side {
    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Side::Bare => "bare",
            Side::Null => "null",
            Side::Full => "full",
        }
    }
}

/// Where the programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The bare server.
    pub bare: PathBuf,
    /// The full one.
    pub full: PathBuf,
}

impl Programs {
    /// Those beside this program, or another full one.
    ///
    /// # Errors
    /// Where one is missing.
    pub fn find(full: Option<PathBuf>) -> Result<Programs, BenchError> {
        let own = std::env::current_exe()?;
        let programs = Programs {
            bare: own.with_file_name("bare"),
            full: full.unwrap_or_else(|| own.with_file_name("ringpost")),
        };
        for program in [&programs.bare, &programs.full] {
            if !program.is_file() {
                let program = program.display();
                return Err(BenchError::broken(format!(
                    "{program} is missing: cargo build --release -p ringpost -p bench"
                )));
            }
        }
        Ok(programs)
    }
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Kept, lest the server find its output closed.
    _output: BufReader<ChildStdout>,
    /// Where messages are posted.
    pub mm1: SocketAddr,
    /// Where mails are brought.
    pub mm4: SocketAddr,
    /// Where its counters are read.
    pub counters: SocketAddr,
}

impl Server {
    /// Starts a server on a core and waits until it is ready.
    ///
    /// # Errors
    /// What the system answered, or what the server said instead of `ready`.
    pub fn start(side: Side, programs: &Programs, seat: Seat, data: &Path) -> Result<Server, BenchError> {
        match side {
            Side::Bare => Server::bare(seat, programs, data, &["http"]),
            Side::Null => Server::bare(seat, programs, data, &["null"]),
            Side::Full => Server::serve(seat, programs, data, &settings(data)),
        }
    }

    /// Starts the bare server in a mode, with what belongs to that behind it.
    ///
    /// # Errors
    /// As of [`start`](Self::start).
    pub fn bare(seat: Seat, programs: &Programs, data: &Path, mode: &[&str]) -> Result<Server, BenchError> {
        let mut command = seat.command(&programs.bare);
        command.arg("--mode").args(mode).arg("--data").arg(data);
        Server::ready(&mut command)
    }

    /// Starts the full server with settings of the bench's choice, which are written beside its data.
    ///
    /// # Errors
    /// As of [`start`](Self::start).
    pub fn serve(seat: Seat, programs: &Programs, data: &Path, settings: &str) -> Result<Server, BenchError> {
        let config = data.with_extension("toml");
        std::fs::write(&config, settings)?;
        let mut command = seat.command(&programs.full);
        Server::ready(command.arg("serve").arg("--config").arg(config))
    }

    /// Starts a command and waits for its `ready` line.
    ///
    /// # Errors
    /// What the system answered, or what it said instead.
    pub fn ready(command: &mut Command) -> Result<Server, BenchError> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = child
            .stdout
            .take()
            .ok_or_else(|| BenchError::broken("no output"))?;
        let mut output = BufReader::new(output);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let address = |name: &str| {
            let found = line.split_whitespace().find_map(|word| word.strip_prefix(name));
            found.and_then(|text| text.parse::<SocketAddr>().ok())
        };
        let Some(mm1) = address("mm1=") else {
            // Dropping it would leave it running.
            let _ = child.kill();
            let _ = child.wait();
            return Err(BenchError::broken(format!("not ready: {line:?}")));
        };
        Ok(Server {
            mm1,
            mm4: address("mm4=").unwrap_or(mm1),
            counters: address("admin=").unwrap_or(mm1),
            child,
            _output: output,
        })
    }

    /// Its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Its counters now: of `/metrics` by name without labels, or of the bare server's own line.
    ///
    /// # Errors
    /// What the system answered.
    pub fn read_counters(&self) -> Result<BTreeMap<String, f64>, BenchError> {
        let answer = self.metrics()?;
        Ok(answer
            .split(['\n', ' '])
            .filter_map(pair)
            .chain(answer.lines().filter_map(metric))
            .collect())
    }

    /// How much its counters have grown since an earlier reading.
    ///
    /// # Errors
    /// As of [`read_counters`](Self::read_counters).
    pub fn counters_since(
        &self,
        before: &BTreeMap<String, f64>,
    ) -> Result<BTreeMap<String, f64>, BenchError> {
        let mut counters = self.read_counters()?;
        for (name, value) in &mut counters {
            *value -= before.get(name).copied().unwrap_or_default();
        }
        Ok(counters)
    }

    /// One of its counters now; nothing where it has no such.
    ///
    /// # Errors
    /// As of [`read_counters`](Self::read_counters).
    pub fn counter(&self, name: &str) -> Result<Option<f64>, BenchError> {
        Ok(self.read_counters()?.get(name).copied())
    }

    /// Its answer to `GET /metrics`, head and all.
    ///
    /// # Errors
    /// What the system answered.
    pub fn metrics(&self) -> Result<String, BenchError> {
        let mut stream = TcpStream::connect(self.counters)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Has something done to a peer, such as `retry`.
    ///
    /// # Errors
    /// What the system or the server answered.
    pub fn act(&self, peer: &str, action: &str) -> Result<(), BenchError> {
        let says = r#"{"by": "bench", "reason": "it is there again"}"#;
        let mut stream = TcpStream::connect(self.counters)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(
            stream,
            "POST /v1/peers/{peer}/{action} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\n\r\n{says}",
            says.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        match answer.starts_with("HTTP/1.1 200") {
            true => Ok(()),
            false => Err(BenchError::broken(format!("{action} of {peer}: {answer}"))),
        }
    }

    /// Asks the program behind `counted` for its allocations so far.
    ///
    /// # Errors
    /// What the system answered.
    pub fn ask(&mut self) -> Result<String, BenchError> {
        let input = self
            .child
            .stdin
            .as_mut()
            .ok_or_else(|| BenchError::broken("no input"))?;
        input.write_all(b"\n")?;
        let mut line = String::new();
        self._output.read_line(&mut line)?;
        Ok(line)
    }

    /// Kills it as a power cut would, and waits for its end.
    pub fn kill(&mut self) {
        // Both fail only where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// `name=value` of the bare server.
fn pair(word: &str) -> Option<(String, f64)> {
    let (name, value) = word.trim().split_once('=')?;
    Some((name.to_owned(), value.parse().ok()?))
}

/// `ringpost_name_total{shard="0"} value`.
fn metric(line: &str) -> Option<(String, f64)> {
    let (name, value) = line.strip_prefix("ringpost_")?.rsplit_once(' ')?;
    let name = name.split('{').next()?;
    Some((name.to_owned(), value.trim().parse().ok()?))
}

/// The full server's settings: one shard, and the bare server's journal.
#[must_use]
pub fn settings(data: &Path) -> String {
    format!(
        "data = \"{}\"\nshards = 1\n[listen]\nmm1 = [\"127.0.0.1:0\"]\nmm4 = [\"127.0.0.1:0\"]\n\
         admin = [\"127.0.0.1:0\"]\n[journal]\n\
         segment_octets = {SEGMENT_OCTETS}\ngroup_octets = {GROUP_OCTETS}\ngroups_in_flight = {GROUPS_IN_FLIGHT}\n\
         segments_max = {SEGMENTS_MAX}\n",
        data.display()
    )
}

/// The same with an SMSC on a port of this machine, and so much memory for bodies that those of lives stay at hand at
/// any rate that one core reaches.
#[must_use]
pub fn settings_with_link(data: &Path, port: u16) -> String {
    let common = settings(data);
    format!(
        "push = \"smpp\"\n{common}recent_octets_max = 1073741824\n[mm1]\nretrieval_base = \"http://m/\"\n\
         [[smsc]]\nname = \"bench\"\nhost = \"127.0.0.1\"\nport = {port}\nwindow = 1000\nrate_per_s = 100000\n\
         burst = 10000\nreceipts = \"never\"\n"
    )
}
