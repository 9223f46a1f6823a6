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
