//! The journal's faulty disk in the place of the real one, for crash tests of the whole server.
//!
//! Beside the disk; built only with the feature `fault`. The faulty disk carries out what it is given at once, so it
//! has a thread of its own and a shard waits for it no more than for a real one. Invariants: every operation goes to
//! the faulty disk and is answered by it once, so that what it forgets is forgotten; a step of its time is a
//! millisecond, or less where something comes meanwhile; the thread ends when it has answered all.

use crate::buffers::GroupBuffer;
use crate::hands::Hands;
use crate::housekeeping::Housekeeping;
use crate::inbox;
use journal::fault::{Completed, FaultDisk, FaultPlan};
use journal::{JournalFiles, Operation, OperationId};
use shard::Input;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

/// One step of the faulty disk's time, at most.
const STEP: Duration = Duration::from_millis(1);

/// Operations that may wait for the thread, and answers for the shard: four times a journal's segments.
const ORDERS_MAX: usize = 16_384;

/// What goes to the thread: a group's octets are copied, its buffer stays in the shard's memory.
type Order = Operation<Vec<u8>>;
type Answer = Completed<Vec<u8>>;

/// The shard's end of a faulty disk.
pub(super) struct Faulty {
    orders: Option<SyncSender<Order>>,
    thread: Option<JoinHandle<()>>,
    /// Operations on their way, a group's with its buffer.
    under_way: RefCell<Vec<(OperationId, Option<GroupBuffer>)>>,
    hands: Rc<Hands>,
}

impl Faulty {
    /// Starts the thread and listens for its answers.
    ///
    /// # Errors
    /// Where the thread or its bell can't be had.
    pub(super) fn start(
        plan: FaultPlan,
        files: JournalFiles,
        hands: &Rc<Hands>,
        housekeeping: &Housekeeping,
    ) -> std::io::Result<Rc<Faulty>> {
        let (answer, answers) = inbox::inbox(ORDERS_MAX)?;
        let (orders, taken) = mpsc::sync_channel(ORDERS_MAX);
        let disk = FaultDisk::new(plan, files);
        let housekeeping = housekeeping.clone();
        let thread = std::thread::Builder::new().name("faulty".to_owned());
        let thread = thread.spawn(move || {
            housekeeping.take_seat();
            // There is room for every answer; whose shard has stopped has nobody to hear it.
            drive(disk, &taken, |completed| {
                let _ = answer.send(completed);
            });
        })?;
        let faulty = Rc::new(Faulty {
            orders: Some(orders),
            thread: Some(thread),
            under_way: RefCell::default(),
            hands: Rc::clone(hands),
        });
        answers.serve(&faulty, Faulty::take_answer);
        Ok(faulty)
    }

    /// Hands an operation to the thread.
    pub(super) fn carry_out(&self, operation: Operation<GroupBuffer>) {
        let id = operation.id();
        let (order, buffer) = divided(operation);
        self.under_way.borrow_mut().push((id, buffer));
        if let (Some(orders), Some(order)) = (&self.orders, order) {
            // The thread lives as long as this end, and there is room for all that a journal asks for at once.
            let _ = orders.try_send(order);
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.under_way.borrow().len()
    }

    fn take_answer(&self, Completed { id, result, .. }: Answer) {
        let mut under_way = self.under_way.borrow_mut();
        let at = under_way.iter().position(|(held, _)| *held == id);
        let buffer = at.and_then(|at| under_way.swap_remove(at).1);
        self.hands.push(Input::Disk { id, result, buffer });
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported where it happened.
            let _ = thread.join();
        }
    }
}

/// The operation for the thread, and the buffer that stays.
fn divided(operation: Operation<GroupBuffer>) -> (Option<Order>, Option<GroupBuffer>) {
    let order = operation.without_buffer();
    match operation {
        Operation::WriteGroup {
            id,
            place,
            offset,
            length,
            buffer,
        } => {
            let octets = buffer.as_ref().get(..length as usize).unwrap_or_default();
            let order = Operation::WriteGroup {
                id,
                place,
                offset,
                length,
                buffer: octets.to_vec(),
            };
            (Some(order), Some(buffer))
        }
        _ => (order, None),
    }
}

/// Takes what is ordered and lets time pass while anything is to be answered; returns when both have an end.
fn drive(mut disk: FaultDisk<Vec<u8>, JournalFiles>, orders: &Receiver<Order>, answer: impl Fn(Answer)) {
    let mut is_open = true;
    while is_open || disk.outstanding() > 0 {
        let ordered = match disk.outstanding() {
            0 => orders.recv().map_err(RecvTimeoutError::from),
            _ => orders.recv_timeout(STEP),
        };
        match ordered {
            Ok(order) => disk.submit(order),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => is_open = false,
        }
        orders.try_iter().for_each(|order| disk.submit(order));
        while let Some(completed) = disk.poll() {
            answer(completed);
        }
    }
}
