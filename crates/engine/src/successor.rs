//! Starting the process that takes over: the same program, with this one's listening sockets.
//!
//! The other end of [`Inherited`](crate::Inherited). Invariants: this process gives nothing up before the successor has
//! said that it is fit; descriptors are inheritable in the child only, never here; nothing but the named sockets gets
//! into the child: a connection of ours that it held would not be closed when we close it; a successor that is not fit
//! in time is killed.

use crate::inherited::{COUNT, FIRST, FIT, HANDOVER, NAMES, OWNER, PREDECESSOR};
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::time::Duration;

/// A successor that is fit and waits for this process's end.
#[derive(Debug)]
pub struct Successor {
    child: Child,
}

/// Why there is none; this process goes on.
#[derive(Debug, thiserror::Error)]
pub enum NoSuccessor {
    /// It could not be started.
    #[error("it can't be started: {0}")]
    Start(#[from] io::Error),
    /// It ended before it was fit, having said why.
    #[error("it has ended before it was fit ({0})")]
    Ended(std::process::ExitStatus),
    /// It did not say anything in time.
    #[error("it has not said within {0:?} that it is fit")]
    Late(Duration),
}

impl Successor {
    /// Starts `command` with `sockets`, each with its name, and waits until it says that it is fit.
    ///
    /// # Errors
    /// [`NoSuccessor`]; nothing has changed then.
    pub fn start(
        mut command: Command,
        sockets: &[(&str, BorrowedFd<'_>)],
        patience: Duration,
    ) -> Result<Successor, NoSuccessor> {
        let (mut own, theirs) = UnixStream::pair()?;
        let mut given: Vec<RawFd> = sockets.iter().map(|(_, socket)| socket.as_raw_fd()).collect();
        given.push(theirs.as_fd().as_raw_fd());
        let names: Vec<&str> = sockets.iter().map(|(name, _)| *name).chain([HANDOVER]).collect();
        command
            .env(COUNT, given.len().to_string())
            .env(NAMES, names.join(":"))
            .env(PREDECESSOR, std::process::id().to_string())
            .env_remove(OWNER);
        // SAFETY: the closure only makes system calls on numbers that it owns a copy of, and does not allocate.
        #[expect(unsafe_code, reason = "descriptors are placed between fork and exec")]
        unsafe {
            command.pre_exec(move || place(&mut given));
        }
        let mut child = command.spawn()?;
        drop(theirs);
        own.set_read_timeout(Some(patience))?;
        let mut said = [0];
        match own.read(&mut said) {
            Ok(1) if said == [FIT] => Ok(Successor { child }),
            Ok(_) => Err(NoSuccessor::Ended(child.wait()?)),
            Err(_) => {
                // One that has ended meanwhile stays so.
                let _ = child.kill();
                child.wait()?;
                Err(NoSuccessor::Late(patience))
            }
        }
    }

    /// Its process number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

/// CLOSE_RANGE_CLOEXEC of `linux/close_range.h`, since Linux 5.11.
const CLOSE_AT_EXEC: libc::c_uint = 1 << 2;

/// Puts the descriptors at 3, 4, …, inheritable, and nothing else. In the child, before its program is loaded.
fn place(given: &mut [RawFd]) -> io::Result<()> {
    let behind = FIRST.saturating_add(RawFd::try_from(given.len()).unwrap_or(RawFd::MAX));
    // First out of the way: one may lie where another is to go.
    for descriptor in given.iter_mut() {
        // SAFETY: duplicates a descriptor of this process; touches no memory.
        #[expect(unsafe_code, reason = "between fork and exec only system calls are allowed")]
        let moved = unsafe { libc::fcntl(*descriptor, libc::F_DUPFD_CLOEXEC, behind) };
        if moved < 0 {
            return Err(io::Error::last_os_error());
        }
        *descriptor = moved;
    }
    for (target, descriptor) in (FIRST..).zip(given.iter()) {
        // SAFETY: as above; what lay at the target was to be closed by exec.
        #[expect(unsafe_code, reason = "between fork and exec only system calls are allowed")]
        let placed = unsafe { libc::dup2(*descriptor, target) };
        if placed < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    close_from(behind)
}

/// Has exec close every descriptor from this one on: glommio's accept leaves the connections that it takes at once
/// inheritable.
fn close_from(first: RawFd) -> io::Result<()> {
    let first = libc::c_uint::try_from(first).unwrap_or(0);
    // SAFETY: sets a flag of descriptors of this process, the child, which uses them no more but to load its program.
    #[expect(unsafe_code, reason = "between fork and exec only system calls are allowed")]
    let set = unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, CLOSE_AT_EXEC) };
    if set < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
