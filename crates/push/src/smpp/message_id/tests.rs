//! Ids in the spellings of SMSCs.
//!
//! Invariant: each pair is (response, receipt) as an SMSC of that kind writes one message.

use super::*;

#[track_caller]
fn check(form: IdForm, response: &str, receipt: &str) {
    let [in_response, in_receipt] = [response, receipt].map(|text| MessageId::read(text.as_bytes()).unwrap());
    assert_eq!(in_receipt.in_response(form).as_ref(), Some(&in_response));
    assert_eq!(in_response.in_receipt(form).as_ref(), Some(&in_receipt));
}

#[test]
fn pairs() {
    check(IdForm::Same, "0000012345", "12345");
    check(IdForm::Same, "4AF0-77", " 4af0-77 ");
    check(IdForm::Same, "000", "0");
    check(IdForm::HexadecimalThenDecimal, "75BCD15", "0123456789");
    check(IdForm::HexadecimalThenDecimal, "00ff", "255");
    check(IdForm::DecimalThenHexadecimal, "255", "FF");
    check(
        IdForm::HexadecimalThenDecimal,
        "ffffffffffffffffffffffffffffffff",
        "340282366920938463463374607431768211455",
    );
}

#[test]
fn what_is_no_number_stays_as_it_is() {
    for text in ["smsc-1", "+5", "g", "340282366920938463463374607431768211456"] {
        let id = MessageId::read(text.as_bytes()).unwrap();
        assert_eq!(id.in_response(IdForm::HexadecimalThenDecimal), None, "{text}");
    }
    assert_eq!(MessageId::read(b""), None);
    assert_eq!(MessageId::read(b"  "), None);
    assert_eq!(MessageId::read(&[b'1'; 65]), None);
    assert!(MessageId::read(&[b'1'; 64]).is_some());
}
