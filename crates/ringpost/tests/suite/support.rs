//! A real server as a child process, with small journals, for tests from outside.
//!
//! Invariants: each has a folder of its own; a child is ended whatever happens; nothing sleeps: a wait is a blocking
//! read or a long poll with a deadline.

use base::Msisdn;
use ringpost::phone::{Config, Phone, Submission};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

/// What a test waits for any one thing.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Segments of 4 MiB, so that starts take no time; and a machine that is slow or busy refuses nothing for overload.
const SMALL: &str = "[mm1]\nmessage_octets_max = 307200\n[http]\nbody_octets_max = 393216\n\
                     [journal]\nsegment_octets = 4194304\ngroup_octets = 524288\n\
                     [overload]\nslo_ms = 60000\ntarget_ms = 30000\ninterval_ms = 10000\n";

/// The program under test.
pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ringpost"))
}

/// Runs a command line to its end.
pub(crate) fn run(words: &[&str]) -> Output {
    program().args(words).stdin(Stdio::null()).output().unwrap()
}

/// A folder of one test, gone with it.
pub(crate) struct Folder(PathBuf);

impl std::ops::Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A fresh folder.
pub(crate) fn folder(name: &str) -> Folder {
    let folder = std::env::temp_dir().join(format!("ringpost-test-{}-{name}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    Folder(folder)
}

/// A settings file for the small server with so many shards, and more settings behind.
pub(crate) fn config(folder: &Path, shards: u16, more: &str) -> PathBuf {
    let file = folder.join("ringpost.toml");
    let data = folder.join("data");
    let text = format!(
        "data = {data:?}\nshards = {shards}\n[listen]\nmm1 = [\"127.0.0.1:0\"]\nmm4 = [\"127.0.0.1:0\"]\n\
         admin = [\"127.0.0.1:0\"]\n{SMALL}{more}"
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    pub(crate) mm1: String,
    pub(crate) admin: String,
    errors: Option<BufReader<std::process::ChildStderr>>,
}

impl Server {
    /// Starts one and waits for its ready line.
    pub(crate) fn start(config: &Path) -> Server {
        let mut command = program();
        command.args(["serve", "--config"]).arg(config);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        if !line.starts_with("ready ") {
            let mut said = String::new();
            errors.read_to_string(&mut said).unwrap();
            panic!("no ready line: {line}{said}");
        }
        let word = |name: &str| {
            line.split_whitespace()
                .find_map(|word| word.strip_prefix(name))
                .unwrap()
                .to_owned()
        };
        Server {
            child,
            mm1: word("mm1="),
            admin: word("admin="),
            errors: Some(errors),
        }
    }

    /// A phone at this server. It asks a proxy, as most phones do: retrieval URLs of before a restart name a port that
    /// is gone, and any host and any form of the target are served.
    pub(crate) fn phone(&self, last: u8) -> Phone {
        let mmsc = format!("http://{}/", self.mm1).parse().unwrap();
        let admin = format!("http://{}", self.admin).parse().unwrap();
        Phone::new(Config {
            proxy: Some(self.mm1.clone()),
            patience: PATIENCE,
            ..Config::lab(number(last), mmsc, admin)
        })
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.child.id() as i32).unwrap(), signal).unwrap();
    }

    /// The next line of its log that begins so.
    pub(crate) fn said(&mut self, beginning: &str) -> String {
        let errors = self.errors.as_mut().unwrap();
        for line in errors.lines() {
            let line = line.unwrap();
            if line.starts_with(beginning) {
                return line;
            }
        }
        panic!("it never said {beginning:?}");
    }

    /// SIGTERM; its exit status.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        // Its log is read to the end, so that it can't wait for a reader.
        let mut rest = String::new();
        self.errors.take().unwrap().read_to_string(&mut rest).unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A fictional number.
pub(crate) fn number(last: u8) -> Msisdn {
    Msisdn::from_digits(format!("4477009000{last:02}").as_bytes()).unwrap()
}

/// A message to these numbers, with reports.
pub(crate) fn submission(to: &[u8], text: &str) -> Submission {
    Submission {
        to: to.iter().map(|last| number(*last).to_string()).collect(),
        subject: Some("A subject".to_owned()),
        files: vec![ringpost::phone::File {
            name: "a.txt".to_owned(),
            content_type: "text/plain".to_owned(),
            octets: text.as_bytes().to_vec(),
        }],
        delivery_report: true,
        ..Submission::default()
    }
}
