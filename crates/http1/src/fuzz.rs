//! The entry point of fuzzers: hostile octets through the machine, cut in hostile ways.
//!
//! Beside the flow; an ordinary function, so that plain seeded programs and cargo-fuzz drive the same check.
//! Invariant: it panics exactly when the machine breaks one of its promises.

use crate::connection::Connection;
use crate::limits::Limits;
use crate::reason::Reason;
use crate::request::Request;
use crate::response::Response;
use crate::step::Step;

/// Small limits, so that short inputs reach every one of them.
pub const LIMITS: Limits = Limits {
    head_octets_max: 512,
    request_line_octets_max: 128,
    fields_max: 8,
    body_octets_max: 96,
    drain_octets_max: 192,
    keep_prefix_octets: 16,
    chunk_extension_octets_max: 24,
    trailer_octets_max: 48,
    receive_octets: 64,
    requests_max: 5,
    linger_octets_max: 64,
    ..Limits::DEFAULT
};

const _: () = assert!(LIMITS.relations_hold());

/// What the machine made of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Every request, in order.
    pub requests: Vec<Request>,
    /// The refusal that ended it, if one did.
    pub refused: Option<Reason>,
    /// The last step, as text.
    pub last: String,
}

/// Checks one input. Its first octet tells how the rest is cut: the same rest is then fed in one piece and, if the cut
/// is odd, octet by octet.
///
/// # Panics
/// If the verdict depends on the cut, if memory passes its bound, or if the machine does not come to an end.
pub fn connection(input: &[u8]) {
    let Some((&cut, octets)) = input.split_first() else {
        return;
    };
    let whole = run(octets, LIMITS, usize::MAX);
    let pieces = run(octets, LIMITS, usize::from(cut / 2).saturating_add(1));
    assert_eq!(whole, pieces, "the verdict depends on the cut of the reads");
    if cut % 2 == 1 {
        let single = run(octets, LIMITS, 1);
        assert_eq!(whole, single, "the verdict depends on the cut of the reads");
    }
}

/// Feeds `octets` in pieces of at most `piece_octets`, answers each request with 200, and tells what came: of a
/// connection that receives into its own buffer, and of one that is lent one.
///
/// # Panics
/// If memory passes its bound, the machine does not come to an end, or the verdict depends on whose buffer it is.
#[must_use]
pub fn run(octets: &[u8], limits: Limits, piece_octets: usize) -> Verdict {
    let own = run_in(octets, limits, piece_octets, None);
    let room = limits.head_octets_max.max(limits.receive_octets) as usize;
    let lent = run_in(octets, limits, piece_octets, Some(vec![0; room]));
    assert_eq!(own, lent, "the verdict depends on whose buffer it is");
    own
}

fn run_in(octets: &[u8], limits: Limits, piece_octets: usize, mut shared: Option<Vec<u8>>) -> Verdict {
    let mut connection = Connection::new(limits, 0);
    let mut verdict = Verdict {
        requests: Vec::new(),
        refused: None,
        last: String::new(),
    };
    let mut out = Vec::new();
    let mut rest = octets;
    // Each turn takes an octet, ends a request or ends the connection.
    let turns_max = octets.len().saturating_mul(4).saturating_add(64);
    for _ in 0..turns_max {
        assert!(
            connection.memory_octets() <= limits.connection_octets_max(),
            "memory passes its bound"
        );
        let step = connection.step(0);
        shared = connection.reclaim().or(shared);
        match step {
            Step::Request(request) => {
                verdict.requests.push(request);
                let answered = connection.respond(&mut out, &Response::new(200), 0);
                assert!(answered.is_ok(), "a request is outstanding");
                connection.sent(0);
            }
            Step::Refuse(refusal) => {
                verdict.refused = Some(refusal.reason);
                refusal.write(&mut out);
                connection.sent(0);
            }
            Step::Continue100 => {}
            Step::Closed(close) => {
                verdict.last = format!("{close:?}");
                return verdict;
            }
            Step::NeedMore { .. } | Step::Wait { .. } if rest.is_empty() => connection.end_of_stream(),
            Step::NeedMore { .. } | Step::Wait { .. } => {
                let piece = rest.get(..piece_octets.min(rest.len())).unwrap_or_default();
                shared = shared
                    .take()
                    .and_then(|buffer| connection.lend(buffer, true).err());
                let taken = connection.receive(piece, 0);
                assert!(taken > 0, "the machine needs more and takes nothing");
                rest = rest.get(taken..).unwrap_or_default();
            }
        }
        out.clear();
    }
    unreachable!("the machine does not come to an end");
}
