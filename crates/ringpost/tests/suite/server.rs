//! The server from outside: whole lives of messages, kills, reloads, other shard counts, the demo.

use crate::support::{PATIENCE, Server, config, folder, run, submission};
use mms::Status;
use ringpost::phone::message::Outcome;
use ringpost::phone::{Phone, PhoneError, Push};
use rustix::process::Signal;
use std::time::Duration;

/// Fetches the next message, answers, and gives its text.
fn fetch(phone: &mut Phone) -> String {
    let notification = phone.notification(PATIENCE).unwrap().unwrap();
    let got = phone.retrieve(&notification.content_location).unwrap();
    phone.respond(&notification, Status::Retrieved).unwrap();
    String::from_utf8(got.message.parts[0].octets.clone()).unwrap()
}

#[test]
fn a_message_lives_on_one_two_and_three_shards() {
    for shards in 1..=3 {
        let folder = folder(&format!("life{shards}"));
        let server = Server::start(&config(&folder, shards, ""));
        let mut alice = server.phone(1);
        for last in 2..=6 {
            let sent = alice.send(&submission(&[last], &format!("for {last}"))).unwrap();
            let mut phone = server.phone(last);
            assert_eq!(fetch(&mut phone), format!("for {last}"));
            let report = alice.report(PATIENCE).unwrap().unwrap();
            assert_eq!(
                (report.message_id, report.outcome),
                (sent.message_id, Outcome::Delivery(Status::Retrieved))
            );
        }
        assert!(server.terminate().success());
        let data = folder.join("data");
        let verdict = run(&["log", "verify", data.to_str().unwrap()]);
        assert!(
            verdict.status.success(),
            "{}",
            String::from_utf8_lossy(&verdict.stdout)
        );
    }
}

#[test]
fn a_kill_loses_nothing_and_the_outbox_keeps_its_numbers() {
    let folder = folder("kill");
    let config = config(&folder, 2, "");
    let server = Server::start(&config);
    let sent: Vec<String> = (0..8)
        .map(|index| {
            server
                .phone(1)
                .send(&submission(&[2, 3], &format!("message {index}")))
                .unwrap()
                .message_id
        })
        .collect();
    let seen: Vec<Push> = [2, 3]
        .iter()
        .filter_map(|last| server.phone(*last).push(PATIENCE).unwrap())
        .collect();
    server.kill();

    let server = Server::start(&config);
    for (last, before) in [2_u8, 3].iter().zip(&seen) {
        let mut phone = server.phone(*last);
        assert_eq!(
            phone.push(PATIENCE).unwrap().as_ref(),
            Some(before),
            "the same push under the same number"
        );
        let mut phone = server.phone(*last);
        let mut texts: Vec<String> = Vec::new();
        while texts.len() < sent.len() {
            let text = fetch(&mut phone);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
    }
    let mut reports = Vec::new();
    let mut alice = server.phone(1);
    while reports.len() < 2 * sent.len() {
        let report = alice.report(PATIENCE).unwrap().unwrap();
        assert!(sent.contains(&report.message_id));
        let key = (report.message_id, report.recipient);
        assert!(!reports.contains(&key), "one report a recipient");
        reports.push(key);
    }
    assert!(server.terminate().success());
}

#[test]
fn another_number_of_shards_keeps_what_waits() {
    let folder = folder("relayout");
    let server = Server::start(&config(&folder, 1, ""));
    let mut repeat = submission(&[2], "once only");
    repeat.transaction_id = Some("again".to_owned());
    let first = server.phone(1).send(&repeat).unwrap();
    server.phone(1).send(&submission(&[3, 4], "for two")).unwrap();
    assert_eq!(fetch(&mut server.phone(3)), "for two");
    server.kill();
    for shards in [3, 2] {
        let server = Server::start(&config(&folder, shards, ""));
        let again = server.phone(1).send(&repeat).unwrap();
        assert_eq!(
            again.message_id, first.message_id,
            "a repeat is known over a change of the layout"
        );
        server.kill();
    }
    let server = Server::start(&config(&folder, 2, ""));
    assert_eq!(fetch(&mut server.phone(2)), "once only");
    assert_eq!(fetch(&mut server.phone(4)), "for two");
    assert!(server.terminate().success());
    let verdict = run(&["log", "verify", folder.join("data").to_str().unwrap()]);
    assert!(
        verdict.status.success(),
        "{}",
        String::from_utf8_lossy(&verdict.stdout)
    );
}

#[test]
fn a_second_server_on_the_same_data_exits_3() {
    let folder = folder("second");
    let config = config(&folder, 1, "");
    let server = Server::start(&config);
    let second = run(&["serve", "--config", config.to_str().unwrap()]);
    assert_eq!(
        second.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&second.stderr)
    );
    let data = folder.join("data");
    assert_eq!(
        run(&["log", "verify", data.to_str().unwrap()]).status.code(),
        Some(3),
        "a running server's data"
    );
    assert!(server.terminate().success());
}

#[test]
fn a_port_in_use_exits_1() {
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = folder("port");
    let file = config(&folder, 1, "");
    let text = std::fs::read_to_string(&file).unwrap();
    let address = held.local_addr().unwrap().to_string();
    std::fs::write(&file, text.replacen("127.0.0.1:0", &address, 1)).unwrap();
    let output = run(&["serve", "--config", file.to_str().unwrap()]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn a_reload_is_taken_whole_or_not_at_all() {
    let folder = folder("reload");
    let file = config(&folder, 1, "");
    let mut server = Server::start(&file);
    let two = submission(&[2, 3], "x");
    assert!(server.phone(1).send(&two).is_ok());
    let good = std::fs::read_to_string(&file).unwrap();

    std::fs::write(
        &file,
        good.replace("[mm1]\n", "[mm1]\nrecipients_max = 1\nnonsense = 1\n"),
    )
    .unwrap();
    server.signal(Signal::HUP);
    server.said("reload: refused");
    assert!(server.phone(1).send(&two).is_ok(), "the old settings stay");

    std::fs::write(
        &file,
        good.replace("[mm1]\n", "[mm1]\nrecipients_max = 1\n")
            .replace("shards = 1", "shards = 2"),
    )
    .unwrap();
    server.signal(Signal::HUP);
    assert!(server.said("reload: shards").contains("next start"));
    server.said("reload: done");
    // The shard takes it in one of its next turns; requests of before that are of the old settings.
    let refused = (0..1_000).find_map(|_| server.phone(1).send(&two).err());
    assert!(matches!(refused, Some(PhoneError::Refused { .. })), "{refused:?}");
    assert!(server.terminate().success());
}

#[test]
fn nothing_is_answered_to_who_is_not_named_by_a_gateway() {
    let folder = folder("identity");
    let server = Server::start(&config(&folder, 1, "[identity]\ngateways = [\"192.0.2.1\"]\n"));
    let refused = server.phone(1).send(&submission(&[2], "x"));
    assert!(
        matches!(refused, Err(PhoneError::Refused { .. } | PhoneError::Http(_))),
        "{refused:?}"
    );
    assert_eq!(server.phone(2).push(Duration::ZERO).unwrap(), None);
    assert!(server.terminate().success());
}

#[test]
fn the_demo_comes_to_its_end() {
    let output = run(&["demo", "--json"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let steps: Vec<String> = said
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["step"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(steps.first().map(String::as_str), Some("photo"));
    assert_eq!(steps.last().map(String::as_str), Some("done"));
    assert!(
        steps.contains(&"killed".to_owned()) && steps.iter().filter(|step| *step == "reported").count() == 4
    );
}
