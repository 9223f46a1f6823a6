//! The server under load: one that runs already, or one that is started for the run.
//!
//! Beside the flow. Invariants: a server that was started here ends with the value that stands for it; what is
//! known of it goes into the run's conditions.

use crate::conditions::{self, Server as Described};
use crate::run::RunError;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// How long the admin listener is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server that was started here.
#[derive(Debug)]
pub struct Started {
    child: Child,
    /// Kept, lest the server find its output closed.
    _output: BufReader<ChildStdout>,
    /// Its MM1 listener.
    pub mm1: SocketAddr,
    /// Its admin listener.
    pub admin: SocketAddr,
    /// What is known of it.
    pub described: Described,
}

/// How a server is to be started.
#[derive(Clone, Debug, PartialEq)]
pub struct Start<'a> {
    /// The program, which understands `serve --config FILE`.
    pub program: &'a Path,
    /// Further settings, TOML; ports and data are set here.
    pub settings: &'a str,
    /// Where its data go: made anew, deleted at the end.
    pub data: &'a Path,
    /// Its cores; any where none is given.
    pub cores: &'a [usize],
}

impl Started {
    /// Starts a server on free ports and waits for its `ready` line.
    ///
    /// # Errors
    /// What the system answered; what the server said instead.
    pub fn start(start: &Start<'_>) -> Result<Started, RunError> {
        fs::create_dir_all(start.data)?;
        let config = start.data.join("ringpost.toml");
        let data = start.data.join("journal");
        let head = format!("data = \"{}\"\n", data.display());
        let listen =
            "[listen]\nmm1 = [\"127.0.0.1:0\"]\nmm4 = [\"127.0.0.1:0\"]\nadmin = [\"127.0.0.1:0\"]\n";
        let settings = match start.settings.find("\n[") {
            // Keys of the top level stand before the first table.
            Some(at) => {
                let (top, tables) = start.settings.split_at(at);
                format!("{head}{top}\n{listen}{tables}")
            }
            None if start.settings.starts_with('[') => format!("{head}{listen}{}", start.settings),
            None => format!("{head}{}\n{listen}", start.settings),
        };
        fs::write(&config, &settings)?;
        let mut command = Command::new(start.program);
        command
            .arg("serve")
            .arg("--config")
            .arg(&config)
            .stdout(Stdio::piped())
            .stdin(Stdio::null());
        let mut child = crate::host::on_cores(start.cores, || command.spawn())?;
        let output = child
            .stdout
            .take()
            .ok_or_else(|| RunError::Broken("no output".to_owned()))?;
        let mut output = BufReader::new(output);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let address = |name: &str| {
            line.split_whitespace()
                .find_map(|word| word.strip_prefix(name)?.parse::<SocketAddr>().ok())
        };
        let (Some(mm1), Some(admin)) = (address("mm1="), address("admin=")) else {
            // Dropping it would leave it running; both fail only where it has ended already.
            let _ = child.kill();
            let _ = child.wait();
            return Err(RunError::Broken(format!("the server is not ready: {line:?}")));
        };
        let described = Described {
            command: vec![start.program.display().to_string(), "serve".to_owned()],
            cores: format!("{:?}", start.cores),
            durability: durability(&settings),
            disk: conditions::disk_under(start.data),
            settings,
            ..describe(mm1, Some(admin))
        };
        Ok(Started {
            child,
            _output: output,
            mm1,
            admin,
            described,
        })
    }

    /// Its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a running server says of itself.
#[must_use]
pub fn describe(mm1: SocketAddr, admin: Option<SocketAddr>) -> Described {
    let metrics = admin
        .and_then(|admin| get(admin, "/metrics").ok())
        .unwrap_or_default();
    let line = |start: &str| {
        metrics
            .lines()
            .find(|line| line.starts_with(start))
            .unwrap_or_default()
    };
    let version = line("ringpost_build_info{").split('"').nth(1).unwrap_or_default();
    let shards = line("ringpost_shards ").rsplit(' ').next().unwrap_or_default();
    Described {
        mm1: mm1.to_string(),
        admin: admin.map(|admin| admin.to_string()).unwrap_or_default(),
        durability: "unknown: the server was started by somebody else".to_owned(),
        version: match (version, shards) {
            ("", _) => "unknown".to_owned(),
            (version, shards) => format!("ringpost {version}, {shards} shards"),
        },
        ..Described::default()
    }
}

/// The server's histograms by stage, if it has them.
#[must_use]
pub fn stages(admin: Option<SocketAddr>) -> Option<serde_json::Value> {
    let text = get(admin?, "/v1/histograms").ok()?;
    serde_json::from_str(&text).ok()
}

/// The mode that settings choose; the server's default is to wait for the disk.
fn durability(settings: &str) -> String {
    let line = settings
        .lines()
        .find_map(|line| line.trim().strip_prefix("durability"));
    let mode = line.and_then(|line| line.split('"').nth(1)).unwrap_or("sync");
    format!("{mode} (an answer of success leaves after its record is on disk)")
}

/// The body of a GET that was answered with 200.
fn get(address: SocketAddr, path: &str) -> Result<String, RunError> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let mut reader = http1::client::AnswerReader::new(http1::Limits::DEFAULT);
    reader.receive(&answer);
    reader.end_of_stream();
    match reader.step() {
        Ok(Some(http1::client::AnswerEvent::Answer(answer))) if answer.status == 200 => {
            Ok(String::from_utf8_lossy(&answer.body).into_owned())
        }
        _ => Err(RunError::Broken(format!("no 200 to GET {path}"))),
    }
}
