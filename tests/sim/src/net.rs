//! The network between phones and the edge: streams of octets that arrive late, in pieces, one before the other, or not
//! at all.
//!
//! Between `crowd` and `world`. A connection has the product's server session at one end (`edge`) and the product's
//! client session at the other; in between octets wait until chance lets them through. A connection may break, or fall
//! silent so that neither end is told (half-open). Octets within a direction keep their order, as in TCP; between
//! connections nothing does. Invariant: each exchange ends once, with an answer or broken.

mod edge;

use crate::book::Book;
use crate::event::Question;
use crate::world::World;
use http1::client::{AnswerEvent, AnswerReader};
use http1::{Close, Connection, Limits, Persistence, Reason};
use shard::{Answer, SentTicket};
use std::collections::{BTreeMap, VecDeque};

/// Milliseconds after which a phone gives up.
const PATIENCE_MS: u64 = 120_000;

/// How a phone's request ended.
#[derive(Debug)]
pub enum Outcome {
    /// With this.
    Answered(http1::client::Answer),
    /// With silence, or in the midst of something.
    Broken,
}

/// Something that happened on the network, in order.
#[derive(Debug)]
pub enum Happening {
    /// A request was handed to its shard.
    Heard(Question),
    /// Its shard's answer was handed to the connection.
    Said(Question, Box<Answer>),
    /// A retrieval left whole, or did not.
    Sent(SentTicket, bool),
    /// A phone's exchange is over.
    Over(u32, Outcome),
    /// A session refused what it was sent, before it was a request.
    Refused(Reason),
    /// A session is over, for this reason.
    Closed(Close),
    /// A phone waited in vain.
    GivenUp,
    /// A phone got its whole answer on a connection that the server saw break.
    Unseen,
}

/// Octets that pass a slow connection at a time.
const SLOW_OCTETS: usize = 40;

/// Octets that the server's kernel takes although the phone does not.
const SEND_BUFFER_OCTETS: u64 = 16 << 10;

/// Where a connection lets nothing through any more, and nobody is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Silence {
    /// From the phone.
    up: bool,
    /// To the phone.
    down: bool,
}

/// One connection.
#[derive(Debug)]
struct Link {
    server: Connection,
    reader: AnswerReader,
    /// On the way to the server.
    up: VecDeque<u8>,
    up_ended: bool,
    /// At the server, not looked at yet.
    arrived: VecDeque<u8>,
    /// On the way to the phone.
    down: VecDeque<u8>,
    down_ended: bool,
    /// The phone's request in progress, what of it waits for 100 Continue, and until when the phone waits.
    exchange: Option<u32>,
    held_back: Vec<u8>,
    gives_up_ms: u64,
    /// The shard's slot for the answer, and what is asked.
    slot: Option<u32>,
    question: Option<Question>,
    /// Retrievals on their way: each is whole when so many octets were taken.
    tickets: VecDeque<(SentTicket, u64)>,
    written: u64,
    taken: u64,
    /// The phone has gone, and left what it had sent.
    has_left: bool,
    /// The session was not told yet that what it wrote has left.
    is_sending: bool,
    silence: Silence,
    /// Most octets that pass at a time.
    pace: usize,
    /// The server has closed.
    is_closed: bool,
}

/// All connections.
#[derive(Debug)]
pub struct Net {
    links: BTreeMap<u32, Link>,
    /// The link of each slot that waits for an answer, and what was asked.
    slots: BTreeMap<u32, (u32, Question)>,
    next: u32,
    limits: Limits,
    /// Most octets that one server session held.
    pub session_octets_max: u64,
    /// What happened since it was last taken.
    pub happened: Vec<Happening>,
}

/// What a phone sends on a connection: the octets, and those that wait for 100 Continue.
#[derive(Debug, Default)]
pub struct Request {
    /// Sent at once.
    pub first: Vec<u8>,
    /// Sent after 100 Continue.
    pub then: Vec<u8>,
}

/// On what kind of connection a request goes.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// On one that is kept and idle, if there is one.
    pub reuses: bool,
    /// On a slow one, if it is new.
    pub is_slow: bool,
}

impl Net {
    /// No connections yet.
    #[must_use]
    pub fn new(limits: Limits) -> Net {
        Net {
            links: BTreeMap::new(),
            slots: BTreeMap::new(),
            next: 0,
            limits,
            session_octets_max: 0,
            happened: Vec::new(),
        }
    }

    /// What one session may hold.
    #[must_use]
    pub fn session_octets_limit(&self) -> u64 {
        self.limits.connection_octets_max()
    }

