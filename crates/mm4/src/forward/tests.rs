//! Tests of a forward's many headers: each is read, typed, and written again.

use crate::{Dialect, Message, PreviouslySent};

/// Every header that the reference has for a forward, in the order that is written.
const FULL: &str = "From: +447700900001/TYPE=PLMN\r\nTo: +447700900002/TYPE=PLMN, 12345/TYPE=PLMN\r\n\
Cc: \"Joe, B\" <joe@mail.example>\r\n\
X-Mms-3GPP-MMS-Version: 6.3.0\r\nX-Mms-Message-Type: MM4_forward.REQ\r\nX-Mms-Transaction-ID: \"t\"\r\n\
X-Mms-Message-ID: \"m\"\r\nX-Mms-Message-Class: Auto\r\nX-Mms-Expiry: Tue, 18 Jan 2022 02:23:39 GMT\r\n\
X-Mms-Delivery-Report: Yes\r\nX-Mms-Originator-R/S-Delivery-Report: No\r\nX-Mms-Read-Reply: Yes\r\n\
X-Mms-Priority: High\r\nX-Mms-Sender-Visibility: Hide\r\nX-Mms-Content-Class: image-rich\r\n\
X-Mms-Drm-Content: No\r\nX-Mms-Adaptation-Allowed: Yes\r\nX-Mms-Forward-Counter: 2\r\n\
X-Mms-Previously-sent-by: 0, +447700900003/TYPE=PLMN\r\n\
X-Mms-Previously-sent-date-and-time: 0, Tue, 18 Jan 2022 02:23:39 GMT\r\n\
X-Mms-Previously-sent-by: 1, +447700900004/TYPE=PLMN\r\n\
X-Mms-Applic-ID: a\r\nX-Mms-Reply-Applic-ID: b\r\nX-Mms-Aux-Applic-Info: c\r\n\
X-Mms-MMSIP-Address: sip:x@y\r\nX-Mms-Forward-Route: hub@h.example, hub@i.example\r\n\
X-Mms-Return-Route: hub@j.example\r\nX-Mms-Originator-Recipient-Address: +447700900002\r\n\
X-Mms-VASP-ID: v\r\nX-Mms-VAS-ID: w\r\nX-Mms-Service-Code: s\r\nX-Mms-Charged-Party-ID: p\r\n\
X-First: 1\r\nX-Second: 2\r\nX-First: 3\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nhi\r\n";

#[test]
fn every_header_is_typed_and_written_again() {
    let Ok(Message::ForwardReq(request)) = Message::read(FULL.as_bytes()) else {
        panic!("a forward")
    };
    let terms = &request.terms;
    assert!(terms.class.is_some() && terms.expiry.is_some() && terms.priority.is_some());
    assert!(terms.visibility.is_some() && terms.content_class.is_some());
    let flags = [
        terms.delivery_report,
        terms.originator_delivery_report,
        terms.read_reply,
        terms.drm_content,
        terms.adaptation_allowed,
    ];
    assert_eq!(
        flags,
        [Some(true), Some(false), Some(true), Some(false), Some(true)]
    );
    assert_eq!(request.forward_counter, Some(2));
    assert_eq!(request.cc[0].name.as_deref(), Some("Joe, B"));
    assert_eq!(request.hub.forward_route.len(), 2);
    let names: Vec<_> = request.extra.iter().map(|header| header.0.into_owned()).collect();
    assert_eq!(
        names,
        ["X-First", "X-Second", "X-First"],
        "unknown headers keep their order"
    );
    let mut out = Vec::new();
    request.write(&Dialect::default(), &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), FULL);
}

#[test]
fn previous_senders_are_joined_by_their_number() {
    let Ok(Message::ForwardReq(request)) = Message::read(FULL.as_bytes()) else {
        panic!("a forward")
    };
    let [first, second] = request.previously_sent.as_slice() else {
        panic!("two")
    };
    let PreviouslySent {
        number,
        sender,
        sent_at,
    } = first;
    assert_eq!((*number, *sent_at), (0, Some(1_642_472_619)));
    assert_eq!(
        sender.as_ref().map(|sender| sender.local()),
        Some("+447700900003")
    );
    assert_eq!((second.number, second.sent_at), (1, None));
    let odd = FULL.replace(": 0, +", ": first, +").replace(": 1, +", ": 1 +");
    let Ok(Message::ForwardReq(request)) = Message::read(odd.as_bytes()) else {
        panic!("a forward")
    };
    assert_eq!(
        request.previously_sent.len(),
        1,
        "what has no number is passed over"
    );
}
