//! Ring 4: who holds which address: RADIUS accounting taken on a thread of its own, kept on disk, shown to every shard.
//!
//! ```text
//!  access servers ─ UDP ─► owner ─► Feed ─ publishes ─► View ─► every shard, without a lock
//!                            │ └─► log, synced ─► answer
//!                            └─► snapshots          start: snapshot, then logs ─► Feed
//! ```
//!
//! Off the shards: an event costs a microsecond, but a cleared access server costs a walk over all rows, and a sync
//! costs the disk's time. Invariants:
//! * A request is answered when its event can be read by every shard and is on disk, and when whoever connects then is
//!   known to be later; so who uses an address after the answer to its Start is never taken for who had it before, nor
//!   after a crash, nor the other way round.
//! * What was kept is believed only if it is whole and if nobody was deaf for longer than clients go on trying
//!   (`sessions.away_s_max`); else the map is empty, which refuses and never confuses.
//! * All memory is allocated at the start, by `sessions.addresses_max`.
//!
//! Reading order: [`Sessions`], `owner` (a turn), `event` and [`source`] (words and rules), `held` (answers that wait),
//! `keeper`, `recorder`, `files` (the disk).

#![forbid(unsafe_code)]

mod event;
mod files;
mod held;
mod keeper;
mod owner;
mod recorder;
pub mod source;

pub use held::Ticks;
pub use owner::{Clock, Seat};
pub use source::Sources;

use apn::{Bounds, Feed, View};
use base::Now;
use keeper::Keeper;
use meter::MapMeter;
use owner::Owner;
use profile::Settings;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long the owner waits without a datagram before it does what is due by time.
const WAIT: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};

/// Not at all.
const NOT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

/// Octets that the kernel may keep of datagrams not taken yet: two seconds at 10,000 a second; it takes less where
/// `net.core.rmem_max` says so.
const RECEIVE_OCTETS: usize = 8 << 20;

/// Turns at a start that take what had queued up before: more than the kernel keeps.
const QUEUED_TURNS_MAX: usize = 256;

/// Orders that may wait: reloads come one at a time.
const ORDERS_MAX: usize = 4;

/// How long an end may take: a sync on a disk that is slow.
const STOP_WAIT: Duration = Duration::from_secs(5);

/// How often it is looked for.
const STOP_LOOK: Duration = Duration::from_millis(2);

/// What the owner is told.
enum Order {
    /// Other feeds.
    Reload(Box<(Settings, Sources, Vec<Seat>)>),
    /// End.
    Stop,
}

/// What a start needs.
pub struct Start<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// Compiled of them.
    pub sources: Sources,
    /// A socket for each of [`Sources::addresses`].
    pub seats: Vec<Seat>,
    /// Where sessions are kept; made where it is not there.
    pub folder: PathBuf,
    /// From the process's entropy.
    pub seed: u64,
    /// Tells the time.
    pub clock: Clock,
    /// Tells it by the kernel's ticks.
    pub ticks: Ticks,
}

/// The running owner of the map.
#[derive(Debug)]
pub struct Sessions {
    view: View,
    meter: Arc<MapMeter>,
    sockets: Vec<(SocketAddr, UdpSocket)>,
    orders: SyncSender<Order>,
    wake: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

/// A socket at an address; port 0 takes a free one.
///
/// # Errors
/// What the kernel says.
pub fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&SockAddr::from(address))?;
    Ok(socket.into())
}

impl Sessions {
    /// Takes up what was kept, takes the accounting that has queued up, and goes on taking it.
    ///
    /// # Errors
    /// What the kernel or the disk says. Files that are damaged or too old are no error: they are said and not used.
    pub fn start(start: Start<'_>) -> io::Result<Sessions> {
        let settings = start.settings;
        keeper::make_folder(&start.folder)?;
        let mut feed = Feed::new(bounds(settings), start.seed);
        let next = restore(&mut feed, &start, (start.clock)())?;
        let meter = Arc::new(MapMeter::default());
        let sizes = (settings.sessions.addresses_max, settings.sessions.log_octets_max);
        let keeper = Keeper::begin(start.folder, next, sizes, Arc::clone(&meter))?;
        let view = feed.view();
        let repeats_max = settings.sessions.repeats_max as usize;
        let sockets = prepared(&start.seats)?;
        let mut owner = Owner::new(
            (feed, keeper),
            (start.sources, start.seats),
            repeats_max,
            (start.clock, start.ticks),
        );
        // The first snapshot lets the files of the one before go; what waits in the sockets may end what was kept.
        owner.settle();
        for _ in 0..QUEUED_TURNS_MAX {
            if !owner.turn() {
                break;
            }
        }
        let wake = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let (orders, receiver) = sync_channel(ORDERS_MAX);
        let woken = Arc::clone(&wake);
        let thread = std::thread::Builder::new()
            .name("sessions".to_owned())
            .spawn(move || own(owner, &receiver, &woken))?;
        Ok(Sessions {
            view,
            meter,
            sockets,
            orders,
            wake,
            thread: Some(thread),
        })
    }

    /// What shards read.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// How the map is filled.
    #[must_use]
    pub fn meter(&self) -> &Arc<MapMeter> {
        &self.meter
    }

    /// The sockets, by the addresses that feeds name: for a successor, and to say where they are.
    #[must_use]
    pub fn sockets(&self) -> &[(SocketAddr, UdpSocket)] {
        &self.sockets
    }