    /// Connections there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Sends a request on a kept connection, if one is idle and the phone reuses them; else on a new one.
    pub fn begin(&mut self, now_ms: u64, exchange: u32, request: Request, manner: Manner) {
        let is_idle =
            |link: &Link| link.exchange.is_none() && !link.is_closed && !link.down_ended && !link.has_left;
        let idle = self
            .links
            .iter()
            .find(|(_, link)| manner.reuses && is_idle(link))
            .map(|(id, _)| *id);
        let id = idle.unwrap_or_else(|| {
            self.next += 1;
            let mut link = Link::new(self.limits, now_ms);
            if manner.is_slow {
                link.pace = SLOW_OCTETS;
            }
            self.links.insert(self.next, link);
            self.next
        });
        if let Some(link) = self.links.get_mut(&id) {
            link.exchange = Some(exchange);
            link.gives_up_ms = now_ms + PATIENCE_MS;
            link.up.extend(request.first);
            link.held_back = request.then;
        }
    }

    /// Lets some octets through on one connection and both ends act on them.
    pub fn stir(&mut self, world: &mut World, book: &Book) {
        let Some(id) = self.pick(world) else { return };
        let pieces = [1, 40, 1_400, 70_000];
        let octets = pieces[world.dice.below(4) as usize];
        let is_up = world.dice.one_in(2);
        if let Some(link) = self.links.get_mut(&id) {
            let octets = octets.min(link.pace);
            if is_up {
                link.carry_up(octets);
            } else {
                link.carry_down(octets);
            }
        }
        self.act(id, world, book);
    }

    /// Lets everything through; says whether anything moved.
    pub fn flush(&mut self, world: &mut World, book: &Book) -> bool {
        let mut has_moved = false;
        let ids: Vec<u32> = self.links.keys().copied().collect();
        for id in ids {
            if let Some(link) = self.links.get_mut(&id) {
                has_moved |= link.carry_up(usize::MAX) | link.carry_down(usize::MAX);
            }
            let before = self.happened.len();
            self.act(id, world, book);
            has_moved |= self.happened.len() > before;
        }
        has_moved
    }

    /// Breaks a connection: both ends are told, or the phone goes in the midst of what it says. Says whether there was
    /// one in use.
    pub fn cut(&mut self, world: &mut World) -> bool {
        let Some(id) = self.pick(world) else { return false };
        let goes = world.dice.one_in(3);
        let Some(link) = self.links.get_mut(&id) else {
            return false;
        };
        let is_used = link.exchange.is_some();
        if !goes {
            // The last octets may have come, and what says so has not: the server takes it for broken.
            if world.dice.one_in(2) && link.carry_down(usize::MAX) {
                let over = link.listen();
                if let Some((outcome, exchange)) =
                    over.and_then(|outcome| Some((outcome, link.exchange.take()?)))
                {
                    self.happened.push(Happening::Over(exchange, outcome));
                    self.happened.push(Happening::Unseen);
                }
            }
            self.drop_link(id, Some(world));
            return is_used;
        }
        let left = world.dice.below(link.up.len() as u64 + 1) as usize;
        link.up.truncate(left);
        (link.up_ended, link.has_left) = (true, true);
        link.held_back.clear();
        if let Some(exchange) = link.exchange.take() {
            self.happened.push(Happening::Over(exchange, Outcome::Broken));
        }
        is_used
    }

    /// Lets a connection fall silent, in one direction or both: neither end is told. Says whether there was one in use.
    pub fn silence(&mut self, world: &mut World) -> bool {
        let Some(id) = self.pick(world) else { return false };
        let silence = match world.dice.below(4) {
            0 => Silence {
                up: true,
                down: false,
            },
            1 => Silence {
                up: false,
                down: true,
            },
            _ => Silence { up: true, down: true },
        };
        self.links.get_mut(&id).is_some_and(|link| {
            link.silence = silence;
            link.exchange.is_some()
        })
    }

    /// The server is gone, and every connection with it.
    pub fn lose_all(&mut self) {
        let ids: Vec<u32> = self.links.keys().copied().collect();
        for id in ids {
            self.drop_link(id, None);
        }
        self.slots.clear();
    }

    /// The server wants to end: what is idle closes, what is under way is the last.
    pub fn retire(&mut self) {
        for link in self.links.values_mut() {
            link.server.retire();
        }
    }

    fn pick(&self, world: &mut World) -> Option<u32> {
        let at = world.dice.below(self.links.len() as u64) as usize;
        self.links.keys().nth(at).copied()
    }

