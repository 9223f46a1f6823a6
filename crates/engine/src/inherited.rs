//! Sockets that this process was given at its start: by a supervisor, or by the server that it succeeds.
//!
//! Before the flow. The convention is systemd's: `LISTEN_FDS` descriptors from 3 on, named by `LISTEN_FDNAMES`, meant
//! for the process `LISTEN_PID`. A server that starts its own successor can't know that number beforehand, so it sets
//! `RINGPOST_PREDECESSOR` to its own instead; the successor takes the sockets if that is its parent. One descriptor,
//! `handover`, is then no listener: on it the successor says that it is fit. Invariants: taken at most once a process;
//! none of them is passed on to a program that is run later; a name that is not known is an error, since connections
//! queued on a socket that nobody accepts from are lost; nothing is set on a socket here, its O_NONBLOCK least of all:
//! whoever gave it may still accept from it, and his flags are ours (fcntl(2): they belong to the open description).

use socket2::{Socket, Type};
use std::io::{self, Write};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};

/// The first descriptor, by sd_listen_fds(3).
pub(crate) const FIRST: RawFd = 3;

/// How many are given.
pub(crate) const COUNT: &str = "LISTEN_FDS";
/// What each is for, with colons between.
pub(crate) const NAMES: &str = "LISTEN_FDNAMES";
/// Whom they are meant for.
pub(crate) const OWNER: &str = "LISTEN_PID";
/// Or else, who must be the parent.
pub(crate) const PREDECESSOR: &str = "RINGPOST_PREDECESSOR";

/// The name of the descriptor on which a successor speaks.
pub(crate) const HANDOVER: &str = "handover";

/// The name of the sockets that accounting comes to: the only ones that are not listening, but of datagrams.
pub const RADIUS: &str = "radius";

/// What a successor says when it is fit to take over.
pub(crate) const FIT: u8 = b'f';

/// Descriptors that may be given: a thousand listeners are more shards and addresses than any machine has.
const COUNT_MAX: usize = 1_024;

static TAKEN: AtomicBool = AtomicBool::new(false);

/// What was inherited and not yet taken.
#[derive(Debug, Default)]
pub struct Inherited {
    listeners: Vec<(String, OwnedFd)>,
    predecessor: Option<UnixStream>,
    is_held_outside: bool,
}

/// What is wrong with what was inherited. Whoever started this process is at fault.
#[derive(Debug, thiserror::Error)]
pub enum InheritError {
    /// A variable of the convention is not what it should be.
    #[error("{0} is no number of descriptors, or names another number of them")]
    Variable(&'static str),
    /// The sockets were a predecessor's, which has ended meanwhile.
    #[error("the server that started this one as its successor is gone")]
    Orphan,
    /// A descriptor that is not there, or no listening TCP socket (`radius`: no UDP socket).
    #[error("inherited descriptor {descriptor} ({name}) is no socket of the kind that its name asks for")]
    NoListener {
        /// Its number.
        descriptor: RawFd,
        /// Its name.
        name: String,
    },
    /// A name that nothing here has.
    #[error("an inherited socket is named {0:?}: known are {1}")]
    Name(String, String),
}

impl Inherited {
    /// Nothing: every listener is made here.
    #[must_use]
    pub fn none() -> Inherited {
        Inherited::default()
    }

    /// Takes what the environment speaks of; nothing where that is meant for another process, or was taken before.
    ///
    /// # Errors
    /// [`InheritError`].
    pub fn from_environment() -> Result<Inherited, InheritError> {
        let text = |name: &str| std::env::var(name).ok();
        let Some(count) = text(COUNT) else {
            return Ok(Inherited::none());
        };
        let by_predecessor = text(PREDECESSOR)
            .is_some_and(|text| text.parse::<u32>() == Ok(std::os::unix::process::parent_id()));
        let by_supervisor = text(OWNER).is_some_and(|text| text.parse::<u32>() == Ok(std::process::id()));
        match (by_predecessor, by_supervisor) {
            (false, false) if text(OWNER).is_none() && text(PREDECESSOR).is_some() => {
                return Err(InheritError::Orphan);
            }
            (false, false) => return Ok(Inherited::none()),
            _ => {}
        }
        let count = count.parse::<usize>().ok().filter(|count| *count <= COUNT_MAX);
        let count = count.ok_or(InheritError::Variable(COUNT))?;
        let names: Vec<String> =
            text(NAMES).map_or_else(Vec::new, |text| text.split(':').map(str::to_owned).collect());
        if names.len() != count {
            return Err(InheritError::Variable(NAMES));
        }
        if TAKEN.swap(true, Ordering::AcqRel) {
            return Ok(Inherited::none());
        }
        let mut inherited = Inherited {
            is_held_outside: by_supervisor,
            ..Inherited::default()
        };
        for (descriptor, name) in (FIRST..).zip(names) {
            inherited.take_one(descriptor, name)?;
        }
        Ok(inherited)
    }

    fn take_one(&mut self, descriptor: RawFd, name: String) -> Result<(), InheritError> {
        // SAFETY: fcntl with a number that names no open descriptor fails and does nothing.
        #[expect(unsafe_code, reason = "only the kernel knows whether the descriptor is there")]
        let closed_at_exec = unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
        if closed_at_exec < 0 {
            return Err(InheritError::NoListener { descriptor, name });
        }
        // SAFETY: the descriptor is open, and by the convention nobody else in this process owns it; taken once.
        #[expect(unsafe_code, reason = "inherited descriptors are numbers")]
        let owned = unsafe { OwnedFd::from_raw_fd(descriptor) };
        if name == HANDOVER {
            self.predecessor = Some(UnixStream::from(owned));
            return Ok(());
        }
        let socket = Socket::from(owned);
        let is_of_kind = match name.as_str() {
            RADIUS => socket.r#type().is_ok_and(|kind| kind == Type::DGRAM),
            _ => socket.is_listener().unwrap_or(false),
        };
        if !is_of_kind {
            return Err(InheritError::NoListener { descriptor, name });
        }
        self.listeners.push((name, OwnedFd::from(socket)));
        Ok(())
    }

    /// Takes the listeners of that name.
    pub fn take(&mut self, name: &str) -> Vec<OwnedFd> {
        let (taken, left) = std::mem::take(&mut self.listeners)
            .into_iter()
            .partition(|(known, _)| known == name);
        self.listeners = left;
        let taken: Vec<(String, OwnedFd)> = taken;
        taken.into_iter().map(|(_, socket)| socket).collect()
    }

    /// Everything was taken.
    ///
    /// # Errors
    /// A name that was never asked for; `known` are those that were.
    pub fn is_used_up(&self, known: &[&str]) -> Result<(), InheritError> {
        match self.listeners.first() {
            None => Ok(()),
            Some((name, _)) => Err(InheritError::Name(name.clone(), known.join(", "))),
        }
    }

    /// Whether somebody else keeps the sockets open: connections queued on them outlive this process.
    #[must_use]
    pub fn is_held_outside(&self) -> bool {
        self.is_held_outside
    }

    /// Whether a server waits to be succeeded.
    #[must_use]
    pub fn has_predecessor(&self) -> bool {
        self.predecessor.is_some()
    }

    /// Tells the predecessor that this process will take over, whereupon it ends. Its side of the connection is closed
    /// by then, or it is not there any more: both are seen in its lock.
    pub fn tell_fit(&mut self) {
        if let Some(mut predecessor) = self.predecessor.take() {
            // A predecessor that died leaves its lock to us, too.
            let told: io::Result<()> = predecessor.write_all(&[FIT]);
            drop(told);
        }
    }
}

#[cfg(test)]
mod tests;
