//! MM4 mails: requests, reports and responses, with every header that the table of fields knows.
//!
//! A subject of the fuzzers. Invariant: what a message needs is in each that is made, the rest comes from the table, so
//! that a new row is fuzzed without a change here.

use mm4::{Field, Message};

use crate::fuzz::subject::http1::edit_length;
use crate::fuzz::{Dice, Format, Layout};

/// Mails of all types.
pub const FORMAT: Format = Format {
    make: mail,
    edit_length,
    repair: |_, _| {},
    layout: Layout::Stream,
    tokens: TOKENS,
    octets_max: 3_072,
};

const TOKENS: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\r\n\r\n",
    b"X-Mms-Message-ID: \"other\"\r\n",
    b"X-Mms-Transaction-ID: other\r\n",
    b"X-Mms-Message-Type: MM4_forward.REQ\r\n",
    b"X-Mms-Message-Type: MM4_unknown.REQ\r\n",
    b"X-Mms-3GPP-MMS-Version: 99.99.99\r\n",
    b"X-Mms-Previously-sent-by: 4294967296, +447700900003\r\n",
    b"X-Mms-Expiry: 99999999999999999999\r\n",
    b"X-Mms-MM-Status-Code: Forwarded\r\n",
    b"X-Mms-Request-Status-Code: Error-service-denied\r\n",
    b"From: g: a@b;, \"c\" <c@d>\r\n",
    b"To: ,,,\r\n",
    b"/TYPE=PLMN@",
    b"=?utf-8?Q?=0D=0ABcc:_x?=",
    b"=?utf-8?B?w7w=?=",
    b"<\"a\"@b>",
    b" folded\r\n",
    b"\xFF",
    b"\xC3\xBC",
];

const TYPES: &[&str] = &[
    "forward.REQ",
    "forward.REQ",
    "forward.RES",
    "delivery_report.REQ",
    "delivery_report.RES",
    "read_reply_report.REQ",
    "read_reply_report.RES",
];

const VALUES: &[&str] = &[
    "Yes",
    "No",
    "Personal",
    "High",
    "Hide",
    "+447700900001/TYPE=PLMN@mms.a.example",
    "\"Joe\" <a@b>, g: c@d;, 12345",
    "=?utf-8?B?w7w=?=",
    "\"<id@x>\"",
    "Tue, 18 Jan 2022 02:23:39 GMT",
    "2, +447700900003/TYPE=PLMN@mms.b.example",
    "86400",
    "6.10.0",
    "Retrieved",
    "Ok",
];

/// What every type needs; the table adds the rest.
const NEEDED: &str = "From: +447700900001/TYPE=PLMN@mms.a.example\r\nTo: +447700900002/TYPE=PLMN@mms.b.example\r\n\
X-Mms-Transaction-ID: \"t1\"\r\nX-Mms-Message-ID: \"m1\"\r\nX-Mms-MM-Status-Code: Expired\r\n\
X-Mms-Read-Status: Read\r\n\
X-Mms-Request-Status-Code: Ok\r\n";

const CONTENTS: &[&str] = &[
    "Content-Type: text/plain\r\n\r\nhi\r\n",
    "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: image/jpeg\r\n\
     Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n",
    "\r\n",
];

fn mail(dice: &mut Dice) -> Vec<u8> {
    let named = dice.pick(TYPES).copied().unwrap_or("forward.REQ");
    let mut out = format!("X-Mms-Message-Type: MM4_{named}\r\n").into_bytes();
    out.extend_from_slice(NEEDED.as_bytes());
    for _ in 0..dice.below(12) {
        let Some(field) = dice.pick(Field::ALL).copied() else {
            continue;
        };
        if NEEDED.contains(&format!("{}: ", field.name())) || field == Field::MessageType {
            continue;
        }
        let name = dice.pick(field.aliases()).copied().filter(|_| dice.one_in(4));
        let value = match dice.pick(VALUES) {
            Some(value) if !dice.one_in(5) => value.as_bytes().to_vec(),
            _ => dice.text(40),
        };
        out.extend_from_slice(name.unwrap_or(field.name()).as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(&value);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(dice.pick(CONTENTS).map_or(&b""[..], |content| content.as_bytes()));
    out
}

/// Whether it is a message.
pub fn accepts(bytes: &[u8]) -> bool {
    Message::read(bytes).is_ok()
}

/// Two hubs that disagree: one takes the first Message-ID, the other the last.
pub fn canary(bytes: &[u8]) {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let head = String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]).into_owned();
    let ids: Vec<&str> = head
        .split("\r\n")
        .filter_map(|line| line.strip_prefix("X-Mms-Message-ID:"))
        .collect();
    assert_eq!(ids.first(), ids.last(), "the canary's two hubs disagree");
}