    /// Takes other feeds: binds addresses that are new, leaves those that are gone.
    ///
    /// # Errors
    /// An address that can't be had; everything stays as it was then.
    pub fn reload(&mut self, settings: &Settings, sources: Sources) -> io::Result<()> {
        let mut seats = Vec::new();
        for listen in sources.addresses() {
            let held = self.sockets.iter().find(|(address, _)| *address == listen);
            let socket = match held {
                Some((_, socket)) => socket.try_clone()?,
                None => bind(listen)?,
            };
            seats.push(Seat { listen, socket });
        }
        let sockets = prepared(&seats)?;
        let order = Order::Reload(Box::new((settings.clone(), sources, seats)));
        let ended = |_| io::Error::other("the owner of the sessions takes no orders");
        self.orders.try_send(order).map_err(ended)?;
        self.sockets = sockets;
        self.wake();
        Ok(())
    }

    /// Answers what was taken, and ends. What comes from now on is the next process's. False where the owner has not
    /// ended in time: then its files may still be written.
    #[must_use]
    pub fn stop(mut self) -> bool {
        self.end()
    }

    fn end(&mut self) -> bool {
        let Some(thread) = self.thread.take() else {
            return true;
        };
        // Where the owner has ended there is nobody to tell; where it takes no orders it is stuck.
        let _ = self.orders.try_send(Order::Stop);
        self.wake();
        let mut waited = Duration::ZERO;
        while !thread.is_finished() && waited < STOP_WAIT {
            std::thread::park_timeout(STOP_LOOK);
            waited += STOP_LOOK;
        }
        thread.is_finished()
    }

    fn wake(&self) {
        // A counter that is full wakes as well.
        let _ = rustix::io::write(&*self.wake, &1_u64.to_ne_bytes());
    }
}

impl Drop for Sessions {
    fn drop(&mut self) {
        // Nobody is left to tell that it takes longer.
        let _ = self.end();
    }
}

/// Takes up what was kept; the next number of a file.
fn restore(feed: &mut Feed, start: &Start<'_>, now: Now) -> io::Result<u64> {
    let kept = files::load(&start.folder)?;
    let octets = match kept.found {
        files::Found::Nothing => return Ok(kept.next),
        files::Found::Damaged(why) => {
            eprintln!(
                "warning: the sessions kept in {} are damaged and not used ({why}): nobody is known by a session \
                 until accounting says so",
                start.folder.display()
            );
            return Ok(kept.next);
        }
        files::Found::Whole(octets) => octets,
    };
    let away_s = now.wall.seconds().since(files::last_alive(&octets));
    let is_trusted = away_s <= start.settings.sessions.away_s_max;
    let age_s_max = if is_trusted {
        start.settings.sessions.silent_s
    } else {
        0
    };
    let (mut frames, mut dropped) = (0, 0);
    for octets in octets {
        let restored = feed.restore(&octets, age_s_max, now);
        frames += restored.frames;
        dropped += restored.dropped;
    }
    if is_trusted {
        let held = feed.tallies().held;
        eprintln!("sessions: {held} addresses of {frames} records kept, {dropped} too old");
    } else {
        eprintln!(
            "warning: nobody listened to accounting for {away_s} s (sessions.away_s_max = {}): the sessions kept are \
             not used",
            start.settings.sessions.away_s_max
        );
    }
    Ok(kept.next)
}

fn bounds(settings: &Settings) -> Bounds {
    let sessions = &settings.sessions;
    Bounds {
        sessions_max: sessions.addresses_max,
        silent_s_max: sessions.silent_s,
        ended_s: sessions.ended_s,
        ..Bounds::default()
    }
}

/// Readies sockets, whoever made them; gives second descriptors of them.
fn prepared(seats: &[Seat]) -> io::Result<Vec<(SocketAddr, UdpSocket)>> {
    let mut kept = Vec::new();
    for seat in seats {
        seat.socket.set_nonblocking(true)?;
        let copy = seat.socket.try_clone()?;
        let socket = Socket::from(copy);
        // Less room is taken by the kernel's own leave.
        let _ = socket.set_recv_buffer_size(RECEIVE_OCTETS);
        kept.push((seat.listen, socket.into()));
    }
    Ok(kept)
}

/// The owner's loop, until it is told to end.
fn own(mut owner: Owner, orders: &Receiver<Order>, wake: &OwnedFd) {
    loop {
        wait(&owner, wake);
        // What is counted there says nothing but that there are orders.
        let _ = rustix::io::read(wake, &mut [0; 8]);
        match orders.try_recv() {
            Ok(Order::Reload(new)) => {
                let (settings, sources, seats) = *new;
                owner.feed.set_times(&bounds(&settings));
                owner.keeper.set_log_octets_max(settings.sessions.log_octets_max);
                owner.take(sources, seats);
            }
            Ok(Order::Stop) | Err(std::sync::mpsc::TryRecvError::Disconnected) => return owner.end(),
            Err(std::sync::mpsc::TryRecvError::Empty) => {}
        }
        owner.turn();
    }
}

/// Waits for a datagram, an order, or the time for what is due.
fn wait(owner: &Owner, wake: &OwnedFd) {
    let mut watched = vec![PollFd::new(wake, PollFlags::IN)];
    let sockets = owner.seats.iter();
    watched.extend(sockets.map(|seat| PollFd::new(&seat.socket, PollFlags::IN)));
    let timeout = match owner.release_ms() {
        _ if owner.keeper.is_busy() => NOT,
        Some(ms) => Timespec {
            tv_sec: 0,
            tv_nsec: i64::from(ms) * 1_000_000,
        },
        None => WAIT,
    };
    // Interrupted or not: a turn without a datagram is a short one.
    let _ = poll(&mut watched, Some(&timeout));
}

/// Where sessions are kept within a data directory.
#[must_use]
pub fn folder(data: &Path) -> PathBuf {
    data.join("sessions")
}
