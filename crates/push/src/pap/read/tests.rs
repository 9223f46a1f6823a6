//! What gateways answer, and hostile documents.
//!
//! Invariant: documents follow WAP-247-PAP §9; the identifiers are fictional.

use base::Msisdn;

use super::*;

const HEAD: &str = "<?xml version=\"1.0\"?><!DOCTYPE pap PUBLIC \"-//WAPFORUM//DTD PAP 1.0//EN\" \
    \"http://www.wapforum.org/DTD/pap_1.0.dtd\">";

fn document(body: &str) -> Vec<u8> {
    format!("{HEAD}<pap product-name=\"gateway\">{body}</pap>").into_bytes()
}

fn response(code: &str) -> Vec<u8> {
    document(&format!(
        "<push-response push-id=\"000000000000002a@x\" sender-name=\"gw\" reply-time=\"2030-01-01T00:00:00Z\">\
         <progress-note stage=\"one\" note=\"two\"/>\
         <response-result code='{code}' desc=\"so &amp; so\"></response-result></push-response>"
    ))
}

#[test]
fn answers() {
    let answer = read_answer(&response("1001")).unwrap();
    assert_eq!((answer.code, answer.description.as_str()), (1001, "so & so"));
    assert_eq!(answer.push_id.as_deref().and_then(push_of), Some(PushId(0x2A)));
    let bad =
        document("<badmessage-response code=\"2000\" desc=\"no\" bad-message-fragment=\"&lt;pap&gt;\"/>");
    assert_eq!(read_answer(&bad).unwrap().code, 2000);
    // A namespace does no harm.
    let named = b"<p:pap xmlns:p='x'><p:response-result code='1000'/></p:pap>";
    assert_eq!(read_answer(named).unwrap().code, 1000);
}

#[test]
fn notices() {
    let text = "<resultnotification-message push-id=\"000000000000002a@x\" message-state=\"delivered\" \
        code=\"1000\" desc=\"there\" event-time=\"2030-01-01T00:00:00Z\">\
        <address address-value=\"WAPPUSH=+15550100/TYPE=PLMN@ppg.example.net\"/>\
        <quality-of-service/></resultnotification-message>";
    let notice = read_notice(&document(text)).unwrap();
    assert_eq!(notice.push, Some(PushId(0x2A)));
    assert_eq!((notice.state, notice.code), (State::Delivered, 1000));
    assert_eq!(notice.address, "WAPPUSH=+15550100/TYPE=PLMN@ppg.example.net");
    let foreign = document("<resultnotification-message push-id=\"7\" message-state=\"expired\"/>");
    let notice = read_notice(&foreign).unwrap();
    assert_eq!((notice.push, notice.state), (None, State::Expired));
}

#[test]
fn what_is_no_answer() {
    assert_eq!(read_answer(b""), Err(ReadError::Form));
    assert_eq!(read_answer(&response("many")), Err(ReadError::Form));
    assert_eq!(read_notice(&response("1001")), Err(ReadError::Form));
    assert_eq!(
        read_notice(&document("<resultnotification-message push-id='7'/>")),
        Err(ReadError::Form)
    );
    assert!(matches!(read_answer(b"<pap></wap>"), Err(ReadError::Xml(_))));
    assert_eq!(read_answer(&vec![b' '; OCTETS_MAX + 1]), Err(ReadError::TooLong));
    let many = document(&"<progress-note/>".repeat(ELEMENTS_MAX));
    assert_eq!(read_answer(&many), Err(ReadError::TooLong));
    // An entity of the document's own is not resolved.
    let bomb = b"<!DOCTYPE pap [<!ENTITY a \"1001\">]><pap><response-result code=\"&a;\"/></pap>";
    assert_eq!(read_answer(bomb), Err(ReadError::Form));
}

#[test]
fn outcomes_of_http_answers() {
    let submission = || Submission {
        id: PushId(1),
        to: Msisdn::from_digits(b"15550100").unwrap(),
        octets: vec![1],
        reference: 0,
        valid_for_s: 60,
    };
    let taken = Outcome::Taken { is_receipted: true };
    let table = [
        (202, response("1001"), taken.clone()),
        (200, response("2007"), taken.clone()),
        (202, b"\r\n".to_vec(), taken),
        (200, response("2002"), Outcome::UnknownSubscriber),
        (200, response("2001"), Outcome::Rejected { code: 2001 }),
        (200, response("3000"), Outcome::Throttled(submission())),
        (200, b"<html>".to_vec(), Outcome::Unanswered(submission())),
        (400, Vec::new(), Outcome::Rejected { code: 400 }),
        (401, Vec::new(), Outcome::Throttled(submission())),
        (404, Vec::new(), Outcome::Throttled(submission())),
        (429, Vec::new(), Outcome::Throttled(submission())),
        (503, response("1001"), Outcome::Throttled(submission())),
    ];
    for (status, document, expected) in table {
        assert_eq!(
            outcome(status, &document, true, submission()),
            expected,
            "{status}"
        );
    }
}
