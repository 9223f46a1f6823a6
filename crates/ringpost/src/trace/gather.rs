//! Finds the records that speak of a subject, in all segments of all journals, on all cores.
//!
//! Between the journals' readers and the story. A sealed segment's headers are searched for the subject's eight octets
//! at the speed of memory, and walked only where those stand; the rest is plain threads that take the next segment.
//! Invariants: each step is told once, however often its record was moved; memory is bounded by [`EVENTS_MAX`].

use super::Subject;
use ahash::AHashMap;
use base::MessageId;
use journal::{Archive, Found, HeldSegment, Holdings, Location, Problem, Recovered};
use memchr::memmem::Finder;
use mms::Pdu;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::record::{
    Entered, KIND_ACCEPT, KIND_ARRIVAL, KIND_REPEATS, KIND_REPEATS_ARRIVED, KIND_STATE, Remembered, Repeats,
    State, entered,
};

/// Records kept of one subject: some 20 MB, and more than anybody reads.
pub const EVENTS_MAX: usize = 100_000;

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The message was accepted.
    Accepted(Entered),
    /// A recipient's copy took a step.
    Step(State),
    /// The send is remembered, so that a repeat gets the same answer.
    Remembered(Remembered),
    /// A record of a kind that this version does not know.
    Unknown(u16),
}

/// The PDU that was pushed with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Its name in the specification.
    pub name: &'static str,
    /// X-Mms-Status or X-Mms-Read-Status as it went out, where it has one.
    pub status: Option<u8>,
}

/// A record about the subject.
#[derive(Clone, Debug)]
pub struct Event {
    /// Number of the journal.
    pub journal: u32,
    /// Where the record lies.
    pub location: Location,
    /// Octets of the PDU stored with it.
    pub pdu_octets: u32,
    /// The message.
    pub message: MessageId,
    /// What it says.
    pub what: What,
    /// What the stored PDU of a step says; `None` where there is none or it can't be read any more.
    pub pushed: Option<Pushed>,
    segment: usize,
}

/// Everything found.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The records: by message, in the order of the messages' beginnings, then by time, recipient and step.
    pub events: Vec<Event>,
    /// Damaged places passed, with their journals' numbers.
    pub problems: Vec<(u32, Problem)>,
    /// Segments read.
    pub segments: usize,
    /// Segments that a running server freed meanwhile.
    pub freed: usize,
    /// Whether there were more than [`EVENTS_MAX`].
    pub is_cut: bool,
}

impl Event {
    /// A record without a PDU.
    #[must_use]
    pub fn new(journal: u32, location: Location, message: MessageId, what: What) -> Self {
        Self {
            journal,
            location,
            pdu_octets: 0,
            message,
            what,
            pushed: None,
            segment: 0,
        }
    }

    /// Seconds since 1970 when it was decided.
    #[must_use]
    pub fn at(&self) -> u32 {
        match &self.what {
            What::Accepted(entered) => entered.accept.accepted_at,
            What::Step(state) => state.at,
            What::Remembered(send) => send.at,
            What::Unknown(_) => 0,
        }
    }

    /// Orders the steps of one message.
    fn order(&self) -> (u32, u8, u16, u32) {
        match &self.what {
            What::Accepted(entered) => (entered.accept.accepted_at, 0, 0, 0),
            What::Remembered(send) => (send.at, 1, 0, 0),
            What::Step(state) => (state.at, 2, state.recipient, state.sequence),
            What::Unknown(kind) => (u32::MAX, 3, *kind, 0),
        }
    }

    /// What tells two records of the same step: one was moved, by emptying a segment or by another shard count.
    fn identity(&self) -> (MessageId, u8, u16, u32) {
        match &self.what {
            What::Accepted(_) => (self.message, 0, 0, 0),
            What::Remembered(_) => (self.message, 1, 0, 0),
            What::Step(state) => (self.message, 2, state.recipient, state.sequence),
            What::Unknown(kind) => (self.message, 3, *kind, self.location.offset),
        }
    }
}

/// Reads all journals for what is said of the subject since a moment (seconds since 1970; 0: from the beginning).
///
/// # Errors
/// What the system answered; `NotFound` when a starting server is just replacing its journals.
pub fn gather(archive: &Archive, subject: Subject, since: u32) -> io::Result<Gathered> {
    let Holdings { segments, problems } = archive.holdings()?;
    let mut gathered = search(&segments, subject, since)?;
    gathered.problems.splice(0..0, problems);
    gathered.segments = segments.len();
    tidy(&mut gathered.events);
    for event in &mut gathered.events {
        event.pushed = match segments.get(event.segment) {
            Some(segment) if matches!(event.what, What::Step(_)) && event.pdu_octets > 0 => {
                read_pushed(segment, event.location)?
            }
            _ => None,
        };
    }
    Ok(gathered)
}

