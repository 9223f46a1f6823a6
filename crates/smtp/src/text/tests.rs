//! What comes out of a text, for every cut of it in two, and octet by octet.

use super::{Framing, TextDecoder, TextStop};
use crate::limits::Limits;
use crate::reason::Reason;

const LIMITS: Limits = Limits {
    text_line_octets_max: 64,
    header_octets_max: 40,
    header_lines_max: 3,
    ..Limits::DEFAULT
};

/// The message, the octets behind its end (none: it did not end), the complaint; or the fault.
type Verdict = Result<(Vec<u8>, Option<usize>, Option<Reason>), Reason>;

fn decode(framing: Framing, pieces: &[&[u8]]) -> Verdict {
    let mut decoder = TextDecoder::new(framing);
    let mut message = Vec::new();
    for (number, piece) in pieces.iter().enumerate() {
        let mut rest = *piece;
        loop {
            match decoder.next(rest, &LIMITS) {
                TextStop::Data { from, to } => {
                    message.extend_from_slice(&rest[from..to]);
                    rest = &rest[to..];
                }
                TextStop::Over(taken) => {
                    let behind: usize = pieces[number + 1..].iter().map(|p| p.len()).sum();
                    return Ok((message, Some(rest.len() - taken + behind), decoder.complaint()));
                }
                TextStop::Starved => break,
                TextStop::Fault(reason) => return Err(reason),
            }
        }
    }
    Ok((message, None, decoder.complaint()))
}

fn every_cut(framing: Framing, octets: &[u8]) -> Verdict {
    let whole = decode(framing, &[octets]);
    for cut in 0..=octets.len() {
        let (a, b) = octets.split_at(cut);
        assert_eq!(decode(framing, &[a, b]), whole, "cut at {cut}");
    }
    let single: Vec<&[u8]> = octets.chunks(1).collect();
    assert_eq!(decode(framing, &single), whole, "octet by octet");
    whole
}

#[test]
fn texts_with_dots() {
    for (octets, message, behind) in [
        (".\r\n", "", Some(0)),
        ("a\r\n.\r\nQUIT\r\n", "a\r\n", Some(6)),
        ("..\r\n.\r\n", ".\r\n", Some(0)),
        (".a\r\n.\r\n", "a\r\n", Some(0)),
        ("...a\r\n..b\r\n\r\n.\r\n", "..a\r\n.b\r\n\r\n", Some(0)),
        ("a.\r\nb\r\n.c.\r\n.\r\n.\r\n", "a.\r\nb\r\nc.\r\n", Some(3)),
        ("\r\n\r\n.\r\n", "\r\n\r\n", Some(0)),
        ("a\r\n..", "a\r\n.", None),
        ("a\r\n.", "a\r\n", None),
        ("a\r\n.\r", "a\r\n", None),
        ("", "", None),
    ] {
        assert_eq!(
            every_cut(Framing::Dots, octets.as_bytes()),
            Ok((message.into(), behind, None))
        );
    }
}

#[test]
fn ends_of_lines_that_stand_alone() {
    use Reason::{CarriageReturnBare, LineFeedBare};
    for (octets, reason) in [
        ("\n", LineFeedBare),
        ("a\n.\r\n", LineFeedBare),
        ("a\r\n.\n", LineFeedBare),
        ("a\r\n.\r\r\n", CarriageReturnBare),
        ("a\r.\r\n", CarriageReturnBare),
        ("a\r\r\n.\r\n", CarriageReturnBare),
        ("\r\0\n", CarriageReturnBare),
        ("a\r\n.\r.", CarriageReturnBare),
        ("a\r\n\n.\r\n", LineFeedBare),
        ("a\r\n..\n", LineFeedBare),
    ] {
        assert_eq!(
            every_cut(Framing::Dots, octets.as_bytes()),
            Err(reason),
            "{octets:?}"
        );
    }
    for (octets, reason) in [("a\n", LineFeedBare), ("a\rb", CarriageReturnBare)] {
        assert_eq!(every_cut(Framing::Lines, octets.as_bytes()), Err(reason));
        assert_eq!(
            every_cut(Framing::Binary, octets.as_bytes()),
            Err(reason),
            "within the header"
        );
    }
}

#[test]
fn counted_texts_go_on_as_they_are() {
    for octets in ["a: b\r\n\r\n.\r\n..\r\nQUIT\r\n.", "\r\n", ""] {
        assert_eq!(
            every_cut(Framing::Lines, octets.as_bytes()),
            Ok((octets.into(), None, None))
        );
    }
    let binary = "a: b\r\n\r\n\n\r.\0\r\n.\r\n";
    assert_eq!(
        every_cut(Framing::Binary, binary.as_bytes()),
        Ok((binary.into(), None, None))
    );
}

#[test]
fn complaints() {
    let line_62 = "x".repeat(62);
    for (octets, complaint) in [
        (format!("\r\n{line_62}\r\n.\r\n"), None),
        (format!("\r\n{line_62}x\r\n.\r\n"), Some(Reason::TextLineTooLong)),
        (format!("a: {}\r\n\r\n.\r\n", "x".repeat(33)), None),
        (
            format!("a: {}\r\n\r\n.\r\n", "x".repeat(34)),
            Some(Reason::HeaderTooLarge),
        ),
        (format!("a: b\r\n{}\r\n", "c: d\r\n".repeat(2)), None),
        ("c: d\r\n".repeat(4), Some(Reason::HeaderLinesTooMany)),
        ("a\0b\r\n.\r\n".into(), Some(Reason::TextNul)),
    ] {
        let (_, _, complained) = every_cut(Framing::Dots, octets.as_bytes()).unwrap();
        assert_eq!(complained, complaint, "{octets:?}");
    }
}

/// Found by a fuzzer: nothing is said of a line that a bare line feed alone begins, whatever the header before it had.
#[test]
fn a_full_header_and_a_line_feed_alone() {
    let octets = format!("{}\r\n\n", "a".repeat(37));
    let mut decoder = TextDecoder::new(Framing::Dots);
    let stop = decoder.next(octets.as_bytes(), &LIMITS);
    assert_eq!(stop, TextStop::Data { from: 0, to: 39 });
    assert_eq!(decoder.complaint(), None);
    let stop = decoder.next(b"\n", &LIMITS);
    assert_eq!(stop, TextStop::Fault(Reason::LineFeedBare));
    assert_eq!(
        every_cut(Framing::Dots, octets.as_bytes()),
        Err(Reason::LineFeedBare)
    );
}
