//! A log without room: transient refusals in each version's words, no loss, and room again once phones have fetched.

use crate::support::{PATIENCE, message, notified, octets, phone, send_conf, send_req};
use mms::{Status, Version};
use ringpost::phone::PhoneError;
use tests::process::turnstile::{self, now};
use tests::process::{Program, Site};

/// Messages that surely fill four segments of 2 MiB.
const MESSAGES_MAX: u32 = 400;

#[test]
fn a_full_log_refuses_loses_nothing_and_opens_again() {
    let _turn = turnstile::enter();
    let mut site = Site::new(Program::Shipped, 1).unwrap();
    site.set("journal.segments_max", "5");
    let server = site.start().unwrap();
    let mut alice = phone(70, &server);
    let content = |number: u32| octets(&format!("message {number}. "), 30_000);
    let mut accepted = 0;
    let refusal = loop {
        match alice.send(&message(&[71], &content(accepted))) {
            Ok(_) => accepted += 1,
            Err(PhoneError::Refused { status, .. }) => break status,
            Err(other) => panic!("{other}"),
        }
        assert!(accepted < MESSAGES_MAX, "five segments hold no more than that");
    };
    assert_eq!(refusal, 0xC0, "Error-transient-failure");
    println!("{accepted} messages, then refused");
    let old = send_req(&message(&[71], &content(0)), "told", Version::V1_0);
    let answer = alice.post(&old).unwrap();
    assert_eq!(send_conf(&answer).transaction_id, b"told");
    assert_eq!(
        send_conf(&answer).response_status.octet(),
        0x86,
        "Error-network-problem, for 1.0"
    );
    // Retrieval needs no new room; each end is written to what was kept back.
    let mut bob = phone(71, &server);
    for number in 0..accepted {
        let notification = notified(&mut bob);
        let got = bob.retrieve(&notification.content_location).unwrap();
        let number_of = |octets: &[u8]| (0..accepted).find(|&number| octets == content(number));
        assert!(
            number_of(&got.message.parts[0].octets).is_some(),
            "retrieval {number} is one of those sent"
        );
        bob.respond(&notification, Status::Retrieved).unwrap();
    }
    let deadline = now() + PATIENCE;
    while let Err(error) = alice.send(&message(&[71], &content(0))) {
        assert!(
            matches!(error, PhoneError::Refused { status: 0xC0, .. }),
            "{error}"
        );
        assert!(now() < deadline, "segments are freed once nobody needs them");
        // Waits for the server's own pace: a push that never comes, for one second.
        assert!(
            phone(79, &server)
                .push(std::time::Duration::from_secs(1))
                .unwrap()
                .is_none()
        );
    }
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}
