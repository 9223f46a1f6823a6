//! A disk that fails under the real server: failed writes and syncs, no space, slowness.
//!
//! Each judge gives back what it found wrong, and has a canary: a disk whose errors nobody looks at, space that never
//! comes back. A server's promises: nothing is acknowledged that a failed write was to hold; refusals are transient, in
//! each protocol's words; the alarm is raised; what was acknowledged is there after the disk is replaced.

use crate::support::{
    PATIENCE, asked, message, metric, metric_at, notified, octets, phone, send_conf, send_req,
};
use base::Partition;
use mms::{NotifyRespInd, Status, Version};
use ringpost::phone::{Notification, PhoneError, Submission};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tests::process::letter::subscriber;
use tests::process::turnstile::{self, now};
use tests::process::wire::Wire;
use tests::process::{Program, Server, Site, actor};

/// Letters that a judge sends at most before it gives up waiting for a refusal.
const LETTERS_MAX: u16 = 200;

/// Error-transient-failure.
const TRANSIENT: u8 = 0xC0;

fn site(plan: &str, shards: u16) -> Site {
    let mut site = Site::new(Program::WithFaults, shards).unwrap();
    site.set_fault(Some(plan.to_owned()));
    site
}

/// Letter `number`, to a recipient of its own, told by its Transaction-ID when it is sent again.
fn letter(number: u16, length: usize) -> Submission {
    Submission {
        transaction_id: Some(format!("f{number}")),
        ..message(&[300 + number], &content(number, length))
    }
}

fn content(number: u16, length: usize) -> Vec<u8> {
    octets(&format!("letter {number}. "), length)
}

/// Status and body of what the admin listener says of its readiness.
fn readiness(server: &Server) -> (u16, String) {
    asked(server.at, "readyz")
}

/// Waits a second of the server's own time: for a push that never comes.
fn pause(server: &Server) {
    let nothing = phone(299, server).push(Duration::from_secs(1)).unwrap();
    assert!(nothing.is_none());
}

/// Whether the server says so on standard error before long.
fn says(site: &Site, server: &Server, sentence: &str) -> bool {
    let deadline = now() + PATIENCE;
    while now() < deadline {
        if site.said().contains(sentence) {
            return true;
        }
        pause(server);
    }
    false
}

/// M-NotifyResp.ind Rejected, which ends the letter: the status and Retry-After of its answer.
fn reject(number: u16, notification: &Notification, server: &Server) -> (u16, Option<Vec<u8>>) {
    let mut pdu = Vec::new();
    let id = notification.transaction_id.as_bytes();
    NotifyRespInd::new(id, Version::V1_2, Status::Rejected).write(&mut pdu);
    let mut request = format!(
        "POST / HTTP/1.1\r\nHost: mmsc\r\nX-MSISDN: {}\r\nContent-Type: application/vnd.wap.mms-message\r\n\
         Content-Length: {}\r\n\r\n",
        subscriber(300 + number),
        pdu.len()
    )
    .into_bytes();
    request.extend_from_slice(&pdu);
    let mut wire = Wire::open(server.at.mm1).unwrap();
    wire.send(&request).unwrap();
    let answer = wire.answer().unwrap().expect("an answer");
    (
        answer.status,
        answer.head.field("retry-after").map(<[u8]>::to_vec),
    )
}

/// Letters until one is refused: how many were acknowledged, with what the next was refused.
fn send_until_refused(server: &Server, first: u16, length: usize) -> (u16, Option<u8>) {
    let mut alice = phone(298, server);
    for number in first..LETTERS_MAX {
        match alice.send(&letter(number, length)) {
            Ok(_) => {}
            Err(PhoneError::Refused { status, .. }) => return (number, Some(status)),
            Err(other) => panic!("letter {number}: {other}"),
        }
    }
    (LETTERS_MAX, None)
}

/// What was found wrong.
#[derive(Debug, Default)]
struct Findings(Vec<String>);

impl Findings {
    /// Notes what is not so.
    fn expect(&mut self, is_so: bool, otherwise: impl FnOnce() -> String) {
        if !is_so {
            self.0.push(otherwise());
        }
    }

