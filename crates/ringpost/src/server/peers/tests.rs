//! Views of several shards put together.

use super::together;
use shard::{Action, Doing, PeerRow, PeerState};
use std::sync::Arc;

fn row(peer: &str, messages: u32, error: Option<(u64, &str)>) -> PeerRow {
    PeerRow {
        peer: peer.into(),
        state: PeerState::Open,
        messages,
        notes: 1,
        mails: 2,
        unanswered: 3,
        oldest_s: (messages > 0).then_some(messages * 10),
        error: error.map(|(age_ms, said)| (age_ms, said.to_owned())),
        aside: 0,
        untaken: 0,
        held: None,
    }
}

#[test]
fn a_peer_is_shown_once_in_its_worst_state() {
    let failing = PeerRow {
        state: PeerState::Probing,
        ..row("alpha", 4, Some((9_000, "before")))
    };
    let rows = vec![
        row("alpha", 1, Some((2_500, "lately"))),
        row("beta", 0, None),
        failing,
    ];
    let peers = together(rows);
    assert_eq!(peers.len(), 2);
    let alpha = &peers[0];
    assert_eq!((alpha.peer.as_str(), alpha.state), ("alpha", "probing"));
    assert_eq!(
        (alpha.messages, alpha.notes, alpha.mails, alpha.unanswered),
        (5, 2, 4, 6)
    );
    assert_eq!(alpha.oldest_s, 40);
    assert_eq!((alpha.error.as_str(), alpha.error_age_s), ("lately", 2));
    let beta = &peers[1];
    assert_eq!((beta.state, beta.oldest_s, beta.error.as_str()), ("open", 0, ""));
}

/// Drained is what every shard has drained.
#[test]
fn a_peer_is_drained_when_nothing_is_left_anywhere() {
    let action = Arc::new(Action {
        number: 1,
        at: 1_700_000_000,
        doing: Doing::Drain.to_octet(),
        peer: "alpha".to_owned(),
        by: "olga".to_owned(),
        from: String::new(),
        reason: "new cables".to_owned(),
    });
    let drained = |untaken: u32| PeerRow {
        mails: 0,
        untaken,
        aside: 4,
        held: Some(Arc::clone(&action)),
        ..row("alpha", 0, None)
    };
    for (untaken, word) in [(0, "drained"), (1, "draining")] {
        let peers = together(vec![drained(0), drained(untaken)]);
        let alpha = &peers[0];
        assert_eq!((alpha.held, alpha.aside), (word, 8));
        assert_eq!(
            (alpha.held_since, alpha.held_by.as_str()),
            (1_700_000_000, "olga")
        );
    }
}
