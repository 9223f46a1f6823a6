//! The smoke run of the fuzzers: a million executions and more, the canaries, the inputs that were once of interest.
//!
//! One test a fuzzer, so that they run beside one another. Seeds are fixed; one more is taken from `FUZZ_SEED`. A
//! failure prints how to repeat it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test that panics is a failed test"
)]

use std::fs;
use std::path::{Path, PathBuf};

use tests::fuzz::{Campaign, Dice, Expectation, FUZZERS, Fuzzer, Report, find, hex, run, verdict};

/// Seeds of every run; the executions of a fuzzer are shared out among them.
const SEEDS: [u64; 4] = [1, 2, 3, 4];

/// Of a hundred inputs, how many a parser must accept and must refuse, so that both sides are checked.
const ACCEPTED_PERCENT: std::ops::RangeInclusive<u64> = 5..=95;

fn chosen_seed() -> Option<u64> {
    let text = std::env::var("FUZZ_SEED").ok()?;
    Some(text.parse().expect("FUZZ_SEED is a number"))
}

fn smoke(name: &str) {
    let fuzzer = find(name).expect("it is in the table");
    let mut report = Report::default();
    for seed in SEEDS.into_iter().chain(chosen_seed()) {
        let executions = fuzzer.smoke_executions.div_ceil(SEEDS.len() as u64);
        report.add(run(
            fuzzer,
            Campaign {
                seed,
                first: 0,
                executions,
            },
        ));
    }
    if let Some(failure) = &report.failure {
        panic!("{failure}");
    }
    let percent = report.accepted_percent().expect("some were looked at");
    println!("{name}: {} executions, {percent} % accepted", report.executions);
    assert!(report.executions >= fuzzer.smoke_executions);
    assert!(
        ACCEPTED_PERCENT.contains(&percent),
        "{percent} % of the inputs are accepted"
    );
}

macro_rules! smoke_tests {
    ($($test:ident $name:literal,)*) => {
        $(#[test] fn $test() { smoke($name); })*

        /// A fuzzer that no test runs is none.
        #[test]
        fn every_sound_fuzzer_is_run() {
            let sound = FUZZERS.iter().filter(|fuzzer| fuzzer.expectation == Expectation::Sound);
            let names: Vec<_> = sound.map(|fuzzer| fuzzer.name).collect();
            assert_eq!(names, [$($name),*]);
        }
    };
}

smoke_tests! {
    wsp "wsp",
    mms "mms",
    mms_carried "mms-carried",
    http1 "http1",
    http1_answers "http1-answers",
    journal "journal",
    journal_records "journal-records",
    journal_resume "journal-resume",
    smtp "smtp",
    smtp_carried "smtp-carried",
    smtp_client "smtp-client",
    entity "entity",
    entity_content "entity-content",
    entity_words "entity-words",
    mm4 "mm4",
    push "push",
    push_segments "push-segments",
    push_session "push-session",
    push_delivered "push-delivered",
    push_pap "push-pap",
    radius "radius",
}

fn canaries() -> impl Iterator<Item = &'static Fuzzer> {
    FUZZERS
        .iter()
        .filter(|fuzzer| fuzzer.expectation == Expectation::Canary)
}

/// Each broken parser is found from every seed, the smaller input fails as the found one did, and repeating finds the
/// same.
#[test]
fn the_canaries_are_caught() {
    assert_eq!(canaries().count(), 9, "one for each format");
    for canary in canaries() {
        for seed in SEEDS {
            let campaign = Campaign {
                seed,
                first: 0,
                executions: canary.smoke_executions,
            };
            let failure = run(canary, campaign).failure;
            let failure = failure.unwrap_or_else(|| panic!("{} is not caught with seed {seed}", canary.name));
            println!("{} caught at execution {}", canary.name, failure.execution);
            assert!(failure.minimal.len() <= failure.input.len());
            assert_eq!(
                verdict(canary.check, &failure.minimal),
                Err(failure.panic.clone())
            );
            assert!(
                failure
                    .to_string()
                    .contains(&format!("--seed {seed} --first {}", failure.execution))
            );
            let again = Campaign {
                seed,
                first: failure.execution,
                executions: 1,
            };
            assert_eq!(run(canary, again).failure, Some(failure));
        }
    }
}

/// A canary that falls to whole inputs would be caught by a mutator that does nothing; and what the makers make is
/// accepted, mostly (of mailbox PDUs and of limits they break on purpose it is not).
#[test]
fn what_is_made_is_whole() {
    for fuzzer in FUZZERS {
        let mut accepted = 0;
        for number in 0..400 {
            let input = (fuzzer.format.make)(&mut Dice::new(7, number));
            assert_eq!(
                verdict(fuzzer.check, &input),
                Ok(()),
                "{}: {}",
                fuzzer.name,
                hex::dump(&input)
            );
            accepted += u32::from((fuzzer.accepts)(&input));
        }
        println!("{}: {accepted} of 400 made inputs are accepted", fuzzer.name);
        assert!(
            accepted >= 200,
            "{}: only {accepted} of 400 are accepted",
            fuzzer.name
        );
    }
}

/// Hex files in `vectors/fuzz/NAME/`.
fn vectors(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("vectors/fuzz")
        .join(name);
    let Ok(entries) = fs::read_dir(&folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let octets = hex::parse(&text).unwrap_or_else(|line| panic!("{}:{line}: not hex", path.display()));
        (path, octets)
    };
    paths.into_iter().map(read).collect()
}

/// What was once found, or reaches what chance seldom does, is run again; of a canary it must fail.
#[test]
fn the_vectors_are_replayed() {
    for fuzzer in FUZZERS {
        let vectors = vectors(fuzzer.name);
        assert!(!vectors.is_empty(), "no vectors for {}", fuzzer.name);
        for (path, octets) in vectors {
            let verdict = verdict(fuzzer.check, &octets);
            let expected = fuzzer.expectation == Expectation::Sound;
            assert_eq!(verdict.is_ok(), expected, "{}: {verdict:?}", path.display());
        }
    }
}

#[test]
fn hex_is_read_as_it_is_written() {
    let cases: &[(&str, Result<&[u8], usize>)] = &[
        ("", Ok(&[])),
        ("00ff 1B # a note 22\n\n# 33\n44", Ok(&[0x00, 0xFF, 0x1B, 0x44])),
        ("0102*3 00", Ok(&[1, 2, 2, 2, 0])),
        ("01\n0", Err(2)),
        ("zz", Err(1)),
        ("00*0", Err(1)),
        ("00*99999999999", Err(1)),
    ];
    for (text, expected) in cases {
        assert_eq!(hex::parse(text).as_deref(), expected.as_deref(), "{text}");
    }
    for number in 0..200 {
        let mut octets = Dice::new(9, number).noise(200);
        octets.splice(0..0, vec![0; number as usize]);
        assert_eq!(hex::parse(&hex::dump(&octets)), Ok(octets));
    }
}
