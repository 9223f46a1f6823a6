//! Command lines: what is read, what is refused and why.

use super::{Command, Place, parse};
use crate::command::MailParameters;
use crate::message::BodyKind;
use crate::reason::Reason;

fn check(line: &str, expected: Result<Command, Reason>) {
    assert_eq!(parse(line.as_bytes()), expected, "{line:?}");
}

const fn place(start: usize, end: usize) -> Place {
    Place { start, end }
}

#[test]
fn commands() {
    check("EHLO peer.example", Ok(Command::Ehlo(place(5, 17))));
    check("ehlo [192.0.2.1] ", Ok(Command::Ehlo(place(5, 16))));
    check("HELO a_b", Ok(Command::Helo(place(5, 8))));
    check("data", Ok(Command::Data));
    check("DATA  ", Ok(Command::Data));
    check("RSET", Ok(Command::Rset));
    check("NOOP anything", Ok(Command::Noop));
    check("VRFY x", Ok(Command::Vrfy));
    check("Quit", Ok(Command::Quit));
    check("STARTTLS", Ok(Command::StartTls));
    check("RCPT TO:<a@b>", Ok(Command::Rcpt(place(9, 12))));
    check(
        "rcpt to: <@r:a@b> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@c",
        Ok(Command::Rcpt(place(13, 16))),
    );
    check(
        "BDAT 12",
        Ok(Command::Bdat {
            octets: 12,
            last: false,
        }),
    );
    check(
        "bdat 0 last",
        Ok(Command::Bdat {
            octets: 0,
            last: true,
        }),
    );
}

#[test]
fn senders() {
    let mail = |from, size, body| Command::Mail {
        from,
        parameters: MailParameters { size, body },
    };
    check("MAIL FROM:<>", Ok(mail(place(11, 11), None, BodyKind::SevenBit)));
    check(
        "MAIL FROM:<a@b> SIZE=1000 BODY=8bitmime  RET=HDRS ENVID=x",
        Ok(mail(place(11, 14), Some(1000), BodyKind::EightBit)),
    );
    check(
        "mail from:<a> body=BinaryMime",
        Ok(mail(place(11, 12), None, BodyKind::Binary)),
    );
}

#[test]
fn refusals() {
    for (line, reason) in [
        ("", Reason::CommandUnknown),
        ("FOO", Reason::CommandUnknown),
        (" DATA", Reason::CommandUnknown),
        ("DATAx", Reason::CommandUnknown),
        ("DATA x", Reason::ArgumentMalformed),
        ("RSET x", Reason::ArgumentMalformed),
        ("QUIT now", Reason::ArgumentMalformed),
        ("STARTTLS x", Reason::ArgumentMalformed),
        ("VRFY", Reason::ArgumentMalformed),
        ("AUTH PLAIN", Reason::CommandNotServed),
        ("EXPN x", Reason::CommandNotServed),
        ("XFORWARD NAME=x", Reason::CommandUnknown),
        ("NOOP\0", Reason::CommandOctet),
        ("NOOP\t", Reason::CommandOctet),
        ("NOOP \u{e9}", Reason::CommandOctet),
        ("EHLO", Reason::NameMalformed),
        ("EHLO a b", Reason::NameMalformed),
        ("EHLO <a>", Reason::NameMalformed),
        ("MAIL", Reason::ArgumentMalformed),
        ("MAIL <a@b>", Reason::ArgumentMalformed),
        ("MAIL FROM <a@b>", Reason::ArgumentMalformed),
        ("MAIL FROM:a@b", Reason::SenderMalformed),
        ("MAIL FROM:<a@b", Reason::SenderMalformed),
        ("MAIL FROM:<a@b>SIZE=1", Reason::ArgumentMalformed),
        ("MAIL FROM:<a@b> SIZE=", Reason::ParameterMalformed),
        ("MAIL FROM:<a@b> SIZE=1x", Reason::ParameterMalformed),
        ("MAIL FROM:<a@b> SIZE=-1", Reason::ParameterMalformed),
        (
            "MAIL FROM:<a@b> SIZE=1234567890123456789",
            Reason::ParameterMalformed,
        ),
        ("MAIL FROM:<a@b> SIZE=1 SIZE=2", Reason::ParameterMalformed),
        ("MAIL FROM:<a@b> BODY=9BIT", Reason::ParameterMalformed),
        ("MAIL FROM:<a@b> =x", Reason::ParameterMalformed),
        ("MAIL FROM:<a@b> AUTH=<>", Reason::ParameterUnknown),
        ("MAIL FROM:<a@b> SMTPUTF8", Reason::ParameterUnknown),
        ("RCPT TO:<>", Reason::RecipientMalformed),
        ("RCPT TO:<a b>", Reason::RecipientMalformed),
        ("RCPT TO:<a@b> NOTIFY=NEVER,DELAY", Reason::ParameterMalformed),
        ("RCPT TO:<a@b> ORCPT=x", Reason::ParameterMalformed),
        ("RCPT TO:<a@b> X=y", Reason::ParameterUnknown),
        ("BDAT", Reason::ChunkSizeMalformed),
        ("BDAT x", Reason::ChunkSizeMalformed),
        ("BDAT5", Reason::ChunkSizeMalformed),
        ("BDAT 5 ", Reason::ChunkSizeMalformed),
    ] {
        check(line, Err(reason));
    }
}
