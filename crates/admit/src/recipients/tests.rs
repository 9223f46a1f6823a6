//! Aliases meet, limits count fields, one that can be reached is enough.
use super::*;

fn number(digits: &str) -> Option<Msisdn> {
    Msisdn::from_digits(digits.as_bytes())
}

#[test]
fn aliases_deliver_once_and_the_unreachable_keep_their_field() {
    let mut recipients = Recipients::default();
    for number in [
        number("447700900001"),
        None,
        number("447700900001"),
        number("447700900002"),
    ] {
        recipients.offer(number, 10).unwrap();
    }
    let found = recipients.finish().unwrap();
    let fields: Vec<u16> = found.iter().map(|candidate| candidate.field).collect();
    assert_eq!(fields, [0, 1, 3]);
}

#[test]
fn the_limit_counts_every_field() {
    let mut recipients = Recipients::default();
    recipients.offer(number("447700900001"), 2).unwrap();
    recipients.offer(number("447700900001"), 2).unwrap();
    assert_eq!(
        recipients.offer(number("447700900001"), 2),
        Err(Reason::RecipientsTooMany)
    );
}

#[test]
fn nobody_and_nobody_reachable_are_told_apart() {
    assert_eq!(
        Recipients::default().finish().unwrap_err(),
        Reason::RecipientMissing
    );
    let mut recipients = Recipients::default();
    recipients.offer(None, 2).unwrap();
    assert_eq!(recipients.finish().unwrap_err(), Reason::RecipientUnresolved);
}
