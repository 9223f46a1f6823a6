//! PAP out: a push with its control entity, and the answer to a gateway's notice.
//!
//! Before `http1`. Invariants: the boundary stands nowhere in the PDU; whatever is in an attribute, the XML is well
//! formed.

use base::{Msisdn, WallSeconds};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::{CONTENT_TYPE, CONTROL_TYPE};
use crate::wsp_push::MMS_UA_NAME;

/// Public and system identifier of the document type (WAP-247-PAP §9).
const DOCTYPE: &str =
    r#"pap PUBLIC "-//WAPFORUM//DTD PAP 2.0//EN" "http://www.wapforum.org/DTD/pap_2.0.dtd""#;

/// A push for a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Push<'a> {
    /// Its name, see [`super::push_id`].
    pub push_id: &'a str,
    /// The phone.
    pub to: Msisdn,
    /// What stands behind the `@` of the client's address: a domain of the gateway.
    pub gateway: &'a str,
    /// Until when it may be delivered: up to the next notification.
    pub deliver_before: WallSeconds,
    /// Where the gateway tells the end; nothing if it need not.
    pub notify_to: Option<&'a str>,
    /// The MM1 PDU.
    pub pdu: &'a [u8],
}

/// Appends the body of the POST; gives its Content-Type.
pub fn write_push(out: &mut Vec<u8>, push: &Push<'_>) -> String {
    let boundary = boundary(push.pdu);
    let mut line = |text: &str| {
        out.extend_from_slice(text.as_bytes());
        out.extend_from_slice(b"\r\n");
    };
    line(&format!("--{boundary}"));
    line(&format!("Content-Type: {CONTROL_TYPE}"));
    line("");
    out.extend_from_slice(&control(push));
    let mut line = |text: &str| {
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(text.as_bytes());
    };
    line(&format!("--{boundary}"));
    line(&format!("Content-Type: {CONTENT_TYPE}"));
    line(&format!("X-Wap-Application-Id: {MMS_UA_NAME}"));
    line("\r\n");
    out.extend_from_slice(push.pdu);
    out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    format!("multipart/related; boundary={boundary}; type=\"{CONTROL_TYPE}\"")
}

/// The answer to a notice about `push_id`: it was understood.
#[must_use]
pub fn write_notice_answer(push_id: &str, address: &str) -> Vec<u8> {
    let answer = BytesStart::new("resultnotification-response").with_attributes([
        ("push-id", push_id),
        ("code", "1000"),
        ("desc", "OK"),
    ]);
    let address = BytesStart::new("address").with_attributes([("address-value", address)]);
    document(&[
        Event::Start(answer),
        Event::Empty(address),
        Event::End(BytesEnd::new("resultnotification-response")),
    ])
}

/// The client's address at a gateway (WAP-249-PPGService §7.1).
#[must_use]
pub fn address(to: Msisdn, gateway: &str) -> String {
    format!("WAPPUSH={to}/TYPE=PLMN@{gateway}")
}

fn control(push: &Push<'_>) -> Vec<u8> {
    let before = timestamp(push.deliver_before);
    let mut message = BytesStart::new("push-message")
        .with_attributes([("push-id", push.push_id), ("deliver-before-timestamp", &before)]);
    if let Some(notify_to) = push.notify_to {
        message.push_attribute(("ppg-notify-requested-to", notify_to));
    }
    let client = address(push.to, push.gateway);
    let address = BytesStart::new("address").with_attributes([("address-value", client.as_str())]);
    let quality = BytesStart::new("quality-of-service").with_attributes([("delivery-method", "unconfirmed")]);
    document(&[
        Event::Start(message),
        Event::Empty(address),
        Event::Empty(quality),
        Event::End(BytesEnd::new("push-message")),
    ])
}

fn document(events: &[Event<'_>]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    let begin = [
        Event::Decl(BytesDecl::new("1.0", None, None)),
        Event::DocType(BytesText::from_escaped(DOCTYPE)),
        Event::Start(BytesStart::new("pap")),
    ];
    let end = [Event::End(BytesEnd::new("pap"))];
    for event in begin.iter().chain(events).chain(&end) {
        // Writing into memory can't fail.
        let _ = writer.write_event(event.borrow());
    }
    writer.into_inner()
}

/// A boundary that the content does not have: a number is counted up until that is so.
fn boundary(content: &[u8]) -> String {
    let mut number = 0_u32;
    loop {
        let candidate = format!("ringpost-push-{number}");
        let is_free = !content
            .windows(candidate.len())
            .any(|window| window == candidate.as_bytes());
        if is_free {
            return candidate;
        }
        number = number.saturating_add(1);
    }
}

/// UTC as PAP has it, `2030-01-31T23:59:59Z`. Days to a date after Howard Hinnant's civil calendar, from 0000-03-01.
fn timestamp(at: WallSeconds) -> String {
    let (days, seconds) = (at.0 / 86_400, at.0 % 86_400);
    let day = u64::from(days).saturating_add(719_468);
    let (era, of_era) = (day / 146_097, day % 146_097);
    let gaps = of_era / 1_460;
    let leaps = of_era
        .saturating_add(of_era / 36_524)
        .saturating_sub(of_era / 146_096);
    let year_of_era = leaps.saturating_sub(gaps) / 365;
    let year_days = (365_u64.saturating_mul(year_of_era))
        .saturating_add(year_of_era / 4)
        .saturating_sub(year_of_era / 100);
    let of_year = of_era.saturating_sub(year_days);
    let month_from_march = of_year.saturating_mul(5).saturating_add(2) / 153;
    let month_days = month_from_march.saturating_mul(153).saturating_add(2) / 5;
    let date = of_year.saturating_sub(month_days).saturating_add(1);
    let (month, carried) = match month_from_march {
        0..=9 => (month_from_march.saturating_add(3), 0),
        late => (late.saturating_sub(9), 1),
    };
    let year = era
        .saturating_mul(400)
        .saturating_add(year_of_era)
        .saturating_add(carried);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests;
