//! A thread that carries out the rare operations of one journal: preparing, sealing, freeing, zeroing, removing.
//!
//! The engine gives it what [`crate::Journal::poll_operation`] asks for except groups, and takes the answers in its
//! next turn. Invariants: operations are carried out one by one in the order given; each is answered once; when the
//! preparer is dropped it finishes what it was given.

use std::io;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

use crate::files::slots::JournalFiles;
use crate::operation::{Operation, OperationError, OperationId};
use crate::settings::SEGMENTS_MAX;

/// The thread takes no groups, so that its operations have no buffer; any type does.
type RareOperation = Operation<&'static [u8]>;

/// Most operations that wait for the thread, and answers that wait for the shard: a seal and a freeing of every
/// segment, which is more than a journal asks for at once.
const ORDERS_MAX: usize = 2 * SEGMENTS_MAX as usize;

/// The answer to an operation, for [`crate::Journal::complete`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The operation.
    pub id: OperationId,
    /// What came of it.
    pub result: Result<u32, OperationError>,
}

/// The thread's handle.
#[derive(Debug)]
pub struct Preparer {
    orders: Option<SyncSender<RareOperation>>,
    answers: Option<Receiver<Answer>>,
    thread: Option<JoinHandle<()>>,
}

impl Preparer {
    /// Starts the thread. `settle` is called on it first, to choose its place; `wake` after each answer, so that the
    /// shard looks for it.
    ///
    /// # Errors
    /// What the system answered.
    pub fn start(
        files: JournalFiles,
        settle: impl FnOnce() + Send + 'static,
        wake: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let (orders, taken) = mpsc::sync_channel::<RareOperation>(ORDERS_MAX);
        let (answer, answers) = mpsc::sync_channel(ORDERS_MAX);
        let name = format!("prepare-{}", files.identity().journal.0);
        let thread = thread::Builder::new().name(name).spawn(move || {
            settle();
            for operation in taken {
                let result = files.carry_out(&operation);
                // Nobody listens any more when the shard has stopped; the work was still to be done.
                let _ = answer.send(Answer {
                    id: operation.id(),
                    result,
                });
                wake();
            }
        })?;
        Ok(Self {
            orders: Some(orders),
            answers: Some(answers),
            thread: Some(thread),
        })
    }

    /// Gives the thread an operation.
    ///
    /// # Errors
    /// The operation itself when it is a group, which the engine writes, when too many wait, or when the thread is
    /// gone.
    pub fn submit<B>(&self, operation: Operation<B>) -> Result<(), Operation<B>> {
        match (&self.orders, operation.without_buffer()) {
            (Some(orders), Some(order)) => orders.try_send(order).map_err(|_| operation),
            _ => Err(operation),
        }
    }

    /// The next answer, if there is one now.
    #[must_use]
    pub fn poll(&self) -> Option<Answer> {
        self.answers.as_ref()?.try_recv().ok()
    }

    /// Waits for the next answer: for start-up, before the shard runs. `None` when the thread is gone.
    #[must_use]
    pub fn wait(&self) -> Option<Answer> {
        self.answers.as_ref()?.recv().ok()
    }
}

impl Drop for Preparer {
    fn drop(&mut self) {
        self.orders = None;
        // Before joining, so that the thread does not wait for room for an answer.
        self.answers = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported where it happened.
            let _ = thread.join();
        }
    }
}
