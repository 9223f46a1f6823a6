//! How long answers are given, and how many.

use super::{Cache, ENTRIES_MAX, KEPT_S_MAX, NOTHING_S_MAX};
use crate::names::{Found, Key};
use engine::names::{Exchange, NoName};

fn key(number: usize) -> Key {
    Key::Addresses(format!("mms{number}.alpha.example"))
}

fn found() -> Result<Found, NoName> {
    Ok(Found::Addresses(vec![[192, 0, 2, 1].into()]))
}

/// Kept with these seconds at 1,000 ms; the last millisecond at which it is given, if it is at all.
fn given_until(answer: Result<Found, NoName>, seconds: u32) -> Option<u64> {
    let mut cache = Cache::default();
    cache.keep(key(1), answer.clone(), seconds, 1_000);
    let last = cache.entries.get(&key(1))?.1 - 1;
    assert_eq!(cache.find(&key(1), last), Some(&answer));
    assert_eq!(cache.find(&key(1), last + 1), None);
    Some(last)
}

#[test]
fn each_answer_has_its_time() {
    let until = |seconds: u32| Some(1_000 + u64::from(seconds) * 1_000 - 1);
    let exchanges = |names: &[&str]| {
        let named = names.iter().map(|name| Exchange {
            preference: 1,
            name: (*name).to_owned(),
        });
        Ok(Found::Exchanges(named.collect()))
    };
    for (answer, seconds, expected) in [
        (found(), 30, until(30)),
        (found(), 0, None),
        (found(), u32::MAX, until(KEPT_S_MAX)),
        (exchanges(&["mms"]), 86_400, until(KEPT_S_MAX)),
        (exchanges(&[]), 86_400, until(NOTHING_S_MAX)),
        (exchanges(&[]), 5, until(5)),
        (Err(NoName::TakesNoMail), 86_400, until(NOTHING_S_MAX)),
        (Err(NoName::Unknown), 86_400, until(NOTHING_S_MAX)),
        (Err(NoName::NoAddress), 7, until(7)),
        (Err(NoName::Late), 60, None),
        (Err(NoName::Busy), 60, None),
        (Err(NoName::Failed("SERVFAIL".to_owned())), 60, None),
    ] {
        assert_eq!(
            given_until(answer.clone(), seconds),
            expected,
            "{answer:?} {seconds}"
        );
    }
}

#[test]
fn what_could_not_be_found_out_again_is_not_kept_from_before() {
    let mut cache = Cache::default();
    cache.keep(key(1), found(), 10, 0);
    cache.keep(key(1), Err(NoName::Late), 10, 10_000);
    assert_eq!(cache.find(&key(1), 10_001), None);
    assert!(cache.entries.is_empty());
}

#[test]
fn there_is_room_for_so_many() {
    let mut cache = Cache::default();
    for number in 0..ENTRIES_MAX {
        cache.keep(key(number), found(), 100 + number as u32 % 50, 0);
    }
    assert_eq!(cache.entries.len(), ENTRIES_MAX);
    // One of those that would be over first goes.
    cache.keep(key(ENTRIES_MAX), found(), 10, 1_000);
    assert_eq!(cache.entries.len(), ENTRIES_MAX);
    assert!(cache.find(&key(ENTRIES_MAX), 1_000).is_some());
    assert!(cache.find(&key(49), 1_000).is_some());
    // All that are over go at once.
    cache.keep(key(ENTRIES_MAX + 1), found(), 10, 140_000);
    assert!(cache.entries.len() < ENTRIES_MAX / 2);
}
