//! A brain that stores nothing: it answers each request with one line about it.
//!
//! Part of the harness. Invariant: it answers every request once, in any order it likes.

use base::{Monotonic, Now, ShardId};
use engine::{GroupBuffer, KernelClock, Mind};
use shard::{Answer, Body, Content, Effect, Input, Method, Request, SentTicket, UnderWay};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// How the fakes of a test behave, and what they saw.
#[derive(Clone, Default)]
pub(crate) struct Habit {
    /// Keep every answer while this holds.
    pub(crate) holding: Arc<AtomicBool>,
    /// Requests kept over all shards.
    pub(crate) held: Arc<AtomicU32>,
    /// A GET is answered with a body of so many octets and a ticket; 0 for a line of text.
    pub(crate) body_octets: usize,
    /// Ends of sending, whole and not.
    pub(crate) sent_whole: Arc<AtomicU32>,
    pub(crate) sent_broken: Arc<AtomicU32>,
    /// The version of the settings that was taken last.
    pub(crate) profile_version: Arc<AtomicU64>,
    /// The next turn with a request takes so many milliseconds, busily.
    pub(crate) stall_ms: Arc<AtomicU64>,
    /// It says that it is behind, and refuses every POST for now.
    pub(crate) overloaded: Arc<AtomicBool>,
    /// It says that what came waited long.
    pub(crate) behind: Arc<AtomicBool>,
}

pub(crate) struct Fake {
    shard: ShardId,
    habit: Habit,
    held: Vec<Request>,
    now: Monotonic,
    body: Arc<Vec<u8>>,
}

impl Fake {
    pub(crate) fn new(shard: ShardId, habit: Habit) -> Fake {
        let body = Arc::new(vec![0x55; habit.body_octets]);
        Fake {
            shard,
            habit,
            held: Vec::new(),
            now: Monotonic(0),
            body,
        }
    }

    fn answer(&self, request: &Request) -> Answer {
        let who = request
            .subscriber
            .map_or("nobody".to_owned(), |who| who.to_string());
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let token = request.token.map_or("-".to_owned(), |token| {
            String::from_utf8(token.to_wire().to_vec()).unwrap()
        });
        let line = format!(
            "shard={} who={who} {method} token={token} octets={} oversize={:?} refusal={:?}",
            self.shard.0,
            request.body.len(),
            request.oversize,
            request.refusal
        );
        let retrieval = request.method == Method::Get && self.habit.body_octets > 0;
        let refuses = self.habit.overloaded.load(Ordering::SeqCst);
        let body = retrieval.then(|| Body::whole(Arc::clone(&self.body)));
        Answer {
            http_status: 200,
            content: Content::Pdu {
                head: line.into_bytes(),
                body,
            },
            retry_after_s: (refuses && request.method == Method::Post).then_some(30),
            close: false,
            sent: retrieval.then_some(SentTicket {
                home: self.shard,
                number: 7,
                message: base::MessageId::from_bits(1),
            }),
        }
    }
}

impl Mind for Fake {
    fn turn(
        &mut self,
        now: Now,
        inputs: &mut Vec<Input<GroupBuffer>>,
        effects: &mut Vec<Effect<GroupBuffer>>,
    ) {
        self.now = now.monotonic;
        for input in inputs.drain(..) {
            match input {
                Input::Request(request) => {
                    self.habit.held.fetch_add(1, Ordering::SeqCst);
                    stall(self.habit.stall_ms.swap(0, Ordering::SeqCst));
                    self.held.push(*request);
                }
                Input::Sent { whole: true, .. } => {
                    self.habit.sent_whole.fetch_add(1, Ordering::SeqCst);
                }
                Input::Sent { whole: false, .. } => {
                    self.habit.sent_broken.fetch_add(1, Ordering::SeqCst);
                }
                Input::Profile(profile) => {
                    self.habit
                        .profile_version
                        .store(profile.version, Ordering::SeqCst);
                }
                _ => {}
            }
        }
        if self.habit.holding.load(Ordering::SeqCst) {
            return;
        }
        for request in std::mem::take(&mut self.held) {
            self.habit.held.fetch_sub(1, Ordering::SeqCst);
            let answer = self.answer(&request);
            let to = request.reply_to;
            effects.push(Effect::Answer { to, answer });
        }
    }

    fn next_deadline(&self) -> Option<Monotonic> {
        // While answers are kept: look again in a moment whether they may go.
        (!self.held.is_empty()).then_some(self.now + 1)
    }

    fn under_way(&self) -> UnderWay {
        UnderWay {
            requests: self.held.len() as u32,
            ..UnderWay::default()
        }
    }

    fn wants_buffer(&self) -> bool {
        false
    }

    fn give_buffer(&mut self, _: GroupBuffer) {}

    fn group_octets(&self) -> usize {
        4_096
    }

    fn is_overloaded(&self) -> bool {
        self.habit.overloaded.load(Ordering::SeqCst)
    }

    fn is_behind(&self) -> bool {
        self.habit.behind.load(Ordering::SeqCst)
    }

    fn request_marker(&mut self) {}
}

/// Keeps the core busy for so long.
fn stall(ms: u64) {
    let clock = KernelClock::new();
    let until = clock.monotonic() + ms;
    while clock.monotonic() < until {
        std::hint::spin_loop();
    }
}