/// Shares the segments out to threads.
fn search(segments: &[HeldSegment], subject: Subject, since: u32) -> io::Result<Gathered> {
    let next = AtomicUsize::new(0);
    let kept = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let mut found = Gathered::default();
        let stored = subject.stored();
        let sought = Sought {
            subject,
            octets: Finder::new(&stored),
            since,
            kept: &kept,
        };
        while let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(segment) = segments.get(index)
        {
            match sought.look(index, segment, &mut found) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => found.freed += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    };
    let mut all = Gathered::default();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads.clamp(1, segments.len().max(1)))
            .map(|_| scope.spawn(work))
            .collect();
        for thread in threads {
            let found = thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            all.events.extend(found.events);
            all.problems.extend(found.problems);
            all.freed += found.freed;
            all.is_cut |= found.is_cut;
        }
        Ok(all)
    })
}

/// What is looked for.
struct Sought<'a> {
    subject: Subject,
    octets: Finder<'a>,
    since: u32,
    kept: &'a AtomicUsize,
}

impl Sought<'_> {
    fn look(&self, index: usize, segment: &HeldSegment, out: &mut Gathered) -> io::Result<()> {
        let journal = segment.journal().0;
        let Gathered {
            events,
            problems,
            is_cut,
            ..
        } = out;
        segment.headers(
            |headers| self.octets.find(headers).is_some(),
            |found| match found {
                Found::Problem(problem) => problems.push((journal, problem)),
                Found::Record(record) => {
                    let Some((message, what)) = self.what(&record) else {
                        return;
                    };
                    let event = Event {
                        pdu_octets: record.body_octets,
                        segment: index,
                        ..Event::new(journal, record.location, message, what)
                    };
                    let is_dated = !matches!(event.what, What::Unknown(_));
                    if is_dated && event.at() < self.since {
                        return;
                    }
                    if self.kept.fetch_add(1, Ordering::Relaxed) < EVENTS_MAX {
                        events.push(event);
                    } else {
                        *is_cut = true;
                    }
                }
            },
        )
    }

    /// What a record says of the subject.
    fn what(&self, record: &Recovered<'_>) -> Option<(MessageId, What)> {
        match self.subject {
            Subject::Message(message) => self.of_message(record, message),
            Subject::Number(number) => self.of_number(record, number.digits()),
        }
    }

    fn of_message(&self, record: &Recovered<'_>, message: MessageId) -> Option<(MessageId, What)> {
        if matches!(record.kind, KIND_REPEATS | KIND_REPEATS_ARRIVED) {
            self.octets.find(record.header)?;
            let repeats = Repeats::read(record.header).ok()?;
            let send = repeats.sends.iter().find(|send| send.message == message.bits())?;
            return Some((message, What::Remembered(send.to_native())));
        }
        (record.key == message.bits()).then(|| (message, read(record)))
    }

    fn of_number(&self, record: &Recovered<'_>, number: u64) -> Option<(MessageId, What)> {
        self.octets.find(record.header)?;
        let what = read(record);
        let is_about = match &what {
            What::Accepted(Entered { accept, .. }) => {
                let mut recipients = accept.recipients.iter();
                accept.sender == number || recipients.any(|recipient| recipient.number == number)
            }
            What::Step(state) => [state.number, state.sender, state.push_to].contains(&number),
            What::Remembered(_) | What::Unknown(_) => false,
        };
        is_about.then(|| (MessageId::from_bits(record.key), what))
    }
}

/// A record of a message as a value.
fn read(record: &Recovered<'_>) -> What {
    let known = match record.kind {
        KIND_ACCEPT | KIND_ARRIVAL => entered(record.kind, record.header).ok().map(What::Accepted),
        KIND_STATE => State::read(record.header)
            .ok()
            .map(|state| What::Step(state.to_native())),
        _ => None,
    };
    known.unwrap_or(What::Unknown(record.kind))
}

/// Each step once, in the order in which it is told.
fn tidy(events: &mut Vec<Event>) {
    // Of records of one step, the one that has its PDU still, and then the earliest.
    events.sort_by_key(|event| {
        (
            event.pdu_octets == 0,
            event.journal,
            event.location.segment,
            event.location.offset,
        )
    });
    let mut seen = ahash::AHashSet::with_capacity(events.len());
    events.retain(|event| seen.insert(event.identity()));
    let accepted: ahash::AHashSet<MessageId> = events
        .iter()
        .filter(|event| matches!(event.what, What::Accepted(_)))
        .map(|event| event.message)
        .collect();
    // That a send is remembered says something only when the message itself is gone.
    events.retain(|event| !matches!(event.what, What::Remembered(_)) || !accepted.contains(&event.message));
    let mut begun: AHashMap<MessageId, u32> = AHashMap::new();
    for event in events.iter() {
        let first = begun.entry(event.message).or_insert(u32::MAX);
        *first = event.order().0.min(*first);
    }
    events.sort_by_key(|event| (begun.get(&event.message).copied(), event.message, event.order()));
}

/// Reads the PDU that a step pushed.
fn read_pushed(segment: &HeldSegment, location: Location) -> io::Result<Option<Pushed>> {
    let read = segment.record(location, |record| {
        let pdu = Pdu::read(record.body).ok()?;
        let status = match &pdu {
            Pdu::DeliveryInd(report) => Some(report.status.octet()),
            Pdu::ReadOrigInd(report) => Some(report.read_status.octet()),
            _ => None,
        };
        Some(Pushed {
            name: pdu.pdu_type().name(),
            status,
        })
    });
    match read {
        Ok(found) => Ok(found.ok().flatten()),
        // Freed meanwhile: the step is known all the same.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
