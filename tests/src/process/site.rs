//! A place for a server: a folder of its own, settings, a program; it outlives the servers that run there.
//!
//! Made first by a test; a server is started in it as often as wanted. Invariants: the folder goes with the site,
//! unless `KEEP_SITE` is set; settings are written anew before each start, so that they may change between starts.

use super::{Failure, Program, Server};
use crate::process::server::Starting;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The base of retrieval URLs; phones reach it through the server as their proxy, whatever its port.
pub const RETRIEVAL_BASE: &str = "http://mms.test/";

/// The longest that a start may take.
pub const START_WAIT: Duration = Duration::from_secs(30);

static SITES: AtomicU32 = AtomicU32::new(0);

/// See the module's comment.
#[derive(Debug)]
pub struct Site {
    folder: PathBuf,
    program: Program,
    settings: BTreeMap<String, String>,
    /// Tables of lists, as TOML.
    tables: String,
    fault: Option<String>,
}

impl Site {
    /// A site with small segments (2 MiB), messages of up to 40 KiB, free ports on loopback, that bears long waits.
    ///
    /// # Errors
    /// Where no folder can be made.
    pub fn new(program: Program, shards: u16) -> Result<Site, Failure> {
        let number = SITES.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("ringpost-process-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let mut site = Site {
            folder,
            program,
            settings: BTreeMap::new(),
            tables: String::new(),
            fault: None,
        };
        let shards = shards.to_string();
        for (name, value) in [
            ("shards", shards.as_str()),
            ("listen.mm1", "[\"127.0.0.1:0\"]"),
            ("listen.mm4", "[\"127.0.0.1:0\"]"),
            ("listen.admin", "[\"127.0.0.1:0\"]"),
            ("mm1.retrieval_base", "\"http://mms.test/\""),
            ("mm1.message_octets_max", "40960"),
            ("http.body_octets_max", "114688"),
            ("journal.group_octets", "188416"),
            ("journal.segment_octets", "2097152"),
            // A machine that is slow or busy refuses for overload what no test here is about.
            ("overload.slo_ms", "60000"),
            ("overload.target_ms", "30000"),
            ("overload.interval_ms", "10000"),
        ] {
            site.set(name, value);
        }
        Ok(site)
    }

    /// Sets a setting, as TOML; counts from the next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.insert(name.to_owned(), value.to_owned());
    }

    /// Puts tables of lists, such as `[[apn]]`, behind the settings; counts from the next start on.
    pub fn set_tables(&mut self, text: &str) {
        text.clone_into(&mut self.tables);
    }

    /// Leaves a setting at its default.
    pub fn unset(&mut self, name: &str) {
        self.settings.remove(name);
    }

    /// The disk of the next servers fails as planned; needs [`Program::WithFaults`].
    pub fn set_fault(&mut self, plan: Option<String>) {
        self.fault = plan;
    }

    /// Where the server keeps its data.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The program that serves here, for its other commands.
    ///
    /// # Errors
    /// Where it can't be built.
    pub fn program(&self) -> Result<PathBuf, Failure> {
        self.program.path()
    }

    /// The site's own folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the servers said on standard error, the last octets of it.
    #[must_use]
    pub fn said(&self) -> String {
        const OCTETS: usize = 6_000;
        let text = std::fs::read(self.folder.join("server.log")).unwrap_or_default();
        let tail = text.get(text.len().saturating_sub(OCTETS)..).unwrap_or_default();
        String::from_utf8_lossy(tail).into_owned()
    }

    /// The settings file, written as it is to be.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn write_settings(&self) -> Result<PathBuf, Failure> {
        let mut text = String::new();
        let (own, grouped): (Vec<_>, Vec<_>) =
            self.settings.iter().partition(|(name, _)| !name.contains('.'));
        for (name, value) in own {
            let _ = writeln!(text, "{name} = {value}");
        }
        let mut last = "";
        for (name, value) in grouped {
            let (group, key) = name.split_once('.').unwrap_or(("", name));
            if group != last {
                let _ = writeln!(text, "[{group}]");
            }
            last = group;
            let _ = writeln!(text, "{key} = {value}");
        }
        text.push_str(&self.tables);
        let path = self.folder.join("site.toml");
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// The command line of a server here. Standard error is appended to the site's log.
    ///
    /// # Errors
    /// Where the program can't be built or the files can't be written.
    pub fn command(&self) -> Result<Command, Failure> {
        let settings = self.write_settings()?;
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("server.log"))?;
        let mut command = Command::new(self.program.path()?);
        command.arg("serve").arg("--config").arg(settings);
        command.arg("--data").arg(self.data());
        if let Some(plan) = &self.fault {
            command.arg("--fault").arg(plan);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        Ok(command)
    }

    /// Starts a server and does not wait for it.
    ///
    /// # Errors
    /// As [`command`](Self::command).
    pub fn spawn(&self) -> Result<Starting, Failure> {
        Starting::spawn(self.command()?)
    }

    /// Starts a server and waits until it is ready.
    ///
    /// # Errors
    /// Where it does not get ready; with what it said.
    pub fn start(&self) -> Result<Server, Failure> {
        self.spawn()?
            .ready(START_WAIT)
            .map_err(|failure| Failure(format!("{failure}\n{}", self.said())))
    }

    /// Runs `ringpost log WORDS… DATA` on the data of a stopped server.
    ///
    /// # Errors
    /// Where it can't be run.
    pub fn log(&self, words: &[&str]) -> Result<Output, Failure> {
        let mut command = Command::new(self.program.path()?);
        Ok(command.arg("log").args(words).arg(self.data()).output()?)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if std::env::var_os("KEEP_SITE").is_none() {
            // What is left there is of no use to the next.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}
