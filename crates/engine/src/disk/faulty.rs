//! The journal's faulty disk in the place of the real one, for crash tests of the whole server.
//!
//! Beside the disk; built only with the feature `fault`. Invariants: every operation goes to the faulty disk and is
//! answered by it, so that what it forgets is forgotten; a step of its time is one millisecond.

use crate::buffers::GroupBuffer;
use crate::hands::Hands;
use journal::fault::{FaultDisk, FaultPlan};
use journal::{JournalFiles, Operation};
use shard::Input;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

/// One step of the faulty disk's time.
const STEP: Duration = Duration::from_millis(1);

/// A faulty disk and its driver.
pub(super) struct Faulty {
    disk: RefCell<FaultDisk<GroupBuffer, JournalFiles>>,
    driven: Cell<bool>,
    hands: Rc<Hands>,
}

impl Faulty {
    pub(super) fn new(plan: FaultPlan, files: JournalFiles, hands: Rc<Hands>) -> Rc<Faulty> {
        Rc::new(Faulty {
            disk: RefCell::new(FaultDisk::new(plan, files)),
            driven: Cell::new(false),
            hands,
        })
    }

    /// Takes an operation and sees to it that time passes.
    pub(super) fn carry_out(self: &Rc<Faulty>, operation: Operation<GroupBuffer>) {
        self.disk.borrow_mut().submit(operation);
        if !self.driven.replace(true) {
            let faulty = Rc::clone(self);
            glommio::spawn_local(async move { faulty.drive().await }).detach();
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.disk.borrow().outstanding()
    }

    async fn drive(&self) {
        while self.in_flight() > 0 {
            let completed = self.disk.borrow_mut().poll();
            match completed {
                Some(completed) => self.hands.push(Input::Disk {
                    id: completed.id,
                    result: completed.result,
                    buffer: completed.buffer,
                }),
                None => glommio::timer::sleep(STEP).await,
            }
        }
        self.driven.set(false);
    }
}
