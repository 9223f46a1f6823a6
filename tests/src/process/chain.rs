//! A server and its successors: one after the other takes the same sockets and data over.
//!
//! Beside [`server`](super::server), which is one process. Invariants: this process becomes the reaper of what its
//! children leave behind, so that every server is waited for by whom it serves; all of them are one process group,
//! which is killed when the chain goes.

use super::server::Place;
use super::turnstile::now;
use super::{Failure, Site};
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, kill_process, kill_process_group, set_child_subreaper, waitpgid,
    waitpid,
};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

/// Lines of output that may lie unread.
const LINES_MAX: usize = 1 << 16;

/// Lines that a failure shows: the last ones of all servers of the chain.
const LINES_SHOWN: usize = 60;

/// See the module's comment.
#[derive(Debug)]
pub struct Chain {
    /// Where it listens; the same for all.
    pub at: Place,
    serving: Option<Pid>,
    /// Of all servers of the chain: the first one's number.
    group: Option<Pid>,
    lines: Receiver<String>,
    /// The last lines that were read.
    said: RefCell<VecDeque<String>>,
}

impl Chain {
    /// Starts the first one and waits until it serves.
    ///
    /// # Errors
    /// Where it does not get ready.
    pub fn start(site: &Site, wait: Duration) -> Result<Chain, Failure> {
        Chain::start_by(site.command()?, wait)
    }

    /// As [`start`](Self::start), by a command of the caller's.
    ///
    /// # Errors
    /// Where it does not get ready.
    pub fn start_by(mut command: Command, wait: Duration) -> Result<Chain, Failure> {
        set_child_subreaper(Some(getpid())).map_err(|error| Failure::of("becoming a reaper", error))?;
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = command.spawn()?;
        let first = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let (tell, lines) = sync_channel(LINES_MAX);
        if let Some(out) = child.stdout.take() {
            read_lines(out, tell.clone());
        }
        if let Some(errors) = child.stderr.take() {
            read_lines(errors, tell);
        }
        let mut chain = Chain {
            at: Place {
                mm1: ([127, 0, 0, 1], 0).into(),
                mm4: ([127, 0, 0, 1], 0).into(),
                admin: ([127, 0, 0, 1], 0).into(),
                radius: None,
            },
            serving: first,
            group: first,
            lines,
            said: RefCell::default(),
        };
        let line = chain.wait_for("ready ", wait)?;
        chain.at = place(&line).ok_or_else(|| Failure(format!("not a ready line: {line:?}")))?;
        Ok(chain)
    }

    /// Waits for a line of output that begins like this; forgets what came before.
    ///
    /// # Errors
    /// Where none comes; with what the servers said, and what the one that serves is doing.
    pub fn wait_for(&self, beginning: &str, wait: Duration) -> Result<String, Failure> {
        let deadline = now() + wait;
        loop {
            let left = deadline.saturating_duration_since(now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                let state = self.state();
                return Err(Failure(format!(
                    "no line {beginning:?} within {wait:?}, but:\n{state}"
                )));
            };
            let mut said = self.said.borrow_mut();
            if said.len() >= LINES_SHOWN {
                said.pop_front();
            }
            said.push_back(line.clone());
            if line.starts_with(beginning) {
                return Ok(line);
            }
        }
    }

    /// The last lines of output, and where each thread of the server stands that was the last to be ready.
    fn state(&self) -> String {
        let mut text: String = self.said.borrow().iter().map(String::as_str).collect();
        if let Some(serving) = self.serving {
            let _ = writeln!(text, "process {serving} is the last that was ready; its threads:");
            text.push_str(&threads(serving));
        }
        text
    }

    /// Sends the one that serves a signal.
    ///
    /// # Errors
    /// Where it is gone.
    pub fn signal(&self, signal: Signal) -> Result<(), Failure> {
        let serving = self.serving.ok_or_else(|| Failure("nobody serves".to_owned()))?;
        kill_process(serving, signal).map_err(|error| Failure::of("a signal", error))
    }

