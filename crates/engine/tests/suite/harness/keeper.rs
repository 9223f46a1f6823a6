//! A brain that keeps: each POST's body becomes a record of a real journal, and is answered when it is durable.
//!
//! Part of the harness, for the disk. A GET reads the last durable record back from the disk and answers with its body.
//! Invariant: an answer to a POST leaves only when the journal says that its record is durable.

use base::{Monotonic, Now};
use engine::{GroupBuffer, Mind};
use journal::{
    AppendClass, Appended, Journal, Location, Record, RecordView, Resume, Settings, SettingsDraft, Slot,
};
use shard::{Answer, Content, Effect, Input, Method, ReplyTo, Request, UnderWay};
use std::collections::VecDeque;

/// Octets of a segment, and of a group: small, so that a test fills several.
const SEGMENT_OCTETS: u32 = 4 << 20;
const GROUP_OCTETS: u32 = 256 << 10;

pub(crate) struct Keeper {
    journal: Journal<GroupBuffer>,
    buffers: usize,
    backlog: VecDeque<Request>,
    waiting: VecDeque<(Appended, ReplyTo)>,
    reading: Vec<(Location, ReplyTo)>,
    last: Option<Location>,
}

pub(crate) fn settings() -> Settings {
    let draft = SettingsDraft {
        segment_octets: SEGMENT_OCTETS,
        group_octets: GROUP_OCTETS,
        ..SettingsDraft::laptop()
    };
    Settings::new(draft).unwrap()
}

impl Keeper {
    pub(crate) fn new(resume: Resume) -> Keeper {
        Keeper {
            journal: Journal::new(settings(), resume),
            buffers: 0,
            backlog: VecDeque::new(),
            waiting: VecDeque::new(),
            reading: Vec::new(),
            last: None,
        }
    }

    fn take(&mut self, input: Input<GroupBuffer>, effects: &mut Vec<Effect<GroupBuffer>>) {
        match input {
            Input::Request(request) => self.backlog.push_back(*request),
            Input::Disk { id, result, buffer } => self.journal.complete(id, result, buffer).unwrap(),
            Input::Read { ticket, octets } => {
                let (location, to) = self.reading[ticket as usize];
                let octets = octets.expect("the record is on the disk");
                let skip = location.read_range().unwrap().skip as usize;
                let record = RecordView::parse(&octets[skip..], location, settings().geometry()).unwrap();
                effects.push(answer(to, record.body.to_vec()));
            }
            Input::Drain => self.journal.request_marker(),
            _ => {}
        }
    }

    /// Appends what waits; what finds no room stays.
    fn work(&mut self, effects: &mut Vec<Effect<GroupBuffer>>) {
        while let Some(request) = self.backlog.pop_front() {
            if request.method == Method::Get {
                self.read_last(request.reply_to, effects);
                continue;
            }
            let record = Record {
                kind: 1,
                key: request.body.len() as u64,
                header: b"kept",
                body: &[&request.body],
            };
            match self.journal.append(AppendClass::New, record) {
                Ok(appended) => self.waiting.push_back((appended, request.reply_to)),
                Err(_) => {
                    self.backlog.push_front(request);
                    break;
                }
            }
        }
    }

    fn read_last(&mut self, to: ReplyTo, effects: &mut Vec<Effect<GroupBuffer>>) {
        let location = self.last.expect("something was kept before");
        let slot: Slot = self.journal.published().slot_of(location.segment).unwrap();
        let range = location.read_range().unwrap();
        let ticket = self.reading.len() as u32;
        self.reading.push((location, to));
        effects.push(Effect::Read { ticket, slot, range });
    }

    fn release(&mut self, effects: &mut Vec<Effect<GroupBuffer>>) {
        while let Some((appended, to)) = self.waiting.front().copied() {
            if self.journal.durable_lsn() <= appended.lsn {
                break;
            }
            self.waiting.pop_front();
            self.last = Some(appended.location);
            effects.push(answer(to, b"kept".to_vec()));
        }
    }
}

fn answer(to: ReplyTo, head: Vec<u8>) -> Effect<GroupBuffer> {
    let answer = Answer {
        http_status: 200,
        content: Content::Pdu { head, body: None },
        retry_after_s: None,
        close: false,
        sent: None,
    };
    Effect::Answer { to, answer }
}

impl Mind for Keeper {
    fn turn(&mut self, _: Now, inputs: &mut Vec<Input<GroupBuffer>>, effects: &mut Vec<Effect<GroupBuffer>>) {
        for input in inputs.drain(..) {
            self.take(input, effects);
        }
        self.release(effects);
        self.work(effects);
        while let Some(operation) = self.journal.poll_operation() {
            effects.push(Effect::Disk(operation));
        }
    }

    fn next_deadline(&self) -> Option<Monotonic> {
        None
    }

    fn under_way(&self) -> UnderWay {
        UnderWay {
            requests: self.backlog.len() as u32,
            undurable: self.waiting.len() as u32,
            log: !self.journal.is_idle(),
            ..UnderWay::default()
        }
    }

    fn wants_buffer(&self) -> bool {
        self.buffers < settings().buffers()
    }

    fn give_buffer(&mut self, buffer: GroupBuffer) {
        self.buffers += 1;
        assert!(self.journal.give_buffer(buffer).is_ok());
    }

    fn group_octets(&self) -> usize {
        GROUP_OCTETS as usize
    }

    fn request_marker(&mut self) {
        self.journal.request_marker();
    }
}
