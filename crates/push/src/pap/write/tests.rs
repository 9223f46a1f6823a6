//! PAP as octets, after the examples' layout of WAP-247-PAP §8 and §9.
//!
//! Invariant: what is expected is written out in full.

use super::*;

fn push<'a>(pdu: &'a [u8], notify_to: Option<&'a str>) -> Push<'a> {
    Push {
        push_id: "000000000000002a@mms.example.net",
        to: Msisdn::from_digits(b"447700900123").unwrap(),
        gateway: "ppg.example.net",
        deliver_before: WallSeconds(1_893_455_999),
        notify_to,
        pdu,
    }
}

#[test]
fn a_push() {
    let mut out = Vec::new();
    let content_type = write_push(&mut out, &push(b"\x8C\x82\r\n--x", None));
    let expected = "multipart/related; boundary=ringpost-push-0; type=\"application/xml\"";
    assert_eq!(content_type, expected);
    let control = "<?xml version=\"1.0\"?>\
        <!DOCTYPE pap PUBLIC \"-//WAPFORUM//DTD PAP 2.0//EN\" \"http://www.wapforum.org/DTD/pap_2.0.dtd\">\
        <pap><push-message push-id=\"000000000000002a@mms.example.net\" \
        deliver-before-timestamp=\"2029-12-31T23:59:59Z\">\
        <address address-value=\"WAPPUSH=+447700900123/TYPE=PLMN@ppg.example.net\"/>\
        <quality-of-service delivery-method=\"unconfirmed\"/></push-message></pap>";
    let mut body = format!(
        "--ringpost-push-0\r\nContent-Type: application/xml\r\n\r\n{control}\r\n\
         --ringpost-push-0\r\nContent-Type: application/vnd.wap.mms-message\r\n\
         X-Wap-Application-Id: x-wap-application:mms.ua\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(b"\x8C\x82\r\n--x\r\n--ringpost-push-0--\r\n");
    assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&body));
    assert_eq!(out, body);
}

#[test]
fn attributes_are_escaped_and_boundaries_free() {
    let mut out = Vec::new();
    let hostile = "http://mms.example.net/?a=1&b=\"><x";
    let content_type = write_push(&mut out, &push(b"ringpost-push-0 ringpost-push-1", Some(hostile)));
    assert!(content_type.contains("boundary=ringpost-push-2;"));
    let text = String::from_utf8_lossy(&out);
    assert!(text.contains("ppg-notify-requested-to=\"http://mms.example.net/?a=1&amp;b=&quot;&gt;&lt;x\""));
}

#[test]
fn the_answer_to_a_notice() {
    let answer = write_notice_answer("7@x", "WAPPUSH=+15550100/TYPE=PLMN@ppg.example.net");
    let text = String::from_utf8(answer).unwrap();
    let expected = "<pap><resultnotification-response push-id=\"7@x\" code=\"1000\" desc=\"OK\">\
        <address address-value=\"WAPPUSH=+15550100/TYPE=PLMN@ppg.example.net\"/>\
        </resultnotification-response></pap>";
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn timestamps() {
    let table = [
        (0, "1970-01-01T00:00:00Z"),
        (951_782_399, "2000-02-28T23:59:59Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (951_868_800, "2000-03-01T00:00:00Z"),
        (1_893_456_000, "2030-01-01T00:00:00Z"),
        (u32::MAX, "2106-02-07T06:28:15Z"),
    ];
    for (seconds, expected) in table {
        assert_eq!(timestamp(WallSeconds(seconds)), expected);
    }
}
