//! The head of an answer.
//!
//! Last stage on this side: written into the caller's buffer in front of the body. Invariants: always a
//! Content-Length (but in a 204), never a coding, never cached (RFC 9111 §5.2.2.4; Pragma for HTTP/1.0 gateways); no
//! text of a caller can add a line.

use crate::framing::Persistence;
use crate::scan::{is_field_octet, is_token_octet};

/// What an answer's head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response<'a> {
    /// Status code, three digits.
    pub status: u16,
    /// Media type; left out where the body is empty.
    pub content_type: Option<&'a str>,
    /// Octets of the body that the caller appends.
    pub content_length: u64,
    /// Seconds, for answers that ask to come again later.
    pub retry_after_s: Option<u32>,
    /// The time of the answer, from [`http_date`]; the caller has the clock.
    pub date: Option<[u8; 29]>,
    /// Further fields; one whose name is no token is left out, control octets of values are too.
    pub fields: &'a [(&'a str, &'a str)],
    /// `Close` ends the connection though the peer would keep it.
    pub persistence: Persistence,
}

impl Response<'_> {
    /// An answer without body and further fields, on a connection that may be kept.
    #[must_use]
    pub const fn new(status: u16) -> Self {
        Self {
            status,
            content_type: None,
            content_length: 0,
            retry_after_s: None,
            date: None,
            fields: &[],
            persistence: Persistence::KeepAlive,
        }
    }
}

/// Appends a head to `out`, ending with its empty line; the caller appends the body.
///
/// `persistence` is what was agreed for this connection. Keeping is said too, since HTTP/1.0 needs to hear it.
pub fn write_head(out: &mut Vec<u8>, response: &Response<'_>, persistence: Persistence) {
    out.extend_from_slice(b"HTTP/1.1 ");
    write_number(out, u64::from(response.status));
    out.push(b' ');
    out.extend_from_slice(reason_phrase(response.status).as_bytes());
    if let Some(date) = &response.date {
        out.extend_from_slice(b"\r\nDate: ");
        out.extend_from_slice(date);
    }
    if let Some(content_type) = response.content_type {
        out.extend_from_slice(b"\r\nContent-Type: ");
        write_value(out, content_type);
    }
    if response.status != 204 {
        // RFC 9110 §8.6 forbids it in a 204; everywhere else it is always there.
        out.extend_from_slice(b"\r\nContent-Length: ");
        write_number(out, response.content_length);
    }
    out.extend_from_slice(b"\r\nCache-Control: no-cache\r\nPragma: no-cache\r\nConnection: ");
    out.extend_from_slice(match persistence {
        Persistence::KeepAlive => b"keep-alive",
        Persistence::Close => b"close",
    });
    if let Some(seconds) = response.retry_after_s {
        out.extend_from_slice(b"\r\nRetry-After: ");
        write_number(out, u64::from(seconds));
    }
    if response.status == 405 {
        // RFC 9110 §15.5.6: a 405 tells what is allowed.
        out.extend_from_slice(b"\r\nAllow: GET, POST");
    }
    write_fields(out, response.fields);
    out.extend_from_slice(b"\r\n\r\n");
}

/// Appends `CR LF name: value` for each field, and leaves out what would break the head.
pub(crate) fn write_fields(out: &mut Vec<u8>, fields: &[(&str, &str)]) {
    for (name, value) in fields {
        if !name.is_empty() && name.bytes().all(is_token_octet) {
            out.extend_from_slice(b"\r\n");
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            write_value(out, value);
        }
    }
}

fn write_value(out: &mut Vec<u8>, value: &str) {
    out.extend(value.bytes().filter(|octet| is_field_octet(*octet)));
}

/// Appends a decimal number.
pub(crate) fn write_number(out: &mut Vec<u8>, number: u64) {
    let mut digits = [b'0'; 20];
    let mut rest = number;
    let mut count = 0_usize;
    for place in digits.iter_mut().rev() {
        *place = b'0'.wrapping_add((rest % 10) as u8);
        rest /= 10;
        count = count.saturating_add(1);
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(
        digits
            .get(digits.len().saturating_sub(count)..)
            .unwrap_or_default(),
    );
}

/// The phrase of a status that this server sends (RFC 9110 §15, RFC 6585); others get their class's.
const fn reason_phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        100..=199 => "Information",
        206..=299 => "Success",
        300..=399 => "Redirection",
        402..=499 => "Client Error",
        _ => "Server Error",
    }
}

/// The IMF-fixdate (RFC 9110 §5.6.7) of a time in seconds since 1970, for years up to 9999.
#[must_use]
pub fn http_date(unix_s: u64) -> [u8; 29] {
    const DAY_NAMES: [&[u8; 3]; 7] = [b"Thu", b"Fri", b"Sat", b"Sun", b"Mon", b"Tue", b"Wed"];
    const MONTH_NAMES: [&[u8; 3]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
    ];
    /// Seconds of 9999-12-31T23:59:59Z.
    const UNIX_S_MAX: u64 = 253_402_300_799;
    let unix_s = unix_s.min(UNIX_S_MAX);
    let (days, second_of_day) = (unix_s / 86_400, unix_s % 86_400);
    let (year, month, day) = civil_date(days);
    let mut out = *b"Thu, 01 Jan 1970 00:00:00 GMT";
    let mut put = |at: usize, text: &[u8]| {
        if let Some(place) = out.get_mut(at..at.saturating_add(text.len())) {
            place.copy_from_slice(text);
        }
    };
    let two = |number: u64| {
        [
            b'0'.wrapping_add((number / 10 % 10) as u8),
            b'0'.wrapping_add((number % 10) as u8),
        ]
    };
    put(0, DAY_NAMES.get((days % 7) as usize).copied().unwrap_or(b"Thu"));
    put(5, &two(day));
    put(
        8,
        MONTH_NAMES
            .get((month as usize).saturating_sub(1))
            .copied()
            .unwrap_or(b"Jan"),
    );
    put(12, &two(year / 100));
    put(14, &two(year % 100));
    put(17, &two(second_of_day / 3_600));
    put(20, &two(second_of_day / 60 % 60));
    put(23, &two(second_of_day % 60));
    out
}

/// Year, month (1 to 12) and day (1 to 31) of a day counted from 1970-01-01, in the Gregorian calendar.
fn civil_date(days_since_1970: u64) -> (u64, u64, u64) {
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    // Whole periods of 400 years (146,097 days) first, so that the loops below are short.
    let mut year = (days_since_1970 / 146_097)
        .saturating_mul(400)
        .saturating_add(1970);
    let mut day = days_since_1970 % 146_097;
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if day < length {
            break;
        }
        day = day.saturating_sub(length);
        year = year.saturating_add(1);
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1_u64;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day = day.saturating_sub(length);
        month = month.saturating_add(1);
    }
    (year, month, day.saturating_add(1))
}
