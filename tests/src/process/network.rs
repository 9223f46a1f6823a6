//! Ports for who must know them before he listens, and a network of its own for peers that listen on every address.
//!
//! Beside [`centre`](super::centre). Invariants: a port is given once a process, and is none that the kernel gives to
//! who asks for any; the network is nothing but its loopback, and goes with the last of those that are in it; the rest
//! of the process stays where it is.

use super::Failure;
use rustix::thread::{UnshareFlags, unshare_unsafe};
use std::net::{TcpListener, UdpSocket};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Ports below this are others' by custom.
const PORT_MIN: u16 = 10_000;

/// Ports tried; all of them taken means that something else is wrong.
const PORTS_TRIED: u32 = 1_000;

static PORTS: AtomicU32 = AtomicU32::new(0);

/// A port of 127.0.0.1 where nobody listens, for TCP and UDP, that stays free while its server is down: it lies below
/// those that the kernel gives to connections and to listeners that name none.
///
/// # Errors
/// Where there is none.
pub fn free_port() -> Result<u16, Failure> {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")?;
    let first = range
        .split_whitespace()
        .next()
        .and_then(|first| first.parse().ok());
    let ports = u32::from(first.unwrap_or(u16::MAX).saturating_sub(PORT_MIN)).max(1);
    for _ in 0..PORTS_TRIED {
        // Processes begin far from each other, and each goes on to the next.
        let turn = PORTS.fetch_add(1, Ordering::Relaxed);
        let at = std::process::id().wrapping_mul(7_919).wrapping_add(turn) % ports;
        let port = PORT_MIN + u16::try_from(at).unwrap_or_default();
        let address = ("127.0.0.1", port);
        if TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok() {
            return Ok(port);
        }
    }
    Err(Failure(format!("{PORTS_TRIED} ports are taken")))
}

/// Does something on a thread in a network of its own; what it starts is in there, too.
///
/// # Errors
/// Where such a network can't be made: that needs the right to, and `ip`.
pub fn within<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Failure> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            enter()?;
            Ok(work())
        });
        thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn enter() -> Result<(), Failure> {
    #[expect(unsafe_code, reason = "the kernel has no other call for it")]
    // SAFETY: a network is a thread's own matter: descriptors and memory stay as they are.
    unsafe { unshare_unsafe(UnshareFlags::NEWNET) }
        .map_err(|error| Failure::of("a network of its own", error))?;
    let up = Command::new("ip")
        .args(["link", "set", "lo", "up"])
        .status()
        .map_err(|error| Failure::of("ip", error))?;
    if up.success() {
        Ok(())
    } else {
        Err(Failure("its loopback does not come up".to_owned()))
    }
}
