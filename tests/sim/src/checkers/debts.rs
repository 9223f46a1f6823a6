//! Where a bearer has to take reports, an end is finished when its report was taken, refused or given up; and then it
//! is told no more.
//!
//! R5 with pushes that are carried. Invariant: looks at runs of such worlds only.

use crate::checkers::expect;
use crate::event::{Checker, Event, Scene};
use shard::Answered;
use shard::bearer::Kind;
use std::collections::BTreeSet;
use store::record::{FLAG_TOLD, State};

/// Every debt is paid, once.
#[derive(Debug, Default)]
pub(crate) struct Debts {
    /// Copies of whose end a bearer has taken or refused the report.
    answered: BTreeSet<(u64, u16)>,
    /// Copies of which it is on disk that they owe nothing.
    told: BTreeSet<(u64, u16)>,
}

impl Checker for Debts {
    fn name(&self) -> &'static str {
        "debts"
    }

    fn take(&mut self, scene: &Scene<'_>, event: &Event<'_>) -> Result<(), String> {
        if !scene.world.shape.profile.push.is_carried() {
            return Ok(());
        }
        match event {
            Event::Answered(about, answered) if about.kind == Kind::DeliveryReport => {
                let key = (about.message, about.recipient);
                if *answered != Answered::Late {
                    self.answered.insert(key);
                }
                expect(!self.told.contains(&key), || format!("{about:?} is told again"))
            }
            Event::Stepped(state, _) if state.state >= 0x80 && state.flags & FLAG_TOLD != 0 => {
                self.judge(scene, state)
            }
            _ => Ok(()),
        }
    }
}

impl Debts {
    fn judge(&mut self, scene: &Scene<'_>, state: &State) -> Result<(), String> {
        let key = (state.message, state.recipient);
        let reports = scene
            .world
            .ledger
            .copies
            .get(&key)
            .map_or(0, |copy| copy.delivery_reports.len());
        let told_s = u64::from(scene.world.shape.profile.push.told_s);
        let is_given_up = scene.now_s + scene.tolerance_s >= u64::from(state.until) + told_s;
        self.told.insert(key);
        expect(
            reports == 0 || self.answered.contains(&key) || is_given_up,
            || format!("{state:x?} says that somebody was told, and nobody was"),
        )
    }
}
