//! A folder passes as it was written; one changed digit anywhere in it is found.

use super::verify;
use crate::folder::{CONDITIONS, LEDGER, LOG, REPORT, SAMPLES, SUMMARY};
use crate::synthetic::{Scratch, USUAL, write};
use std::fs;

#[test]
fn an_honest_folder_passes() {
    let scratch = Scratch::new();
    let folder = scratch.0.join("run");
    write(&folder, USUAL);
    let verdict = verify(&folder).unwrap();
    assert_eq!(verdict.differences, Vec::<String>::new());
    assert!(verdict.figures > 50);
}

#[test]
fn any_tampered_file_is_found() {
    for (name, from, to) in [
        (SUMMARY, "\"count\": 10000", "\"count\": 10001"),
        (SUMMARY, "\"void\": []", "\"void\": [\"x\"]"),
        (SAMPLES, ",500,", ",499,"),
        (LEDGER, "seconds", "Seconds"),
        (CONDITIONS, "\"seed\": 1", "\"seed\": 2"),
        (CONDITIONS, "\"commit\": \"none\"", "\"commit\": \"another\""),
        (REPORT, "p99", "p98"),
        (LOG, "ringpost-load", "ringpost-lead"),
    ] {
        let scratch = Scratch::new();
        let folder = scratch.0.join("run");
        write(&folder, USUAL);
        let path = folder.join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let verdict = verify(&folder).unwrap();
        assert!(
            !verdict.differences.is_empty(),
            "{name}: {from} became {to} unseen"
        );
    }
}

#[test]
fn a_better_histogram_put_in_is_found() {
    let (honest, faster) = (Scratch::new(), Scratch::new());
    let (folder, other) = (honest.0.join("run"), faster.0.join("run"));
    write(&folder, USUAL);
    write(&other, crate::synthetic::Shape { factor: 0.5, ..USUAL });
    fs::copy(other.join(LOG), folder.join(LOG)).unwrap();
    let verdict = verify(&folder).unwrap();
    assert!(
        verdict.differences.iter().any(|text| text.contains("p99")),
        "{:?}",
        verdict.differences
    );
}

#[test]
fn a_run_is_not_written_over_another() {
    let scratch = Scratch::new();
    let folder = scratch.0.join("run");
    write(&folder, USUAL);
    let again = crate::folder::Keeper::create(&folder, crate::synthetic::conditions(USUAL));
    assert!(again.is_err());
}
