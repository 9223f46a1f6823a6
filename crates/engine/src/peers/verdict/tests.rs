//! Verdicts of sessions, as the brain takes them.

use super::{of_recipient, of_unsendable, text};
use shard::{Refusal, Verdict};
use smtp::Enhanced;
use smtp::client::{PeerReply, Unsendable, Verdict as Said};

fn reply(code: u16, enhanced: Option<Enhanced>) -> PeerReply {
    PeerReply {
        code,
        enhanced,
        text: "so it is".to_owned(),
    }
}

#[test]
fn a_peers_word_is_kept_with_its_codes() {
    let never = Said::Permanent(reply(550, Some(Enhanced::new(1, 1))));
    let expected = Refusal {
        code: 550,
        enhanced: Some((1, 1)),
    };
    assert_eq!(of_recipient(&never), Verdict::Never(expected));
    assert_eq!(text(&never).as_deref(), Some("550 so it is"));
    assert_eq!(of_recipient(&Said::Temporary(reply(451, None))), Verdict::Later);
    let stored = Said::Accepted(reply(250, None));
    assert_eq!((of_recipient(&stored), text(&stored)), (Verdict::Stored, None));
    assert_eq!(of_recipient(&Said::LostBefore), Verdict::Lost);
    assert_eq!(of_recipient(&Said::LostAfter), Verdict::Unsure);
}

#[test]
fn what_can_not_be_sent_is_encoded_or_refused() {
    for unsendable in [Unsendable::EightBit, Unsendable::Binary, Unsendable::LineTooLong] {
        assert_eq!(of_unsendable(unsendable), Verdict::Encode);
    }
    let size = Refusal {
        code: 552,
        enhanced: Some((3, 4)),
    };
    assert_eq!(of_unsendable(Unsendable::TooLarge(5)), Verdict::Never(size));
}
