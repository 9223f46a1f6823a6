//! Tests of the table of headers.

use super::*;

#[test]
fn every_name_finds_its_row_in_any_case() {
    for &field in Field::ALL {
        for name in [field.name()].iter().chain(field.aliases()) {
            assert_eq!(Field::of(name.as_bytes()), Some(field), "{name}");
            assert_eq!(Field::of(name.to_lowercase().as_bytes()), Some(field), "{name}");
        }
    }
    assert_eq!(Field::of(b"X-Mms-Transaction-Id"), Some(Field::TransactionId));
    assert_eq!(Field::of(b"x-mms-3gpp-version"), Some(Field::VersionMisspelt));
    assert_eq!(Field::of(b"X-Mms-Forwarded-By"), None);
    assert_eq!(Field::of(b""), None);
    assert_eq!(Field::ALL.len(), COUNT);
}
