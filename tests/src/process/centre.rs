//! Foreign SMSCs and push gateways as children: they print what happens and take orders, one JSON object a line.
//!
//! Beside [`server`](super::server). The programs lie in `tests/peers`; each stands on a library that is not ours.
//! Invariants: a child is killed and waited for when its handle goes; every wait has a deadline; an event that nobody
//! waits for stays to be asked for later.

use super::Failure;
use super::turnstile::now;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

/// Events that may lie unread.
const EVENTS_MAX: usize = 1 << 16;

/// See the module's comment.
#[derive(Debug)]
pub struct Centre {
    child: Child,
    orders: ChildStdin,
    told: Receiver<Value>,
    unread: Vec<Value>,
    /// Where it listens, on loopback.
    pub port: u16,
}

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An SMSC in Python, on `smpplib`.
    Python,
    /// An SMSC in JavaScript, on npm's `smpp`.
    JavaScript,
    /// A push proxy gateway in Python.
    Gateway,
}

impl Kind {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Kind::Python => ("python3", "smsc.py"),
            Kind::JavaScript => ("node", "smsc.js"),
            Kind::Gateway => ("python3", "ppg.py"),
        }
    }

    /// Why it can't run here, if it can't.
    #[must_use]
    pub fn missing(self) -> Option<&'static str> {
        let (program, words, what) = match self {
            Kind::Python => ("python3", ["-c", "import smpplib"], "Python's smpplib"),
            Kind::JavaScript => (
                "node",
                ["-e", "require('smpp')"],
                "node with npm's smpp (NODE_PATH)",
            ),
            Kind::Gateway => ("python3", ["-c", "import email"], "python3"),
        };
        let tried = Command::new(program)
            .args(words)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        (!tried.is_ok_and(|status| status.success())).then_some(what)
    }
}

impl Centre {
    /// Starts one and waits until it listens: at any port, or (an SMSC in Python) at this one.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn start(kind: Kind, port: Option<u16>) -> Result<Centre, Failure> {
        let (program, file) = kind.words();
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers").join(file);
        let mut child = Command::new(program)
            .arg(path)
            .args(port.map(|port| port.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let gone = || Failure("a child without its pipes".to_owned());
        let orders = child.stdin.take().ok_or_else(gone)?;
        let out = child.stdout.take().ok_or_else(gone)?;
        let (tell, told) = sync_channel(EVENTS_MAX);
        // Ends with the child: its standard output is closed then.
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines() {
                let Ok(line) = line else { return };
                let Ok(event) = serde_json::from_str(&line) else {
                    return;
                };
                if tell.send(event).is_err() {
                    return;
                }
            }
        });
        let mut centre = Centre {
            child,
            orders,
            told,
            unread: Vec::new(),
            port: 0,
        };
        let event = centre.wait("listening", Duration::from_secs(20))?;
        let port = event["port"].as_u64().and_then(|port| u16::try_from(port).ok());
        centre.port = port.ok_or_else(|| Failure(format!("no port: {event}")))?;
        Ok(centre)
    }

    /// Gives an order, and waits until it is obeyed.
    ///
    /// # Errors
    /// Where the child has ended.
    pub fn order(&mut self, order: &Value) -> Result<(), Failure> {
        writeln!(self.orders, "{order}")?;
        self.orders.flush()?;
        self.wait("obeyed", Duration::from_secs(20)).map(|_| ())
    }

    /// The next event of this name that was not asked for before.
    ///
    /// # Errors
    /// Where none comes within `patience`.
    pub fn wait(&mut self, name: &str, patience: Duration) -> Result<Value, Failure> {
        self.wait_for(patience, |event| event["event"] == name)
            .map_err(|failure| Failure(format!("{name}: {failure}")))
    }

    /// The next event that `fits` and was not asked for before.
    ///
    /// # Errors
    /// Where none comes within `patience`.
    pub fn wait_for(&mut self, patience: Duration, fits: impl Fn(&Value) -> bool) -> Result<Value, Failure> {
        if let Some(at) = self.unread.iter().position(&fits) {
            return Ok(self.unread.remove(at));
        }
        let deadline = now() + patience;
        loop {
            let left = deadline.saturating_duration_since(now());
            match self.told.recv_timeout(left) {
                Ok(event) if fits(&event) => return Ok(event),
                Ok(event) => self.unread.push(event),
                Err(_) => {
                    let last = self.unread.last().map(Value::to_string);
                    return Err(Failure(format!("no such event; the last other one: {last:?}")));
                }
            }
        }
    }

    /// Everything that has happened and was not asked for before, up to now.
    pub fn rest(&mut self) -> Vec<Value> {
        self.unread.extend(self.told.try_iter());
        std::mem::take(&mut self.unread)
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        // One that has ended already stays so.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