    /// Both ends of a connection do what they can.
    fn act(&mut self, id: u32, world: &mut World, book: &Book) {
        let now_ms = world.now.monotonic.0;
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        link.serve(world, book, &mut self.happened);
        self.session_octets_max = self.session_octets_max.max(link.server.memory_octets());
        if let Some((slot, question)) = link.slot.zip(link.question.take()) {
            self.slots.insert(slot, (id, question));
        }
        let over = link.listen();
        if let (Some(outcome), Some(exchange)) = (over, link.exchange) {
            link.exchange = None;
            self.happened.push(Happening::Over(exchange, outcome));
        }
        let waits_in_vain = link.exchange.is_some() && now_ms >= link.gives_up_ms;
        let is_over = link.is_closed && link.down.is_empty();
        if waits_in_vain {
            self.happened.push(Happening::GivenUp);
        }
        if waits_in_vain || is_over {
            self.drop_link(id, Some(world));
        }
    }

    /// Hands the shards' answers to their connections.
    pub fn answer(&mut self, world: &mut World, book: &Book) {
        while let Some((slot, answer)) = world.answers.pop_first() {
            let Some((id, question)) = self.slots.remove(&slot) else {
                continue;
            };
            let said = Box::new(answer.clone());
            self.happened.push(Happening::Said(question, said));
            let link = self.links.get_mut(&id).filter(|link| link.slot == Some(slot));
            if let Some(link) = link {
                link.respond(&answer, world.now.monotonic.0);
                self.act(id, world, book);
            } else if let Some(ticket) = answer.sent {
                // Nobody is there any more.
                world.sent(ticket, false);
                self.happened.push(Happening::Sent(ticket, false));
            }
        }
    }

    fn drop_link(&mut self, id: u32, world: Option<&mut World>) {
        let Some(link) = self.links.remove(&id) else {
            return;
        };
        if let Some(exchange) = link.exchange {
            self.happened.push(Happening::Over(exchange, Outcome::Broken));
        }
        // Where the server is gone, too, there is nobody to tell.
        if let Some(world) = world {
            for (ticket, _) in link.tickets {
                world.sent(ticket, false);
                self.happened.push(Happening::Sent(ticket, false));
            }
        }
    }
}

impl Link {
    fn new(limits: Limits, now_ms: u64) -> Link {
        Link {
            server: Connection::new(limits, now_ms),
            reader: AnswerReader::new(limits),
            up: VecDeque::new(),
            up_ended: false,
            arrived: VecDeque::new(),
            down: VecDeque::new(),
            down_ended: false,
            exchange: None,
            held_back: Vec::new(),
            gives_up_ms: 0,
            slot: None,
            question: None,
            tickets: VecDeque::new(),
            written: 0,
            taken: 0,
            has_left: false,
            is_sending: false,
            silence: Silence::default(),
            pace: usize::MAX,
            is_closed: false,
        }
    }

    fn carry_up(&mut self, octets: usize) -> bool {
        if self.silence.up {
            return false;
        }
        let count = octets.min(self.up.len());
        if count == self.up.len() && self.arrived.is_empty() {
            std::mem::swap(&mut self.up, &mut self.arrived);
        } else {
            self.arrived.extend(self.up.drain(..count));
        }
        count > 0
    }

    fn carry_down(&mut self, octets: usize) -> bool {
        if self.silence.down {
            return false;
        }
        let count = octets.min(self.down.len());
        let (first, second) = self.down.as_slices();
        let first = &first[..count.min(first.len())];
        self.reader.receive(first);
        self.reader.receive(&second[..count - first.len()]);
        self.down.drain(..count);
        self.taken += count as u64;
        if self.is_closed && self.down.is_empty() && !self.down_ended {
            self.down_ended = true;
            self.reader.end_of_stream();
        }
        count > 0
    }

    /// The phone's end: reads what has come; says how its exchange ended, if it did.
    fn listen(&mut self) -> Option<Outcome> {
        match self.reader.step() {
            Ok(Some(AnswerEvent::Continue)) => {
                let held = std::mem::take(&mut self.held_back);
                self.up.extend(held);
                None
            }
            Ok(Some(AnswerEvent::Answer(answer))) => {
                if answer.persistence == Persistence::Close || !self.held_back.is_empty() {
                    // What the server did not want to see is not sent.
                    self.up_ended = true;
                }
                Some(Outcome::Answered(answer))
            }
            Ok(None) if self.down_ended => Some(Outcome::Broken),
            Ok(None) => None,
            Err(_) => Some(Outcome::Broken),
        }
    }
}
