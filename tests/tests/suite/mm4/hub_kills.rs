//! Kills of a hub between two operators: what was accepted arrives once, and its sender hears of it once.
//!
//! As `kills`, with three in a row. Invariants: alpha and beta stay; where nothing comes for long, what the three say
//! of it is printed, and the peers are told to try at once, as an operator would.

use super::hub::in_a_row;
use super::kills::{LETTERS, Letter, arrived, letter, reported, send, story};
use crate::support::{PATIENCE, metric};
use std::process::Command;
use tests::process::turnstile::now;
use tests::process::{Program, Server, Site, turnstile};

/// Kills of the hub in a run.
const ROUNDS: usize = 5;

/// The hub is killed now behind what alpha has acknowledged, now behind what the hub has accepted itself.
fn run(program: Program, mode: &str, fault: Option<&str>) {
    let _turn = turnstile::enter();
    let [alpha, mut hub, beta] = in_a_row(program, mode, None);
    hub.site.set_fault(fault.map(str::to_owned));
    let (mut at_alpha, at_beta) = (Some(alpha.start()), beta.start());
    let mut at_hub = Some(hub.start());
    let mut letters: Vec<Letter> = (0..ROUNDS * LETTERS).map(letter).collect();
    for round in 0..ROUNDS {
        let sent = letters.get_mut(..(round + 1) * LETTERS).unwrap();
        send(at_alpha.take().unwrap(), sent, round % LETTERS, |server| {
            let killed = at_hub.take().unwrap();
            // Alpha asks a hub that was away for long once a minute.
            let deadline = now() + 4 * PATIENCE;
            while round % 2 > 0 && metric(&killed, "ringpost_arrivals_accepted_total") == 0 {
                assert!(now() < deadline, "the hub gets nothing");
            }
            killed.kill().unwrap();
            at_alpha = Some(server);
        });
        at_hub = Some(hub.start());
    }
    let (at_alpha, at_hub) = (at_alpha.unwrap(), at_hub.unwrap());
    let help = |missing: &[&Letter]| {
        for (site, server) in [
            (&alpha.site, &at_alpha),
            (&hub.site, &at_hub),
            (&beta.site, &at_beta),
        ] {
            story(site, server, missing);
        }
        for (server, peer) in [
            (&at_alpha, "hub"),
            (&at_hub, "alpha"),
            (&at_hub, "beta"),
            (&at_beta, "hub"),
        ] {
            retry(&alpha.site, server, peer);
        }
        true
    };
    arrived(&at_beta, &letters, help);
    reported(&at_alpha, &letters, help);
    for server in [at_alpha, at_hub, at_beta] {
        assert_eq!(server.terminate().unwrap().code(), Some(0));
    }
}

/// What waits for a peer is tried at once.
fn retry(site: &Site, server: &Server, peer: &str) {
    let mut command = Command::new(site.program().unwrap());
    let admin = server.at.admin.to_string();
    command.args([
        "peers", "retry", peer, "--by", "test", "--reason", "silence", "--admin", &admin,
    ]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_hub_that_is_killed_loses_nothing_in_transparent_mode() {
    run(Program::Shipped, "transparent", None);
}

#[test]
fn a_hub_that_is_killed_loses_nothing_in_store_and_forward_mode() {
    run(Program::Shipped, "store_and_forward", None);
}

#[test]
fn a_hub_whose_disk_forgets_loses_nothing() {
    for mode in ["transparent", "store_and_forward"] {
        run(Program::WithFaults, mode, Some("forget:slow=4,reorder=1"));
    }
}
