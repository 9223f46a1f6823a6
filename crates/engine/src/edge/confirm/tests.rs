//! When an answer on its way is looked at again: soon at first, then ever more rarely, and never behind its deadline.

use super::{Unconfirmed, WAIT_MS_MAX, WAIT_MS_MIN};
use base::{MessageId, ShardId};
use shard::SentTicket;

fn unconfirmed(deadline_ms: u64) -> Unconfirmed {
    Unconfirmed {
        ticket: SentTicket {
            home: ShardId(0),
            number: 0,
            message: MessageId::from_bits(0),
        },
        end: 0,
        deadline_ms,
        wait_ms: WAIT_MS_MIN,
    }
}

/// When each check is, milliseconds from the sending.
fn checks(deadline_ms: u64) -> Vec<u64> {
    let mut unconfirmed = unconfirmed(deadline_ms);
    let mut at_ms = Vec::from([0]);
    while at_ms.last().is_some_and(|last| *last < deadline_ms) {
        let last = at_ms.last().copied().unwrap_or_default();
        at_ms.push(last + unconfirmed.next_wait_ms(last));
    }
    at_ms
}

#[test]
fn who_does_not_acknowledge_is_asked_ever_more_rarely() {
    let checks = checks(60_000);
    // Each 128 ms it was 470 times.
    assert_eq!(checks.len(), 25, "{checks:?}");
    assert_eq!(checks[..5], [0, 4, 12, 28, 60]);
    for two in checks.windows(2) {
        let wait_ms = two[1] - two[0];
        assert!(
            wait_ms <= WAIT_MS_MAX && wait_ms <= two[0] + WAIT_MS_MIN,
            "{two:?}"
        );
    }
    assert_eq!(checks.last(), Some(&60_000));
}

/// The last check is at the deadline, or as soon behind it as there is one.
#[test]
fn nothing_is_waited_for_beyond_its_deadline() {
    for deadline_ms in [1, 4, 5, 100, 4_099, 30_000] {
        let last = checks(deadline_ms).last().copied().unwrap_or_default();
        assert!(
            (deadline_ms..=deadline_ms + WAIT_MS_MIN).contains(&last),
            "{last}"
        );
    }
}
