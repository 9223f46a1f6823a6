//! SIGKILL during load, the ledger outside, the faulty disk's *forget*, and the canary that must be caught.

use tests::process::ledger::Finding;
use tests::process::torture::{Plan, Report, run};
use tests::process::turnstile;

fn torture(plan: &Plan) -> Report {
    let _turn = turnstile::enter();
    println!("{plan:?}");
    let report = run(plan, &mut |_| ()).unwrap();
    println!(
        "{} kills and {} while starting, {} letters, {} repeats, {} mails, {} retrievals, {} copies ended",
        report.kills,
        report.early_kills,
        report.accepted,
        report.repeated,
        report.taken,
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
