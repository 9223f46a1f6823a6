//! What a session says of a mail, in the brain's words.
//!
//! Pure. Invariant: whoever has no verdict of the peer's own has lost the connection.

use shard::{Refusal, Verdict};
use smtp::client::{Close, PeerReply, Unsendable, Verdict as Said};

/// The verdict on one recipient.
pub(super) fn of_recipient(said: &Said) -> Verdict {
    match said {
        Said::Accepted(_) => Verdict::Stored,
        Said::Temporary(_) => Verdict::Later,
        Said::Permanent(reply) => Verdict::Never(refusal(reply)),
        Said::LostBefore => Verdict::Lost,
        Said::LostAfter => Verdict::Unsure,
    }
}

/// The verdict on a mail that the session can't send as it is.
pub(super) fn of_unsendable(unsendable: Unsendable) -> Verdict {
    let never = |code, subject, detail| {
        Verdict::Never(Refusal {
            code,
            enhanced: Some((subject, detail)),
        })
    };
    match unsendable {
        Unsendable::EightBit | Unsendable::Binary | Unsendable::LineTooLong => Verdict::Encode,
        Unsendable::TooLarge(_) => never(552, 3, 4),
        Unsendable::HeaderUnsound | Unsendable::NoRecipients | Unsendable::RecipientsTooMany => {
            never(554, 5, 0)
        }
        Unsendable::NotReady => Verdict::Lost,
    }
}

fn refusal(reply: &PeerReply) -> Refusal {
    Refusal {
        code: reply.code,
        enhanced: reply.enhanced.map(|enhanced| (enhanced.subject, enhanced.detail)),
    }
}

/// What an operator reads of a verdict; nothing of a success.
pub(super) fn text(said: &Said) -> Option<String> {
    match said {
        Said::Accepted(_) => None,
        Said::Temporary(reply) | Said::Permanent(reply) => Some(words(reply)),
        Said::LostBefore => Some("the connection was lost".to_owned()),
        Said::LostAfter => Some("the connection was lost behind the mail".to_owned()),
    }
}

/// Why a connection is over, for an operator.
pub(super) fn of_close(close: &Close) -> String {
    match close {
        Close::Quit => "ended by us".to_owned(),
        Close::Refused(reply) => words(reply),
        Close::NoTls => "TLS is required and was not offered".to_owned(),
        Close::PeerEnded => "the peer ended the connection".to_owned(),
        Close::TooLate(timer) => format!("no answer in time: {}", timer.key()),
        Close::NoReply(_) => "what came is no SMTP reply".to_owned(),
        Close::Unasked(reply) => format!("unasked for: {}", words(reply)),
        Close::EarlyBeforeTls => "octets in clear behind the consent to TLS".to_owned(),
        Close::BodyChanged => "a mail was not what it had been".to_owned(),
    }
}

fn words(reply: &PeerReply) -> String {
    match reply.enhanced {
        Some(_) | None if reply.text.is_empty() => reply.code.to_string(),
        _ => format!("{} {}", reply.code, reply.text),
    }
}

#[cfg(test)]
mod tests;
