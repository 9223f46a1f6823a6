//! Lives against an MMSC in memory, on a clock that is turned by hand: whole ones, and each way in which a server
//! errs.

mod mmsc;

use super::{Phones, Plan};
use crate::record::{Counts, Series};
use crate::scenario::{Kinds, Scenario};
use mmsc::{Fault, drive};
use std::sync::Arc;

fn phones(further: &str) -> Phones {
    let text = format!(
        "name = \"x\"\nlife = \"full\"\nsubscribers = 20\npatience_s = 5\n{further}\n[[phase]]\nname = \"steady\"\n\
         rate = 20\nseconds = 5\n[[mix]]\noctets = 1500\nread_report = true\n"
    );
    let scenario = Arc::new(Scenario::parse(&text).unwrap());
    let kinds = Arc::new(Kinds::new(&scenario, "c0ffee").unwrap());
    Phones::new(Plan {
        scenario,
        kinds,
        run: "c0ffee".to_owned(),
        thread: 0,
        threads: 1,
        base: 1_000,
    })
}

fn after(further: &str, fault: Fault) -> (Counts, Phones) {
    let mut phones = phones(further);
    let counts = drive(&mut phones, fault);
    assert_eq!(phones.under_way(), 0);
    (counts, phones)
}

#[test]
fn every_life_ends_as_it_should() {
    let people = "[personalities]\nplain = 1\nandroid = 1\niphone = 1\nposter = 1\nchunked = 1\nclosing \
                  = 1\ncareful = 1";
    let think = "\n[think]\nretrieve_ms = 20\nacknowledge_ms = 5\nread_ms = 30";
    let (counts, phones) = after(&format!("{people}{think}"), Fault::None);
    assert!(counts.arrived > 60);
    for value in [
        counts.submitted,
        counts.notified,
        counts.retrieved,
        counts.acknowledged,
        counts.ended,
    ] {
        assert_eq!(value, counts.arrived, "{counts:?}");
    }
    assert_eq!((counts.reported, counts.read), (counts.arrived, counts.arrived));
    assert!(counts.octets_checked > counts.arrived * 1_500);
    assert_eq!(phones.ledger.incidents, []);
    let clean = Counts {
        arrived: counts.arrived,
        submitted: counts.arrived,
        notified: counts.arrived,
        retrieved: counts.arrived,
        acknowledged: counts.arrived,
        reported: counts.arrived,
        read: counts.arrived,
        ended: counts.arrived,
        octets_checked: counts.octets_checked,
        held: counts.held,
        ..Counts::default()
    };
    assert_eq!(counts, clean, "and nothing else was counted");
}

#[test]
fn misbehaviour_makes_one_message_each() {
    let wrong = "[misbehaviour]\nslow = 0.2\ncut = 0.2\nretry = 0.2\nduplicate = 0.2";
    let (counts, phones) = after(wrong, Fault::None);
    assert_eq!((counts.ended, counts.duplicate_messages), (counts.arrived, 0));
    assert!(
        counts.cut > 5 && counts.retried > 10 && counts.slowed > 5,
        "{counts:?}"
    );
    assert_eq!(phones.ledger.incidents, []);
}

type Of = fn(&Counts) -> u64;

#[test]
fn each_fault_of_a_server_is_found() {
    let cases: [(Fault, &str, Of); 8] = [
        (Fault::Forget, "lost_notifications", |counts| {
            counts.lost_notifications
        }),
        (Fault::Corrupt, "mismatched", |counts| counts.mismatched),
        (Fault::Swap, "mismatched", |counts| counts.mismatched),
        (Fault::NoReport, "lost_reports", |counts| counts.lost_reports),
        (Fault::NoRead, "lost_reads", |counts| counts.lost_reads),
        (Fault::TwoReports, "duplicate_reports", |counts| {
            counts.duplicate_reports
        }),
        (Fault::TwoNotifications, "duplicate_notifications", |counts| {
            counts.duplicate_notifications
        }),
        (Fault::TwoMessages, "duplicate_messages", |counts| {
            counts.duplicate_messages
        }),
    ];
    for (fault, what, of) in cases {
        let (counts, phones) = after("[misbehaviour]\nretry = 0.3", fault);
        assert!(of(&counts) > 0, "{fault:?}: {counts:?}");
        let listed = phones
            .ledger
            .incidents
            .iter()
            .filter(|incident| incident.what == what)
            .count();
        assert!(listed > 0, "{fault:?} is not in the ledger");
    }
}

#[test]
fn who_is_refused_for_now_comes_again_as_often_as_it_may() {
    let (once, _) = after("", Fault::Refuse);
    let (counts, phones) = after("[misbehaviour]\nagain = 3", Fault::Refuse);
    // This MMSC refuses each of them whenever it comes; each try is counted.
    assert!(once.refused_transient > 0 && once.retried == 0);
    assert_eq!(counts.refused_transient, 4 * once.refused_transient, "{counts:?}");
    assert_eq!(counts.retried, 3 * once.refused_transient, "{counts:?}");
    assert_eq!((counts.submitted, counts.ended), (once.submitted, once.ended));
    assert_eq!(phones.ledger.incidents, []);
}

#[test]
fn refusals_and_repeated_pushes_are_no_losses() {
    let (counts, mut refused) = after("", Fault::Refuse);
    assert!(counts.refused_transient > 0);
    assert_eq!(counts.submitted + counts.refused_transient, counts.arrived);
    assert_eq!(counts.ended, counts.submitted);
    let frame = refused.recorder.take();
    let measured = &frame.histograms[&(0, Series::Submit)];
    assert_eq!(
        measured.len(),
        counts.submitted,
        "a quick refusal is no quick answer"
    );
    let (counts, _) = after("", Fault::Repeat);
    assert!(counts.repeated_pushes > 0);
    assert_eq!(
        (counts.ended, counts.duplicate_notifications),
        (counts.arrived, 0)
    );
}

#[test]
fn a_closed_loop_goes_on_after_each_end() {
    let mut closed = phones("loop = \"closed\"\nconcurrency = 3\n[think]\nnext_ms = 10");
    let counts = drive(&mut closed, Fault::None);
    assert!(counts.arrived > 100, "{counts:?}");
    assert_eq!(counts.ended, counts.arrived);
}
