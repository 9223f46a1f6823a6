//! Replies of peers: what is read, what is refused; the same for every cut.

use super::{Enhanced, PeerReply, ReplyFault, ReplyReader};
use crate::limits::Limits;

const LIMITS: Limits = Limits {
    reply_octets_max: 512,
    reply_text_octets_max: 40,
    ..Limits::DEFAULT
};

fn read(octets: &[u8], piece: usize) -> Result<Vec<PeerReply>, ReplyFault> {
    let mut reader = ReplyReader::default();
    let mut buffer = Vec::new();
    let mut replies = Vec::new();
    for piece in octets.chunks(piece) {
        buffer.extend_from_slice(piece);
        loop {
            let (taken, reply) = reader.next(&buffer, &LIMITS)?;
            buffer.drain(..taken);
            replies.extend(reply);
            if taken == 0 {
                break;
            }
        }
    }
    Ok(replies)
}

/// Code, subject and detail, text.
type Row<'r> = (u16, Option<(u16, u16)>, &'r str);

fn check(octets: &str, expected: Result<&[Row<'_>], ReplyFault>) {
    let expected = expected.map(|rows| {
        rows.iter()
            .map(|(code, enhanced, text)| PeerReply {
                code: *code,
                enhanced: enhanced.map(|(subject, detail)| Enhanced { subject, detail }),
                text: (*text).to_owned(),
            })
            .collect::<Vec<_>>()
    });
    for piece in 1..=octets.len() {
        assert_eq!(
            read(octets.as_bytes(), piece),
            expected,
            "{octets:?} in pieces of {piece}"
        );
    }
}

#[test]
fn replies() {
    check("250 ok\r\n", Ok(&[(250, None, "ok")]));
    check("250\r\n354 \r\n", Ok(&[(250, None, ""), (354, None, "")]));
    check("250 2.1.5 Ok\r\n", Ok(&[(250, Some((1, 5)), "Ok")]));
    check("550 5.1.1\r\n", Ok(&[(550, Some((1, 1)), "")]));
    check("550 5.10.123 x\r\n", Ok(&[(550, Some((10, 123)), "x")]));
    check(
        "550-5.1.1 No\r\n550-5.1.1 such\r\n550 5.1.1 user\r\n",
        Ok(&[(550, Some((1, 1)), "No such user")]),
    );
    check("550 4.1.1 class\r\n", Ok(&[(550, None, "4.1.1 class")]));
    check(
        "550 5.1 x\r\n550 5.1.1.1 x\r\n",
        Ok(&[(550, None, "5.1 x"), (550, None, "5.1.1.1 x")]),
    );
    check("250 5.1.1234 x\r\n", Ok(&[(250, None, "5.1.1234 x")]));
    check("421 \x1b[2J\u{e9}\r\n", Ok(&[(421, None, "?[2J??")]));
    check(
        "250 0123456789012345678901234567890123456789012\r\n",
        Ok(&[(250, None, "0123456789012345678901234567890123456789")]),
    );
}

#[test]
fn what_is_no_reply() {
    for octets in [
        "25 ok\r\n",
        "2500 ok\r\n",
        "abc ok\r\n",
        "\r\n",
        "199 x\r\n",
        "600 x\r\n",
        "250_x\r\n",
        " 250 x\r\n",
    ] {
        check(octets, Err(ReplyFault::Code));
    }
    check("250-a\r\n251 b\r\n", Err(ReplyFault::Codes));
    check("250 a\n", Err(ReplyFault::LineEnd));
    check("250 a\rb\r\n", Err(ReplyFault::LineEnd));
    check(&format!("250 {}\r\n", "x".repeat(600)), Err(ReplyFault::TooLong));
    check(&"250-x\r\n".repeat(100), Err(ReplyFault::TooLong));
}
