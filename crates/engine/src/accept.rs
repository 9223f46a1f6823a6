//! Taking connections from a shard's listeners.
//!
//! First stage of the flow: kernel → accept → edge. Invariants: a shard serves at most its limit of connections; the
//! one above is told 503, as long as few are being told; a lack of descriptors makes accept wait, not spin; the end
//! of a drain leaves nothing unread in a listener's queue, a hand-over takes nothing out of it and loses nothing that
//! it has taken.

use crate::cancel::cancel;
use crate::edge::socket::Socket;
use crate::edge::{mm1, mm4};
use crate::hands::{Admission, Hands};
use crate::handshake::established;
use crate::listeners::Door;
use crate::porch::Porch;
use crate::slots::SlotId;
use glommio::net::{TcpListener, TcpStream};
use meter::Counter;
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

/// Milliseconds to wait after an accept that failed for want of descriptors or memory.
const SHORTAGE_MS: u64 = 50;

/// What comes of accepting.
type Accepted = Result<TcpStream, glommio::GlommioError<()>>;

/// Connections taken before those that were taken have a turn.
const IN_A_ROW_MAX: u32 = 16;

/// A wait that is over when the executor has run what it can, and has asked its ring.
const ROUND: Duration = Duration::from_micros(1);

/// Milliseconds between two attempts to take an accept back: it may not have reached the kernel yet.
const CANCEL_MS: u64 = 1;

/// Accepts from one listener until the shard drains or hands over. A drain then takes what is queued; what is queued
/// at a hand-over is the successor's.
pub(crate) async fn accept(hands: Rc<Hands>, (door, listener): (Door, OwnedFd)) {
    let descriptor = listener.into_raw_fd();
    // SAFETY: the descriptor was owned by `listener` until this moment, and is a listening TCP socket.
    #[expect(unsafe_code, reason = "glommio takes sockets by descriptor only")]
    let listener = unsafe { TcpListener::from_raw_fd(descriptor) };
    hands.open_listener();
    let mut porch = Porch::new(descriptor);
    while !hands.is_draining() {
        let mut accepting = pin!(listener.accept());
        let mut accepted = futures_lite::future::poll_once(accepting.as_mut()).await;
        if accepted.is_none() {
            porch.is_empty(&hands);
            accepted = until_drain(&hands, accepting.as_mut()).await;
        }
        let accepted = match accepted {
            Some(accepted) => accepted,
            None => take_back(descriptor, accepting).await,
        };
        match accepted {
            Ok(stream) => {
                porch.lets_in(&stream);
                take(&hands, stream, door);
                until_drain(&hands, make_room(&hands, &mut porch)).await;
            }
            Err(_) if hands.is_draining() => {}
            // The peer was gone before it was taken: nothing of ours is short.
            Err(error) if !is_shortage(&error) => {}
            Err(_) => {
                hands.meter.count(Counter::ConnectionsRefused);
                glommio::timer::sleep(Duration::from_millis(SHORTAGE_MS)).await;
            }
        }
    }
    drop(porch);
    // Closing the last descriptor of a listener resets what it has queued (DESIGN §4): these are served first.
    while hands.keeps_queue() {
        let mut accepting = pin!(listener.accept());
        let accepted = match futures_lite::future::poll_once(accepting.as_mut()).await {
            Some(accepted) => accepted,
            None => take_back(descriptor, accepting).await,
        };
        let Ok(stream) = accepted else { break };
        take(&hands, stream, door);
    }
    drop(listener);
    hands.close_listener();
}

/// Waits before the next connection is taken. While the shard is behind, they are taken as fast as it may refuse them,
/// and no faster: whoever is taken only to be refused costs a good part of what serving them would, so that a shard
/// which takes everybody serves hardly anybody at three times its load. In the kernel's queue they cost nothing, and
/// where they would stand there too long, their SYNs are not heard. Else those that were taken have their turns between
/// every few, or a full queue would come in at once: an accept that finds somebody never waits. Their turns are over
/// when nothing more can be run, and the ring has been asked: a task that only yields can always be run, and beside one
/// glommio asks its ring ten times a second, so that what was written, and everybody's answers, lie until then.
async fn make_room(hands: &Hands, porch: &mut Porch) {
    if hands.is_behind() {
        porch.look(hands);
        hands.meter.count(Counter::AcceptsPaused);
        let refusals_per_s = hands.profile().overload.refusals_per_s.max(1);
        glommio::timer::sleep(Duration::from_secs(1) / refusals_per_s).await;
    } else if porch.let_in() >= IN_A_ROW_MAX {
        porch.look(hands);
        glommio::timer::sleep(ROUND).await;
    }
}

/// What comes of something, or nothing when the shard begins to end first.
async fn until_drain<T>(hands: &Hands, accepting: impl Future<Output = T>) -> Option<T> {
    let drain_begun = async {
        std::future::poll_fn(|context| hands.poll_drain(context)).await;
        None
    };
    futures_lite::future::or(async { Some(accepting.await) }, drain_begun).await
}

/// Ends an accept that is under way; a connection that it has taken meanwhile is not lost.
async fn take_back(listener: RawFd, mut accepting: Pin<&mut impl Future<Output = Accepted>>) -> Accepted {
    loop {
        let can_cancel = cancel(listener);
        let pause = async {
            glommio::timer::sleep(Duration::from_millis(CANCEL_MS)).await;
            None
        };
        let ended = futures_lite::future::or(async { Some(accepting.as_mut().await) }, pause).await;
        match ended {
            Some(ended) => return ended,
            None if can_cancel => {}
            None => return Err(std::io::Error::from_raw_os_error(libc::ECANCELED).into()),
        }
    }
}

fn take(hands: &Rc<Hands>, stream: TcpStream, door: Door) {
    let Ok(peer) = stream.peer_addr() else {
        return;
    };
    let admission = hands.open_slot(door, peer);
    let hands = Rc::clone(hands);
    // An IPv4 peer is an IPv4 peer on whichever socket it came.
    let address = peer.ip().to_canonical();
    match (admission, door) {
        (Admission::Served(id), Door::Mm1(place)) => {
            let origin = hands
                .access
                .borrow()
                .origin(address, place, || established(&stream));
            glommio::spawn_local(mm1::serve(hands, stream, origin, id)).detach();
        }
        (Admission::Served(id), Door::Mm4) => {
            glommio::spawn_local(mm4::serve(hands, stream, address, id)).detach();
        }
        (Admission::TurnedAway(id), Door::Mm1(_)) => {
            glommio::spawn_local(tell(hands, stream, id)).detach();
        }
        (Admission::TurnedAway(id), Door::Mm4) => {
            glommio::spawn_local(mm4::turn_away(hands, stream, address, id)).detach();
        }
        (Admission::Dropped, _) => {}
    }
}

/// Says 503 to a connection over the limit.
async fn tell(hands: Rc<Hands>, stream: TcpStream, id: SlotId) {
    let mut socket = Socket::new(stream, Rc::clone(&hands), id);
    mm1::turn_away(&mut socket, &hands).await;
    hands.close_turned_away(id);
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
