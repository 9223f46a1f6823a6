//! The connectionless WSP Push PDU around an MM1 PDU.
//!
//! First layer of what a phone gets. Invariants: what is written is the shortest form that phones take, six octets
//! before the PDU; reading is by HeadersLen, whatever the order of the headers (WAP-230-WSP §8.2.4.1, MM1 flows §3.1).

use base::limits::PUSH_HEADER_OCTETS;
use wsp::{ContentType, Error, ErrorKind, HighOctet, Reader, media_type, write};

/// PDU type of Push (WAP-230-WSP table 34).
pub const PUSH: u8 = 0x06;
/// PDU type of ConfirmedPush, the same layout.
pub const CONFIRMED_PUSH: u8 = 0x07;
/// Header code of X-Wap-Application-Id (WAP-230-WSP table 39).
pub const APPLICATION_ID: u8 = 0x2F;
/// The number that OMNA gave to `x-wap-application:mms.ua`.
pub const MMS_UA: u8 = 0x04;
/// The same in words, as PAP has it.
pub const MMS_UA_NAME: &str = "x-wap-application:mms.ua";

/// Appends a push of `pdu` under this transaction id, which may be any; another for each push, the same when the same
/// push is sent again.
pub fn write_push(out: &mut Vec<u8>, transaction_id: u8, pdu: &[u8]) {
    out.extend_from_slice(&[transaction_id, PUSH]);
    // Both values are short integers of one octet, so HeadersLen is 3.
    out.push(3);
    write::short_integer(out, media_type::MMS_MESSAGE.to_le_bytes()[0]);
    write::short_integer(out, APPLICATION_ID);
    write::short_integer(out, MMS_UA);
    out.extend_from_slice(pdu);
}

const _: () = assert!(
    PUSH_HEADER_OCTETS == 6,
    "id, type, HeadersLen, content type, name and value of the application id"
);

/// A push as a phone reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Push<'a> {
    /// The transaction id of the push, not of the message.
    pub transaction_id: u8,
    /// What the body is.
    pub content_type: ContentType<'a>,
    /// Whether X-Wap-Application-Id names the MMS user agent, by number or in words.
    pub is_for_mms: bool,
    /// The MM1 PDU.
    pub body: &'a [u8],
}

/// Reads a push; headers other than the application id are passed over. For tests, simulated phones and judges.
/// Errors: `Truncated`, `Form` (not a push), those of content types, with their offset.
pub fn read_push(octets: &[u8]) -> Result<Push<'_>, Error> {
    let mut reader = Reader::new(octets);
    let transaction_id = reader.octet()?;
    let at = reader;
    if !matches!(reader.octet()?, PUSH | CONFIRMED_PUSH) {
        return Err(at.error(ErrorKind::Form));
    }
    let headers_octets = usize::try_from(reader.uintvar()?).unwrap_or(usize::MAX);
    let offset = reader.offset();
    let mut headers = Reader::at(reader.take(headers_octets)?, offset);
    let content_type = ContentType::read(&mut headers)?;
    let mut is_for_mms = false;
    while let Some(first) = headers.peek() {
        let name = match first {
            0x80.. => headers.short_integer()?,
            // A header name in words: none that concerns us.
            _ => {
                headers.text_string()?;
                0
            }
        };
        let value = headers.raw_value(HighOctet::Value)?;
        if name == APPLICATION_ID {
            is_for_mms = names_mms(value);
        }
    }
    Ok(Push {
        transaction_id,
        content_type,
        is_for_mms,
        body: reader.rest(),
    })
}

fn names_mms(value: &[u8]) -> bool {
    match value {
        // A Short-integer, or a Long-integer of one octet.
        [short] => *short == 0x80 | MMS_UA,
        [1, number] => *number == MMS_UA,
        text => text.strip_suffix(b"\0") == Some(MMS_UA_NAME.as_bytes()),
    }
}

#[cfg(test)]
mod tests;
