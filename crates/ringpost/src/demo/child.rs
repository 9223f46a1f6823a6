//! The demo's server: this program as a child process, killed for real.
//!
//! Invariants: the child is waited for, whatever happens: a demo that fails leaves no server behind; its ready line
//! says where it listens, no port is fixed.

use super::{DemoError, PATIENCE, now};
use crate::phone::Url;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::sync_channel;

/// The demo is about one message, on whatever disk this machine has: nothing is refused because it is slow.
const UNHURRIED: &str = "[overload]\nslo_ms = 60000\ntarget_ms = 30000\ninterval_ms = 10000\n";

/// What a server is started with.
#[derive(Debug)]
pub(super) struct Plan {
    /// Its data, settings and log lie there.
    pub(super) folder: PathBuf,
    /// Where it listens for other operators.
    pub(super) mm4: String,
    /// More settings.
    pub(super) more: String,
}

/// A running child.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// Where phones post.
    pub(super) mmsc: Url,
    /// Where the outbox is.
    pub(super) admin: Url,
    log: PathBuf,
}

impl Server {
    /// Starts one on free ports.
    pub(super) fn start(program: &Path, plan: &Plan) -> Result<Server, DemoError> {
        Server::run(program, plan, "127.0.0.1:0")
    }

    /// Starts one where another has listened.
    pub(super) fn start_at(program: &Path, plan: &Plan, mmsc: &Url) -> Result<Server, DemoError> {
        let address = mmsc.to_string();
        let address = address.trim_start_matches("http://").trim_end_matches('/');
        Server::run(program, plan, address)
    }

    fn run(program: &Path, plan: &Plan, mm1: &str) -> Result<Server, DemoError> {
        let (folder, mm4) = (&plan.folder, &plan.mm4);
        std::fs::create_dir_all(folder)?;
        let config = folder.join("demo.toml");
        let log = folder.join("server.log");
        std::fs::write(
            &config,
            format!(
                "[listen]\nmm1 = [\"{mm1}\"]\nmm4 = [\"{mm4}\"]\nadmin = [\"127.0.0.1:0\"]\n{UNHURRIED}{}",
                plan.more
            ),
        )?;
        let errors = std::fs::File::options().create(true).append(true).open(&log)?;
        let mut child = Command::new(program)
            .arg("serve")
            .arg("--config")
            .arg(&config)
            .arg("--data")
            .arg(folder.join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()?;
        match ready_line(&mut child) {
            Some((mmsc, admin)) => Ok(Server {
                child,
                mmsc,
                admin,
                log,
            }),
            None => {
                end(&mut child);
                Err(DemoError::Server(format!(
                    "the server did not start:\n{}",
                    tail(&log)
                )))
            }
        }
    }

    /// SIGKILL.
    pub(super) fn kill(mut self) -> Result<(), DemoError> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and waits for the end.
    pub(super) fn terminate(mut self) -> Result<(), DemoError> {
        if let Some(id) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            kill_process(id, Signal::TERM).map_err(std::io::Error::from)?;
        }
        let status: ExitStatus = self.child.wait()?;
        if status.success() {
            return Ok(());
        }
        Err(DemoError::Server(format!(
            "the server ended with {status}:\n{}",
            tail(&self.log)
        )))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Ends a child that is not wanted any more; one that has ended already stays so.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Reads the ready line, in at most the demo's patience.
fn ready_line(child: &mut Child) -> Option<(Url, Url)> {
    let out = child.stdout.take()?;
    let (tell, told) = sync_channel(1);
    // Ends with the child: its standard output is closed then.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(out).read_line(&mut line);
        // Where nobody waits any more the demo has given up.
        let _ = tell.send(read.map(|_| line));
    });
    let line = told.recv_timeout(PATIENCE).ok()?.ok()?;
    let url = |name: &str| {
        let address = line.split_whitespace().find_map(|word| word.strip_prefix(name))?;
        format!("http://{}/", address.split(',').next()?)
            .parse::<Url>()
            .ok()
    };
    line.starts_with("ready ").then_some(())?;
    Some((url("mm1=")?, url("admin=")?))
}

/// Judges the data that a stopped server left.
pub(super) fn verify(program: &Path, folder: &Path) -> Result<String, DemoError> {
    let begun = now();
    let output = Command::new(program)
        .arg("log")
        .arg("verify")
        .arg(folder.join("data"))
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        return Err(DemoError::Server(format!("the log is damaged:\n{text}")));
    }
    let journals = text.lines().filter(|line| line.starts_with("journal ")).count();
    Ok(format!(
        "log verify: {journals} journals, sound, read in {:.1} ms",
        begun.elapsed().as_secs_f64() * 1_000.0
    ))
}

/// The end of the server's log.
fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines
        .get(lines.len().saturating_sub(10)..)
        .unwrap_or_default()
        .join("\n")
}
