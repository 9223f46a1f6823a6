//! The listening sockets of a start: which were inherited, which are bound; and for the end, which are handed on.
//!
//! Between the settings and the listeners. Invariants: a predecessor is told "fit" only when nothing but its own lock
//! stands in the way; nothing is bound before the lock is had, since a second socket at a port takes a share of the
//! first one's connections; every inherited socket is used, or the start fails.

use super::{StartError, now};
use engine::{Doors, Inherited, ListenError, Listeners, RADIUS, Seat, seats};
use journal::DirectoryError;
use profile::Settings;
use sessions::Sources;
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// What the phones' sockets are named.
const MM1: &str = "mm1";

/// What the sockets for other operators' MMSCs are named.
const MM4: &str = "mm4";

/// What the operators' sockets are named.
const ADMIN: &str = "admin";

/// How much longer than its own drain a predecessor may take to end: what the kernel needs to take its rings and maps
/// down. Beyond that it is stuck, and this start gives up.
const LOCK_GRACE: Duration = Duration::from_secs(30);

/// How often a successor tries the lock: far more often than the backlog of a socket fills.
const LOCK_LOOK: Duration = Duration::from_millis(2);

/// How often it says that it waits.
const LOCK_PROGRESS: Duration = Duration::from_secs(5);

/// What was inherited, by address; nothing is bound yet.
pub(super) struct Sockets {
    mm1: Vec<Seat>,
    mm4: Vec<Seat>,
    admin: Vec<Seat>,
    /// By the addresses that feeds name.
    radius: Vec<(SocketAddr, Seat)>,
    inherited: Inherited,
}

/// What a start listens on.
pub(super) struct Listening {
    /// For operators.
    pub(super) admin: Vec<TcpListener>,
    /// For phones, yet to be bound where nothing was inherited.
    pub(super) mm1: Vec<Seat>,
    /// For other operators' MMSCs, likewise.
    pub(super) mm4: Vec<Seat>,
    /// For accounting.
    pub(super) radius: Vec<sessions::Seat>,
    /// For a successor.
    pub(super) kept: Kept,
}

/// What is handed on at the end.
#[derive(Debug)]
pub(super) struct Kept {
    admin: Vec<TcpListener>,
    is_held_outside: bool,
}

impl Sockets {
    /// Finds out which inherited socket is for what.
    ///
    /// # Errors
    /// One that nothing is configured for.
    pub(super) fn find(settings: &Settings, mut inherited: Inherited) -> Result<Sockets, StartError> {
        let wrong = |error: &dyn std::fmt::Display| StartError::Inherited(error.to_string());
        let mm1 = seats(&settings.listen.mm1, inherited.take(MM1)).map_err(|error| wrong(&error))?;
        let mm4 = seats(&settings.listen.mm4, inherited.take(MM4)).map_err(|error| wrong(&error))?;
        let admin = seats(&settings.listen.admin, inherited.take(ADMIN)).map_err(|error| wrong(&error))?;
        let named = Sources::compile(settings, None).addresses();
        let radius = seats(&named, inherited.take(RADIUS)).map_err(|error| wrong(&error))?;
        let radius = named.into_iter().zip(radius).collect();
        inherited
            .is_used_up(&[MM1, MM4, ADMIN, RADIUS])
            .map_err(|error| wrong(&error))?;
        Ok(Sockets {
            mm1,
            mm4,
            admin,
            radius,
            inherited,
        })
    }

    /// Opens the data directory; where there is a predecessor, tells it and waits until it lets go.
    ///
    /// # Errors
    /// What opening says; that it is locked, where there is no predecessor or it does not end.
    pub(super) fn succeed<T>(
        &mut self,
        settings: &Settings,
        open: impl Fn() -> Result<T, StartError>,
    ) -> Result<T, StartError> {
        if !self.inherited.has_predecessor() {
            return open();
        }
        self.inherited.tell_fit();
        let begun = now();
        let patience = Duration::from_secs(u64::from(settings.process.drain_s)) + LOCK_GRACE;
        let mut told = Duration::ZERO;
        loop {
            let opened = open();
            let is_locked = matches!(&opened, Err(StartError::Directory(DirectoryError::Locked(_))));
            let waited = now().saturating_duration_since(begun);
            if !is_locked || waited >= patience {
                return opened;
            }
            if waited >= told + LOCK_PROGRESS {
                told = waited;
                eprintln!(
                    "restart: waiting for the predecessor to end, {} s",
                    waited.as_secs()
                );
            }
            std::thread::park_timeout(LOCK_LOOK);
        }
    }

    /// Binds what is bound here; phones' listeners are bound when the number of shards is known.
    ///
    /// # Errors
    /// An address that can't be had.
    pub(super) fn listen(self) -> io::Result<Listening> {
        let radius = self.radius.into_iter().map(accounting);
        let radius = radius.collect::<io::Result<_>>()?;
        let mut admin = Vec::new();
        for seat in self.admin {
            if seat.sockets.is_empty() {
                admin.extend(control::listen(&[seat.address])?);
            }
            admin.extend(seat.sockets.into_iter().map(TcpListener::from));
        }
        let kept = Kept {
            admin: admin
                .iter()
                .map(TcpListener::try_clone)
                .collect::<io::Result<_>>()?,
            is_held_outside: self.inherited.is_held_outside(),
        };
        Ok(Listening {
            admin,
            mm1: self.mm1,
            mm4: self.mm4,
            radius,
            kept,
        })
    }
}

/// A socket that accounting comes to; bound where it was not inherited.
fn accounting((listen, seat): (SocketAddr, Seat)) -> io::Result<sessions::Seat> {
    // Several at one address are one socket's second descriptors.
    let socket = match seat.sockets.into_iter().next() {
        Some(inherited) => UdpSocket::from(inherited),
        None => sessions::bind(listen).map_err(|error| {
            let text = format!("can't listen at {listen} (radius): {error}");
            io::Error::new(error.kind(), text)
        })?,
    };
    Ok(sessions::Seat { listen, socket })
}

/// The listeners of the shards: for phones, and for other operators.
///
/// # Errors
/// An address that can't be had.
pub(super) fn doors(mm1: Vec<Seat>, mm4: Vec<Seat>, shards: u16) -> Result<Doors, ListenError> {
    Ok(Doors {
        mm1: Listeners::on(mm1, shards)?,
        mm4: Some(Listeners::on(mm4, shards)?),
    })
}

impl Kept {
    /// Every socket with its name.
    pub(super) fn named<'a>(
        &'a self,
        mm1: &'a [OwnedFd],
        mm4: &'a [OwnedFd],
        radius: &'a [(SocketAddr, UdpSocket)],
    ) -> Vec<(&'static str, BorrowedFd<'a>)> {
        let mm1 = mm1.iter().map(|socket| (MM1, socket.as_fd()));
        let mm4 = mm4.iter().map(|socket| (MM4, socket.as_fd()));
        let admin = self.admin.iter().map(|socket| (ADMIN, socket.as_fd()));
        let radius = radius.iter().map(|(_, socket)| (RADIUS, socket.as_fd()));
        mm1.chain(mm4).chain(admin).chain(radius).collect()
    }

    /// Whether a supervisor keeps the sockets open.
    pub(super) fn is_held_outside(&self) -> bool {
        self.is_held_outside
    }
}