    /// Every letter is with its recipient as it was sent; ends at the first that is not.
    fn expect_letters(&mut self, server: &Server, numbers: Range<u16>, length: usize, patience: Duration) {
        for number in numbers {
            let mut recipient = phone(300 + number, server);
            let Some(notification) = recipient.notification(patience).unwrap() else {
                return self.0.push(format!("lost: letter {number} is not heard of"));
            };
            match recipient.retrieve(&notification.content_location) {
                Ok(got) if got.message.parts[0].octets == content(number, length) => {}
                Ok(_) => return self.0.push(format!("altered: letter {number}")),
                Err(error) => return self.0.push(format!("lost: letter {number}: {error}")),
            }
        }
    }
}

/// The disk fails while letters are sent, for good; then it is replaced.
fn judge_failure(plan: &str, patience: Duration) -> Findings {
    const LENGTH: usize = 3_000;
    let mut site = site(plan, 1);
    let mut findings = Findings::default();
    let server = site.start().unwrap();
    phone(298, &server).send(&letter(0, LENGTH)).unwrap();
    let notification = notified(&mut phone(300, &server));
    let (accepted, refusal) = send_until_refused(&server, 1, LENGTH);
    findings.expect(refusal == Some(TRANSIENT), || {
        format!("the refusal is {refusal:?}")
    });
    if refusal.is_some() {
        judge_stopped(&site, &server, &notification, &mut findings);
    }
    server.kill().unwrap();
    let verdict = site.log(&["verify"]).unwrap();
    findings.expect(verdict.status.code() == Some(0), || {
        String::from_utf8_lossy(&verdict.stdout).into_owned()
    });
    site.set_fault(None);
    let server = site.start().unwrap();
    findings.expect_letters(&server, 0..accepted, LENGTH, patience);
    if refusal.is_some() {
        // The phone tries again; where the failed write had reached the disk all the same, that is the same message.
        phone(298, &server).send(&letter(accepted, LENGTH)).unwrap();
        let mut recipient = phone(300 + accepted, &server);
        let first = notified(&mut recipient);
        let got = recipient.retrieve(&first.content_location).unwrap();
        assert_eq!(got.message.parts[0].octets, content(accepted, LENGTH));
        recipient.respond(&first, Status::Retrieved).unwrap();
        let again = recipient.notification(Duration::from_millis(300)).unwrap();
        findings.expect(again.is_none(), || format!("doubled: letter {accepted}"));
    }
    findings.expect(server.terminate().unwrap().code() == Some(0), || {
        "the drain".to_owned()
    });
    findings
}

/// What a server says and does whose log has stopped.
fn judge_stopped(site: &Site, server: &Server, notification: &Notification, findings: &mut Findings) {
    let old = send_req(&message(&[299], b"x"), "old", Version::V1_0);
    let answer = phone(297, server).post(&old).unwrap();
    let status = send_conf(&answer).response_status.octet();
    findings.expect(status == 0x86, || {
        format!("{status:#x} is not Error-network-problem, for 1.0")
    });
    let (status, retry_after) = reject(0, notification, server);
    findings.expect(status == 503 && retry_after.is_some(), || {
        format!("M-NotifyResp.ind is answered with {status}, Retry-After {retry_after:?}")
    });
    let got = phone(300, server).retrieve(&notification.content_location);
    findings.expect(got.is_ok(), || "what is on disk is not served".to_owned());
    for (name, expected) in [("journal_failed", 1), ("journal_failures_total", 1)] {
        let value = metric(server, &format!("ringpost_{name}"));
        findings.expect(value == expected, || format!("{name} is {value}"));
    }
    let (status, body) = readiness(server);
    findings.expect(status == 503 && body.contains("failed"), || {
        format!("/readyz: {status} {body}")
    });
    findings.expect(says(site, server, "alarm: shard 0: its log has stopped"), || {
        "no alarm".to_owned()
    });
    let (again, refusal) = send_until_refused(server, LETTERS_MAX - 3, 300);
    findings.expect(again == LETTERS_MAX - 3 && refusal == Some(TRANSIENT), || {
        "it takes letters again".to_owned()
    });
}

#[test]
fn nothing_is_acknowledged_after_a_failed_write_or_sync() {
    let _turn = turnstile::enter();
    for plan in [
        "plain:eio=1,good=12",
        "plain:eio=1,sync=1,good=12",
        "plain:short=1,good=12",
        "forget:eio=1,good=13,slow=3,reorder=1",
    ] {
        let findings = judge_failure(plan, PATIENCE);
        assert!(findings.0.is_empty(), "{plan}: {findings:#?}");
    }
}

