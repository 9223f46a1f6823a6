//! Tests of refusals: which broken mails are answered, and how.

use crate::{Dialect, Message, RequestStatus};

const BROKEN: &str = "X-Mms-Message-Type: MM4_forward.REQ\r\nX-Mms-Transaction-ID: \"t\"\r\nX-Mms-Message-ID: m\r\n\
X-Mms-Ack-Request: Yes\r\nX-Mms-Originator-System: s@a.example\r\nX-Mms-3GPP-MMS-Version: 5.3.0\r\n\r\n";

fn answer(mail: &str) -> Option<String> {
    let refusal = Message::read(mail.as_bytes()).unwrap_err();
    let response = refusal.response()?;
    let mut out = Vec::new();
    response.write(&Dialect::default(), &mut out);
    Some(String::from_utf8(out).unwrap())
}

#[test]
fn a_broken_request_is_refused_in_its_own_words() {
    let expected = "To: s@a.example\r\nX-Mms-3GPP-MMS-Version: 5.3.0\r\nX-Mms-Message-Type: MM4_forward.RES\r\n\
X-Mms-Transaction-ID: \"t\"\r\nX-Mms-Message-ID: m\r\nX-Mms-Request-Status-Code: Error-message-format-corrupt\r\n\
MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n";
    assert_eq!(answer(BROKEN).as_deref(), Some(expected));
}

#[test]
fn what_is_not_spoken_is_said_so() {
    let unknown = BROKEN.replace("MM4_forward", "MM4_capability_negotiation");
    let answer_unknown = answer(&unknown).unwrap();
    assert!(
        answer_unknown.contains("MM4_capability_negotiation.RES\r\n"),
        "{answer_unknown}"
    );
    assert!(answer_unknown.contains("Error-unsupported-message\r\n"));
    let version = BROKEN.replace("5.3.0", "9.0.0");
    let answer_version = answer(&version).unwrap();
    assert!(
        answer_version.contains("Version: 6.3.0\r\n") && answer_version.contains("Error-unsupported-message")
    );
}

#[test]
fn only_who_wants_and_can_get_an_answer_gets_one() {
    assert_eq!(answer(&BROKEN.replace("Request: Yes", "Request: No")), None);
    assert_eq!(answer(&BROKEN.replace("X-Mms-Transaction-ID", "X-No")), None);
    assert_eq!(answer(&BROKEN.replace("X-Mms-Originator-System", "X-No")), None);
    assert!(
        answer(&BROKEN.replace("X-Mms-Originator-System", "Sender")).is_some(),
        "else the sending system"
    );
    assert_eq!(
        answer(&BROKEN.replace(".REQ", ".RES")),
        None,
        "a response is never answered"
    );
    assert_eq!(answer(&BROKEN.replace("MM4_forward.REQ", "nonsense")), None);
    assert_eq!(answer("Subject: hello\r\n\r\n"), None);
    assert!(
        Message::read(b"Subject: hello\r\n\r\n")
            .unwrap_err()
            .is_other_mail()
    );
    let long = format!("X: {}\r\n", "x".repeat(100_000));
    let refusal = Message::read(long.as_bytes()).unwrap_err();
    assert_eq!(
        (refusal.error.status(), refusal.response()),
        (RequestStatus::FormatCorrupt, None)
    );
}
