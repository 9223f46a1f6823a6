//! Wounds to a copied log, through the program: what `log verify` says, what a start says, what subscribers still get.
//!
//! A table; beside the sweeps. Invariants: no letter ever comes out as another than it was; what a wound may cost is
//! stated, and the log goes on behind it.

use super::{Owed, base, content, flip, site, subscriber_of};
use crate::support::{message, metric, notified, octets, phone};
use ringpost::phone::PhoneError;
use std::collections::BTreeSet;
use std::fs::File;
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt;
use tests::process::site::START_WAIT;
use tests::process::wreck::{Class, Stretch, Wreck, copy_folder};
use tests::process::{Server, turnstile};

/// What is done to a copy of the data.
#[derive(Clone, Copy, Debug)]
enum Wound {
    /// One bit in the middle of the last such stretch of a sealed segment, or of the open one.
    Flip { class: Class, is_sealed: bool },
    /// The open segment from the middle of its last record on is zero.
    Torn,
    /// The open segment's file ends there.
    Cut,
    /// The sealed segment's file is gone.
    Missing,
}

/// How a wound comes out: what `log verify` calls it, whether a start says so, letters that it costs.
struct Outcome {
    verify: &'static str,
    is_told_at_start: bool,
    letters_lost: RangeInclusive<usize>,
}

const NOTHING: RangeInclusive<usize> = 0..=0;

#[rustfmt::skip]
const WOUNDS: [(Wound, Outcome); 15] = {
    use Class::{Body, Claim, Free, Gap, GroupHeader, HeaderBytes, Padding, RecordHeader, Sidecar};
    const fn row(
        wound: Wound, verify: &'static str, is_told_at_start: bool, letters_lost: RangeInclusive<usize>,
    ) -> (Wound, Outcome) { (wound, Outcome { verify, is_told_at_start, letters_lost }) }
    const fn sealed(class: Class) -> Wound { Wound::Flip { class, is_sealed: true } }
    const fn open(class: Class) -> Wound { Wound::Flip { class, is_sealed: false } }
    [
        row(sealed(Claim),        "claim mark damaged",         true,  NOTHING),
        row(open(Free),           "free mark damaged",          true,  NOTHING),
        row(sealed(GroupHeader),  "group header damaged",       false, NOTHING),
        row(open(GroupHeader),    "group header damaged",       true,  NOTHING),
        row(sealed(RecordHeader), "record headers damaged",     false, 1..=1),
        row(open(RecordHeader),   "record headers damaged",     true,  0..=1),
        row(sealed(HeaderBytes),  "record bytes damaged",       false, 1..=1),
        row(sealed(Body),         "record bytes damaged",       false, 1..=1),
        row(open(Body),           "record bytes damaged",       true,  1..=1),
        row(open(Gap),            "padding not zero",           true,  NOTHING),
        row(open(Padding),        "padding not zero",           false, NOTHING),
        row(sealed(Sidecar),      "sidecar checkpoint damaged", true,  NOTHING),
        row(Wound::Torn,          "",                           false, 0..=1),
        row(Wound::Cut,           "file shorter than a segment", true, 0..=1),
        row(Wound::Missing,       "slot file missing",          true,  40..=60),
    ]
};

/// Wounds the data; the segment and the octet that are hit.
fn wound(wreck: &Wreck, wound: Wound) -> (u64, usize) {
    // Only letters have a body to be fetched: of records theirs are hit, of groups those that hold one.
    let of_letters = wreck
        .stretches
        .iter()
        .filter(|stretch| stretch.record.is_some_and(|lsn| wreck.is_accept(lsn)));
    let letters: BTreeSet<_> = of_letters
        .map(|stretch| (&stretch.file, stretch.group.start))
        .collect();
    let is_hit = |stretch: &&Stretch| match wound {
        Wound::Flip { class, is_sealed } => {
            let is_group = matches!(class, Class::GroupHeader | Class::Padding);
            let is_letter = !is_group || letters.contains(&(&stretch.file, stretch.group.start));
            let is_letter = stretch.record.map_or(is_letter, |lsn| wreck.is_accept(lsn));
            (stretch.class, stretch.is_sealed) == (class, is_sealed) && stretch.is_committed && is_letter
        }
        Wound::Torn | Wound::Cut => stretch.class == Class::Body && !stretch.is_sealed,
        Wound::Missing => stretch.class == Class::Claim && stretch.is_sealed,
    };
    let stretch = wreck
        .stretches
        .iter()
        .rfind(|stretch| !stretch.octets.is_empty() && is_hit(stretch))
        .unwrap();
    let at = stretch.octets.start + stretch.octets.len() / 2;
    let file = File::options().write(true).open(&stretch.file).unwrap();
    match wound {
        Wound::Flip { .. } => flip(&stretch.file, at),
        Wound::Torn => {
            let rest = file.metadata().unwrap().len() as usize - at;
            file.write_all_at(&vec![0; rest], at as u64).unwrap();
        }
        Wound::Cut => file.set_len(at as u64).unwrap(),
        Wound::Missing => std::fs::remove_file(&stretch.file).unwrap(),
    }
    (stretch.place.unwrap().segment.0, at)
}

