//! What keeps a server from starting, each with its exit code and a sentence that says how to mend it.

use crate::support::{foreign, serve};
use std::process::{Command, Stdio};
use tests::process::server::Starting;
use tests::process::site::START_WAIT;
use tests::process::{Program, Site, turnstile};

/// A site's server, run by another program in front of it.
fn behind(site: &Site, words: &[&str]) -> Command {
    let own = site.command().unwrap();
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .arg(own.get_program())
        .args(own.get_args());
    let log = std::fs::File::options()
        .append(true)
        .open(site.folder().join("server.log"))
        .unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    command
}

fn refused(site: &Site, command: Command) -> (Option<i32>, String) {
    let code = Starting::spawn(command).unwrap().refused(START_WAIT).unwrap();
    (code, site.said())
}

#[test]
fn too_little_locked_memory_exits_3() {
    let _turn = turnstile::enter();
    let site = Site::new(Program::Shipped, 1).unwrap();
    if foreign(Command::new("prlimit").arg("--version")).is_none() {
        return;
    }
    let (code, said) = refused(&site, behind(&site, &["prlimit", "--memlock=65536:65536"]));
    assert_eq!(code, Some(3), "{said}");
    assert!(
        said.contains("only 65536 octets may be locked (RLIMIT_MEMLOCK)"),
        "{said}"
    );
    assert!(said.contains("LimitMEMLOCK"), "how to mend it: {said}");
    assert!(!site.data().exists(), "nothing was made");
}

#[test]
fn a_forbidden_io_uring_exits_3() {
    let _turn = turnstile::enter();
    let site = Site::new(Program::Shipped, 1).unwrap();
    let inject = "inject=io_uring_setup:error=EPERM";
    let trace = site.folder().join("trace");
    let words = [
        "strace",
        "-f",
        "-q",
        "-o",
        trace.to_str().unwrap(),
        "-e",
        "trace=io_uring_setup",
        "-e",
        inject,
    ];
    let may_trace = foreign(Command::new("strace").args(["-q", "-o", "/dev/null", "true"]));
    if !may_trace.is_some_and(|output| output.status.success()) {
        println!("skipped: no strace, or it may not trace");
        return;
    }
    let (code, said) = refused(&site, behind(&site, &words));
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("io_uring"), "{said}");
    assert!(said.contains("seccomp"), "how to mend it: {said}");
}

#[test]
fn a_second_server_on_the_same_data_exits_3() {
    let _turn = turnstile::enter();
    let (site, server) = serve(2);
    let (code, said) = refused(&site, site.command().unwrap());
    assert_eq!(code, Some(3), "{said}");
    assert_eq!(
        server.terminate().unwrap().code(),
        Some(0),
        "the first is not disturbed"
    );
}

#[test]
fn the_lab_behind_another_address_exits_2() {
    let _turn = turnstile::enter();
    for (name, value, word) in [
        ("listen.mm1", "[\"0.0.0.0:0\"]", "identity.gateways"),
        ("listen.mm1", "[\"[::]:0\"]", "numbering.local_ranges"),
        ("listen.admin", "[\"0.0.0.0:0\"]", "admin.token"),
        ("listen.admin", "[\"0.0.0.0:0\"]", "outbox"),
    ] {
        let mut site = Site::new(Program::Shipped, 1).unwrap();
        site.set(name, value);
        let (code, said) = refused(&site, site.command().unwrap());
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(word), "{word}: {said}");
        assert!(!site.data().exists(), "nothing was made");
    }
}
