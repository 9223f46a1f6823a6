//! Mails with MIME bodies, contents on their way to MIME, and texts of encoded words.
//!
//! A subject of the fuzzers. Invariant: mails are made by the crate's own writer of binary multiparts that
//! `subject::wsp` makes, or put together of lines as foreign writers have them.

use entity::{Carriage, Entity, canonical, mime, word};
use wsp::{ContentType, Reader};

use crate::fuzz::subject::http1::edit_length;
use crate::fuzz::subject::wsp as multiparts;
use crate::fuzz::{Dice, Format, Layout};

/// Mails.
pub const MAILS: Format = Format {
    make: |dice| {
        if dice.one_in(2) {
            written(dice)
        } else {
            foreign(dice)
        }
    },
    edit_length,
    repair: |_, _| {},
    layout: Layout::Stream,
    tokens: TOKENS,
    octets_max: 3_072,
};

/// A content type and a body, as a PDU has them.
pub const CONTENTS: Format = Format {
    make: content,
    edit_length: multiparts::edit_length,
    tokens: multiparts::TOKENS,
    octets_max: 2_048,
    ..MAILS
};

/// Texts of headers.
pub const WORDS: Format = Format {
    make: |dice| {
        let mut out = Vec::new();
        for _ in 0..=dice.below(4) {
            out.extend_from_slice(match dice.below(4) {
                0 => b"plain ",
                1 => dice.pick(ENCODED).copied().unwrap_or_default(),
                _ => b"",
            });
            let text = String::from_utf8_lossy(&dice.noise(24)).into_owned();
            out.extend_from_slice(word::encode(&text).as_bytes());
        }
        out
    },
    tokens: ENCODED,
    octets_max: 512,
    ..MAILS
};

const ENCODED: &[&[u8]] = &[
    b"=?utf-8?Q?=C3=BC?= ",
    b"=?UTF-8?b?w7w=?=\r\n ",
    b"=?iso-8859-1?q?a_b=FC?=",
    b"=?utf-16?B?/v8A/A==?=",
    b"=?x-unknown?Q?=80?=",
    b"=?utf-8*en?Q?a?=",
    b"=?utf-8?B?w7w?=",
    b"=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=",
    b"=?utf-8?Q?=0D=0ABcc:_x?=",
    b"=?",
    b"?=",
    b"=?utf-8?B?",
    b"\xC3\xBC",
    b"\r\n ",
];

const TOKENS: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\r\n\r\n",
    b"\r\n--b\r\n",
    b"\r\n--b--\r\n",
    b"\r\n--bb\r\n",
    b"\n--b \t\n",
    b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"Content-Type: multipart/related; boundary=\"bb\"; start=\"<a>\"\r\n",
    b"Content-Type: text/plain; charset=\"utf-8",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"Content-Transfer-Encoding: x\r\n",
    b"; filename*0*=utf-8''%C3; filename*1*=%BC",
    b"; name*=utf-8''%",
    b"boundary=\"\"",
    b"Content-ID: <a>\r\n",
    b"X-WSP-Header: 8c81\r\n",
    b"(comment (nested) \\) ",
    b"=?utf-8?B?w7w=?=",
    b"=\r\n",
    b"=3D",
    b"====",
    b"AAAA",
    b" folded\r\n",
    b"\xFF\xFE",
    b"To: g: a@b, \"c\" <c@d>;, <@r:e@f>\r\n",
    b"Date: Tue, 18 Jan 2022 02:23:39 GMT\r\n",
];

/// A content type and a body that fits it.
fn content(dice: &mut Dice) -> Vec<u8> {
    let media = (!dice.one_in(4)).then_some(wsp::Media::Code(if dice.one_in(2) { 0x33 } else { 0x23 }));
    let mut out = multiparts::content_type(dice, media);
    out.extend_from_slice(&match media {
        Some(_) => multiparts::body(dice, 1),
        None => dice.noise(200),
    });
    out
}

