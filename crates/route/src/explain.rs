//! Why a message would go where it goes: each step of the rules with what it found.
//!
//! For operators (`ringpost route explain`), off the datapath. Invariant: it calls the functions that the datapath
//! calls, in their order, and stops where they would.

use crate::routes::{Found, Route, Routes};
use crate::takes::{Content, takes};
use crate::trust::{Accepted, may_originate, recipient};
use base::{Msisdn, Reason};
use profile::Party;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The sender as it is written.
    pub from: &'a str,
    /// The recipient as it is written.
    pub to: &'a str,
    /// Who brings the message; nothing for whoever serves the sender.
    pub bringer: Option<Party>,
    /// What is in it.
    pub content: Content<'a>,
}

/// What was found, step by step; a step is nothing where an earlier one has ended it.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    /// The sender's number.
    pub from: Option<Msisdn>,
    /// Who serves the sender, and why.
    pub owner: Option<Found>,
    /// Who brings the message.
    pub bringer: Option<Party>,
    /// The recipient's number.
    pub to: Option<Msisdn>,
    /// Where the recipient is served, and why.
    pub found: Option<Found>,
    /// The relation.
    pub accepted: Option<Accepted>,
    /// Why it is refused, if it is.
    pub refusal: Option<Reason>,
}

/// Answers a question.
#[must_use]
pub fn explain(routes: &Routes, question: &Question<'_>) -> Explanation {
    let mut explanation = Explanation::default();
    explanation.refusal = walk(routes, question, &mut explanation).err();
    explanation
}

fn walk(routes: &Routes, question: &Question<'_>, steps: &mut Explanation) -> Result<(), Reason> {
    let party = question.bringer.unwrap_or(Party::Local);
    let from = routes.normalise(party, question.from.as_bytes());
    let from = from.ok_or(Reason::SenderUnidentified)?;
    steps.from = Some(from);
    let owner = routes.owner(from);
    steps.owner = Some(owner);
    let bringer = match (question.bringer, owner.route) {
        (Some(party), _) => party,
        (None, Route::Local) => Party::Local,
        (None, Route::Peer(id)) => Party::Peer(id),
        (None, Route::Unknown | Route::Refused(_)) => return Err(Reason::PeerUnknown),
    };
    steps.bringer = Some(bringer);
    may_bring(routes, bringer, from, owner)?;
    let to = routes.normalise(bringer, question.to.as_bytes());
    let to = to.ok_or(Reason::RecipientUnresolved)?;
    steps.to = Some(to);
    steps.found = Some(routes.lookup(to));
    let accepted = recipient(routes, bringer, to)?;
    steps.accepted = Some(accepted);
    let limits = routes.takes(accepted.to).ok_or(Reason::RecipientUnresolved)?;
    takes(limits, &question.content)
}

fn may_bring(routes: &Routes, bringer: Party, from: Msisdn, owner: Found) -> Result<(), Reason> {
    match bringer {
        Party::Peer(id) => may_originate(routes, id, from),
        // Our subscribers are known by their access, so a number of somebody else can't be theirs.
        Party::Local if owner.route == Route::Local => Ok(()),
        Party::Local => Err(Reason::SenderUnidentified),
    }
}

#[cfg(test)]
mod tests;
