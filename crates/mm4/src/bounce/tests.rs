//! Tests of bounces: the shapes that mail servers give them.

use super::*;

fn bounce(status: &str, original: &str) -> Option<Bounce> {
    let mail = format!(
        "From: MAILER-DAEMON@b.example\r\nTo: s@a.example\r\n\
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nFor people.\r\n\
--b\r\nContent-Type: message/delivery-status\r\n\r\n{status}\r\n--b\r\n{original}\r\n--b--\r\n"
    );
    Bounce::read(mail.as_bytes()).unwrap()
}

const HEAD: &str = "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <1@a.example>\r\n\
X-Mms-Transaction-ID: \"t\"\r\nX-Mms-Message-ID: \"m\"\r\n";

#[test]
fn a_bounce_names_the_mail_the_recipient_and_the_status() {
    let status = "Reporting-MTA: dns; b.example\r\n\r\n\
Original-Recipient: rfc822;+2B447700900002/TYPE+3DPLMN@b.example\r\n\
Final-Recipient: rfc822; +447700900002/TYPE=PLMN@b.example\r\nAction: failed\r\nStatus: 5.1.1 (no such user)\r\n\
Diagnostic-Code: smtp; 550 5.1.1\r\n unknown\r\n\r\nFinal-Recipient: rfc822; +447700900003/TYPE=PLMN@b.example\r\n\
Action: Delayed (still trying)\r\nStatus: 4.4.1\r\n";
    let bounce = bounce(status, HEAD).unwrap();
    assert_eq!(
        bounce.mail_id.as_ref().map(|id| id.bare()),
        Some(b"1@a.example".as_slice())
    );
    assert_eq!(bounce.transaction_id, Some(Id::new(&b"t"[..])));
    assert_eq!(bounce.message_id, Some(Id::new(&b"m"[..])));
    let [failed, delayed] = bounce.recipients.as_slice() else {
        panic!("two recipients")
    };
    assert_eq!(
        failed.address.text, "+447700900002/TYPE=PLMN@b.example",
        "xtext is undone"
    );
    assert_eq!((failed.action, failed.status), (Action::Failed, Some((5, 1, 1))));
    assert_eq!(failed.diagnostic.as_deref(), Some("smtp; 550 5.1.1 unknown"));
    assert_eq!(delayed.address.local(), "+447700900003");
    assert_eq!(
        (delayed.action, delayed.status),
        (Action::Delayed, Some((4, 4, 1)))
    );
}

#[test]
fn the_whole_mail_may_come_back_or_nothing() {
    let status = "Final-Recipient: rfc822; a@b\r\nAction: failed\r\n";
    let whole =
        "Content-Type: message/rfc822\r\n\r\nMessage-ID: <1@a.example>\r\nContent-Type: text/plain\r\n\r\nhi";
    let found = bounce(status, whole).unwrap();
    assert_eq!(found.mail_id, Some(Id::new(&b"1@a.example"[..])));
    assert_eq!((found.message_id, found.recipients[0].status), (None, None));
    assert_eq!(bounce(status, "\r\n").unwrap().mail_id, None);
}

#[test]
fn what_is_no_bounce_is_none() {
    assert_eq!(
        bounce("Reporting-MTA: dns; b.example\r\n", HEAD),
        None,
        "no recipient"
    );
    assert_eq!(
        bounce("Final-Recipient: rfc822; a@b\r\nAction: odd\r\n", HEAD),
        None
    );
    assert_eq!(Bounce::read(b"Subject: hi\r\n\r\nhi"), Ok(None));
    assert!(Bounce::read(b"Content-Type: multipart/report\r\n\r\nhi").is_err());
    let many = "\r\nFinal-Recipient: rfc822; a@b\r\nAction: failed\r\n".repeat(1_000);
    assert_eq!(bounce(&many, HEAD).unwrap().recipients.len(), RECIPIENTS_MAX);
}

/// Numbers whose country codes look like encoded octets, as a server writes them that encodes nothing.
#[test]
fn numbers_are_not_taken_for_encoded_octets() {
    for (text, expected) in [
        ("+15550101/TYPE=PLMN@a.example", "+15550101/TYPE=PLMN@a.example"),
        ("+818012345678", "+818012345678"),
        (
            "+2B15550101/TYPE+3DPLMN@a.example",
            "+15550101/TYPE=PLMN@a.example",
        ),
    ] {
        assert_eq!(super::from_xtext(text), expected);
    }
}
