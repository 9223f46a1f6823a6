//! The bare server's journal and its hands: append, write groups, wake who waits.
//!
//! Behind the connections. Invariants: what gathers while the disk is busy is the next group, since the pump
//! runs behind every connection that is ready; who waits is woken in the order of the log, once the group is on
//! disk.

use crate::BenchError;
use crate::bare::{GROUP_OCTETS, GROUPS_IN_FLIGHT, SEGMENTS_MAX};
use crate::prepare::layout;
use glommio::io::{DmaBuffer, DmaFile, OpenOptions};
use journal::{
    AppendClass, AppendRefused, Directory, Journal, JournalFiles, Lsn, Operation, OperationError,
    OperationId, Preparer, Record, Recovered, RecoveryVisitor, Settings, SettingsDraft, Slot,
};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::path::Path;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

/// How often the preparer is asked what it has done: a segment is ordered long before it is needed.
const LOOK: Duration = Duration::from_millis(5);

/// A group's buffer, from the executor's arena.
struct Group(DmaBuffer);

impl AsRef<[u8]> for Group {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl AsMut<[u8]> for Group {
    fn as_mut(&mut self) -> &mut [u8] {
        self.0.as_bytes_mut()
    }
}

fn group() -> Group {
    Group(glommio::allocate_dma_buffer(GROUP_OCTETS as usize))
}

/// Who waits for a record.
#[derive(Debug, Default)]
pub(super) struct Ticket {
    is_durable: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// The log.
pub(super) struct Log {
    journal: RefCell<Journal<Group>>,
    files: JournalFiles,
    preparer: Preparer,
    open: RefCell<Vec<(Slot, Rc<DmaFile>)>>,
    waiting: RefCell<VecDeque<(Lsn, Rc<Ticket>)>>,
    blocked: RefCell<Vec<Waker>>,
    pump: RefCell<Option<Waker>>,
    pump_wanted: Cell<bool>,
    records: Cell<u64>,
    groups: Cell<u64>,
    octets: Cell<u64>,
    /// Holds the lock.
    _directory: Directory,
}

/// Nothing that the bare server wrote before is of interest.
struct Blind;

impl RecoveryVisitor for Blind {
    fn record(&mut self, _: Recovered<'_>) {}
}

impl Log {
    /// Opens or makes the log in a folder, of segments of this size, and starts what carries its operations out.
    pub(super) fn open(path: &Path, segment_octets: u32) -> Result<Rc<Log>, BenchError> {
        let broken = |error: &dyn std::fmt::Display| BenchError::broken(error.to_string());
        let directory = Directory::open(path, layout(segment_octets)?).map_err(|error| broken(&error))?;
        let entry = directory.manifest().open_journals().next().copied();
        let files = directory.journal(&entry.ok_or_else(|| broken(&"no journal"))?)?;
        let settings = Settings::new(SettingsDraft {
            segment_octets,
            group_octets: GROUP_OCTETS,
            groups_in_flight: GROUPS_IN_FLIGHT,
            segments_max: SEGMENTS_MAX,
            ..SettingsDraft::laptop()
        })
        .map_err(|error| broken(&error))?;
        let recovery = files.recover(&mut Blind)?;
        let mut journal = Journal::new(settings, recovery.resume(directory.epoch(), 1));
        files.make_ready(&mut journal).map_err(|error| broken(&error))?;
        for _ in 0..settings.buffers() {
            journal
                .give_buffer(group())
                .map_err(|_| broken(&"a small buffer"))?;
        }
        let log = Rc::new(Log {
            journal: RefCell::new(journal),
            preparer: Preparer::start(files.clone(), || {}, || {})?,
            files,
            open: RefCell::default(),
            waiting: RefCell::default(),
            blocked: RefCell::default(),
            pump: RefCell::default(),
            pump_wanted: Cell::new(true),
            records: Cell::new(0),
            groups: Cell::new(0),
            octets: Cell::new(0),
            _directory: directory,
        });
        glommio::spawn_local(pump(Rc::clone(&log))).detach();
        glommio::spawn_local(look(Rc::clone(&log))).detach();
        Ok(log)
    }

