//! Receipts that meet their pushes: in order, early, over bases, twice, never.
//!
//! Invariant: push 1 goes to one number, push 2 to another.

use super::*;
use crate::smpp::receipt::State;

fn number(last: u64) -> Msisdn {
    Msisdn::from_bits(447_700_900_100 + last).unwrap()
}

fn table(form: IdForm) -> Receipts {
    let bounds = Bounds {
        pushes_max: 3,
        early_max: 2,
        ..Bounds::default()
    };
    Receipts::new(form, bounds)
}

fn enter(receipts: &mut Receipts, push: u64, ids: &[&str], now: u64) -> Vec<Ended> {
    let ids: Vec<_> = ids
        .iter()
        .map(|id| MessageId::read(id.as_bytes()).unwrap())
        .collect();
    let taken = Taken {
        push: PushId(push),
        to: number(push),
        ids: &ids,
        valid_for_s: 300,
    };
    receipts.enter(taken, Monotonic(now)).into_vec()
}

fn receipt<'a>(id: &'a str, state: State, from: Option<u64>) -> Receipt<'a> {
    Receipt {
        id: id.as_bytes(),
        state,
        error: None,
        from: from.map(number),
    }
}

fn take(receipts: &mut Receipts, id: &str, from: u64) -> Option<Ended> {
    receipts.receipt(&receipt(id, State::Delivered, Some(from)), Monotonic(5))
}

const DELIVERED: Outcome = Outcome::Delivered;

#[test]
fn one_receipt_one_end() {
    let mut receipts = table(IdForm::Same);
    assert_eq!(enter(&mut receipts, 1, &["a7"], 0), []);
    let under_way = receipt("A7", State::Enroute, Some(1));
    assert_eq!(receipts.receipt(&under_way, Monotonic(1)), None);
    assert_eq!(take(&mut receipts, "A7", 1), Some((PushId(1), DELIVERED)));
    assert_eq!(take(&mut receipts, "A7", 1), None, "a duplicate");
    assert!(receipts.is_empty());
}

#[test]
fn all_segments_or_the_first_failure() {
    let mut receipts = table(IdForm::Same);
    enter(&mut receipts, 1, &["a", "b"], 0);
    assert_eq!(take(&mut receipts, "b", 1), None);
    assert_eq!(take(&mut receipts, "a", 1), Some((PushId(1), DELIVERED)));
    enter(&mut receipts, 2, &["c", "d"], 0);
    let expired = receipt("d", State::Expired, None);
    let ended = receipts.receipt(&expired, Monotonic(1));
    assert_eq!(ended, Some((PushId(2), Outcome::Absent { code: None })));
    assert_eq!(take(&mut receipts, "c", 2), None);
    // One id for all segments, hence one receipt.
    enter(&mut receipts, 1, &["e", "e"], 0);
    assert_eq!(take(&mut receipts, "e", 1), Some((PushId(1), DELIVERED)));
}

#[test]
fn a_receipt_before_its_response() {
    let mut receipts = table(IdForm::Learn);
    assert_eq!(take(&mut receipts, "255", 1), None);
    assert_eq!(receipts.early_len(), 1);
    // Another number's push does not take it, the right one does, in whatever base.
    assert_eq!(enter(&mut receipts, 2, &["ff"], 6), []);
    assert_eq!(enter(&mut receipts, 1, &["FF"], 6), [(PushId(1), DELIVERED)]);
    assert_eq!(receipts.early_len(), 0);
    // All segments early.
    take(&mut receipts, "b1", 3);
    take(&mut receipts, "b2", 3);
    assert_eq!(
        enter(&mut receipts, 3, &["b1", "b2"], 6),
        [(PushId(3), DELIVERED)]
    );
}

#[test]
fn bases_are_learnt_and_unlearnt() {
    let mut receipts = table(IdForm::Learn);
    enter(&mut receipts, 1, &["75bcd15"], 0);
    assert_eq!(take(&mut receipts, "0123456789", 1), Some((PushId(1), DELIVERED)));
    assert_eq!(receipts.form(), IdForm::HexadecimalThenDecimal);
    // Both readings name a message to this number: what was learnt decides.
    enter(&mut receipts, 1, &["64"], 0);
    enter(&mut receipts, 2, &["100"], 0);
    let unsaid = receipt("100", State::Delivered, None);
    assert_eq!(
        receipts.receipt(&unsaid, Monotonic(1)),
        Some((PushId(1), DELIVERED))
    );
    // An SMSC that was replaced by another.
    assert_eq!(take(&mut receipts, "100", 2), Some((PushId(2), DELIVERED)));
    assert_eq!(receipts.form(), IdForm::Same);
}

#[test]
fn a_form_that_is_set_is_the_only_one() {
    let mut receipts = table(IdForm::Same);
    enter(&mut receipts, 1, &["ff"], 0);
    assert_eq!(take(&mut receipts, "255", 1), None);
    let mut receipts = table(IdForm::DecimalThenHexadecimal);
    enter(&mut receipts, 1, &["255"], 0);
    assert_eq!(take(&mut receipts, "255", 1), None);
    assert_eq!(take(&mut receipts, "FF", 1), Some((PushId(1), DELIVERED)));
    assert_eq!(receipts.form(), IdForm::DecimalThenHexadecimal);
}

#[test]
fn another_number_is_another_message() {
    let mut receipts = table(IdForm::Same);
    enter(&mut receipts, 1, &["a7"], 0);
    assert_eq!(take(&mut receipts, "a7", 2), None);
    let unsaid = receipt("a7", State::Delivered, None);
    assert_eq!(
        receipts.receipt(&unsaid, Monotonic(1)),
        Some((PushId(1), DELIVERED))
    );
}

#[test]
fn ids_that_come_again() {
    let mut receipts = table(IdForm::Same);
    enter(&mut receipts, 1, &["1"], 0);
    enter(&mut receipts, 2, &["1"], 0);
    assert_eq!(take(&mut receipts, "1", 2), Some((PushId(2), DELIVERED)));
    assert_eq!(
        receipts.expire(Monotonic(3_900_000)),
        Some((PushId(1), Outcome::Unreceipted))
    );
}

#[test]
fn time_and_room_end_what_waits() {
    let mut receipts = table(IdForm::Same);
    for push in 1..=3 {
        assert_eq!(enter(&mut receipts, push, &[&push.to_string()], push), []);
    }
    assert_eq!(
        enter(&mut receipts, 4, &["4"], 4),
        [(PushId(1), Outcome::Unreceipted)]
    );
    assert_eq!(receipts.len(), 3);
    // 300 s of validity and an hour.
    assert_eq!(receipts.deadline(), Some(Monotonic(3_900_002)));
    assert_eq!(receipts.expire(Monotonic(3_900_001)), None);
    assert_eq!(
        receipts.expire(Monotonic(3_900_003)),
        Some((PushId(2), Outcome::Unreceipted))
    );
    assert_eq!(
        receipts.expire(Monotonic(3_900_003)),
        Some((PushId(3), Outcome::Unreceipted))
    );
    assert_eq!(receipts.expire(Monotonic(3_900_003)), None);
    // Early ones: two at most, five minutes at most.
    for id in ["x", "y", "z"] {
        take(&mut receipts, id, 1);
    }
    assert_eq!(receipts.early_len(), 2);
    assert_eq!(receipts.expire(Monotonic(300_005)), None);
    assert_eq!(receipts.early_len(), 0);
}
