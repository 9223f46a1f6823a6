//! Each refusal, its edge, and what is passed over.
use super::*;

const NOW: WallSeconds = WallSeconds(1_000_000);

fn decide(asks: Submission) -> Result<Terms, Reason> {
    terms(&asks, &Profile::default(), NOW)
}

#[test]
fn size_has_a_grace_of_five_percent() {
    let limit = u64::from(Profile::default().mm1.message_octets_max);
    let edge = limit + limit / 20;
    assert!(
        decide(Submission {
            size_octets: edge,
            ..Submission::default()
        })
        .is_ok()
    );
    let over = Submission {
        size_octets: edge + 1,
        ..Submission::default()
    };
    assert_eq!(decide(over), Err(Reason::ContentTooLarge));
}

#[test]
fn reply_charging_is_refused_or_not_seen() {
    let asked = Asked(Asked::REPLY_CHARGING);
    assert!(
        decide(Submission {
            minor: 0,
            asked,
            ..Submission::default()
        })
        .is_ok()
    );
    let later = Submission {
        minor: 1,
        asked,
        ..Submission::default()
    };
    assert_eq!(decide(later), Err(Reason::ReplyChargingUnsupported));
}

#[test]
fn times_are_clamped_and_must_agree() {
    let day = 86_400;
    let asks = Submission {
        expiry: Some(When::Relative(30 * day)),
        ..Submission::default()
    };
    assert_eq!(decide(asks).unwrap().expiry, NOW + 7 * 86_400);
    let past = Submission {
        delivery: Some(When::Absolute(5)),
        ..Submission::default()
    };
    assert_eq!(decide(past).unwrap().deliver_at, NOW);
    let contrary = Submission {
        delivery: Some(When::Relative(day)),
        expiry: Some(When::Relative(day)),
        ..Submission::default()
    };
    assert_eq!(decide(contrary), Err(Reason::TimesImpossible));
}

#[test]
fn class_auto_gets_no_reports() {
    let bits = Asked::CLASS_AUTO | Asked::DELIVERY_REPORT | Asked::READ_REPORT;
    let terms = decide(Submission {
        asked: Asked(bits),
        ..Submission::default()
    })
    .unwrap();
    assert!(!terms.delivery_report && !terms.read_report);
}

#[test]
fn hiding_needs_the_operators_leave() {
    let mut profile = Profile::default();
    let asks = Submission {
        asked: Asked(Asked::HIDING),
        ..Submission::default()
    };
    assert!(terms(&asks, &profile, NOW).unwrap().hidden);
    profile.mm1.sender_hiding = false;
    assert_eq!(terms(&asks, &profile, NOW), Err(Reason::HidingUnsupported));
}
