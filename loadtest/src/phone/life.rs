//! What the phones know of a message while it lives, and of a subscriber between lives.
//!
//! Under [`super::Phones`]. Invariants: a life's place is used again only after its last exchange was concluded, so a
//! token never speaks of another life than it was made for; a subscriber's place in the outbox only grows.

use crate::pace::{Arrival, Dice};
use crate::scenario::Misbehaviour;
use crate::template::Numbers;

/// What an exchange of a life is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Submit,
    /// The same submission at the same time, on another connection.
    Duplicate,
    /// The same submission after its answer.
    Retry,
    Notification,
    Retrieve,
    Acknowledge,
    ReadReport,
    Reports,
    /// After all lives: what else was pushed to a recipient; the token has the subscriber.
    LookRecipient,
    /// The same for a sender.
    LookSender,
}

impl Step {
    /// The wake of a closed loop's next message: no life has this token.
    pub(super) const NEXT: u64 = u64::MAX;

    const ALL: [Step; 10] = [
        Step::Submit,
        Step::Duplicate,
        Step::Retry,
        Step::Notification,
        Step::Retrieve,
        Step::Acknowledge,
        Step::ReadReport,
        Step::Reports,
        Step::LookRecipient,
        Step::LookSender,
    ];

    pub(super) fn token(self, life: u32) -> u64 {
        (u64::from(life) << 8) | self as u64
    }

    pub(super) fn of(token: u64) -> (u32, Step) {
        let step = Step::ALL.get((token & 0xff) as usize).copied();
        ((token >> 8) as u32, step.unwrap_or(Step::Submit))
    }

    /// Whether it asks the outbox and not the MMSC.
    pub(super) fn is_poll(self) -> bool {
        matches!(
            self,
            Step::Notification | Step::Reports | Step::LookRecipient | Step::LookSender
        )
    }
}

/// What goes wrong on purpose with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Nothing,
    Slow,
    /// Cut off at this share of its octets, in parts of 256.
    Cut(u8),
    Retry,
    Duplicate,
}

impl Wrong {
    pub(super) fn draw(shares: &Misbehaviour, dice: &mut Dice) -> Wrong {
        let none = [shares.slow, shares.cut, shares.retry, shares.duplicate]
            .iter()
            .all(|share| *share <= 0.0);
        if none {
            return Wrong::Nothing;
        }
        let mut left = dice.share();
        let ways = [
            (shares.slow, Wrong::Slow),
            (shares.cut, Wrong::Cut(dice.below(256) as u8)),
            (shares.retry, Wrong::Retry),
            (shares.duplicate, Wrong::Duplicate),
        ];
        for (share, way) in ways {
            left -= share;
            if left < 0.0 {
                return way;
            }
        }
        Wrong::Nothing
    }
}

/// A message's life.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) arrival: Arrival,
    pub(super) numbers: Numbers,
    pub(super) subscriber: u32,
    pub(super) kind: u16,
    pub(super) wrong: Wrong,
    /// When the present step is given up.
    pub(super) deadline_ns: u64,
    pub(super) message_id: Box<[u8]>,
    pub(super) location: Box<[u8]>,
    /// Of the notification, then of the retrieval.
    pub(super) transaction: Box<[u8]>,
    pub(super) owes_report: bool,
    pub(super) owes_read: bool,
    pub(super) retrieved: bool,
    pub(super) acknowledged: bool,
    /// Exchanges and wakes under way.
    pub(super) outstanding: u8,
    /// How often its submission was tried anew.
    pub(super) tries: u8,
    pub(super) is_over: bool,
}

impl Life {
    pub(super) fn new(arrival: Arrival, numbers: Numbers, subscriber: u32, kind: u16, wrong: Wrong) -> Life {
        Life {
            arrival,
            numbers,
            subscriber,
            kind,
            wrong,
            deadline_ns: u64::MAX,
            message_id: Box::default(),
            location: Box::default(),
            transaction: Box::default(),
            owes_report: false,
            owes_read: false,
            retrieved: false,
            acknowledged: false,
            outstanding: 0,
            tries: 0,
            is_over: false,
        }
    }
}

/// All lives of a thread.
#[derive(Debug, Default)]
pub(super) struct Lives {
    lives: Vec<Life>,
    free: Vec<u32>,
}

impl Lives {
    pub(super) fn begin(&mut self, life: Life) -> u32 {
        match self.free.pop() {
            Some(place) => {
                self.lives[place as usize] = life;
                place
            }
            None => {
                self.lives.push(life);
                (self.lives.len() - 1) as u32
            }
        }
    }

    pub(super) fn of(&mut self, life: u32) -> &mut Life {
        &mut self.lives[life as usize]
    }

    pub(super) fn end(&mut self, life: u32) -> Life {
        self.free.push(life);
        self.lives[life as usize].clone()
    }
}

/// What is known of a subscriber between lives.
#[derive(Clone, Debug, Default)]
pub(super) struct Subscriber {
    /// The last push seen of its number as a recipient.
    pub(super) recipient_after: u64,
    /// The last push seen of its number as a sender.
    pub(super) sender_after: u64,
    /// Where its last message was to be had: a notification that says another is of another message.
    pub(super) last_location: Box<[u8]>,
    /// Messages whose reports were given up: what still comes is late, not a duplicate.
    pub(super) given_up: Vec<Box<[u8]>>,
    is_used: bool,
}

/// All subscribers of a thread, used in turn.
#[derive(Debug)]
pub(super) struct Subscribers {
    all: Vec<Subscriber>,
    free: std::collections::VecDeque<u32>,
}

impl Subscribers {
    pub(super) fn new(count: u32) -> Subscribers {
        Subscribers {
            all: vec![Subscriber::default(); count as usize],
            free: (0..count).collect(),
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.all.len() as u64
    }

    /// The one that was free for longest.
    pub(super) fn take(&mut self) -> Option<u32> {
        let subscriber = self.free.pop_front()?;
        self.all[subscriber as usize].is_used = true;
        Some(subscriber)
    }

    pub(super) fn give_back(&mut self, subscriber: u32) {
        self.free.push_back(subscriber);
    }

    pub(super) fn of(&mut self, subscriber: u32) -> &mut Subscriber {
        &mut self.all[subscriber as usize]
    }

    /// The first from a place on that ever had a life.
    pub(super) fn next_used(&self, from: u32) -> Option<u32> {
        let rest = self.all.iter().enumerate().skip(from as usize);
        rest.into_iter()
            .find(|(_, subscriber)| subscriber.is_used)
            .map(|(index, _)| index as u32)
    }
}
