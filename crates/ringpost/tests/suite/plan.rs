//! `ringpost plan` from outside: flags, files, JSON, the test against a kept run.

use crate::support::{folder, run};

/// Runs a plan; its exit code, standard output and standard error.
fn said(words: &[&str]) -> (i32, String, String) {
    let mut line = vec!["plan"];
    line.extend(words);
    let output = run(&line);
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// The summary of the kept run.
const RUN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../bench/runs/2026-11-22-2157-vm-submit/summary.json"
);

/// The summary of the kept run of whole lives.
const LIFE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../bench/runs/2026-11-23-1841-vm-life/summary.json"
);

#[test]
fn flags_stand_above_the_file_and_the_file_above_the_defaults() {
    let folder = folder("plan");
    let file = folder.join("demand.toml");
    let (code, printed, _) = said(&["--print-demand", "--retention-days", "3", "--sizes", "50000:1"]);
    assert_eq!(code, 0);
    std::fs::write(&file, &printed).unwrap();
    let file = file.to_str().unwrap();
    let (code, out, error) = said(&["--json", "--demand", file, "--busy-hour-messages", "7200"]);
    assert_eq!((code, error.as_str()), (0, ""));
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["demand"]["retention_days"], 3.0);
    assert_eq!(value["demand"]["sizes"][0]["octets"], 50_000.0);
    assert_eq!(value["plan"]["busy_per_s"], 2.0);
    assert_eq!(value["plan"]["nodes_with_spare"], 2);
    assert_eq!(value["measured"]["submit_us"]["basis"], "measured");
    let (code, page, _) = said(&["--demand", file, "--measured", RUN]);
    assert_eq!(code, 0);
    assert!(page.contains(&format!("measured: {RUN}")), "{page}");
}

#[test]
fn the_model_holds_against_the_kept_run_and_says_when_it_does_not() {
    let (code, out, _) = said(&["--back-test", RUN]);
    assert_eq!(
        (code, out.as_str()),
        (0, "submissions: predicted 22901/s, measured 21488/s: 1.066\n")
    );
    let (code, out, _) = said(&["--back-test", LIFE]);
    assert_eq!(
        (code, out.as_str()),
        (0, "whole lives: predicted 7404/s, measured 7765/s: 0.953\n")
    );
    let folder = folder("plan-back");
    let other = folder.join("summary.json");
    let text = std::fs::read_to_string(RUN).unwrap();
    std::fs::write(&other, text.replace("21488.39", "12000.39")).unwrap();
    assert_eq!(said(&["--back-test", other.to_str().unwrap()]).0, 1);
    std::fs::write(&other, "{}").unwrap();
    let (code, _, error) = said(&["--back-test", other.to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(error.contains("it has neither"), "{error}");
}

#[test]
fn what_can_not_be_planned_is_refused() {
    let cases: [(&[&str], &str); 5] = [
        (
            &["--unreachable-share", "2"],
            "unreachable_share must be from 0 to 1",
        ),
        (&["--sizes", "30000:0.5"], "the shares of the sizes make 0.5"),
        (&["--slo-p99-ms", "1"], "can't be promised"),
        (&["--demand", "/nowhere/demand.toml"], "/nowhere/demand.toml"),
        (&["--measured", "/nowhere/summary.json"], "/nowhere/summary.json"),
    ];
    for (words, expected) in cases {
        let (code, out, error) = said(words);
        assert_eq!((code, out.as_str()), (2, ""), "{words:?}");
        assert!(error.contains(expected), "{words:?}: {error}");
    }
}
