//! Addresses change hands thousands of times a second, by accounting that comes late, twice and out of order, while
//! phones at those addresses ask: was any request taken for another session's?
//!
//! ```text
//!  world (the truth): address → session, counted from 1
//!    ├─ accounting, delayed and shuffled, up to a window of requests under way ─► server ─► answers ─► `Applied`
//!    └─ phones: a request from an address, on an old or a new connection ─► server ─► notification ─► `Sighting`
//! ```
//!
//! A new session sends only after its Start was answered, as packet cores do it. So a request that begins after the
//! answer to a Start is of that session or a later one; one that begins after the answer to a Stop is of none up to
//! it; and all that comes on one connection is of one session. Invariants: what is judged was observed from outside;
//! the run's chance comes from a seed.

use super::Failure;
use super::accounting::Event;
use super::turnstile::now;
use crate::fuzz::Dice;
use base::Msisdn;
use radius::{Packet, Status};
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// Ports that requests come from: an answer takes some ticks of the kernel's clock, and identifiers are an octet.
const PORTS: usize = 8;

/// Places for requests under way: a port and an identifier each.
const PLACES: usize = PORTS * 256;

/// Requests under way at most: an identifier that is reused too early is another request's.
const WINDOW: usize = PLACES / 2;

/// How long before a request is sent again.
const AGAIN: Duration = Duration::from_secs(1);

/// Addresses: 127.16.0.0 and on.
const FIRST: u32 = 0x7F10_0000;

/// Numbers tell address and session: +155501, and seven digits.
const NUMBER_MIN: u64 = 1_555_010_000_000;

/// What a run is made of.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Addresses.
    pub addresses: u32,
    /// Changes of hands in a second, by the wall clock.
    pub changes_per_s: u32,
    /// How long.
    pub time: Duration,
    /// Packets are late by up to this.
    pub late_max: Duration,
    /// The seed.
    pub seed: u64,
}

/// What is known to have been answered, by address.
#[derive(Debug)]
pub struct Applied {
    newest: Vec<AtomicU32>,
    stopped: Vec<AtomicU32>,
    over: AtomicBool,
}

/// A request that was taken for somebody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// From which address.
    pub address: u32,
    /// The latest session whose Start was answered before.
    pub newest: u32,
    /// The latest session whose Stop was answered before.
    pub stopped: u32,
    /// The session that an earlier request on the same connection was taken for.
    pub connection: Option<u32>,
    /// Whose it was taken for.
    pub number: u64,
}

impl Sighting {
    /// What is wrong with it, if anything is.
    #[must_use]
    pub fn fault(&self, addresses: u32) -> Option<String> {
        let Some((address, session)) = parts(self.number, addresses) else {
            return Some(format!("{self:?}: a number that nobody has"));
        };
        if address != self.address {
            Some(format!("{self:?}: another address's subscriber"))
        } else if session < self.newest {
            Some(format!("{self:?}: an earlier session, {session}"))
        } else if session <= self.stopped {
            Some(format!("{self:?}: a session that had ended, {session}"))
        } else if self.connection.is_some_and(|earlier| earlier != session) {
            Some(format!("{self:?}: a connection of another session, {session}"))
        } else {
            None
        }
    }
}

/// The number of an address's session.
#[must_use]
pub fn number(address: u32, session: u32, addresses: u32) -> Option<Msisdn> {
    Msisdn::from_bits(NUMBER_MIN + u64::from(session) * u64::from(addresses) + u64::from(address))
}

/// The address and session of a number.
#[must_use]
pub fn parts(number: u64, addresses: u32) -> Option<(u32, u32)> {
    let whole = number.checked_sub(NUMBER_MIN)?;
    let (address, session) = (whole % u64::from(addresses), whole / u64::from(addresses));
    Some((u32::try_from(address).ok()?, u32::try_from(session).ok()?))
}

/// The address of that number.
#[must_use]
pub fn address_of(address: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(FIRST + address))
}

impl Applied {
    /// Nothing yet.
    #[must_use]
    pub fn new(addresses: u32) -> Applied {
        let zeros = || (0..addresses).map(|_| AtomicU32::new(0)).collect();
        Applied {
            newest: zeros(),
            stopped: zeros(),
            over: AtomicBool::new(false),
        }
    }

    /// The latest session started and the latest stopped at an address.
    #[must_use]
    pub fn at(&self, address: u32) -> (u32, u32) {
        let of = |list: &[AtomicU32]| {
            let cell = list.get(address as usize);
            cell.map_or(0, |cell| cell.load(Ordering::SeqCst))
        };
        (of(&self.newest), of(&self.stopped))
    }

    /// Whether the world has come to its end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    fn note(&self, said: &Said) {
        let list = match said.status {
            Status::Stop => &self.stopped,
            _ => &self.newest,
        };
        if let Some(cell) = list.get(said.address as usize) {
            cell.fetch_max(said.session, Ordering::SeqCst);
        }
    }
}

/// Something that the access server says.
#[derive(Clone, Copy, Debug)]
struct Said {
    status: Status,
    address: u32,
    session: u32,
    at_s: u32,
}

/// A request under way.
#[derive(Debug)]
struct UnderWay {
    said: Said,
    octets: Vec<u8>,
    authenticator: [u8; 16],
    sent: std::time::Instant,
}

/// What the world did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Changes of hands.
    pub changes: u64,
    /// Accounting requests that were answered.
    pub answered: u64,
    /// Requests sent again.
    pub repeated: u64,
    /// Milliseconds that it took.
    pub ms: u64,
}

