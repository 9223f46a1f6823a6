//! Pushes as octets, after WAP-230-WSP §8.2.4.1 and what networks send.
//!
//! Beside the corpus, which has real ones. Invariant: every vector is fictional.

use super::*;
use crate::hex::octets;

#[test]
fn the_shortest_push() {
    let mut out = Vec::new();
    write_push(&mut out, 0x2A, &[0x8C, 0x82]);
    let expected = octets(
        "2A     # transaction id
         06     # Push
         03     # HeadersLen
         BE     # application/vnd.wap.mms-message
         AF 84  # X-Wap-Application-Id: mms.ua
         8C 82  # the PDU",
    );
    assert_eq!(out, expected);
    let push = read_push(&out).unwrap();
    assert_eq!(
        (push.transaction_id, push.is_for_mms, push.body),
        (0x2A, true, &[0x8C, 0x82][..])
    );
}

#[track_caller]
fn check(text: &str, is_for_mms: bool, media: &str, body: &[u8]) {
    let octets = octets(text);
    let push = read_push(&octets).unwrap();
    assert_eq!((push.is_for_mms, push.body), (is_for_mms, body));
    assert!(push.content_type.is(media), "{:?}", push.content_type);
}

#[test]
fn pushes_of_networks() {
    const MMS: &str = "application/vnd.wap.mms-message";
    // With Content-Length and Push-Flag, whose values are one octet each.
    check("01 06 07 BE 8D F0 AF 84 B4 82 8C 82", true, MMS, &[0x8C, 0x82]);
    // ConfirmedPush; the application id as a Long-integer.
    check("01 07 04 BE AF 01 04 8C", true, MMS, &[0x8C]);
    // The content type in words with a character set, the application id in words.
    let words = "1F 22 6170706C69636174696F6E2F766E642E7761702E6D6D732D6D657373616765 00 81 84";
    let id = "AF 782D7761702D6170706C69636174696F6E3A6D6D732E7561 00";
    check(&format!("01 06 3E {words} {id} 8C"), true, MMS, &[0x8C]);
    // Another application; a header in words before it.
    check(
        "01 06 0A AE 582D42 00 6D65 00 AF 82",
        false,
        "application/vnd.wap.sic",
        &[],
    );
}

#[test]
fn what_is_no_push() {
    let kind = |text: &str| {
        let octets = octets(text);
        read_push(&octets)
            .map(|_| ())
            .map_err(|error| (error.kind, error.offset))
    };
    assert_eq!(kind("").unwrap_err(), (ErrorKind::Truncated, 0));
    // Get.
    assert_eq!(kind("01 40 03 BE AF 84").unwrap_err(), (ErrorKind::Form, 1));
    // HeadersLen beyond the end.
    assert_eq!(kind("01 06 09 BE AF 84").unwrap_err(), (ErrorKind::Truncated, 3));
    // A header without a value.
    assert_eq!(kind("01 06 02 BE AF").unwrap_err(), (ErrorKind::Truncated, 5));
}
