//! Assigned, reserved and impossible statuses.

use wsp::Version;

use super::{ResponseStatus, RetrieveStatus, StatusClass, StoreStatus};

#[test]
fn every_octet_keeps_itself() {
    for octet in 0..=255_u8 {
        if let Ok(status) = ResponseStatus::try_from(octet) {
            assert_eq!(status.octet(), octet);
            assert!(ResponseStatus::name_of(octet).is_some());
        }
        assert!(RetrieveStatus::try_from(octet).is_ok_and(|status| status.octet() == octet) || octet < 0xC0);
        assert!(StoreStatus::try_from(octet).is_ok_and(|status| status.octet() == octet) || octet < 0xC0);
    }
}

#[test]
fn reserved_values_have_a_class() {
    let class = |octet| ResponseStatus::try_from(octet).map(ResponseStatus::class);
    assert_eq!(
        ResponseStatus::try_from(0xC5),
        Ok(ResponseStatus::ReservedTransient(0xC5))
    );
    assert_eq!(
        ResponseStatus::try_from(0xEC),
        Ok(ResponseStatus::ReservedPermanent(0xEC))
    );
    assert_eq!(class(0x80), Ok(StatusClass::Ok));
    assert_eq!(class(0x82), Ok(StatusClass::Permanent));
    assert_eq!(class(0xDF), Ok(StatusClass::Transient));
    assert_eq!(class(0xFF), Ok(StatusClass::Permanent));
    assert_eq!(class(0x89), Err(0x89));
    assert_eq!(class(0x7F), Err(0x7F));
}

#[test]
fn a_client_of_1_0_gets_its_own_words() {
    for octet in 0x80..=0xFF_u8 {
        let Ok(status) = ResponseStatus::try_from(octet) else {
            continue;
        };
        assert!(
            (0x80..=0x88).contains(&status.for_version(Version::V1_0).octet()),
            "{octet:#04x}"
        );
        assert_eq!(status.for_version(Version::V1_1), status);
    }
    let corrupt = ResponseStatus::PermanentMessageFormatCorrupt;
    assert_eq!(
        corrupt.for_version(Version::V1_0),
        ResponseStatus::ErrorMessageFormatCorrupt
    );
}