/// Lets addresses change hands until the time is over and all is told.
///
/// # Errors
/// What the kernel says; answers that are wrong.
pub fn turn_over(server: SocketAddr, shape: Shape, begin_s: u32, applied: &Applied) -> Result<Told, Failure> {
    let mut sockets = Vec::new();
    for _ in 0..PORTS {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.connect(server)?;
        socket.set_nonblocking(true)?;
        sockets.push(socket);
    }
    let mut world = World {
        sockets,
        shape,
        dice: Dice::new(shape.seed, 0),
        current: vec![0; shape.addresses as usize],
        due: BTreeMap::new(),
        posted: 0,
        waiting: VecDeque::new(),
        under_way: (0..PLACES).map(|_| None).collect(),
        free: (0..PLACES).collect(),
        told: Told::default(),
    };
    let done = world.run(begin_s, applied);
    applied.over.store(true, Ordering::SeqCst);
    done.map(|()| world.told)
}

struct World {
    sockets: Vec<UdpSocket>,
    shape: Shape,
    dice: Dice,
    current: Vec<u32>,
    /// By when they are due, milliseconds, and a count.
    due: BTreeMap<(u64, u64), Said>,
    posted: u64,
    waiting: VecDeque<Said>,
    /// By place: the port, then the identifier.
    under_way: Vec<Option<UnderWay>>,
    free: VecDeque<usize>,
    told: Told,
}

impl World {
    fn run(&mut self, begin_s: u32, applied: &Applied) -> Result<(), Failure> {
        let begun = now();
        let end_ms = self.shape.time.as_millis() as u64;
        loop {
            let ms = begun.elapsed().as_millis() as u64;
            self.told.ms = ms;
            let wanted = ms.min(end_ms) * u64::from(self.shape.changes_per_s) / 1_000;
            while self.told.changes < wanted {
                self.change(ms, begin_s + (ms / 1_000) as u32);
            }
            while let Some(first) = self.due.first_entry().filter(|first| first.key().0 <= ms) {
                self.waiting.push_back(first.remove());
            }
            self.send()?;
            self.receive(applied)?;
            let is_told = self.due.is_empty() && self.waiting.is_empty() && self.free.len() == PLACES;
            if ms >= end_ms && is_told {
                return Ok(());
            }
            std::thread::yield_now();
        }
    }

    /// An address gets its next session; what is said of it comes late, and its Start twice.
    fn change(&mut self, ms: u64, at_s: u32) {
        let address = self.dice.below(self.shape.addresses as usize);
        let Some(session) = self.current.get_mut(address) else {
            return;
        };
        let before = *session;
        *session += 1;
        let after = *session;
        let address = u32::try_from(address).unwrap_or(0);
        let mut post = |status, session| {
            let late_ms = self.dice.below(self.shape.late_max.as_millis() as usize + 1) as u64;
            self.posted += 1;
            let said = Said {
                status,
                address,
                session,
                at_s,
            };
            self.due.insert((ms + late_ms, self.posted), said);
        };
        if before > 0 {
            post(Status::Stop, before);
        }
        post(Status::Start, after);
        self.told.changes += 1;
    }

    fn send(&mut self) -> Result<(), Failure> {
        let time = now();
        let places = self.under_way.iter_mut().enumerate();
        for (place, waiting) in places.filter_map(|(place, waiting)| Some((place, waiting.as_mut()?))) {
            if time.saturating_duration_since(waiting.sent) > AGAIN {
                waiting.sent = time;
                self.told.repeated += 1;
                // A full socket is tried again, too.
                let _ = self
                    .sockets
                    .get(place / 256)
                    .map(|socket| socket.send(&waiting.octets));
            }
        }
        while PLACES - self.free.len() < WINDOW
            && let Some(said) = self.waiting.pop_front()
        {
            let Some(place) = self.free.pop_front() else {
                break;
            };
            let event = Event {
                status: said.status,
                session: &format!("{:x}-{:x}", said.address, said.session),
                address: address_of(said.address),
                number: number(said.address, said.session, self.shape.addresses)
                    .ok_or_else(|| Failure("a number".to_owned()))?,
                at_s: said.at_s,
            };
            let mut octets = Vec::with_capacity(128);
            let authenticator = event.request((place % 256) as u8, &mut octets)?;
            let _ = self.sockets.get(place / 256).map(|socket| socket.send(&octets));
            if let Some(under_way) = self.under_way.get_mut(place) {
                *under_way = Some(UnderWay {
                    said,
                    octets,
                    authenticator,
                    sent: time,
                });
            }
        }
        Ok(())
    }

    fn receive(&mut self, applied: &Applied) -> Result<(), Failure> {
        let mut answer = [0; 4_096];
        let secret = super::accounting::SECRET.as_bytes();
        for (port, socket) in self.sockets.iter().enumerate() {
            while let Ok(octets) = socket.recv(&mut answer) {
                let packet = Packet::read(answer.get(..octets).unwrap_or_default());
                let packet = packet.map_err(|error| Failure(format!("an answer: {error:?}")))?;
                let place = port * 256 + usize::from(packet.identifier());
                let Some(under_way) = self.under_way.get_mut(place) else {
                    continue;
                };
                // The second answer to a request that was sent twice may meet another one.
                let is_right = under_way
                    .as_ref()
                    .is_some_and(|sent| packet.verify_response(sent.authenticator, secret).is_ok());
                if let Some(sent) = under_way.take_if(|_| is_right) {
                    applied.note(&sent.said);
                    self.told.answered += 1;
                    self.free.push_back(place);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
