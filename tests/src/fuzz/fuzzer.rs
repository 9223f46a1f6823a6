//! The table of fuzzers: name, format, check, share of the smoke run, what is expected.
//!
//! The one registry that the program, the suite and the manual of `fuzz/` go by. Invariants: names are unique; the
//! shares of the sound ones come to a million executions at least; each format has a canary.

use super::Dice;
use super::subject::{entity, http1, journal, mm4, mms, push, radius, smtp, wsp};

/// Executions of the sound fuzzers in a smoke run, at least.
pub const SMOKE_EXECUTIONS_MIN: u64 = 1_000_000;

/// What a position in an input means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Nothing: what is put in moves the rest on.
    Stream,
    /// Something, as in a file with blocks: damage stays in its place.
    Blocks,
}

/// How inputs of a kind are made and damaged.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Makes a valid input with our own writers.
    pub make: fn(&mut Dice) -> Vec<u8>,
    /// Changes a length field, or what in this format comes closest to one.
    pub edit_length: fn(&mut Dice, &mut [u8]),
    /// Puts checksums right after the damage, in formats that have any, so that it is met behind them.
    pub repair: fn(&mut Dice, &mut Vec<u8>),
    /// What a position means.
    pub layout: Layout,
    /// Octets that mean something in this format.
    pub tokens: &'static [&'static [u8]],
    /// Longest input; longer ones are cut.
    pub octets_max: usize,
}

/// Whether a fuzzer is to find something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Nothing: what it finds is a bug.
    Sound,
    /// The bug that was put in: to find nothing is a defect of the generator.
    Canary,
}

/// A fuzzer.
#[derive(Clone, Copy, Debug)]
pub struct Fuzzer {
    /// Its name on the command line.
    pub name: &'static str,
    /// What holds while it finds nothing.
    pub holds: &'static str,
    /// How its inputs are made.
    pub format: &'static Format,
    /// The check: panics where a promise is broken.
    pub check: fn(&[u8]),
    /// Whether an input was taken for valid. Neither all nor none may be, or the check is run in vain.
    pub accepts: fn(&[u8]) -> bool,
    /// Executions in a smoke run; of a canary, those within which it must be caught.
    pub smoke_executions: u64,
    /// What is expected.
    pub expectation: Expectation,
}

