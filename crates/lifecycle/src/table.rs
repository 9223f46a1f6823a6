//! The table itself: for each event, from which states, under which condition, to which state, with which actions.
//!
//! Rows are tried in order; the first whose state and condition fit is taken. An event without a fitting row changes
//! nothing: late, repeated and senseless answers from phones are normal.

use crate::{End, State};

/// What can happen to a recipient's copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Event {
    /// The earliest delivery time or the next attempt has come, and the subscriber's place is free.
    Due,
    /// M-NotifyResp.ind Retrieved or M-Acknowledge.ind: synonyms.
    Acknowledged,
    /// M-NotifyResp.ind Deferred.
    Deferred,
    /// M-NotifyResp.ind Rejected.
    Rejected,
    /// M-NotifyResp.ind Unrecognised.
    Unrecognised,
    /// An M-Retrieve.conf with the content left whole.
    FetchWhole,
    /// An M-Retrieve.conf broke off.
    FetchBroken,
    /// No answer came in time after a whole retrieval.
    Unanswered,
    /// The validity is over.
    Expired,
    /// M-Forward.req for it was accepted and is durable.
    Forwarded,
    /// No way leads to this recipient.
    Unroutable,
    /// Another operator's system answered the mail with 250: it has stored it.
    Carried,
    /// MM4_forward.RES Ok: the other operator has taken the message.
    Taken,
    /// MM4_forward.RES did not come, however often the message was sent.
    Unconfirmed,
    /// The other operator's last word: a report, a negative response, or a refusal for good.
    Final(End),
}

/// What the table may ask about a copy besides its state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// A retrieval is under way.
    pub fetching: bool,
    /// An M-Retrieve.conf went out, whatever came of it; or one may have, before a restart that forgot it.
    pub given: bool,
    /// The validity is over.
    pub expired: bool,
    /// Notifications already go out in version 1.0.
    pub lowered: bool,
    /// Policy: delivered means fetched.
    pub delivered_on_fetch: bool,
    /// It goes to another operator.
    pub foreign: bool,
    /// The other operator answers a mail with MM4_forward.RES.
    pub responds: bool,
    /// A report of the other operator is expected.
    pub reports: bool,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Push a notification; the record of the attempt carries the new state.
    Notify,
    /// Go over to version 1.0 and push again.
    NotifyLowered,
    /// Write the new state to the journal.
    Record,
    /// Free the subscriber's place for the next notification.
    FreePlace,
    /// Start the timer of the unanswered retrieval.
    AwaitAnswer,
    /// Put it into the queue of the operator that it goes to.
    Relay,
    /// Start the timer of the missing MM4_forward.RES.
    AwaitResponse,
    /// Write the end, with its report if one is owed; free the place.
    End,
}

/// A condition on [`Facts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// No condition.
    Always,
    /// Its phone may have it.
    Given,
    /// No retrieval is under way.
    NotFetching,
    /// The validity is over.
    Expired,
    /// Notifications still go out in the client's version.
    NotLowered,
    /// Policy: delivered means fetched.
    OnFetch,
    /// It goes to another operator.
    Foreign,
    /// The other operator still has to answer.
    Responds,
    /// The other operator will report.
    Reports,
}

impl When {
    /// Whether it holds.
    #[must_use]
    pub fn holds(self, facts: Facts) -> bool {
        match self {
            When::Always => true,
            When::Given => facts.given,
            When::NotFetching => !facts.fetching,
            When::Expired => facts.expired,
            When::NotLowered => !facts.lowered,
            When::OnFetch => facts.delivered_on_fetch,
            When::Foreign => facts.foreign,
            When::Responds => facts.responds,
            When::Reports => facts.reports,
        }
    }
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The event.
    pub event: Event,
    /// The states it is for.
    pub from: &'static [State],
    /// The condition.
    pub when: When,
    /// The new state; `None` stays.
    pub to: Option<State>,
    /// What is to be done, in order.
    pub actions: &'static [Action],
}

const fn row(
    event: Event,
    from: &'static [State],
    when: When,
    to: Option<State>,
    actions: &'static [Action],
) -> Row {
    Row {
        event,
        from,
        when,
        to,
        actions,
    }
}

use Action::{AwaitAnswer, AwaitResponse, FreePlace, Notify, NotifyLowered, Record, Relay};
use State::{Fetched, HandedOver, Notified, Relayed, Taken};

const DEFERRED: State = State::Deferred;
const WAITING: &[State] = &[Taken, Notified, DEFERRED];
const OPEN: &[State] = &[Taken, Notified, DEFERRED, Fetched];
const ABROAD: &[State] = &[Taken, HandedOver, Relayed];

const fn end(end: End) -> Option<State> {
    Some(State::Ended(end))
}

/// The other operator's last word. From Taken, too: where the connection broke behind the mail, it may have it.
const fn final_word(word: End) -> Row {
    row(
        Event::Final(word),
        ABROAD,
        When::Always,
        end(word),
        &[Action::End],
    )
}

