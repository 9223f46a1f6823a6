//! The shard's answer in HTTP's form, and the answers that the edge gives itself.
//!
//! Last stage of the flow on the way out. Invariant: a refusal takes its status, its sentence and whether to come again
//! from the one table of reasons.

use base::{Reason, Retry};
use http1::{Persistence, Refusal, Response};
use shard::{Answer, Content};

/// Media type of every PDU (OMA MMS Encapsulation §4).
pub(crate) const PDU_MEDIA_TYPE: &str = "application/vnd.wap.mms-message";

/// A refusal that needs no PDU.
pub(crate) fn refused(reason: Reason) -> Answer {
    let row = reason.row();
    Answer {
        http_status: row.http_status,
        content: Content::Text(row.text),
        retry_after_s: (row.retry == Retry::Later).then_some(Refusal::RETRY_AFTER_S),
        close: false,
        sent: None,
    }
}

/// What stands between the head and the end: the PDU's head or a sentence, then the shared body.
pub(crate) fn content_parts(content: &Content) -> (Option<&'static str>, &[u8], &[u8]) {
    match content {
        Content::Empty => (None, &[], &[]),
        Content::Text(text) => (Some("text/plain"), text.as_bytes(), &[]),
        // SMTP's, which has no content; no request of HTTP gets one.
        Content::Verdict(_) => (None, &[], &[]),
        Content::Pdu { head, body } => {
            let body = body.as_ref().map_or(&[][..], |body| body.as_slice());
            (Some(PDU_MEDIA_TYPE), head, body)
        }
    }
}

/// The head of the answer.
pub(crate) fn response(answer: &Answer, date: [u8; 29]) -> Response<'static> {
    let (content_type, head, body) = content_parts(&answer.content);
    Response {
        content_type,
        content_length: (head.len() + body.len()) as u64,
        retry_after_s: answer.retry_after_s,
        date: Some(date),
        persistence: if answer.close {
            Persistence::Close
        } else {
            Persistence::KeepAlive
        },
        ..Response::new(answer.http_status)
    }
}
