//! The last line of `tests/run`: what it makes of the runners' own lines.
//!
//! Outside the message flow: CI and people trust that line, so it is tested like a decoder, on samples.
//!
//! Invariants: a test that says that it skips is never counted as passed; a run in which nothing passed has failed.

use std::fs;
use std::path::Path;
use std::process::Command;

use xtask::tree::workspace;

/// Two runners as `cargo test -- --show-output` prints them. Of the first's five tests three passed, one of which says
/// that it skips; one is ignored, one failed.
const MIXED: &str = "     Running tests/a.rs (target/debug/deps/a-1)

running 5 tests
test one ... ok
test two ... ok
test three ... ok
test four ... ignored, takes an hour
test five ... FAILED

successes:

---- one stdout ----
does not skip: it only says the word
skipper: another word

---- two stdout ----
Skipped: tshark is not installed
skip: said twice, counted once

successes:
    one
    skip_is_a_name_here
    two

failures:

---- five stdout ----
skip: a failure stays a failure

failures:
    five

test result: FAILED. 3 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

   Doc-tests a

running 2 tests

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

#[test]
fn the_summary_adds_the_runners_lines_up() {
    let ok = |passed| {
        format!("test result: ok. {passed} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n")
    };
    let only_skips = format!(
        "successes:\n\n---- a stdout ----\nskip: x\n\nsuccesses:\n    a\n\n{}",
        ok(1)
    );
    check("mixed", MIXED, "4 passed, 1 failed, 2 skipped\n", 1);
    check("two", &(ok(3) + &ok(4)), "7 passed, 0 failed, 0 skipped\n", 0);
    check(
        "nothing",
        "error: could not compile\n",
        "0 passed, 0 failed, 0 skipped\n",
        1,
    );
    check("only-skips", &only_skips, "0 passed, 0 failed, 1 skipped\n", 1);
}

fn check(name: &str, log: &str, expected: &str, code: i32) {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("summary-{name}.log"));
    let script = workspace().join("tests/run");
    let run = || {
        Command::new("bash")
            .arg(script)
            .arg("--count")
            .arg(&file)
            .output()
    };
    let out = fs::write(&file, log).and_then(|()| run());
    let said = out
        .as_ref()
        .map(|o| (String::from_utf8_lossy(&o.stdout).into_owned(), o.status.code()));
    assert!(
        matches!(&said, Ok((text, got)) if text == expected && *got == Some(code)),
        "{name}: {said:?}"
    );
}