/// The life of a recipient's copy (3GPP TS 23.140 §7; DESIGN §6).
pub const TABLE: &[Row] = &[
    // To another operator, until its system has it and says that it takes it (TS 23.140 §8.4.1).
    row(Event::Due, &[Taken, HandedOver], When::Foreign, None, &[Relay]),
    // A notification goes out until something is heard.
    row(
        Event::Due,
        &[Taken, Notified],
        When::NotFetching,
        Some(Notified),
        &[Notify],
    ),
    // Answered, and the bytes were on their way or there: the phone has it. That their sending broke says only that the
    // phone's kernel did not acknowledge the last octet: one that resets the connection it has read to its end has the
    // message all the same. And that it is whole may be known before there is room to say so.
    row(
        Event::Acknowledged,
        &[Fetched],
        When::Always,
        end(End::Retrieved),
        &[Action::End],
    ),
    row(
        Event::Acknowledged,
        WAITING,
        When::Given,
        end(End::Retrieved),
        &[Action::End],
    ),
    // Retrieved without a GET ends nothing; but it is an answer, so the place is free.
    row(Event::Acknowledged, WAITING, When::Always, None, &[FreePlace]),
    row(
        Event::Deferred,
        &[Taken, Notified],
        When::Always,
        Some(DEFERRED),
        &[Record, FreePlace],
    ),
    row(
        Event::Rejected,
        OPEN,
        When::Always,
        end(End::Rejected),
        &[Action::End],
    ),
    row(
        Event::Unrecognised,
        &[Taken, Notified],
        When::NotLowered,
        Some(Notified),
        &[NotifyLowered],
    ),
    row(
        Event::Unrecognised,
        &[Taken, Notified],
        When::Always,
        end(End::Unrecognised),
        &[Action::End],
    ),
    // Not recorded: a life costs three durable records. After a restart an answer is believed (`Facts::given`).
    row(
        Event::FetchWhole,
        WAITING,
        When::OnFetch,
        end(End::Retrieved),
        &[Action::End],
    ),
    row(
        Event::FetchWhole,
        WAITING,
        When::Always,
        Some(Fetched),
        &[FreePlace, AwaitAnswer],
    ),
    // A broken GET leaves the notifications running, unless the validity ended meanwhile.
    row(
        Event::FetchBroken,
        WAITING,
        When::Expired,
        end(End::Expired),
        &[Action::End],
    ),
    row(Event::FetchBroken, WAITING, When::Always, None, &[FreePlace]),
    row(
        Event::Unanswered,
        &[Fetched],
        When::Always,
        end(End::Retrieved),
        &[Action::End],
    ),
    // A GET begun before the expiry may finish.
    row(
        Event::Expired,
        WAITING,
        When::NotFetching,
        end(End::Expired),
        &[Action::End],
    ),
    row(
        Event::Forwarded,
        OPEN,
        When::Always,
        end(End::Forwarded),
        &[Action::End],
    ),
    row(
        Event::Unroutable,
        &[Taken, Notified],
        When::Always,
        end(End::Unreachable),
        &[Action::End],
    ),
    // 250 is the peer's word that it has stored the mail; whether it takes the message its MM4_forward.RES says.
    row(
        Event::Carried,
        &[Taken, HandedOver],
        When::Responds,
        Some(HandedOver),
        &[Record, AwaitResponse],
    ),
    row(
        Event::Carried,
        &[Taken, HandedOver],
        When::Reports,
        Some(Relayed),
        &[Record],
    ),
    row(
        Event::Carried,
        &[Taken, HandedOver],
        When::Always,
        end(End::PassedOn),
        &[Action::End],
    ),
    // The response may overtake the 250, as where the connection broke behind the mail.
    row(
        Event::Taken,
        &[Taken, HandedOver],
        When::Reports,
        Some(Relayed),
        &[Record],
    ),
    row(
        Event::Taken,
        &[Taken, HandedOver],
        When::Always,
        end(End::PassedOn),
        &[Action::End],
    ),
    row(
        Event::Unconfirmed,
        &[HandedOver],
        When::Always,
        end(End::Indeterminate),
        &[Action::End],
    ),
    final_word(End::Expired),
    final_word(End::Retrieved),
    final_word(End::Rejected),
    final_word(End::Unrecognised),
    final_word(End::Indeterminate),
    final_word(End::Forwarded),
    final_word(End::Unreachable),
    // The peer may have it, or has it and is silent.
    row(
        Event::Expired,
        &[HandedOver],
        When::Always,
        end(End::Indeterminate),
        &[Action::End],
    ),
    row(
        Event::Expired,
        &[Relayed],
        When::Always,
        end(End::PassedOn),
        &[Action::End],
    ),
];

/// The row for an event in a state, if anything is to happen.
#[must_use]
pub fn step(state: State, event: Event, facts: Facts) -> Option<&'static Row> {
    TABLE
        .iter()
        .find(|row| row.event == event && row.from.contains(&state) && row.when.holds(facts))
}
