//! Taking connections from a shard's listeners.
//!
//! First stage of the flow: kernel → accept → edge. Invariants: a shard serves at most its limit of connections; the
//! one above is told 503, as long as few are being told; a lack of descriptors makes accept wait, not spin; the end
//! of a drain leaves nothing unread in a listener's queue.

use crate::edge::mm1;
use crate::edge::socket::Socket;
use crate::hands::{Admission, Hands};
use crate::slots::SlotId;
use glommio::net::{TcpListener, TcpStream};
use meter::Counter;
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd};
use std::rc::Rc;
use std::time::Duration;

/// Milliseconds to wait after an accept that failed for want of descriptors or memory.
const SHORTAGE_MS: u64 = 50;

/// Accepts from one listener until the shard drains, then takes what is queued and closes it.
pub(crate) async fn accept(hands: Rc<Hands>, listener: OwnedFd) {
    let descriptor = listener.into_raw_fd();
    // SAFETY: the descriptor was owned by `listener` until this moment, and is a listening TCP socket.
    #[expect(unsafe_code, reason = "glommio takes sockets by descriptor only")]
    let listener = unsafe { TcpListener::from_raw_fd(descriptor) };
    while !hands.is_draining() {
        let accepting = listener.accept();
        match futures_lite::future::or(async { Some(accepting.await) }, drain_begun(&hands)).await {
            None => break,
            Some(Ok(stream)) => take(&hands, stream),
            // The peer was gone before it was taken: nothing of ours is short.
            Some(Err(error)) if !is_shortage(&error) => {}
            Some(Err(_)) => {
                hands.meter.count(Counter::ConnectionsRefused);
                glommio::timer::sleep(Duration::from_millis(SHORTAGE_MS)).await;
            }
        }
    }
    // Closing a listener resets what it has queued (DESIGN §4): these are served first.
    while let Some(Ok(stream)) = futures_lite::future::poll_once(listener.accept()).await {
        take(&hands, stream);
    }
}

/// Completes with `None` when the shard begins to drain.
async fn drain_begun<T>(hands: &Hands) -> Option<T> {
    std::future::poll_fn(|context| hands.poll_drain(context)).await;
    None
}

fn take(hands: &Rc<Hands>, stream: TcpStream) {
    let Ok(peer) = stream.peer_addr() else {
        return;
    };
    // An IPv4 peer is an IPv4 peer on whichever socket it came.
    let peer = peer.ip().to_canonical();
    match hands.open_slot() {
        Admission::Served(id) => {
            glommio::spawn_local(mm1::serve(Rc::clone(hands), stream, peer, id)).detach()
        }
        Admission::TurnedAway(id) => glommio::spawn_local(tell(Rc::clone(hands), stream, id)).detach(),
        Admission::Dropped => return,
    };
}

/// Says 503 to a connection over the limit.
async fn tell(hands: Rc<Hands>, stream: TcpStream, id: SlotId) {
    let mut socket = Socket::new(stream, Rc::clone(&hands), id);
    mm1::turn_away(&mut socket, &hands).await;
    hands.close_slot(id);
}

fn is_shortage(error: &glommio::GlommioError<()>) -> bool {
    let shortages = [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM];
    match error {
        glommio::GlommioError::IoError(error) => error
            .raw_os_error()
            .is_some_and(|errno| shortages.contains(&errno)),
        _ => false,
    }
}