    /// Appends a record and waits until it is on disk.
    pub(super) async fn append(&self, body: &[u8], ticket: &Rc<Ticket>) {
        std::future::poll_fn(|context| {
            let record = Record {
                kind: 1,
                key: self.records.get(),
                header: &[],
                body: &[body],
            };
            let appended = self.journal.borrow_mut().append(AppendClass::State, record);
            match appended {
                Ok(appended) => {
                    ticket.is_durable.set(false);
                    self.waiting
                        .borrow_mut()
                        .push_back((appended.lsn, Rc::clone(ticket)));
                    self.records.set(self.records.get() + 1);
                    self.want_pump();
                    Poll::Ready(())
                }
                Err(AppendRefused::NoBuffer | AppendRefused::NoSegment) => {
                    self.blocked.borrow_mut().push(context.waker().clone());
                    self.want_pump();
                    Poll::Pending
                }
                Err(refused) => {
                    // Never woken: the driver finds the server silent, and this says why.
                    eprintln!("bare: {refused}");
                    Poll::Pending
                }
            }
        })
        .await;
        std::future::poll_fn(|context| {
            if ticket.is_durable.get() {
                return Poll::Ready(());
            }
            *ticket.waker.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// What was done so far, as `name=value` pairs.
    pub(super) fn counts(&self) -> String {
        format!(
            "records={} groups={} octets={}",
            self.records.get(),
            self.groups.get(),
            self.octets.get()
        )
    }

    fn want_pump(&self) {
        self.pump_wanted.set(true);
        if let Some(waker) = self.pump.borrow_mut().take() {
            waker.wake();
        }
    }

    fn complete(&self, id: OperationId, result: Result<u32, OperationError>, buffer: Option<Group>) {
        if let Err(error) = result {
            eprintln!("bare: {error}");
        }
        let mut journal = self.journal.borrow_mut();
        // It was given out by this journal.
        let _ = journal.complete(id, result, buffer);
        let durable = journal.durable_lsn();
        drop(journal);
        let mut waiting = self.waiting.borrow_mut();
        while let Some((lsn, _)) = waiting.front()
            && *lsn < durable
            && let Some((_, ticket)) = waiting.pop_front()
        {
            ticket.is_durable.set(true);
            if let Some(waker) = ticket.waker.borrow_mut().take() {
                waker.wake();
            }
        }
        self.blocked.borrow_mut().drain(..).for_each(Waker::wake);
        self.want_pump();
    }

    async fn file(&self, slot: Slot) -> Result<Rc<DmaFile>, OperationError> {
        let held = self
            .open
            .borrow()
            .iter()
            .find(|(held, _)| *held == slot)
            .map(|(_, file)| Rc::clone(file));
        if let Some(file) = held {
            return Ok(file);
        }
        let mut options = OpenOptions::new();
        options.write(true).custom_flags(self.files.mode().open_flags());
        // A file for writing only keeps glommio from its polling ring, as in the full server.
        if let Ok(probe) = options.dma_open(self.files.slot_path(slot)).await {
            // It holds nothing that could be lost.
            let _ = probe.close().await;
        }
        let opened = options.read(true).dma_open(self.files.slot_path(slot)).await;
        let file = Rc::new(opened.map_err(|_| OperationError::Io(0))?);
        self.open.borrow_mut().push((slot, Rc::clone(&file)));
        Ok(file)
    }
}

/// Gives the journal's operations to the disk, whenever there may be some.
async fn pump(log: Rc<Log>) {
    loop {
        std::future::poll_fn(|context| {
            if log.pump_wanted.replace(false) {
                return Poll::Ready(());
            }
            *log.pump.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
        loop {
            let operation = log.journal.borrow_mut().poll_operation();
            let Some(operation) = operation else { break };
            begin(&log, operation);
        }
    }
}

fn begin(log: &Rc<Log>, operation: Operation<Group>) {
    let id = operation.id();
    let Operation::WriteGroup {
        place,
        offset,
        length,
        mut buffer,
        ..
    } = operation
    else {
        if log.preparer.submit(operation).is_err() {
            log.complete(id, Err(OperationError::Io(0)), None);
        }
        return;
    };
    log.groups.set(log.groups.get() + 1);
    log.octets.set(log.octets.get() + u64::from(length));
    let log = Rc::clone(log);
    glommio::spawn_local(async move {
        let result = match log.file(place.slot).await {
            Ok(file) => {
                buffer.0.trim_to_size(length as usize);
                let written = file.write_at(buffer.0, u64::from(offset)).await;
                written
                    .map(|octets| octets as u32)
                    .map_err(|_| OperationError::Io(0))
            }
            Err(error) => Err(error),
        };
        log.complete(id, result, Some(group()));
    })
    .detach();
}

/// Takes the preparer's answers.
async fn look(log: Rc<Log>) {
    loop {
        while let Some(answer) = log.preparer.poll() {
            log.complete(answer.id, answer.result, None);
        }
        glommio::timer::sleep(LOOK).await;
    }
}
