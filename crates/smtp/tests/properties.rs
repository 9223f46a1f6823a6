//! Properties over arbitrary input: verdicts do not depend on the cut, and what is sent is what arrives.
//!
//! Input is made of the protocol's own pieces, put together wrongly as often as rightly, and of plain noise. The checks
//! are those of `smtp::fuzz`; a failing case is shrunk and printed with its input.

use proptest::collection::vec;
use proptest::prelude::*;
use smtp::fuzz;

/// Pieces that a client's octets are made of.
const COMMANDS: &[&str] = &[
    "EHLO x\r\n",
    "HELO x\r\n",
    "MAIL FROM:<a@x>\r\n",
    "MAIL FROM:<> SIZE=9 BODY=8BITMIME\r\n",
    "RCPT TO:<b@x>\r\n",
    "MAIL FROM:<a@x> BODY=BINARYMIME\r\n",
    "DATA\r\n",
    "a: b\r\n",
    "\r\n",
    ".\r\n",
    "..\r\n",
    "text\r\n",
    ".",
    "\r",
    "\n",
    "\0",
    "BDAT 5\r\n",
    "BDAT 0 LAST\r\n",
    "BDAT 4 LAST\r\n",
    "BDAT 401\r\n",
    "abcde",
    "RSET\r\n",
    "NOOP\r\n",
    "QUIT\r\n",
    "STARTTLS\r\n",
    "VRFY x\r\n",
    "FOO\r\n",
    "\u{e9}",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];

/// Pieces that a peer's replies are made of.
const REPLIES: &[&str] = &[
    "220 x\r\n",
    "250 x\r\n",
    "250-x\r\n",
    "250-PIPELINING\r\n",
    "250 PIPELINING\r\n",
    "250 CHUNKING\r\n",
    "354 x\r\n",
    "250-SIZE 99\r\n",
    "250 STARTTLS\r\n",
    "421 x\r\n",
    "450 x\r\n",
    "550 5.1.1 x\r\n",
    "221 x\r\n",
    "\r\n",
    "\n",
    "\r",
    "x",
    "250 x\r\n250 x\r\n250 x\r\n354 x\r\n250 x\r\n",
    "220 x\r\n250 x\r\n",
];

/// Pieces that messages are made of.
const TEXTS: &[&str] = &[
    "a: b\r\n",
    "\r\n",
    ".",
    "..",
    ".\r\n",
    "text",
    "\r",
    "\n",
    "\0",
    "\u{e9}",
    "\r\n.\r\n",
    "x: y",
];

fn made_of(pieces: &'static [&'static str], count: usize) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        12 => proptest::sample::select(pieces).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 1..8),
    ];
    (any::<u8>(), vec(piece, 0..count)).prop_map(|(first, pieces)| {
        let mut octets = vec![first];
        octets.extend(pieces.concat());
        octets
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn servers(input in made_of(COMMANDS, 40)) {
        fuzz::connection(&input);
    }

    #[test]
    fn servers_within_a_message(input in made_of(TEXTS, 30), end in made_of(COMMANDS, 12)) {
        let mut octets = vec![input[0]];
        octets.extend_from_slice(b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n");
        octets.extend_from_slice(&input[1..]);
        octets.extend_from_slice(b"\r\n.\r\n");
        octets.extend_from_slice(&end[1..]);
        fuzz::connection(&octets);
    }

    #[test]
    fn clients(input in made_of(REPLIES, 30)) {
        fuzz::client(&input);
    }

    #[test]
    fn messages_arrive_as_they_were(input in made_of(TEXTS, 30)) {
        fuzz::round_trip(&input);
    }
}
