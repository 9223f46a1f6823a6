//! How threads that are no executor reach a shard: a bounded queue and a doorbell.
//!
//! Beside the mesh, for what is rare: orders of the control plane and completions of the preparer's thread. Invariants:
//! sending never blocks; the bell is rung only where it is silent (a wake costs the sender 7.5 µs), and is silenced
//! before the queue is emptied, so that no entry is left lying.

use crossbeam::queue::ArrayQueue;
use futures_lite::AsyncReadExt;
use glommio::net::UnixStream;
use std::io::{self, Write};
use std::os::fd::{FromRawFd, IntoRawFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

struct Shared<T> {
    queue: ArrayQueue<T>,
    rung: AtomicBool,
    /// The receiving side is gone.
    ended: AtomicBool,
}

/// Why an entry was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// There is no room now.
    Full,
    /// Nobody receives any more.
    Ended,
}

/// The sending side, for any thread.
pub(crate) struct Sender<T> {
    shared: Arc<Shared<T>>,
    bell: Arc<StdUnixStream>,
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Sender<T> {
        Sender {
            shared: Arc::clone(&self.shared),
            bell: Arc::clone(&self.bell),
        }
    }
}

/// The receiving side, on its way to its executor.
pub(crate) struct Receiver<T> {
    shared: Arc<Shared<T>>,
    bell: StdUnixStream,
}

/// The receiving side, within its executor.
pub(crate) struct Connected<T> {
    shared: Arc<Shared<T>>,
    bell: UnixStream,
}

/// An inbox for `entries` at most.
///
/// # Errors
/// Where no socket pair can be had (descriptors).
pub(crate) fn inbox<T>(entries: usize) -> io::Result<(Sender<T>, Receiver<T>)> {
    let (ringing, hearing) = StdUnixStream::pair()?;
    ringing.set_nonblocking(true)?;
    let shared = Arc::new(Shared {
        queue: ArrayQueue::new(entries),
        rung: AtomicBool::new(false),
        ended: AtomicBool::new(false),
    });
    let sender = Sender {
        shared: Arc::clone(&shared),
        bell: Arc::new(ringing),
    };
    let receiver = Receiver {
        shared,
        bell: hearing,
    };
    Ok((sender, receiver))
}

impl<T> Sender<T> {
    /// Puts an entry in.
    ///
    /// # Errors
    /// [`NotTaken`]; the entry is dropped then.
    pub(crate) fn send(&self, entry: T) -> Result<(), NotTaken> {
        if self.shared.ended.load(Ordering::Acquire) {
            return Err(NotTaken::Ended);
        }
        self.shared.queue.push(entry).map_err(|_| NotTaken::Full)?;
        // SeqCst with the silencing in `wait`: either that sees the entry, or this sees silence and rings.
        if !self.shared.rung.swap(true, Ordering::SeqCst) {
            self.ring();
        }
        Ok(())
    }

    /// A full socket is a bell that is ringing; a broken one belongs to a shard that has ended. Where the kernel had no
    /// memory for the octet, the next sender rings again.
    fn ring(&self) {
        loop {
            match (&*self.bell).write(&[1]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                    return self.shared.rung.store(false, Ordering::SeqCst);
                }
                _ => return,
            }
        }
    }
}

impl<T> Receiver<T> {
    /// Ties the inbox to the executor that this runs in.
    pub(crate) fn connect(self) -> Connected<T> {
        let descriptor = self.bell.into_raw_fd();
        // SAFETY: the descriptor was owned by `bell` until this moment, and is a Unix stream socket.
        #[expect(unsafe_code, reason = "glommio takes sockets by descriptor only")]
        let bell = unsafe { UnixStream::from_raw_fd(descriptor) };
        let shared = self.shared;
        Connected { shared, bell }
    }
}

impl<T: 'static> Receiver<T> {
    /// Ties the inbox to the executor that this runs in, and gives each entry to its owner until either is gone.
    pub(crate) fn serve<O: 'static>(self, owner: &Rc<O>, take: impl Fn(&O, T) + 'static) {
        let mut entries = self.connect();
        let owner = Rc::downgrade(owner);
        glommio::spawn_local(async move {
            while let Some(entry) = entries.receive().await
                && let Some(owner) = owner.upgrade()
            {
                take(&owner, entry);
            }
        })
        .detach();
    }
}

impl<T> Connected<T> {
    /// The next entry, waiting for one; `None` when every sender is gone and the queue is empty.
    pub(crate) async fn receive(&mut self) -> Option<T> {
        loop {
            if let Some(entry) = self.shared.queue.pop() {
                return Some(entry);
            }
            let mut rings = [0; 64];
            match self.bell.read(&mut rings).await {
                Ok(0) | Err(_) => return self.shared.queue.pop(),
                Ok(_) => self.shared.rung.store(false, Ordering::SeqCst),
            }
        }
    }
}

impl<T> Drop for Connected<T> {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
    }
}
