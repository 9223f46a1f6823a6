//! The ledger's own canaries: each kind of disagreement is found, and agreement is not.

use super::*;
use crate::process::letter::subscriber;
use crate::process::records::State;

fn letter() -> Letter {
    Letter {
        serial: 7,
        seed: 1,
        sender: subscriber(1),
        recipients: vec![subscriber(2)],
    }
}

fn accepted(message_id: &str) -> Event {
    Event::Accepted {
        serial: 7,
        message_id: message_id.to_owned(),
    }
}

fn notified(location: &str, transaction_id: &str) -> Event {
    Event::Notified {
        recipient: subscriber(2),
        subject: letter().subject(),
        location: location.to_owned(),
        transaction_id: transaction_id.to_owned(),
    }
}

fn fetched(is_same: bool, message_id: &str) -> Event {
    Event::Fetched {
        recipient: subscriber(2),
        serial: 7,
        is_same,
        message_id: Some(message_id.to_owned()),
    }
}

fn answered() -> Event {
    Event::Answered {
        recipient: subscriber(2),
        serial: 7,
    }
}

fn accept_record() -> Record {
    Record {
        message: "00ab".to_owned(),
        what: What::Accept,
    }
}

fn end_record(sequence: u64, state: &str, reports_delivery: bool) -> Record {
    Record {
        message: "00ab".to_owned(),
        what: What::State(State {
            copy: 0,
            recipient: subscriber(2).digits(),
            sequence,
            state: state.to_owned(),
            is_end: true,
            reports_delivery,
        }),
    }
}

/// A whole life in order, with a change.
fn life(change: impl FnOnce(&mut Vec<Event>, &mut Vec<Record>)) -> Vec<Finding> {
    let mut events = vec![
        Event::Sending(letter()),
        accepted("00ab@x"),
        notified("http://mms.test/a", "t"),
        fetched(true, "00ab@x"),
        answered(),
    ];
    let mut records = vec![accept_record(), end_record(2, "Ended(Retrieved)", true)];
    change(&mut events, &mut records);
    let mut ledger = Ledger::default();
    events.into_iter().for_each(|event| ledger.take(event));
    ledger.read(&records);
    ledger.judge();
    ledger.findings().cloned().collect()
}

#[test]
fn a_life_in_order_is_no_finding() {
    assert_eq!(life(|_, _| ()), []);
    // Repeats of everything that may be repeated, and a record that was copied.
    let again = life(|events, records| {
        events.extend(events.clone());
        records.extend(records.clone());
    });
    assert_eq!(again, []);
}

#[test]
fn what_disagrees_is_found() {
    let other_id = life(|events, _| events.push(accepted("00ac@x")));
    assert!(matches!(other_id[..], [Finding::Renamed { .. }]));
    let other_bytes = life(|events, _| events.push(fetched(false, "00ab@x")));
    assert!(matches!(other_bytes[..], [Finding::Altered { .. }]));
    let twice = life(|events, _| events.push(notified("http://mms.test/b", "t")));
    assert!(matches!(twice[..], [Finding::Twice { .. }]));
    let disguised = life(|events, _| events.push(notified("http://mms.test/a", "u")));
    assert!(matches!(disguised[..], [Finding::Disguised { .. }]));
    let unrecorded = life(|_, records| drop(records.remove(0)));
    assert!(matches!(unrecorded[..], [Finding::Unrecorded { .. }]));
    let unended = life(|_, records| records.truncate(1));
    assert!(matches!(unended[..], [Finding::Unended { .. }]));
}

#[test]
fn ends_and_reports_are_counted() {
    let none = life(|_, records| records[1] = end_record(2, "Ended(Retrieved)", false));
    assert!(matches!(none[..], [Finding::Reports { reports: 0, .. }]));
    let two = life(|_, records| records.push(end_record(3, "Ended(Retrieved)", true)));
    assert!(matches!(two[..], [Finding::Reports { reports: 2, .. }]));
    let anew = life(|_, records| records.push(end_record(3, "Ended(Expired)", false)));
    assert!(matches!(anew[..], [Finding::EndedAnew { .. }]));
}

#[test]
fn strangers_are_found() {
    let invented = life(|events, _| {
        events.push(Event::Notified {
            recipient: subscriber(3),
            subject: letter().subject(),
            location: "http://mms.test/c".to_owned(),
            transaction_id: "t".to_owned(),
        });
    });
    assert!(matches!(invented[..], [Finding::Invented { .. }]));
}

#[test]
fn what_is_owed_is_acknowledged_and_not_answered() {
    let mut ledger = Ledger::default();
    ledger.take(Event::Sending(letter()));
    assert!(ledger.owed(subscriber(2)).is_empty());
    ledger.take(accepted("00ab@x"));
    assert_eq!(ledger.owed(subscriber(2)), BTreeMap::from([(7, None)]));
    ledger.take(answered());
    assert!(ledger.owed(subscriber(2)).is_empty());
}

fn carried(message_id: &str, transaction_id: &str, is_same: bool) -> Event {
    Event::Carried {
        recipients: vec![subscriber(2).digits()],
        subject: letter().subject(),
        message_id: message_id.to_owned(),
        transaction_id: transaction_id.to_owned(),
        is_same,
    }
}

/// The letter goes to another operator; what it says of it.
fn abroad(said: Vec<Event>, records: &[Record]) -> Vec<Finding> {
    let mut ledger = Ledger::default();
    ledger.take(Event::Sending(letter()));
    ledger.take(accepted("00ab@x"));
    said.into_iter().for_each(|event| ledger.take(event));
    ledger.read(&[&[accept_record()], records].concat());
    ledger.judge();
    ledger.judge_abroad(&[subscriber(2)]);
    ledger.findings().cloned().collect()
}

#[test]
fn what_disagrees_abroad_is_found() {
    let first = carried("00ab@x", "00ab.1", true);
    let end = [end_record(2, "Ended(PassedOn)", true)];
    assert_eq!(abroad(vec![first.clone(), first.clone()], &end), []);
    let renamed = carried("00ac@x", "00ab.1", true);
    let findings = abroad(vec![first.clone(), renamed], &end);
    assert!(matches!(
        findings[..],
        [Finding::Renamed { .. }, Finding::Twice { .. }]
    ));
    let disguised = carried("00ab@x", "00ab.2", true);
    let findings = abroad(vec![first.clone(), disguised], &end);
    assert!(matches!(findings[..], [Finding::Disguised { .. }]));
    let findings = abroad(vec![carried("00ab@x", "00ab.1", false)], &end);
    assert!(matches!(findings[..], [Finding::Altered { .. }]));
    let findings = abroad(vec![first], &[]);
    assert!(matches!(findings[..], [Finding::Unended { .. }]));
}

#[test]
fn what_never_came_abroad_is_missing() {
    let mut ledger = Ledger::default();
    ledger.take(Event::Sending(letter()));
    assert!(
        ledger.missing_abroad(subscriber(2)).is_empty(),
        "not acknowledged"
    );
    ledger.take(accepted("00ab@x"));
    assert_eq!(ledger.missing_abroad(subscriber(2)), [7]);
    ledger.take(carried("00ab@x", "00ab.1", true));
    assert!(ledger.missing_abroad(subscriber(2)).is_empty());
}
