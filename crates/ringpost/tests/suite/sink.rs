//! An MMSC's mail server that is not ours: Python's aiosmtpd, and Python's email package reads what it got.
//!
//! The script is `sink.py`, beside this folder. Where Python or aiosmtpd is missing, that is said, and the test passes.
//! It ends with its test.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Python's SMTP server as a child: one line of JSON a mail.
pub(crate) struct Sink {
    child: Child,
    pub(crate) port: u16,
    lines: BufReader<ChildStdout>,
    /// It ends when this is closed.
    _input: ChildStdin,
}

impl Sink {
    /// Starts one that answers so (`ok`, `busy`, `unknown`); nothing where there is no aiosmtpd.
    pub(crate) fn start(verdict: &str) -> Option<Sink> {
        Sink::start_at(verdict, "127.0.0.1")
    }

    /// The same at another address.
    pub(crate) fn start_at(verdict: &str, address: &str) -> Option<Sink> {
        let has = Command::new("python3")
            .args(["-c", "import aiosmtpd"])
            .stderr(Stdio::null())
            .status();
        if !has.is_ok_and(|status| status.success()) {
            println!("skipped: python3 has no aiosmtpd");
            return None;
        }
        let mut child = Command::new("python3")
            .args(["-c", include_str!("../sink.py"), verdict, address])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        lines.read_line(&mut port).unwrap();
        Some(Sink {
            port: port.trim().parse().unwrap(),
            lines,
            _input: child.stdin.take().unwrap(),
            child,
        })
    }

    /// The next mail, as Python has read it.
    pub(crate) fn mail(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // It ends with its input, and is ended in any case.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
