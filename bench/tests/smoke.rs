//! The driver and the bare server understand each other: a short run on any machine.
//!
//! Decides nothing about speed. Invariant: no root, no fixed port, some hundreds of messages, and the server is gone
//! afterwards. Where io_uring is forbidden it says that it skips.

use bench::driver::{Driver, Expect};
use bench::pdu::Template;
use bench::server::Server;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

#[test]
fn a_bare_server_without_a_log_answers_the_driver() {
    let folder = std::env::temp_dir().join(format!("ringpost-bench-smoke-{}", std::process::id()));
    let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_bare")));
    let started = Server::ready(command.args(["--mode", "null", "--data"]).arg(&folder));
    let server = match started {
        Ok(server) => server,
        Err(error) => return println!("skipped: the server does not start here: {error}"),
    };
    let template = Template::new(30_000, 10).unwrap();
    let mut driver = Driver::connect(server.mm1, 4, &template, 0, Expect::Status200).unwrap();
    let driven = driver.run(Duration::from_secs(20), 200).unwrap();
    assert!(driven.messages >= 200, "{}", driven.messages);
    assert!(driver.next_number() >= 200 + 4);
}
