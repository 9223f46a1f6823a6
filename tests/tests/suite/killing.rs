//! SIGKILL during load, the ledger outside, the faulty disk's *forget*, and the canary that must be caught.

use tests::process::abroad::Care;
use tests::process::ledger::Finding;
use tests::process::torture::{Plan, Report, run};
use tests::process::turnstile;

fn torture(plan: &Plan) -> Report {
    let _turn = turnstile::enter();
    println!("{plan:?}");
    let report = run(plan, &mut |_| ()).unwrap();
    println!(
        "{} kills and {} while starting, {} letters, {} repeats, {} mails in, {} out, {} retrievals, {} ended",
        report.kills,
        report.early_kills,
        report.accepted,
        report.repeated,
        report.taken,
        report.carried,
        report.fetched,
        report.ended
    );
    report
}

fn nothing_found(plan: &Plan) {
    let report = torture(plan);
    assert!(
        report.findings.is_empty(),
        "{:#?}\n{}",
        report.findings,
        report.said
    );
    assert_eq!(report.kills, plan.kills);
    assert!(
        report.accepted > u64::from(plan.kills),
        "hardly any load: {report:?}"
    );
    assert!(report.ended > 0 && report.repeated > 0, "{report:?}");
    assert!(
        report.taken > u64::from(plan.kills) / 2,
        "hardly any mail: {report:?}"
    );
    assert!(
        report.carried > u64::from(plan.kills) / 2,
        "hardly any mail to the other operator: {report:?}"
    );
}

#[test]
fn fifty_kills_lose_nothing_and_double_nothing() {
    nothing_found(&Plan::new(1, 50, &[2]));
}

#[test]
fn kills_between_three_one_and_two_shards_lose_nothing() {
    nothing_found(&Plan::new(2, 9, &[3, 1, 2]));
}

#[test]
fn what_was_acknowledged_is_there_though_the_disk_forgets() {
    let mut plan = Plan::new(3, 10, &[2]);
    plan.fault = Some("forget:slow=4,reorder=1".to_owned());
    nothing_found(&plan);
}

#[test]
fn acknowledging_before_the_group_is_durable_is_caught() {
    let mut plan = Plan::new(4, 5, &[2]);
    plan.fault = Some("lie:held=6".to_owned());
    plan.patience = std::time::Duration::from_secs(2);
    let report = torture(&plan);
    let is_loss = |finding: &Finding| {
        matches!(
            finding,
            Finding::Lost { .. } | Finding::Unrecorded { .. } | Finding::Unended { .. }
        )
    };
    assert!(report.findings.iter().any(is_loss), "{report:?}");
}

/// The other operator loses what it has answered for; that is seen, or nothing proves that it gets everything.
#[test]
fn a_letter_that_never_comes_abroad_is_missed() {
    let mut plan = Plan::new(5, 6, &[2]);
    plan.care = Care::Mislays;
    (plan.recipients, plan.carriers) = (0, 0);
    plan.patience = std::time::Duration::from_secs(10);
    let report = torture(&plan);
    let is_abroad =
        |finding: &Finding| matches!(finding, Finding::Lost { how, .. } if how.contains("operator"));
    assert!(report.findings.iter().any(is_abroad), "{report:?}");
}

/// With nobody else to write to, what a lying disk loses was for the other operator.
#[test]
fn what_a_lying_disk_loses_of_the_other_operators_is_missed() {
    let mut plan = Plan::new(6, 8, &[2]);
    plan.fault = Some("lie:held=6".to_owned());
    (plan.recipients, plan.carriers) = (0, 0);
    plan.patience = std::time::Duration::from_secs(2);
    let report = torture(&plan);
    let is_caught = |finding: &Finding| {
        matches!(
            finding,
            Finding::Lost { .. }
                | Finding::Unrecorded { .. }
                | Finding::Renamed { .. }
                | Finding::Twice { .. }
        )
    };
    assert!(report.findings.iter().any(is_caught), "{report:?}");
}
