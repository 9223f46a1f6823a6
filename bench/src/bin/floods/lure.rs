//! A message for those who never read: posted once, found in the outbox, retrieved by whoever says it is the recipient.
//!
//! Before the rounds. Invariant: the message is none of those that the measured phone posts.

use bench::BenchError;
use bench::driver::{ANSWER_OCTETS_MAX, Expect, Verdict, is_whole};
use bench::phone::Phone;
use bench::server::Server;
use mms::Pdu;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Its number; the phone counts from 0.
const NUMBER: u64 = 999_999_999;

/// The request that retrieves it.
///
/// # Errors
/// What the system answered, or where the message or its notification is not there.
pub(crate) fn retrieval(server: &Server, phone: &mut Phone) -> Result<Vec<u8>, BenchError> {
    if phone.post_one(NUMBER)? == Verdict::Refused {
        return Err(BenchError::broken(
            "the message for those who never read is refused",
        ));
    }
    let recipient = format!("+9992{NUMBER:09}");
    let location = location(&notification(server, &recipient)?)?;
    let path = location.splitn(4, '/').nth(3).unwrap_or_default();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: flood\r\nX-MSISDN: {recipient}\r\n\r\n");
    Ok(request.into_bytes())
}

/// The outbox's answer with the notification.
fn notification(server: &Server, recipient: &str) -> Result<Vec<u8>, BenchError> {
    let mut stream = TcpStream::connect(server.counters)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let number = recipient.trim_start_matches('+');
    write!(
        stream,
        "GET /v1/outbox/{number}?after=0&wait=10 HTTP/1.1\r\nHost: bench\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    let mut room = [0; ANSWER_OCTETS_MAX];
    while answer.is_empty() || !is_whole(&answer, Expect::Status200)? {
        let octets = stream.read(&mut room)?;
        if octets == 0 {
            return Err(BenchError::broken("the outbox was closed"));
        }
        answer.extend_from_slice(room.get(..octets).unwrap_or_default());
    }
    Ok(answer)
}

/// Where the message is, out of its notification.
fn location(answer: &[u8]) -> Result<String, BenchError> {
    let head = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap_or(0)
        + 4;
    match Pdu::read(answer.get(head..).unwrap_or_default()) {
        Ok(Pdu::NotificationInd(told)) => Ok(String::from_utf8_lossy(told.content_location).into_owned()),
        other => Err(BenchError::broken(format!("no notification: {other:?}"))),
    }
}
