//! Rates by a clock that the tests hold.

use super::{PLACES, Paces};
use base::Monotonic;
use shard::PeerMark;

/// Mails that are taken of so many that come in each of these milliseconds.
fn taken(paces: &Paces, name: &str, per_s_max: u32, moments_ms: &[u64]) -> Vec<usize> {
    let peer = PeerMark::of(name);
    let at = |&now_ms: &u64| {
        let come = (0..5_000).filter(|_| paces.admit(peer, per_s_max, Monotonic(now_ms)));
        come.count()
    };
    moments_ms.iter().map(at).collect()
}

#[test]
fn a_seconds_mails_may_come_at_once_and_then_one_by_one() {
    for (per_s_max, moments_ms, expected) in [
        (1, vec![0, 500, 999, 1_000, 2_500], vec![1, 0, 0, 1, 1]),
        (2, vec![0, 499, 500, 1_000, 60_000], vec![2, 0, 1, 1, 2]),
        (
            1_000,
            vec![10_000, 10_001, 10_100, 20_000],
            vec![1_000, 1, 99, 1_000],
        ),
        // More than a test brings.
        (1_000_000, vec![7, 8], vec![5_000, 5_000]),
    ] {
        assert_eq!(
            taken(&Paces::default(), "alpha", per_s_max, &moments_ms),
            expected,
            "{per_s_max}"
        );
    }
}

#[test]
fn peers_share_nothing_and_a_new_rate_holds_at_once() {
    let paces = Paces::default();
    assert_eq!(taken(&paces, "alpha", 3, &[1_000]), [3]);
    assert_eq!(taken(&paces, "beta", 3, &[1_000]), [3]);
    assert_eq!(taken(&paces, "alpha", 6, &[1_000, 1_500]), [0, 3]);
}

/// Two shards at once: together they take no more than one would.
#[test]
fn shards_share_a_peers_pace() {
    let paces = Paces::default();
    let both = std::thread::scope(|scope| {
        let shards = [0, 1].map(|_| scope.spawn(|| taken(&paces, "alpha", 777, &[1_000])[0]));
        shards.map(|shard| shard.join().unwrap_or_default())
    });
    assert_eq!(both[0] + both[1], 777);
}

#[test]
fn who_finds_no_place_shares_the_last() {
    let paces = Paces::default();
    for peer in 1..=PLACES as u64 {
        assert!(paces.admit(PeerMark(peer), 1, Monotonic(0)));
    }
    assert!(!paces.admit(PeerMark(1), 1, Monotonic(0)));
    let late = (0..3).filter(|_| paces.admit(PeerMark(PLACES as u64 + 5), 1, Monotonic(1_000)));
    assert_eq!(late.count(), 1);
}