/// Fetches every letter; how many are refused. None may be another than it was.
fn fetch_all(server: &Server, owed: &[Owed]) -> usize {
    let mut refused = 0;
    for Owed { index, location } in owed {
        match phone(subscriber_of(*index), server).retrieve(location) {
            Ok(got) => assert_eq!(got.message.parts[0].octets, content(*index), "letter {index}"),
            Err(PhoneError::Refused { .. }) => refused += 1,
            Err(other) => panic!("letter {index}: {other}"),
        }
    }
    refused
}

#[test]
fn each_wound_is_told_by_verify_and_the_rest_is_served() {
    let _turn = turnstile::enter();
    let base = base();
    for (what, outcome) in &WOUNDS {
        let site = site();
        let wreck = Wreck::of(&base.site, "wounded").unwrap();
        let (segment, at) = wound(&wreck, *what);
        copy_folder(&wreck.data, &site.data()).unwrap();
        let output = site.log(&["verify"]).unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let code = if outcome.verify.is_empty() { 0 } else { 1 };
        assert_eq!(output.status.code(), Some(code), "{what:?} at {at}: {said}");
        if code != 0 {
            let located = said.lines().any(|line| {
                line.contains(outcome.verify)
                    && (line.contains(&format!("segment {segment} ")) || line.contains("segment 0 "))
            });
            assert!(located, "{what:?} of segment {segment} at {at}: {said}");
        }
        let server = site.start().unwrap();
        let said = site.said();
        let is_told = said
            .lines()
            .any(|line| code != 0 && line.starts_with("recovery:") && line.contains(outcome.verify));
        assert_eq!(is_told, outcome.is_told_at_start, "{what:?}: {said}");
        let lost = fetch_all(&server, &base.owed);
        assert!(
            outcome.letters_lost.contains(&lost),
            "{what:?} costs {lost} letters: {said}"
        );
        let is_sealed_record = matches!(
            what,
            Wound::Flip {
                class: Class::Body,
                is_sealed: true
            }
        );
        assert!(
            !is_sealed_record || metric(&server, "ringpost_records_damaged_total") > 0,
            "{what:?}"
        );
        // The log goes on, and what it takes now is there after the next start.
        let fresh = octets("after the damage. ", 3_000);
        phone(199, &server).send(&message(&[300], &fresh)).unwrap();
        let location = notified(&mut phone(300, &server)).content_location;
        server.kill().unwrap();
        let server = site.start().unwrap();
        assert!(
            fetch_all(&server, &base.owed) <= *outcome.letters_lost.end(),
            "{what:?}"
        );
        let got = phone(300, &server).retrieve(&location).unwrap();
        assert_eq!(got.message.parts[0].octets, fresh, "{what:?}");
        assert_eq!(server.terminate().unwrap().code(), Some(0));
        println!("{what:?}: {} {lost} letters lost", outcome.verify);
    }
}

/// The manifest is damaged, gone, or an older one that knows nothing of the logs beside it.
#[test]
fn a_manifest_that_is_not_to_be_trusted_is_refused_with_what_to_do() {
    let _turn = turnstile::enter();
    let mut site = site();
    let manifest = site.data().join("manifest");
    site.start().unwrap().terminate().unwrap();
    let old = std::fs::read(&manifest).unwrap();
    site.set("shards", "2");
    let server = site.start().unwrap();
    phone(199, &server).send(&message(&[200], &content(0))).unwrap();
    let location = notified(&mut phone(200, &server)).content_location;
    assert_eq!(server.terminate().unwrap().code(), Some(0));
    let last = std::fs::read(&manifest).unwrap();
    let mut damaged = last.clone();
    damaged[40] ^= 1;
    for (bytes, word) in [
        (Some(damaged), "checksum"),
        (None, "there is none"),
        (Some(old), "not the last"),
    ] {
        match &bytes {
            Some(bytes) => std::fs::write(&manifest, bytes).unwrap(),
            None => std::fs::remove_file(&manifest).unwrap(),
        }
        let output = site.log(&["verify"]).unwrap();
        assert_eq!(output.status.code(), Some(1));
        let code = site.spawn().unwrap().refused(START_WAIT).unwrap();
        let said = site.said();
        assert_eq!(code, Some(1), "{said}");
        for word in [word, "manifest", "Nothing was changed", "Put back"] {
            assert!(said.contains(word), "{word}: {said}");
            assert!(String::from_utf8_lossy(&output.stderr).contains(word), "{word}");
        }
        assert_eq!(std::fs::read(&manifest).ok(), bytes);
    }
    std::fs::write(&manifest, last).unwrap();
    let owed = [Owed { index: 0, location }];
    assert_eq!(fetch_all(&site.start().unwrap(), &owed), 0);
}
