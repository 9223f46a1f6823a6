//! `ringpost trace` from outside: running and stopped servers, kills, other shard counts, damage, many records.

use crate::fill::{self, Fill};
use crate::support::{PATIENCE, Server, config, folder, run, submission};
use base::MessageId;
use mms::Status;
use serde_json::Value;
use std::path::Path;
use std::time::Instant;

/// Asks; its exit code, its steps, and what it says on standard error.
fn trace(data: &Path, words: &[&str]) -> (i32, Vec<Value>, String) {
    let mut line = vec!["trace", "--json", "--data", data.to_str().unwrap()];
    line.extend(words);
    let output = run(&line);
    let text = String::from_utf8(output.stdout).unwrap();
    let steps = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (
        output.status.code().unwrap(),
        steps.collect(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn words(steps: &[Value]) -> Vec<&str> {
    steps.iter().map(|step| step["event"].as_str().unwrap()).collect()
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the deadline of a wait for another process, which is no measurement"
)]
fn a_story_is_the_same_while_the_server_runs_after_a_kill_and_on_other_shards() {
    let folder = folder("trace");
    let data = folder.join("data");
    let server = Server::start(&config(&folder, 2, ""));
    let sent = server.phone(1).send(&submission(&[2, 3], "a text")).unwrap();
    let mut bob = server.phone(2);
    let notification = bob.notification(PATIENCE).unwrap().unwrap();
    bob.retrieve(&notification.content_location).unwrap();
    bob.respond(&notification, Status::Retrieved).unwrap();
    let id = sent.message_id;
    // What is on disk is shown once a later record says so, which an idle server writes at once.
    let deadline = Instant::now() + PATIENCE;
    let all = loop {
        let (_, steps, said) = trace(&data, &[&id]);
        // Accepted, two notifications, one end; a second's steps stand by recipient.
        if steps.len() == 4 {
            break steps;
        }
        assert!(Instant::now() < deadline, "{steps:?} {said}");
    };
    let of = |step: &Value, name: &str| step[name].clone();
    let accepted = all.iter().find(|step| step["event"] == "accepted").unwrap();
    assert_eq!(of(accepted, "recipients"), serde_json::json!(["+…02", "+…03"]));
    assert_eq!(of(accepted, "sender"), "+…01");
    assert!(accepted["pdu_octets"].as_u64() > accepted["content_octets"].as_u64());
    let ended = all.iter().find(|step| step["event"] == "retrieved").unwrap();
    assert_eq!(of(ended, "pushed"), "M-Delivery.ind");
    assert_eq!(of(ended, "pushed_status"), 0x81);
    assert_eq!(of(ended, "status"), 0x81);
    assert!(all.iter().all(|step| !step.to_string().contains("4477009")));
    server.kill();

    let told = |steps: &[Value]| -> Vec<String> {
        let told = steps
            .iter()
            .map(|step| format!("{} {}", step["time"], step["text"]));
        told.collect()
    };
    let (code, stopped, _) = trace(&data, &[&format!("{id}@ringpost.invalid")]);
    assert_eq!((code, told(&stopped)), (0, told(&all)));

    let server = Server::start(&config(&folder, 3, ""));
    assert!(server.terminate().success());
    let (_, moved, said) = trace(&data, &[&id, "--unmask"]);
    assert_eq!(said, "");
    assert!(words(&moved).starts_with(&["accepted"]), "{moved:?}");
    assert_eq!(
        of(&moved[0], "recipients"),
        serde_json::json!(["+447700900002", "+447700900003"])
    );
    assert_eq!(
        words(&moved).iter().filter(|word| **word == "retrieved").count(),
        1
    );

    let (_, by_number, _) = trace(&data, &["+447700900003"]);
    assert!(words(&by_number).contains(&"notified"));
    assert!(
        !words(&by_number).contains(&"retrieved"),
        "that is the other recipient's"
    );
}

#[test]
fn what_is_not_there_and_what_is_not_understood() {
    let folder = folder("trace-none");
    let (code, steps, said) = trace(&folder.join("nowhere"), &["0123456789abcdef"]);
    assert_eq!((code, steps.len()), (2, 0));
    assert!(said.contains("holds no data (no manifest)"), "{said}");
    for subject in ["01234567", "012345678", "+44 7700", "nobody@example.com", ""] {
        let (code, _, said) = trace(&folder, &[subject]);
        assert_eq!(code, 2, "{subject}");
        assert!(said.contains("neither a Message-ID"), "{said}");
    }
    let (code, _, said) = trace(&folder, &["0123456789abcdef", "--since", "soon"]);
    assert_eq!(code, 2);
    assert!(said.contains("--since is neither"), "{said}");
    fill::fill(&folder.join("data"), small(1));
    let (code, steps, said) = trace(&folder.join("data"), &["0123456789abcdef"]);
    assert_eq!((code, steps.len()), (1, 0));
    assert!(
        said.contains("nothing is known of it in 1 segments of a stopped server"),
        "{said}"
    );
}

fn small(messages: u64) -> Fill {
    Fill {
        journals: 2,
        segment_octets: 1 << 20,
        messages,
        frequent_every: 100,
        photographs: 10,
    }
}

/// 99,000 records in some fifty segments: sealed ones with sidecars, and the newest of each journal.
#[test]
fn any_one_of_many_is_found_damage_is_told_and_the_rest_goes_on() {
    let folder = folder("trace-many");
    let data = folder.join("data");
    let messages = 33_000;
    fill::fill(&data, small(messages));
    for index in [0, 1, 7_777, 20_000, messages - 2, messages - 1] {
        let id = fill::message(index).to_string();
        let (code, steps, said) = trace(&data, &[&id]);
        assert_eq!((code, said.as_str()), (0, ""));
        assert_eq!(words(&steps), ["accepted", "notified", "retrieved"], "{index}");
        assert_eq!(steps[2]["pushed"], "M-Delivery.ind");
    }
    let number = fill::recipient(7_777).to_string();
    let (_, steps, _) = trace(&data, &[&number, "--unmask"]);
    assert_eq!(words(&steps), ["accepted", "notified", "retrieved"]);
    assert_eq!(steps[1]["recipient"], number);
    let much = trace(&data, &[&fill::frequent().to_string()]).1;
    assert_eq!(much.len() as u64, 3 * messages / 100);

    // Each sends once; the last of them in the last seconds.
    let sender = fill::sender(messages - 1).to_string();
    let recently = humantime_of(fill::BEGINNING + 1_600);
    assert_eq!(trace(&data, &[&sender, "--since", &recently]).1.len(), 3);
    let (code, steps, _) = trace(&data, &[&number, "--since", &recently]);
    assert_eq!((code, steps.len()), (1, 0));

    // A sidecar that is not whole: the segment is read instead.
    let victim = fill::message(7_778);
    let of = place_of(&data, victim);
    let sidecar = data.join(format!("journal-{:05}/segment-{}.index", of.0, of.1));
    let mut octets = std::fs::read(&sidecar).unwrap();
    octets[200] ^= 1;
    std::fs::write(&sidecar, &octets).unwrap();
    let (code, steps, said) = trace(&data, &[&victim.to_string()]);
    assert_eq!(
        (code, words(&steps)),
        (0, vec!["accepted", "notified", "retrieved"])
    );
    assert!(
        said.contains("sidecar checkpoint damaged: nothing is lost"),
        "{said}"
    );

    // And a record of it that is damaged, too: told, and the others are found.
    std::fs::remove_file(&sidecar).unwrap();
    let accepted = trace(&data, &[&victim.to_string()]).1;
    let slot = slot_of(&data, of);
    let mut octets = std::fs::read(&slot).unwrap();
    octets[accepted[0]["offset"].as_u64().unwrap() as usize + 60] ^= 1;
    std::fs::write(&slot, octets).unwrap();
    let (code, steps, said) = trace(&data, &[&victim.to_string()]);
    assert_eq!((code, words(&steps)), (0, vec!["notified", "retrieved"]));
    assert!(said.contains("record bytes damaged"), "{said}");
    assert!(
        said.contains("records there are lost, the rest is told"),
        "{said}"
    );
}

fn humantime_of(at: u32) -> String {
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(u64::from(at));
    humantime::format_rfc3339_seconds(at).to_string()
}

/// Journal and segment of a message's first record.
fn place_of(data: &Path, message: MessageId) -> (u64, u64) {
    let steps = trace(data, &[&message.to_string()]).1;
    (
        steps[0]["journal"].as_u64().unwrap(),
        steps[0]["segment"].as_u64().unwrap(),
    )
}

/// The file that holds a segment: its claim says so.
fn slot_of(data: &Path, (journal, segment): (u64, u64)) -> std::path::PathBuf {
    let folder = data.join(format!("journal-{journal:05}"));
    let claims = |path: &std::path::PathBuf| {
        let octets = std::fs::read(path).unwrap();
        path.extension().is_some_and(|extension| extension == "log")
            && octets[16..24] == segment.to_le_bytes()
    };
    let mut files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files.find(claims).unwrap()
}
