//! What has come on one connection, until it is a whole answer.
//!
//! Between the receive buffers and [`super::Driver`]. Invariants: an answer that came in one buffer is read where
//! it lies; an answer without Content-Length goes through the strict reader of `http1`; octets beyond an answer are
//! an error, since one request is outstanding on a connection.

use super::exchange::Answer;
use http1::client::{AnswerEvent, AnswerReader};
use http1::{Limits, Persistence};

/// Header fields that an answer may have.
const FIELDS_MAX: usize = 32;
/// The longest body of an answer: the largest messages of MMS are below 8 MiB.
const BODY_OCTETS_MAX: u64 = 16 << 20;

/// What a connection has received of the answer to its request.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    partial: Vec<u8>,
    whole: usize,
    lines: Vec<u8>,
    reader: Option<Box<AnswerReader>>,
}

/// What the octets amount to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// More is to come.
    Nothing,
    /// 100: the rest of the request may be sent.
    Continue,
    /// The answer, and whether the connection may be used again.
    Answer(Answer<'a>, bool),
    /// What came is not an answer.
    Malformed,
}

/// A head that was read.
struct Head {
    status: u16,
    octets: usize,
    body: Option<usize>,
    closes: bool,
}

impl Inbox {
    /// Begins anew, for the next answer.
    pub(super) fn clear(&mut self) {
        self.partial.clear();
        self.whole = 0;
        self.reader = None;
    }

    /// Takes octets.
    pub(super) fn receive<'a>(&'a mut self, octets: &'a [u8]) -> Found<'a> {
        if self.reader.is_some() {
            return self.read_on(octets);
        }
        if self.partial.is_empty() {
            return self.first(octets);
        }
        self.partial.extend_from_slice(octets);
        if self.partial.len() < self.whole {
            return Found::Nothing;
        }
        let partial = std::mem::take(&mut self.partial);
        match look(&partial) {
            Look::Whole(head) if partial.len() == head.total() => {
                self.partial = partial;
                found(head, &self.partial)
            }
            Look::Whole(_) | Look::Malformed => Found::Malformed,
            Look::More(whole) => {
                self.partial = partial;
                self.whole = whole;
                Found::Nothing
            }
            Look::Interim(octets) => {
                self.partial
                    .extend_from_slice(partial.get(octets..).unwrap_or_default());
                Found::Continue
            }
            Look::Unmeasured => {
                self.reader = Some(strict());
                self.read_on(&partial)
            }
        }
    }

    /// The connection has ended: an answer without a length is whole now.
    pub(super) fn ended(&mut self) -> Found<'_> {
        match &mut self.reader {
            Some(reader) => {
                reader.end_of_stream();
                self.read_on(&[])
            }
            None => Found::Malformed,
        }
    }

    fn first<'a>(&'a mut self, octets: &'a [u8]) -> Found<'a> {
        match look(octets) {
            Look::Whole(head) if octets.len() == head.total() => found(head, octets),
            Look::Whole(_) | Look::Malformed => Found::Malformed,
            Look::More(whole) => {
                self.partial.extend_from_slice(octets);
                self.whole = whole;
                Found::Nothing
            }
            Look::Interim(interim) => {
                self.partial
                    .extend_from_slice(octets.get(interim..).unwrap_or_default());
                Found::Continue
            }
            Look::Unmeasured => {
                self.reader = Some(strict());
                self.read_on(octets)
            }
        }
    }

    fn read_on(&mut self, octets: &[u8]) -> Found<'_> {
        let Some(reader) = &mut self.reader else {
            return Found::Malformed;
        };
        reader.receive(octets);
        match reader.step() {
            Ok(None) => Found::Nothing,
            Ok(Some(AnswerEvent::Continue)) => Found::Continue,
            Ok(Some(AnswerEvent::Answer(answer))) => {
                let persists = answer.persistence == Persistence::KeepAlive;
                self.lines = answer.head.raw().to_vec();
                self.partial = answer.body;
                let (status, head, body) = (answer.status, &self.lines, &self.partial);
                Found::Answer(Answer { status, head, body }, persists)
            }
            Err(_) => Found::Malformed,
        }
    }
}

/// What octets are, seen as an answer's beginning.
enum Look {
    Whole(Head),
    More(usize),
    Interim(usize),
    Unmeasured,
    Malformed,
}

impl Head {
    fn total(&self) -> usize {
        self.octets + self.body.unwrap_or_default()
    }
}

fn look(octets: &[u8]) -> Look {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut parsed = httparse::Response::new(&mut fields);
    let head_octets = match parsed.parse(octets) {
        Ok(httparse::Status::Complete(head_octets)) => head_octets,
        Ok(httparse::Status::Partial) => return Look::More(0),
        Err(_) => return Look::Malformed,
    };
    let mut head = Head {
        status: parsed.code.unwrap_or_default(),
        octets: head_octets,
        body: None,
        closes: parsed.version == Some(0),
    };
    if head.status == 100 {
        return Look::Interim(head_octets);
    }
    for field in parsed.headers.iter() {
        match field.name.len() {
            14 if field.name.eq_ignore_ascii_case("content-length") => head.body = number(field.value),
            10 if field.name.eq_ignore_ascii_case("connection") => {
                head.closes = field.value.eq_ignore_ascii_case(b"close");
            }
            17 if field.name.eq_ignore_ascii_case("transfer-encoding") => return Look::Unmeasured,
            _ => {}
        }
    }
    if matches!(head.status, 204 | 304) {
        head.body = Some(0);
    }
    match head.body {
        None => Look::Unmeasured,
        Some(body) if body as u64 > BODY_OCTETS_MAX => Look::Malformed,
        Some(_) if octets.len() < head.total() => Look::More(head.total()),
        Some(_) => Look::Whole(head),
    }
}

fn found(head: Head, octets: &[u8]) -> Found<'_> {
    let (lines, body) = octets.split_at_checked(head.octets).unwrap_or((octets, &[]));
    let answer = Answer {
        status: head.status,
        head: lines,
        body,
    };
    Found::Answer(answer, !head.closes)
}

fn number(text: &[u8]) -> Option<usize> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

fn strict() -> Box<AnswerReader> {
    let limits = Limits {
        drain_octets_max: BODY_OCTETS_MAX,
        ..Limits::DEFAULT
    };
    Box::new(AnswerReader::new(limits))
}

#[cfg(test)]
mod tests;