/// A mail of our own writer; where it refuses what is to be written, of foreign lines.
fn written(dice: &mut Dice) -> Vec<u8> {
    let content = content(dice);
    let mut reader = Reader::new(&content);
    let carriages = [Carriage::SevenBit, Carriage::EightBit, Carriage::Binary];
    let carriage = carriages[dice.below(carriages.len())];
    let mut out = b"Subject: x\r\nMIME-Version: 1.0\r\n".to_vec();
    match ContentType::read(&mut reader) {
        Ok(media) if mime::write(&media, reader.rest(), carriage, &mut out).is_ok() => out,
        _ => foreign(dice),
    }
}

const HEADERS: &[&str] = &[
    "From: \"Ann, A\" <a@peer.example>\r\n",
    "To: g: +447700900001/TYPE=PLMN@mmsc.example, <b@x>;\r\n",
    "Subject: =?utf-8?Q?=C3=BC?=\r\n =?utf-8?B?w7w=?=\r\n",
    "Date: Tue, 18 Jan 2022 02:23:39 +0100 (CET)\r\n",
    "X-Folded: a\r\n\tb\r\n",
];

const PARTS: &[&str] = &[
    "Content-Type: text/plain; charset=utf-8; name*=utf-8''%C3%BC\r\n\
     Content-Transfer-Encoding: quoted-printable\r\n\r\na=\r\nb=3D",
    "Content-Type: image/jpeg; name=\"a.jpg\"\r\nContent-Transfer-Encoding: base64\r\n\
     Content-ID: <a>\r\n\r\nAAEC\r\nAwQ=",
    "Content-Disposition: attachment; filename*0=\"a\"; filename*1=\".b\"\r\n\r\nplain",
    "\r\nno head",
    "Content-Type: application/smil (a comment)\r\nContent-Transfer-Encoding: 7bit\r\n\r\n<smil/>",
    "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\n\r\nx\r\n--in--\r\n",
];

/// A mail of lines that foreign writers have.
fn foreign(dice: &mut Dice) -> Vec<u8> {
    let mut out = String::new();
    for _ in 0..dice.below(4) {
        out.push_str(dice.pick(HEADERS).copied().unwrap_or_default());
    }
    if dice.one_in(4) {
        out.push_str(dice.pick(PARTS).copied().unwrap_or_default());
        return out.into_bytes();
    }
    let kind = if dice.one_in(2) {
        "mixed"
    } else {
        "related; start=\"<a>\""
    };
    out.push_str(&format!(
        "Content-Type: multipart/{kind}; boundary=\"b b\"\r\n\r\npreamble\r\n"
    ));
    for _ in 0..=dice.below(3) {
        out.push_str("--b b\r\n");
        out.push_str(dice.pick(PARTS).copied().unwrap_or_default());
        out.push_str("\r\n");
    }
    out.push_str("--b b--\r\nepilogue");
    out.into_bytes()
}

/// Whether it becomes a message.
pub fn accepts_mail(bytes: &[u8]) -> bool {
    let Ok(entity) = Entity::read(bytes) else {
        return false;
    };
    canonical::write(&entity, &mut Vec::new(), &mut Vec::new()).is_ok()
}

/// Whether it becomes a mail.
pub fn accepts_content(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    ContentType::read(&mut reader)
        .is_ok_and(|media| mime::write(&media, reader.rest(), Carriage::SevenBit, &mut Vec::new()).is_ok())
}

/// Whether there is an encoded word in it that is one.
pub fn accepts_words(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    word::decode(text.as_ref().into()) != text
}

/// A reader that takes it for granted that a boundary's quote ends.
pub fn canary(bytes: &[u8]) {
    let mark = b"boundary=\"";
    if let Some(at) = bytes.windows(mark.len()).position(|window| window == mark) {
        let rest = &bytes[at + mark.len()..];
        let line = rest
            .iter()
            .position(|&octet| octet == b'\n')
            .unwrap_or(rest.len());
        assert!(
            rest[..line].contains(&b'"'),
            "read behind a quote that does not end"
        );
    }
}
