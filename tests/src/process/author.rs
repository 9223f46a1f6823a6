//! Who writes a torture run's letters, and remembers which of them nobody has answered.
//!
//! Behind [`actor`](super::actor)'s phones and [`carrier`](super::carrier)'s MMSCs, which bring them. Invariants: what
//! was not answered comes again, unchanged, before anything new; now and then an answered letter is repeated.

use super::letter::Letter;
use crate::fuzz::Dice;
use base::Msisdn;

/// See the module's comment.
#[derive(Debug)]
pub struct Author {
    pub(super) number: Msisdn,
    seed: u64,
    next: u64,
    pub(super) dice: Dice,
    recipients: Vec<Msisdn>,
    pending: Option<Letter>,
    last: Option<Letter>,
}

impl Author {
    /// An author whose letters' numbers begin at `first`.
    #[must_use]
    pub fn new(number: Msisdn, seed: u64, first: u64, recipients: Vec<Msisdn>) -> Author {
        Author {
            number,
            seed,
            next: first,
            dice: Dice::new(seed, first),
            recipients,
            pending: None,
            last: None,
        }
    }

    /// Whether a letter was not answered.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.pending.is_some()
    }

    /// The letter that is to be sent; until [`answered`](Self::answered) it stays that one.
    pub fn letter(&mut self) -> Letter {
        let letter = self.choose();
        self.pending = Some(letter.clone());
        letter
    }

    /// It was answered.
    pub fn answered(&mut self) {
        if let Some(letter) = self.pending.take() {
            self.last = Some(letter);
        }
    }

    fn choose(&mut self) -> Letter {
        if let Some(pending) = self.pending.take() {
            return pending;
        }
        if let Some(last) = &self.last
            && self.dice.one_in(8)
        {
            return last.clone();
        }
        let serial = self.next;
        self.next += 1;
        let mut recipients = self.recipients.clone();
        let copies = if self.dice.one_in(4) { 2 } else { 1 };
        while recipients.len() > copies {
            let out = self.dice.below(recipients.len());
            recipients.swap_remove(out);
        }
        Letter {
            serial,
            seed: self.seed,
            sender: self.number,
            recipients,
        }
    }
}
