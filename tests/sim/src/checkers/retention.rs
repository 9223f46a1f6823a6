//! An end is kept for as long as the accept record that it speaks of: else a start would begin the delivery anew.
//!
//! R5, "nothing finished comes back". The crash that shows it needs segments freed in an unlucky order, so this looks
//! into the tables instead, now and then: whatever message still has a record on the disk, be it one that was moved on,
//! the ends of its copies are in memory, and pinned.

use crate::checkers::expect;
use crate::event::{Checker, Event, Scene};
use base::MessageId;
use store::recipients::Recipient;

/// Ends outlive what they end.
#[derive(Debug, Default)]
pub(crate) struct Retention {
    steps: u64,
}

/// Steps between two looks.
const STEPS_BETWEEN: u64 = 8;

impl Checker for Retention {
    fn name(&self) -> &'static str {
        "retention"
    }

    fn take(&mut self, scene: &Scene<'_>, event: &Event<'_>) -> Result<(), String> {
        let is_due = match event {
            Event::Step => {
                self.steps += 1;
                self.steps.is_multiple_of(STEPS_BETWEEN)
            }
            Event::Settled | Event::Over => true,
            _ => false,
        };
        if is_due { judge(scene) } else { Ok(()) }
    }
}

fn judge(scene: &Scene<'_>) -> Result<(), String> {
    let stores = || scene.world.nodes.iter().map(|node| node.brain.store());
    // A record that was moved stands in its old segment, too, until that is used again.
    let on_disk = |message: u64| {
        let places = scene.world.places.get(&message).into_iter().flatten();
        places.into_iter().any(|(shard, segment)| {
            let node = scene.world.nodes.get(usize::from(*shard));
            node.is_some_and(|node| node.brain.store().journal.place_of(*segment).is_some())
        })
    };
    let in_memory = |message: u64, recipient: u16| -> Option<Recipient> {
        stores().find_map(|store| {
            let number = store.recipients.find(MessageId::from_bits(message), recipient)?;
            store.recipients.get(number).copied()
        })
    };
    for ((message, recipient), copy) in &scene.world.ledger.copies {
        if copy.end.is_none() || !on_disk(*message) {
            continue;
        }
        let is_kept = in_memory(*message, *recipient).is_some_and(|copy| copy.pin_segment != 0);
        expect(is_kept, || {
            format!("the end of {message:x}/{recipient} is let go, and its message is on the disk")
        })?;
    }
    Ok(())
}