    /// Has the one that serves hand over, and waits until its successor serves and it has ended well.
    ///
    /// # Errors
    /// Where one of the two does not do so.
    pub fn restart(&mut self, wait: Duration) -> Result<(), Failure> {
        self.signal(Signal::USR2)?;
        self.succeed(wait)
    }

    /// The second half of a [`restart`](Self::restart) that was begun by a signal.
    ///
    /// # Errors
    /// As there.
    pub fn succeed(&mut self, wait: Duration) -> Result<(), Failure> {
        let line = self.wait_for("ready ", wait)?;
        if place(&line) != Some(self.at) {
            return Err(Failure(format!("it serves elsewhere: {line:?}")));
        }
        let successor = line.split_whitespace().find_map(|word| word.strip_prefix("pid="));
        let successor = successor.and_then(|pid| pid.parse().ok()).and_then(Pid::from_raw);
        let successor = successor.ok_or_else(|| Failure(format!("without a number: {line:?}")))?;
        let before = self.serving.replace(successor);
        match ended(before)? {
            Some(0) => Ok(()),
            other => {
                let state = self.state();
                Err(Failure(format!(
                    "the predecessor ended with {other:?}, having said:\n{state}"
                )))
            }
        }
    }

    /// SIGKILL, and waits for the end.
    ///
    /// # Errors
    /// Where nobody serves.
    pub fn kill(&mut self) -> Result<(), Failure> {
        self.signal(Signal::KILL)?;
        ended(self.serving.take()).map(drop)
    }

    /// SIGTERM, and the exit code of the last one.
    ///
    /// # Errors
    /// Where it can't be sent.
    pub fn terminate(mut self) -> Result<Option<i32>, Failure> {
        self.signal(Signal::TERM)?;
        ended(self.serving.take())
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        // A restart that failed may leave two.
        let Some(group) = self.group else { return };
        // Those that have ended already stay so.
        let _ = kill_process_group(group, Signal::KILL);
        while waitpgid(group, WaitOptions::empty()).is_ok_and(|ended| ended.is_some()) {}
    }
}

/// Waits for a process's end; its exit code.
fn ended(process: Option<Pid>) -> Result<Option<i32>, Failure> {
    let ended = waitpid(process, WaitOptions::empty());
    let ended = ended.map_err(|error| Failure::of("waiting for a server", error))?;
    Ok(ended.and_then(|(_, status)| status.exit_status()))
}

/// A process's threads: name, state, and what in the kernel each waits in.
fn threads(process: Pid) -> String {
    let tasks = format!("/proc/{}/task", process.as_raw_nonzero());
    let mut text = String::new();
    for task in std::fs::read_dir(tasks).into_iter().flatten().flatten() {
        let read = |name: &str| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let status = read("status");
        let state = status
            .lines()
            .find(|line| line.starts_with("State:"))
            .unwrap_or_default();
        let _ = writeln!(text, "  {} {state} in {}", read("comm").trim_end(), read("wchan"));
    }
    text
}

fn place(ready_line: &str) -> Option<Place> {
    let address = |name: &str| {
        let list = ready_line
            .split_whitespace()
            .find_map(|word| word.strip_prefix(name))?;
        list.split(',').next()?.parse().ok()
    };
    Some(Place {
        mm1: address("mm1=")?,
        mm4: address("mm4=")?,
        admin: address("admin=")?,
        radius: address("radius="),
    })
}

/// Ends when the last server has closed its output.
fn read_lines(from: impl Read + Send + 'static, tell: SyncSender<String>) {
    std::thread::spawn(move || {
        let mut reader = BufReader::new(from);
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|octets| octets > 0) {
            // What nobody reads any more is dropped.
            let _ = tell.try_send(std::mem::take(&mut line));
        }
    });
}
