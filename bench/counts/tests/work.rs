//! What is counted is work that succeeds: a refusal would be counted as a cheap success.

use counts::{baseline, subjects};

#[test]
fn every_piece_of_work_does_what_it_says() {
    assert!(subjects::walk(subjects::pdu()).0);
    assert!(subjects::append(subjects::journal_and_body()).0);
    let (found, _, probes) = subjects::look_up(subjects::routes());
    assert_eq!((found, probes.len()), (64, 64));
    assert!(subjects::read_mail(subjects::mail()).0 > 30_000);
    assert!(subjects::request(subjects::connection()).0);
    let (lab, pdus) = subjects::shard();
    let before = lab.answers;
    let lab = subjects::turn((lab, pdus));
    // Those of the turns before: one turn's groups are written in the next.
    assert!(lab.answers > before, "{lab:?}");
}

#[test]
fn what_has_no_stored_count_is_refused() {
    assert_eq!(baseline::limit("nothing"), 0);
    assert!(baseline::limit("walk") > 0);
}
