//! The driver and the bare server understand each other, whatever a message's size: short runs on any machine.
//!
//! Decides nothing about speed. Invariant: no root, no fixed port, some hundreds of messages; the server and what
//! it wrote are gone afterwards. Where io_uring is forbidden it says that it skips.

use bench::driver::{Driver, Expect};
use bench::lives::{Dialect, Lives};
use bench::pdu::Template;
use bench::server::Server;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Octets of a large message: more than a connection's buffer holds at first.
const LARGE_OCTETS: usize = 300_000;
/// Octets of a segment here: some hundred of those, so that the log goes on to its next one.
const SEGMENT_OCTETS: u32 = 32 << 20;
/// A run that goes on for so long is stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// A bare server and its folder, which goes with it.
struct Bare {
    server: Server,
    folder: PathBuf,
}

impl Bare {
    /// Starts one; nothing where it does not start here.
    fn start(name: &str, mode: &[&str]) -> Option<Bare> {
        let folder = std::env::temp_dir().join(format!("ringpost-bench-{name}-{}", std::process::id()));
        let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_bare")));
        command.arg("--mode").args(mode);
        command.args(["--segment-octets", &SEGMENT_OCTETS.to_string(), "--data"]);
        match Server::ready(command.arg(&folder)) {
            Ok(server) => Some(Bare { server, folder }),
            Err(error) => {
                println!("skipped: the server does not start here: {error}");
                None
            }
        }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.server.kill();
        // Without a log there is none.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_bare_server_without_a_log_answers_the_driver() {
    let Some(bare) = Bare::start("null", &["null"]) else {
        return;
    };
    let template = Template::new(30_000, 10).unwrap();
    let mut driver = Driver::connect(bare.server.mm1, 4, &template, 0, Expect::Status200).unwrap();
    let driven = driver.run(PATIENCE, 200).unwrap();
    assert!(driven.messages >= 200, "{}", driven.messages);
    assert!(driver.next_number() >= 200 + 4);
}

#[test]
fn a_large_message_comes_to_the_log_whole_and_is_answered() {
    let Some(bare) = Bare::start("large", &["http"]) else {
        return;
    };
    let template = Template::new(LARGE_OCTETS, 10).unwrap();
    let mut driver = Driver::connect(bare.server.mm1, 4, &template, 0, Expect::Status200).unwrap();
    driver.run(PATIENCE, 200).unwrap();
    let taken = driver.finish(PATIENCE).unwrap();
    let counters = bare.server.read_counters().unwrap();
    let [records, octets] = ["records", "octets"].map(|name| counters.get(name).copied().unwrap_or_default());
    assert_eq!(records, taken as f64);
    assert!(octets > taken as f64 * LARGE_OCTETS as f64, "{octets} of {taken}");
}

#[test]
fn a_large_message_comes_back_as_it_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let Some(bare) = Bare::start("life", &["life", "--link", &port]) else {
        return;
    };
    let template = Template::with_report(LARGE_OCTETS, 10).unwrap();
    let mut lives = Lives::connect(bare.server.mm1, &listener, 4, &template, Dialect::Bare).unwrap();
    let lived = lives.run(PATIENCE, 200).unwrap();
    assert!(lived.lives >= 200, "{}", lived.lives);
}
