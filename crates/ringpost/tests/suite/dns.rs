//! A name server that is not ours: Python's dnslib answers as a test says.
//!
//! The script is `dns.py`, beside this folder. Where Python or dnslib is missing, that is said, and the test passes. It
//! ends with its test. Invariant: what is set holds for every question that is asked afterwards.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The child.
pub(crate) struct Dns {
    child: Child,
    pub(crate) address: SocketAddr,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What it says to a question: records of the answer.
pub(crate) fn records(answer: &[&str]) -> Value {
    json!({ "answer": answer })
}

impl Dns {
    /// Starts one that knows nothing; nothing where there is no dnslib.
    pub(crate) fn start() -> Option<Dns> {
        let has = Command::new("python3")
            .args(["-c", "import dnslib"])
            .stderr(Stdio::null())
            .status();
        if !has.is_ok_and(|status| status.success()) {
            println!("skipped: python3 has no dnslib");
            return None;
        }
        let mut child = Command::new("python3")
            .args(["-c", include_str!("../dns.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        answers.read_line(&mut port).unwrap();
        Some(Dns {
            address: ([127, 0, 0, 1], port.trim().parse().unwrap()).into(),
            orders: child.stdin.take().unwrap(),
            answers,
            child,
        })
    }

    /// Says this from now on, and of anything else that it does not exist.
    pub(crate) fn say(&mut self, table: &[(&str, Value)]) {
        let table: serde_json::Map<String, Value> = table
            .iter()
            .map(|(question, says)| ((*question).to_owned(), says.clone()))
            .collect();
        writeln!(self.orders, "{}", Value::Object(table)).unwrap();
        let mut taken = String::new();
        self.answers.read_line(&mut taken).unwrap();
        assert_eq!(taken.trim(), "taken");
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        // It ends with its input, and is ended in any case.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
