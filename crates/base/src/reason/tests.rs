//! The table is whole, its codes are unique, and a 1.0 client hears only what 1.0 knows.

use super::*;

#[test]
fn rows_stand_in_the_order_of_the_enum() {
    for (index, row) in TABLE.iter().enumerate() {
        assert_eq!(row.reason as usize, index, "{}", row.code);
        assert!(std::ptr::eq(row.reason.row(), row));
    }
}

#[test]
fn codes_are_unique_and_found() {
    for row in TABLE {
        assert_eq!(
            TABLE.iter().filter(|other| other.code == row.code).count(),
            1,
            "{}",
            row.code
        );
        assert_eq!(
            Reason::find(&row.code.to_lowercase()).map(|found| found.code),
            Some(row.code)
        );
    }
    assert!(Reason::find("R999").is_none());
}

#[test]
fn statuses_keep_to_their_version_and_to_retry() {
    for row in TABLE {
        assert!((0x81..=0x88).contains(&row.response_status_1_0), "{}", row.code);
        let transient = (0xC0..=0xDF).contains(&row.response_status);
        assert_eq!(transient, row.retry == Retry::Later, "{}", row.code);
        assert!(row.text.is_ascii() && row.text.len() < 100, "{}", row.code);
    }
}

/// RFC 5321 §4.2.1: 4yz may be tried again, 5yz not; RFC 3463 §2: the class is the same digit.
#[test]
fn smtp_codes_keep_to_retry() {
    for row in TABLE {
        let class = row.smtp_code / 100;
        assert!(matches!(class, 4 | 5), "{}", row.code);
        assert_eq!(
            row.smtp_enhanced.split('.').next(),
            Some(if class == 4 { "4" } else { "5" }),
            "{}",
            row.code
        );
        assert_eq!(row.smtp_enhanced.split('.').count(), 3, "{}", row.code);
        // RFC 5321 §4.5.3.1.10: too many recipients is told by 452, so that the sender splits its transaction.
        let splits = row.reason == Reason::RecipientsTooMany;
        assert_eq!(class == 4, row.retry == Retry::Later || splits, "{}", row.code);
    }
}

#[test]
fn mm4_statuses_are_those_of_the_reference() {
    let known = [
        "Error-unspecified",
        "Error-service-denied",
        "Error-message-format-corrupt",
        "Error-sending-address-unresolved",
        "Error-message-not-found",
        "Error-network-problem",
        "Error-content-not-accepted",
        "Error-unsupported-message",
    ];
    for row in TABLE {
        assert!(known.contains(&row.mm4_status), "{}", row.code);
        assert_eq!(
            row.mm4_status == "Error-network-problem",
            row.retry == Retry::Later,
            "{}",
            row.code
        );
    }
}