#[test]
fn acknowledging_after_a_failed_write_is_caught() {
    let _turn = turnstile::enter();
    let findings = judge_failure("plain:eio=1,good=12,deaf=1", Duration::from_millis(500));
    assert!(
        findings.0.iter().any(|finding| finding.starts_with("lost")),
        "{findings:#?}"
    );
}

/// No file can be prepared for a while: refusals, then room again.
fn judge_no_space(cure: fn(&Path), patience: Duration) -> Findings {
    const LENGTH: usize = 30_000;
    let mut site = Site::new(Program::WithFaults, 1).unwrap();
    let well = site.folder().join("well");
    site.set_fault(Some(format!("plain:enospc=1,good=3,well={}", well.display())));
    let mut findings = Findings::default();
    let server = site.start().unwrap();
    let (accepted, refusal) = send_until_refused(&server, 0, LENGTH);
    findings.expect(refusal == Some(TRANSIENT), || {
        format!("the refusal is {refusal:?}")
    });
    for (name, expected) in [
        ("admission_closed", 1),
        ("journal_failed", 0),
        ("journal_failures_total", 0),
    ] {
        let value = metric(&server, &format!("ringpost_{name}"));
        findings.expect(value == expected, || format!("{name} is {value}"));
    }
    let (status, body) = readiness(&server);
    findings.expect(status == 200 && body.contains("full"), || {
        format!("/readyz: {status} {body}")
    });
    let notification = notified(&mut phone(300, &server));
    // An end is written to the room that was kept back for it.
    let (status, _) = reject(0, &notification, &server);
    findings.expect(status == 200, || {
        format!("M-NotifyResp.ind is answered with {status}")
    });
    findings.expect(
        says(&site, &server, "alarm: shard 0: its log has no room"),
        || "no alarm".to_owned(),
    );
    cure(&well);
    let deadline = now() + patience;
    while let Err(error) = phone(298, &server).send(&letter(accepted, LENGTH)) {
        let is_transient = matches!(
            error,
            PhoneError::Refused {
                status: TRANSIENT,
                ..
            }
        );
        findings.expect(is_transient, || format!("meanwhile: {error}"));
        if now() > deadline {
            findings.0.push("no room again".to_owned());
            return findings;
        }
        pause(&server);
    }
    findings.expect(says(&site, &server, "clear: shard 0: admission_closed"), || {
        "the alarm is not cleared".to_owned()
    });
    findings.expect(
        readiness(&server) == (200, "{\"status\":\"ready\"}".to_owned()),
        || "not ready again".to_owned(),
    );
    findings.expect_letters(&server, 1..accepted + 1, LENGTH, PATIENCE);
    findings.expect(server.terminate().unwrap().code() == Some(0), || {
        "the drain".to_owned()
    });
    let verdict = site.log(&["verify"]).unwrap();
    findings.expect(verdict.status.code() == Some(0), || "not sound".to_owned());
    findings
}

#[test]
fn without_space_it_refuses_and_takes_again_when_there_is_some() {
    let _turn = turnstile::enter();
    let findings = judge_no_space(|well| std::fs::write(well, b"").unwrap(), PATIENCE);
    assert!(findings.0.is_empty(), "{findings:#?}");
}

#[test]
fn space_that_does_not_come_back_is_noticed() {
    let _turn = turnstile::enter();
    let findings = judge_no_space(|_| (), Duration::from_secs(1));
    assert_eq!(findings.0, ["no room again"]);
}

