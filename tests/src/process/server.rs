//! A server as a child process: started, waited for, killed, terminated.
//!
//! Made by a site. Invariants: a child is ended and waited for by its handle, whatever happens to the test; the ready
//! line says where it listens.

use super::Failure;
use crate::process::turnstile::now;
use ringpost::phone::Url;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

/// The longest that a drain may take.
const DRAIN_WAIT: Duration = Duration::from_secs(40);

/// A child that has not said yet that it is ready.
#[derive(Debug)]
pub struct Starting {
    child: Running,
    /// Its first line, then the end of its output.
    told: Receiver<Option<String>>,
}

/// A child that serves.
#[derive(Debug)]
pub struct Server {
    child: Running,
    told: Receiver<Option<String>>,
    /// Where it listens.
    pub at: Place,
    line: String,
}

/// Where a server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Phones.
    pub mm1: SocketAddr,
    /// Other operators' MMSCs.
    pub mm4: SocketAddr,
    /// Operators.
    pub admin: SocketAddr,
    /// Accounting, where there is a feed.
    pub radius: Option<SocketAddr>,
}

impl Place {
    /// The address of the admin listener, as a URL.
    ///
    /// # Errors
    /// Never, for an address.
    pub fn admin_url(self) -> Result<Url, Failure> {
        Ok(format!("http://{}/", self.admin).parse()?)
    }
}

/// Kills and waits for its child when it goes.
#[derive(Debug)]
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already stays so.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Starting {
    /// Starts a child whose standard output is piped.
    ///
    /// # Errors
    /// Where it can't be started.
    pub fn spawn(mut command: Command) -> Result<Starting, Failure> {
        let mut child = command.spawn()?;
        let out = child.stdout.take();
        let (tell, told) = sync_channel(2);
        // Ends with the child: its standard output is closed then.
        std::thread::spawn(move || {
            let Some(out) = out else { return };
            let mut reader = BufReader::new(out);
            let mut line = String::new();
            let read = reader.read_line(&mut line).unwrap_or(0);
            // Where nobody waits any more the test has given up.
            let _ = tell.send((read > 0).then_some(line));
            let _ = reader.read_to_end(&mut Vec::new());
            let _ = tell.send(None);
        });
        Ok(Starting {
            child: Running(child),
            told,
        })
    }

    /// Waits for the ready line.
    ///
    /// # Errors
    /// Where it ends without one, or says something else, or takes too long.
    pub fn ready(self, wait: Duration) -> Result<Server, Failure> {
        let line = match self.told.recv_timeout(wait) {
            Ok(Some(line)) => line,
            Ok(None) => return Err(Failure("the server ended before it was ready".to_owned())),
            Err(_) => return Err(Failure(format!("the server was not ready within {wait:?}"))),
        };
        let address = |name: &str| -> Option<SocketAddr> {
            let list = line.split_whitespace().find_map(|word| word.strip_prefix(name))?;
            list.split(',').next()?.parse().ok()
        };
        let doors = (address("mm1="), address("mm4="), address("admin="));
        match (line.starts_with("ready "), doors) {
            (true, (Some(mm1), Some(mm4), Some(admin))) => Ok(Server {
                child: self.child,
                told: self.told,
                at: Place {
                    mm1,
                    mm4,
                    admin,
                    radius: address("radius="),
                },
                line,
            }),
            _ => Err(Failure(format!("not a ready line: {line:?}"))),
        }
    }

    /// Kills it after a time, or as soon as it says something.
    ///
    /// # Errors
    /// Where it can't be killed.
    pub fn kill_within(mut self, wait: Duration) -> Result<(), Failure> {
        // Both a line and silence mean: now.
        let _ = self.told.recv_timeout(wait);
        self.child.0.kill()?;
        self.child.0.wait()?;
        Ok(())
    }

    /// Waits for an end without a ready line; its exit code.
    ///
    /// # Errors
    /// Where it gets ready, or takes too long.
    pub fn refused(mut self, wait: Duration) -> Result<Option<i32>, Failure> {
        match self.told.recv_timeout(wait) {
            Ok(None) => Ok(self.child.0.wait()?.code()),
            Ok(Some(line)) => Err(Failure(format!("it starts all the same: {line:?}"))),
            Err(_) => Err(Failure(format!("it has not ended within {wait:?}"))),
        }
    }
}

impl Server {
    /// SIGKILL, and waits for the end.
    ///
    /// # Errors
    /// Where it can't be killed.
    pub fn kill(mut self) -> Result<(), Failure> {
        self.child.0.kill()?;
        self.child.0.wait()?;
        Ok(())
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// Where it can't be sent.
    pub fn signal(&self, signal: Signal) -> Result<(), Failure> {
        let id = i32::try_from(self.child.0.id()).ok().and_then(Pid::from_raw);
        let id = id.ok_or_else(|| Failure("a child without an id".to_owned()))?;
        kill_process(id, signal).map_err(|error| Failure::of("a signal", error))
    }

    /// SIGTERM, and waits for the end of the drain.
    ///
    /// # Errors
    /// Where it can't be sent or the drain does not end.
    pub fn terminate(self) -> Result<ExitStatus, Failure> {
        self.signal(Signal::TERM)?;
        self.ended(DRAIN_WAIT)
    }

    /// Waits for an end that something else brings about.
    ///
    /// # Errors
    /// Where it does not end.
    pub fn ended(mut self, wait: Duration) -> Result<ExitStatus, Failure> {
        let deadline = now() + wait;
        match self.told.recv_timeout(deadline.saturating_duration_since(now())) {
            Ok(_) | Err(RecvTimeoutError::Disconnected) => Ok(self.child.0.wait()?),
            Err(RecvTimeoutError::Timeout) => {
                Err(Failure(format!("the server has not ended within {wait:?}")))
            }
        }
    }

    /// All addresses behind a name of the ready line, such as `mm1`; none where it is not there.
    #[must_use]
    pub fn addresses(&self, name: &str) -> Vec<SocketAddr> {
        let words = self.line.split_whitespace();
        let lists = words.filter_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        lists
            .flat_map(|list| list.split(','))
            .filter_map(|address| address.parse().ok())
            .collect()
    }

    /// The child's number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.0.id()
    }
}
