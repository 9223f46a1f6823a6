//! Tests of the preflight: the judgement as a table, and that this machine's own limits are read.

use super::{Found, MEMLOCK_OCTETS_MIN, Needs, Problem, judge, preflight};

const NEEDS: Needs = Needs {
    shards: 1,
    connections_max: 1_000,
};

const FIT: Found = Found {
    uring: None,
    uring_disabled: 0,
    memlock_octets: MEMLOCK_OCTETS_MIN,
    files_max: 2_024,
};

#[test]
fn each_problem_is_told_apart() {
    let check = |found: Found, expected: &[Problem]| assert_eq!(judge(NEEDS, found), expected, "{found:?}");
    let uring = |errno, uring_disabled| Found {
        uring: Some(errno),
        uring_disabled,
        ..FIT
    };
    check(FIT, &[]);
    check(uring(libc::EPERM, 2), &[Problem::UringDisabled(2)]);
    check(uring(libc::EPERM, 0), &[Problem::UringForbidden]);
    check(uring(libc::ENOSYS, 0), &[Problem::UringMissing]);
    check(uring(libc::ENOMEM, 0), &[Problem::UringFailed(libc::ENOMEM)]);
    let memlock_octets = MEMLOCK_OCTETS_MIN - 1;
    check(
        Found {
            memlock_octets,
            ..FIT
        },
        &[Problem::MemlockTooLow(memlock_octets)],
    );
    let files_max = 2_023;
    let (found, needed) = (2_023, 2_024);
    check(
        Found { files_max, ..FIT },
        &[Problem::FilesTooFew { found, needed }],
    );
}

#[test]
fn all_problems_are_told_at_once_and_each_can_be_mended() {
    let found = Found {
        uring: Some(libc::ENOSYS),
        uring_disabled: 0,
        memlock_octets: 0,
        files_max: 0,
    };
    let problems = judge(NEEDS, found);
    assert_eq!(problems.len(), 3);
    for problem in problems {
        assert!(
            !problem.to_string().is_empty() && problem.mend().ends_with('.'),
            "{problem:?}"
        );
    }
}

#[test]
fn the_machine_that_runs_the_tests_is_fit() {
    let machine = preflight(Needs {
        shards: 1,
        connections_max: 0,
    })
    .unwrap();
    assert!(machine.has_core_for_each(1));
}