/// A start where nothing can be prepared or written serves what there is instead of waiting.
#[test]
fn a_start_on_an_ill_disk_serves_what_it_has() {
    const LENGTH: usize = 40_000;
    let _turn = turnstile::enter();
    let mut site = Site::new(Program::WithFaults, 1).unwrap();
    site.set("journal.segments_max", "4");
    let server = site.start().unwrap();
    let (accepted, refusal) = send_until_refused(&server, 0, LENGTH);
    assert_eq!(refusal, Some(TRANSIENT));
    server.kill().unwrap();
    for plan in [None, Some("plain:enospc=1"), Some("plain:eio=1")] {
        site.set_fault(plan.map(str::to_owned));
        let begun = now();
        let server = site.start().unwrap();
        println!("{plan:?}: ready after {:?}", begun.elapsed());
        let mut findings = Findings::default();
        findings.expect_letters(&server, accepted - 10..accepted, LENGTH, PATIENCE);
        assert!(findings.0.is_empty(), "{plan:?}: {findings:#?}");
        let refused = phone(298, &server).send(&letter(accepted, LENGTH));
        assert!(
            matches!(
                refused,
                Err(PhoneError::Refused {
                    status: TRANSIENT,
                    ..
                })
            ),
            "{plan:?}: {refused:?}"
        );
        server.kill().unwrap();
    }
    // An empty log where no file can be had.
    let site = self::site("plain:enospc=1", 1);
    let server = site.start().unwrap();
    assert_eq!(send_until_refused(&server, 0, 300), (0, Some(TRANSIENT)));
    assert!(says(&site, &server, "alarm: shard 0: its log has no room"));
}

#[test]
fn the_log_of_one_shard_stops_and_the_other_goes_on() {
    let _turn = turnstile::enter();
    let site = site("plain:eio=1,good=40", 2);
    let server = site.start().unwrap();
    let of = |shard: u16| {
        let mut indices = 200..290;
        indices.find(|&index| Partition::of(subscriber(index)).home(2).0 == shard)
    };
    let (first, second) = (of(0).unwrap(), of(1).unwrap());
    let mut alice = phone(first, &server);
    // To itself, so that the other shard has nothing to write.
    let refused = (0..LETTERS_MAX).find(|_| alice.send(&message(&[first], b"to myself")).is_err());
    assert!(refused.is_some_and(|letters| letters > 0), "{refused:?}");
    assert_eq!(metric(&server, "ringpost_journal_failed"), 1);
    phone(second, &server)
        .send(&message(&[second], b"to myself"))
        .unwrap();
    let mut recipient = phone(second, &server);
    let notification = notified(&mut recipient);
    recipient.retrieve(&notification.content_location).unwrap();
    recipient.respond(&notification, Status::Retrieved).unwrap();
    assert!(matches!(
        alice.send(&message(&[second], b"to you")),
        Err(PhoneError::Refused {
            status: TRANSIENT,
            ..
        })
    ));
    assert!(says(&site, &server, "alarm: shard 0: its log has stopped"));
    assert!(!site.said().contains("alarm: shard 1"), "{}", site.said());
}

#[test]
fn a_slow_disk_only_slows() {
    const SENDERS: u16 = 16;
    const LETTERS_EACH: u16 = 3;
    const LENGTH: usize = 30_000;
    let _turn = turnstile::enter();
    let site = site("plain:slow=60,reorder=1", 1);
    let server = site.start().unwrap();
    let (at, is_over) = (server.at, AtomicBool::new(false));
    let lag_max = std::thread::scope(|scope| {
        let looker = scope.spawn(|| {
            let mut lag_max = 0;
            while !is_over.load(Ordering::Acquire) {
                lag_max = lag_max.max(metric_at(at, "ringpost_journal_lag_octets"));
            }
            lag_max
        });
        let send = |sender: u16| {
            let mut phone = actor::phone(subscriber(250 + sender), at).unwrap();
            for number in sender * LETTERS_EACH..(sender + 1) * LETTERS_EACH {
                phone.send(&letter(number, LENGTH)).unwrap();
            }
        };
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| scope.spawn(move || send(sender)))
            .collect();
        let ended: Vec<_> = senders.into_iter().map(|sender| sender.join()).collect();
        is_over.store(true, Ordering::Release);
        assert!(ended.iter().all(Result::is_ok), "nothing is refused");
        looker.join().unwrap()
    });
    // What waits is in the buffers of groups: two on their way, one gathering, one to spare.
    assert!((1..=4 * 188_416).contains(&lag_max), "{lag_max} octets waited");
    for name in [
        "send_refused_total",
        "requests_refused_busy_total",
        "journal_refused_total",
        "journal_failed",
    ] {
        assert_eq!(metric(&server, &format!("ringpost_{name}")), 0, "{name}");
    }
    let mut findings = Findings::default();
    findings.expect_letters(&server, 0..SENDERS * LETTERS_EACH, LENGTH, PATIENCE);
    assert!(findings.0.is_empty(), "{findings:#?}");
    println!("at most {lag_max} octets waited for the disk");
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
