//! Tests of the statuses and of their mapping: every row, both ways.

use super::*;

#[test]
fn texts_are_read_with_their_misspellings() {
    for (text, status) in [
        ("Ok", RequestStatus::Ok),
        ("OK", RequestStatus::Ok),
        ("0", RequestStatus::Ok),
        ("Error-network-problem", RequestStatus::NetworkProblem),
        ("error-Service-Denied", RequestStatus::ServiceDenied),
        ("Error-test-failed", RequestStatus::Unspecified),
        ("7", RequestStatus::Unspecified),
        ("", RequestStatus::Unspecified),
    ] {
        assert_eq!(RequestStatus::of_text(text), status, "{text}");
    }
    assert_eq!(MmStatus::read("Unrecognized"), Some(MmStatus::Unrecognised));
    assert_eq!(MmStatus::read("Unreachable"), None);
    assert_eq!(
        StatusExtension::read("RejectionByOtherRS"),
        Some(StatusExtension::RejectedByOtherSystem)
    );
}

#[test]
fn response_statuses_map_as_the_reference_says() {
    use RequestStatus as S;
    for (octets, status) in [
        (&[0x80][..], S::Ok),
        (&[0x82], S::ServiceDenied),
        (&[0x83, 0xE2], S::FormatCorrupt),
        (&[0x84, 0xE3], S::AddressUnresolved),
        (&[0x85, 0xE4], S::NotFound),
        (&[0x86, 0xC3], S::NetworkProblem),
        (&[0x87, 0xE5], S::ContentNotAccepted),
        (&[0x88], S::UnsupportedMessage),
        (&[0x81, 0xE0, 0xFF, 0], S::Unspecified),
    ] {
        for &octet in octets {
            assert_eq!(S::of_response_status(octet), status, "{octet:#x}");
        }
    }
    for &status in S::ALL {
        for minor in [0, 2] {
            let octet = status.response_status(minor);
            assert_eq!(S::of_response_status(octet), status, "there and back, 1.{minor}");
            assert!(minor > 0 || octet <= 0x88, "a 1.0 client is told 0x80 to 0x88");
        }
    }
}

#[test]
fn every_reason_of_ours_has_a_status() {
    for row in base::reason::TABLE {
        let status = RequestStatus::read(row.mm4_status);
        assert!(status.is_some(), "{} is no status", row.mm4_status);
        assert_eq!(status, Some(RequestStatus::of_reason(row.reason)));
    }
}

#[test]
fn mm1_statuses_map_by_name() {
    for status in mms::Status::ALL {
        let here = MmStatus::of_mm1(status.octet());
        match status {
            mms::Status::Unreachable => assert_eq!(here, MmStatus::Indeterminate),
            _ => assert_eq!((here.name(), here.octet()), (status.name(), status.octet())),
        }
    }
    assert!(
        MmStatus::ALL
            .iter()
            .filter(|status| !status.is_final())
            .eq([&MmStatus::Deferred])
    );
}

#[test]
fn refusals_decide_what_became_of_a_message() {
    let outcomes: Vec<_> = RequestStatus::ALL.iter().map(|status| status.outcome()).collect();
    use MmStatus::{Indeterminate, Rejected, Unrecognised};
    let expected = [
        None,
        Some(Indeterminate),
        Some(Rejected),
        Some(Indeterminate),
        Some(Indeterminate),
        Some(Indeterminate),
        Some(Indeterminate),
        Some(Rejected),
        Some(Unrecognised),
    ];
    assert_eq!(outcomes, expected);
    assert!(
        RequestStatus::ALL
            .iter()
            .filter(|s| s.may_be_retried())
            .eq([&RequestStatus::NetworkProblem])
    );
}