/// All of them.
pub const FUZZERS: &[Fuzzer] = &[
    Fuzzer {
        name: "wsp",
        holds: "multiparts with all their headers are walked, written again and read back equal",
        format: &wsp::FORMAT,
        check: ::wsp::fuzz::multipart,
        accepts: wsp::accepts,
        smoke_executions: 320_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "mms",
        holds: "PDUs are peeked at, dumped, read, walked, written again and read back equal",
        format: &mms::FORMAT,
        check: ::mms::fuzz::pdu,
        accepts: mms::accepts,
        smoke_executions: 300_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "mms-carried",
        holds: "what comes out of a hostile submission, as notification and as retrieval, reads back with its content",
        format: &mms::SUBMISSIONS,
        check: mms::carried,
        accepts: mms::accepts_submission,
        smoke_executions: 120_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "http1",
        holds: "the verdict on a connection does not depend on the cut of the reads; memory and turns are bounded",
        format: &http1::REQUESTS,
        check: ::http1::fuzz::connection,
        accepts: http1::accepts_request,
        smoke_executions: 180_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "http1-answers",
        holds: "a client reads the same answers whatever the cut, and comes to an end",
        format: &http1::ANSWERS,
        check: http1::answers,
        accepts: http1::accepts_answer,
        smoke_executions: 60_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "journal",
        holds: "no bytes in a segment, sidecar or manifest make recovery panic",
        format: &journal::FILES,
        check: ::journal::fuzz::recovery,
        accepts: journal::accepts,
        smoke_executions: 60_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "journal-records",
        holds: "what the scan gives out proves itself, in order, within the file; recovery shows the same",
        format: &journal::SEGMENTS,
        check: journal::records,
        accepts: journal::accepts,
        smoke_executions: 40_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "journal-resume",
        holds: "a start on a damaged log appends behind it; the next start finds the same records and the new one",
        format: &journal::DAMAGED,
        check: journal::resume,
        accepts: journal::accepts,
        smoke_executions: 3_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "smtp",
        holds: "what a server makes of a dialogue does not depend on the cut; memory and turns are bounded",
        format: &smtp::DIALOGUES,
        check: ::smtp::fuzz::connection,
        accepts: smtp::accepts_dialogue,
        smoke_executions: 30_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "smtp-carried",
        holds: "a message that a server took is the one that the client was given, with one verdict",
        format: &smtp::MESSAGES,
        check: ::smtp::fuzz::round_trip,
        accepts: smtp::accepts_message,
        smoke_executions: 40_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "smtp-client",
        holds: "a client before a peer that says anything comes to an end, with one verdict a recipient",
        format: &smtp::ANSWERS,
        check: ::smtp::fuzz::client,
        accepts: smtp::accepts_answers,
        smoke_executions: 40_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "entity",
        holds: "a mail that converts gives a multipart that reads back, and the same parts there and back",
        format: &entity::MAILS,
        check: ::entity::fuzz::mail,
        accepts: entity::accepts_mail,
        smoke_executions: 40_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "entity-content",
        holds: "a content survives MIME in each kind of carriage, within the limits of lines",
        format: &entity::CONTENTS,
        check: ::entity::fuzz::content,
        accepts: entity::accepts_content,
        smoke_executions: 40_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "entity-words",
        holds: "a text survives its encoded words",
        format: &entity::WORDS,
        check: ::entity::fuzz::words,
        accepts: entity::accepts_words,
        smoke_executions: 60_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "mm4",
        holds: "a message that was read and written in any dialect reads back with its ids; heads stay safe",
        format: &mm4::FORMAT,
        check: ::mm4::fuzz::mail,
        accepts: mm4::accepts,
        smoke_executions: 40_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "push",
        holds: "a push is read within itself",
        format: &push::PUSHES,
        check: ::push::fuzz::push,
        accepts: push::accepts_push,
        smoke_executions: 60_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "push-segments",
        holds: "what is cut into short messages comes together again, and nothing else does",
        format: &push::SEGMENTS,
        check: ::push::fuzz::segments,
        accepts: push::accepts_segments,
        smoke_executions: 30_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "push-session",
        holds: "each push offered to an SMSC that says anything comes back; the session keeps its bounds",
        format: &push::SESSIONS,
        check: ::push::fuzz::session,
        accepts: push::accepts_session,
        smoke_executions: 30_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "push-delivered",
        holds: "receipts are read within themselves",
        format: &push::DELIVERED,
        check: ::push::fuzz::delivered,
        accepts: push::accepts_delivered,
        smoke_executions: 60_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "push-pap",
        holds: "documents of a gateway are read or refused",
        format: &push::DOCUMENTS,
        check: ::push::fuzz::pap,
        accepts: push::accepts_document,
        smoke_executions: 60_000,
        expectation: Expectation::Sound,
    },
    Fuzzer {
        name: "radius",
        holds: "a request is read within itself, signed again it verifies and says the same, changed it does not",
        format: &radius::FORMAT,
        check: ::radius::fuzz::datagram,
        accepts: radius::accepts,
        smoke_executions: 60_000,
        expectation: Expectation::Sound,
    },
    canary("canary-wsp", &wsp::FORMAT, wsp::canary, wsp::accepts),
    canary("canary-mms", &mms::FORMAT, mms::canary, mms::accepts),
    canary(
        "canary-http1",
        &http1::REQUESTS,
        http1::canary,
        http1::accepts_request,
    ),
    canary(
        "canary-journal",
        &journal::SEGMENTS,
        journal::canary,
        journal::accepts,
    ),
    canary(
        "canary-smtp",
        &smtp::DIALOGUES,
        smtp::canary,
        smtp::accepts_dialogue,
    ),
    canary(
        "canary-entity",
        &entity::MAILS,
        entity::canary,
        entity::accepts_mail,
    ),
    canary("canary-mm4", &mm4::FORMAT, mm4::canary, mm4::accepts),
    canary(
        "canary-push",
        &push::SESSIONS,
        push::canary,
        push::accepts_session,
    ),
    canary("canary-radius", &radius::FORMAT, radius::canary, radius::accepts),
];

const fn canary(
    name: &'static str,
    format: &'static Format,
    check: fn(&[u8]),
    accepts: fn(&[u8]) -> bool,
) -> Fuzzer {
    Fuzzer {
        name,
        holds: "nothing: its parser is broken on purpose",
        format,
        check,
        accepts,
        smoke_executions: 20_000,
        expectation: Expectation::Canary,
    }
}

const fn sound_executions() -> u64 {
    let (mut sum, mut at) = (0, 0);
    while at < FUZZERS.len() {
        if matches!(FUZZERS[at].expectation, Expectation::Sound) {
            sum += FUZZERS[at].smoke_executions;
        }
        at += 1;
    }
    sum
}

const _: () = assert!(
    sound_executions() >= SMOKE_EXECUTIONS_MIN,
    "the smoke run is too short"
);

/// The fuzzer of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Fuzzer> {
    FUZZERS.iter().find(|fuzzer| fuzzer.name == name)
}
