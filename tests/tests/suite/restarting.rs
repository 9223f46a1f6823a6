//! Restarts without a gap: sockets handed on, nothing refused, nothing lost, nothing twice; and reloads under load.
//!
//! The crowd bears no failure: a connection that is refused, reset or closed before its answer is counted.

use rustix::process::Signal;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::Command;
use tests::process::chain::Chain;
use tests::process::restart::{Report, killed, reloads, restarts};
use tests::process::site::START_WAIT;
use tests::process::wire::Wire;
use tests::process::{Program, Site, turnstile};

fn nothing_was_seen(report: &Report) {
    println!("{report:?}");
    assert_eq!(report.breaks, 0, "transactions failed: {report:?}");
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    let at_least = u64::from(report.rounds);
    let all_were_served = report.accepted > at_least && report.kept_open > 0 && report.taken > at_least;
    assert!(all_were_served, "{report:?}");
}

/// A GET of a letter that is not there: an answer is all that is wanted.
fn asks(wire: &mut Wire) -> u16 {
    let request = "GET /nothing HTTP/1.1\r\nHost: mms.test\r\nX-MSISDN: +447700900001\r\n\r\n";
    wire.send(request.as_bytes()).unwrap();
    wire.answer().unwrap().unwrap().status
}

#[test]
fn restarts_under_load_refuse_nothing_and_lose_nothing() {
    let _turn = turnstile::enter();
    nothing_was_seen(&restarts(1, 6, &[2]).unwrap());
}

#[test]
fn restarts_with_fewer_and_more_shards_leave_no_socket_unaccepted() {
    let _turn = turnstile::enter();
    nothing_was_seen(&restarts(2, 3, &[2, 1, 3]).unwrap());
}

#[test]
fn reloads_under_load_fail_no_transaction() {
    let _turn = turnstile::enter();
    nothing_was_seen(&reloads(3, 100).unwrap());
}

#[test]
fn a_server_that_is_gone_is_noticed_by_the_crowd() {
    let _turn = turnstile::enter();
    assert!(killed(4).unwrap() > 0);
}

#[test]
fn a_successor_that_is_not_fit_leaves_the_server_as_it_was() {
    let _turn = turnstile::enter();
    let mut site = Site::new(Program::Shipped, 2).unwrap();
    let mut chain = Chain::start(&site, START_WAIT).unwrap();
    let mut before = Wire::open(chain.at.mm1).unwrap();
    assert_eq!(asks(&mut before), 200);
    for (name, value) in [("nonsense.key", "1"), ("listen.mm1", "[\"127.0.0.2:0\"]")] {
        site.set(name, value);
        site.write_settings().unwrap();
        chain.signal(Signal::USR2).unwrap();
        chain.wait_for("restart: called off", START_WAIT).unwrap();
        assert_eq!(asks(&mut before), 200, "the connection goes on");
        site.unset(name);
    }
    assert_eq!(asks(&mut Wire::open(chain.at.mm1).unwrap()), 200);
    site.set("listen.mm1", "[\"127.0.0.1:0\"]");
    site.write_settings().unwrap();
    chain.restart(START_WAIT).unwrap();
    assert!(
        before.is_closed().unwrap(),
        "an idle connection ends with its server"
    );
    assert_eq!(asks(&mut Wire::open(chain.at.mm1).unwrap()), 200);
    assert_eq!(chain.terminate().unwrap(), Some(0));
}

/// The sockets are both processes' while the predecessor drains, and so are their flags: one that the successor changed
/// would have the predecessor's accept block its thread.
#[test]
fn a_predecessor_answers_operators_until_its_end() {
    let _turn = turnstile::enter();
    let site = Site::new(Program::Shipped, 2).unwrap();
    let mut chain = Chain::start(&site, START_WAIT).unwrap();
    let mut busy = Wire::open(chain.at.mm1).unwrap();
    let begun = "POST / HTTP/1.1\r\nHost: mms.test\r\nX-MSISDN: +447700900001\r\nContent-Type: \
                 application/vnd.wap.mms-message\r\nContent-Length: 2\r\n\r\nx";
    busy.send(begun.as_bytes()).unwrap();
    chain.signal(Signal::USR2).unwrap();
    chain.wait_for("restart: process", START_WAIT).unwrap();
    for _ in 0..3 {
        let mut operator = Wire::open(chain.at.admin).unwrap();
        operator
            .send(b"GET /healthz HTTP/1.1\r\nHost: admin.test\r\n\r\n")
            .unwrap();
        assert_eq!(operator.answer().unwrap().unwrap().status, 200);
    }
    // What it waits for.
    busy.send(b"x").unwrap();
    assert!(busy.answer().unwrap().is_some());
    chain.succeed(START_WAIT).unwrap();
    assert_eq!(chain.terminate().unwrap(), Some(0));
}

/// A server behind a shell that puts a socket of ours at descriptor 3, as a supervisor does. The shell
/// gets it as its standard input: its own descriptors may be numbered beyond what `exec` can name.
fn with_sockets(site: &Site, listener: &TcpListener, names: &str) -> Command {
    let own = site.command().unwrap();
    let mut command = Command::new("sh");
    let script =
        format!("exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_FDNAMES={names} LISTEN_PID=$$ exec \"$0\" \"$@\"");
    command
        .arg("-c")
        .arg(script)
        .arg(own.get_program())
        .args(own.get_args())
        .stdin(OwnedFd::from(listener.try_clone().unwrap()));
    command
}

#[test]
fn sockets_of_a_supervisor_are_served_and_keep_their_queue() {
    let _turn = turnstile::enter();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut site = Site::new(Program::Shipped, 2).unwrap();
    site.set("listen.mm1", &format!("[\"{address}\"]"));
    let chain = Chain::start_by(with_sockets(&site, &listener, "mm1"), START_WAIT).unwrap();
    assert_eq!(chain.at.mm1, address);
    assert_eq!(asks(&mut Wire::open(address).unwrap()), 200);
    assert_eq!(chain.terminate().unwrap(), Some(0));
    // Nobody serves; the supervisor's socket queues.
    let mut queued = Wire::open(address).unwrap();
    let mut chain = Chain::start_by(with_sockets(&site, &listener, "mm1"), START_WAIT).unwrap();
    assert_eq!(asks(&mut queued), 200);
    chain.restart(START_WAIT).unwrap();
    assert_eq!(asks(&mut Wire::open(address).unwrap()), 200);
    assert_eq!(chain.terminate().unwrap(), Some(0));
}

#[test]
fn a_socket_without_an_address_or_a_name_exits_2() {
    let _turn = turnstile::enter();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    for (names, address) in [("mm1", "127.0.0.2:0"), ("mm9", "127.0.0.1:0")] {
        let mut site = Site::new(Program::Shipped, 1).unwrap();
        site.set("listen.mm1", &format!("[\"{address}\"]"));
        let refused = Chain::start_by(with_sockets(&site, &listener, names), START_WAIT);
        let said = refused.unwrap_err().0;
        assert!(said.contains("inherited socket"), "{said}");
        assert!(!site.data().exists(), "nothing was made");
    }
}
