//! Kills between two operators: what was accepted arrives once, and its sender hears of it once.
//!
//! Letters are sent from a thread; when one is acknowledged a server is killed, in the midst of the next. What was not
//! acknowledged is sent again as a phone does, with its transaction. Invariant: who checks sees servers from outside.

use super::operators::{ALICE, ANNA, Operator, album, anna, home_phone, is_whole, operators_of};
use crate::support::{PATIENCE, metrics};
use mms::Status;
use ringpost::phone::Submission;
use ringpost::phone::message::Outcome;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::mpsc::sync_channel;
use tests::process::{Program, Server, Site, turnstile};

/// Kills of a run.
const ROUNDS: usize = 12;

/// Letters of a round; a server is killed behind one of them.
pub(super) const LETTERS: usize = 5;

/// A letter with what its sender heard.
pub(super) struct Letter {
    pub(super) submission: Submission,
    pub(super) id: Option<String>,
}

pub(super) fn letter(number: usize) -> Letter {
    Letter {
        submission: Submission {
            to: vec![ANNA.to_owned()],
            transaction_id: Some(format!("letter-{number}")),
            read_report: false,
            ..album(&number.to_string())
        },
        id: None,
    }
}

/// Sends letters in a thread; behind the acknowledgement of one of them this is done.
pub(super) fn send(server: Server, letters: &mut [Letter], behind: usize, kill: impl FnOnce(Server)) {
    let mut alice = home_phone(ALICE, &server);
    let (tell, told) = sync_channel(letters.len());
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for letter in letters.iter_mut().filter(|letter| letter.id.is_none()) {
                // The connection breaks where the server is killed.
                letter.id = alice.send(&letter.submission).ok().map(|sent| sent.message_id);
                if tell.send(()).is_err() || letter.id.is_none() {
                    return;
                }
            }
        });
        // Fewer than so many may be left to be sent.
        told.iter().take(behind + 1).for_each(drop);
        kill(server);
    });
}

fn run(program: Program, fault: Option<&str>) {
    let _turn = turnstile::enter();
    let (mut alpha, mut beta) = operators_of(program, 2, None, ["", ""]);
    for operator in [&mut alpha, &mut beta] {
        operator.site.set_fault(fault.map(str::to_owned));
    }
    let start = |operator: &Operator| operator.site.start().unwrap();
    let mut at_beta = Some(start(&beta));
    let mut letters: Vec<Letter> = (0..ROUNDS * LETTERS).map(letter).collect();
    for round in 0..ROUNDS {
        let at_alpha = start(&alpha);
        let sent = letters.get_mut(..(round + 1) * LETTERS).unwrap();
        send(at_alpha, sent, round % LETTERS, |at_alpha| {
            if round % 3 > 0 {
                at_beta
                    .take()
                    .into_iter()
                    .for_each(|server| server.kill().unwrap());
            }
            at_alpha.kill().unwrap();
        });
        if round % 3 != 1 && at_beta.is_none() {
            at_beta = Some(start(&beta));
        }
    }
    let (at_alpha, at_beta) = (start(&alpha), at_beta.unwrap_or_else(|| start(&beta)));
    let mut alice = home_phone(ALICE, &at_alpha);
    for letter in letters.iter_mut().filter(|letter| letter.id.is_none()) {
        letter.id = Some(alice.send(&letter.submission).unwrap().message_id);
    }
    let tell = |missing: &[&Letter]| {
        for (operator, server) in [(&alpha, &at_alpha), (&beta, &at_beta)] {
            story(&operator.site, server, missing);
        }
        // What a lying disk has lost never comes.
        fault.is_none_or(|fault| !fault.starts_with("lie"))
    };
    arrived(&at_beta, &letters, tell);
    reported(&at_alpha, &letters, tell);
    assert_eq!(at_alpha.terminate().unwrap().code(), Some(0));
    assert_eq!(at_beta.terminate().unwrap().code(), Some(0));
}

