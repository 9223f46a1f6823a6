//! Entry points for fuzzers: hostile octets in, nothing out.
//!
//! Called by a runner with seeded bytes. Invariants asserted: no panic; what the session says stays within its bounds;
//! what was cut into segments comes together again.

use std::collections::BTreeSet;

use base::{Monotonic, Msisdn};

use crate::outcome::{PushId, Submission};
use crate::smpp::backoff::after;
use crate::smpp::receipts::Bounds;
use crate::smpp::{Action, IdForm, Receipts, Session, Settings, frame, receipt};
use crate::wdp::{self, Reassembly, Reference};
use crate::{pap, wsp_push};

/// A push as a phone reads it.
pub fn push(octets: &[u8]) {
    if let Ok(push) = wsp_push::read_push(octets) {
        assert!(push.body.len() < octets.len(), "a view of the octets");
    }
}

/// User data headers: any octets as messages; and the octets as a push, cut and put together.
pub fn segments(octets: &[u8]) {
    let mut reassembly = Reassembly::new();
    for message in octets.chunks(wdp::SMS_OCTETS) {
        if let Some(piece) = wdp::read_header(message) {
            let _ = reassembly.take(&piece);
        }
    }
    for reference in [Reference::Octet, Reference::Word] {
        // A phone of its own: a stranger's segment under the same reference is taken for one of the push.
        let mut reassembly = Reassembly::new();
        let mut whole = None;
        for number in 1..=wdp::SEGMENTS_MAX {
            let Some(segment) = wdp::segment(octets, reference, number) else {
                continue;
            };
            let mut message = Vec::new();
            wdp::write_message(&mut message, reference, 0x1234, &segment);
            assert!(message.len() <= wdp::SMS_OCTETS, "fits one message");
            let piece = wdp::read_header(&message);
            whole = piece.and_then(|piece| reassembly.take(&piece)).or(whole);
        }
        let fits = reference.segments(octets.len()).is_some();
        assert_eq!(whole.as_deref(), fits.then_some(octets), "together again");
    }
}

/// The octets as what an SMSC sends to a bound link with pushes under way: the first two say how they are cut.
pub fn session(octets: &[u8]) {
    let mut now = Monotonic(1_000);
    let settings = Settings {
        queue: 8,
        window: 4,
        ..Settings::default()
    };
    let mut receipts = Receipts::new(IdForm::Learn, small());
    let Ok(mut session) = Session::new(settings, 7, now) else {
        return;
    };
    session.tick(now, &mut receipts);
    session.connected(now);
    session.received(&bind_answer(), now, &mut receipts);
    let mut offered = 0_u64;
    let mut ended = BTreeSet::new();
    let (cut, rest) = octets.split_at_checked(1).unwrap_or((&[1], octets));
    let size = usize::from(cut.first().copied().unwrap_or(1)).max(1);
    for piece in rest.chunks(size) {
        if let Some(to) = Msisdn::from_bits(447_700_900_100_u64.saturating_add(offered)) {
            let submission = Submission {
                id: PushId(offered),
                to,
                octets: vec![7; 200],
                reference: 7,
                valid_for_s: 300,
            };
            offered = offered.saturating_add(u64::from(session.offer(submission, now).is_ok()));
        }
        session.received(piece, now, &mut receipts);
        session.tick(now, &mut receipts);
        now = after(now, 700_u32);
        assert!(session.outstanding() <= 4, "within the window");
        assert!(
            receipts.len() <= 4 && receipts.early_len() <= 4,
            "within the bounds"
        );
        while let Some(action) = session.action() {
            ended.extend(push_of(&action));
        }
        let octets = session.output().len();
        session.sent(octets);
    }
    session.disconnected(now);
    while let Some(action) = session.action() {
        ended.extend(push_of(&action));
    }
    assert_eq!(u64::try_from(ended.len()), Ok(offered), "each push comes back");
}

/// The push that an action is about; the first one is the session's own word, a receipt's comes after it.
fn push_of(action: &Action) -> Option<PushId> {
    match action {
        Action::Outcome(push, _) => Some(*push),
        _ => None,
    }
}

fn small() -> Bounds {
    Bounds {
        pushes_max: 4,
        early_max: 4,
        ..Bounds::default()
    }
}

/// bind_transceiver_resp, accepted, to the first request of a session.
fn bind_answer() -> Vec<u8> {
    let mut octets = Vec::new();
    for word in [17_u32, 0x8000_0009, 0, 1] {
        octets.extend_from_slice(&word.to_be_bytes());
    }
    octets.push(0);
    octets
}

/// Bodies of what an SMSC delivers.
pub fn delivered(octets: &[u8]) {
    for delivered in [frame::deliver_sm(octets), frame::data_sm(octets)]
        .into_iter()
        .flatten()
    {
        if let Some(receipt) = receipt::read(&delivered, crate::smpp::TextErrors::Map) {
            let _ = receipt.outcome();
        }
    }
    let _ = (
        frame::alert_notification(octets),
        frame::message_id(octets),
        frame::first(octets),
    );
}

/// Documents of a gateway.
pub fn pap(octets: &[u8]) {
    let _ = (pap::read_answer(octets), pap::read_notice(octets));
}
