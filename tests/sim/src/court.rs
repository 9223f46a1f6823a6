//! All checkers of a run, what they found, and the hash of everything that they heard.
//!
//! Between the run and the checkers. Invariant: after the first finding nothing is judged any more, since what
//! follows a mistake proves nothing.

use crate::checkers;
use crate::event::{Checker, Event, Scene};
use crate::phone::pdu_of;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Something that should not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Who says so.
    pub checker: String,
    /// What it is.
    pub what: String,
}

/// The checkers of a run.
pub struct Court {
    checkers: Vec<Box<dyn Checker>>,
    /// What was found first.
    pub fault: Option<Fault>,
    /// Of all answers, in order.
    pub hash: u64,
}

impl Default for Court {
    fn default() -> Court {
        Court {
            checkers: checkers::all(),
            fault: None,
            hash: 0,
        }
    }
}

impl Court {
    /// Lets every checker hear of an event.
    pub fn hear(&mut self, scene: &Scene<'_>, event: &Event<'_>) {
        if let Event::Said(_, answer) = event {
            self.hash = xxh3_64_with_seed(&pdu_of(answer), self.hash ^ u64::from(answer.http_status));
        }
        for checker in &mut self.checkers {
            if self.fault.is_none()
                && let Err(what) = checker.take(scene, event)
            {
                let checker = checker.name().to_owned();
                self.fault = Some(Fault { checker, what });
            }
        }
    }

    /// Something that the run itself has found.
    pub fn find(&mut self, checker: &str, what: String) {
        if self.fault.is_none() {
            let checker = checker.to_owned();
            self.fault = Some(Fault { checker, what });
        }
    }
}