/// Every letter reaches Anna's phone, once as new: a notification may come again as the same. Where nothing comes for
/// long, the silence is told of with the letters that are missing; who hears of it says whether to wait once more.
pub(super) fn arrived(server: &Server, letters: &[Letter], on_silence: impl Fn(&[&Letter]) -> bool) {
    let mut anna = anna(server);
    let mut lie: BTreeMap<String, String> = BTreeMap::new();
    while lie.len() < letters.len() {
        let notification = anna
            .notification(PATIENCE)
            .unwrap()
            .or_else(|| {
                let waits = on_silence(&missing(letters, &lie));
                waits.then(|| anna.notification(PATIENCE).unwrap())?
            })
            .unwrap_or_else(|| panic!("no notification"));
        let (subject, location) = (
            notification.subject.clone().unwrap(),
            &notification.content_location,
        );
        if let Some(known) = lie.get(&subject) {
            assert_eq!(known, location, "{subject} comes twice as new");
            continue;
        }
        let message = anna.retrieve(location).unwrap().message;
        anna.respond(&notification, Status::Retrieved).unwrap();
        assert!(is_whole(&message.parts));
        assert_eq!(message.subject.as_ref(), Some(&subject));
        lie.insert(subject, location.clone());
    }
    assert!(missing(letters, &lie).is_empty());
}

fn missing<'l>(letters: &'l [Letter], lie: &BTreeMap<String, String>) -> Vec<&'l Letter> {
    let is_missing = |letter: &&Letter| {
        let subject = letter.submission.subject.as_ref();
        subject.is_none_or(|subject| !lie.contains_key(subject))
    };
    letters.iter().filter(is_missing).collect()
}

/// Alice hears of each letter once that Anna has it. Silence is told of as in [`arrived`].
pub(super) fn reported(server: &Server, letters: &[Letter], on_silence: impl Fn(&[&Letter]) -> bool) {
    let mut alice = home_phone(ALICE, server);
    let mut told: BTreeMap<String, Outcome> = BTreeMap::new();
    let untold = |told: &BTreeMap<String, Outcome>| -> Vec<&Letter> {
        let is_untold = |letter: &&Letter| letter.id.as_ref().is_none_or(|id| !told.contains_key(id));
        letters.iter().filter(is_untold).collect()
    };
    while told.len() < letters.len() {
        let report = alice
            .report(PATIENCE)
            .unwrap()
            .or_else(|| {
                let waits = on_silence(&untold(&told));
                waits.then(|| alice.report(PATIENCE).unwrap())?
            })
            .unwrap_or_else(|| panic!("no report"));
        let known = told.insert(report.message_id, report.outcome);
        assert_eq!(known, None, "each once");
    }
    for letter in letters {
        let outcome = letter.id.as_ref().and_then(|id| told.get(id));
        assert_eq!(outcome, Some(&Outcome::Delivery(Status::Retrieved)));
    }
}

/// Prints how a server stands to its peers, and what its journals say of letters.
pub(super) fn story(site: &Site, server: &Server, letters: &[&Letter]) {
    let program = site.program().unwrap();
    let run = |words: &[&str]| {
        let output = Command::new(&program).args(words).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        println!("{words:?}:\n{}", String::from_utf8_lossy(&said));
    };
    println!("== {}", site.folder().display());
    run(&["peers", "--json", "--admin", &server.at.admin.to_string()]);
    let data = site.data();
    let data = data.to_str().unwrap();
    for letter in letters {
        println!("{:?} {:?}", letter.submission.subject, letter.id);
        if let Some(id) = &letter.id {
            run(&["trace", id, "--data", data]);
        }
    }
    run(&["trace", ANNA, "--data", data]);
    for line in metrics(server.at).lines() {
        if !line.ends_with(" 0") && !line.contains("_seconds") && !line.starts_with('#') {
            println!("{line}");
        }
    }
    println!("{}", site.said());
}

#[test]
fn what_was_accepted_arrives_over_kills_of_both() {
    run(Program::Shipped, None);
}

#[test]
fn what_was_accepted_arrives_though_the_disks_forget() {
    run(Program::WithFaults, Some("forget:slow=4,reorder=1"));
}

/// A disk that says too early that it has written must be caught, or these tests prove nothing.
#[test]
fn a_lying_disk_is_caught() {
    let outcome = std::panic::catch_unwind(|| run(Program::WithFaults, Some("lie:held=6")));
    let said = outcome.expect_err("somebody notices");
    let said = said
        .downcast::<String>()
        .map_or_else(|_| String::new(), |said| *said);
    assert!(!said.contains("not ready"), "noticed something else: {said}");
}
