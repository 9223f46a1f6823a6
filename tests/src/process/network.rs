//! A network of its own for peers that listen on every address: nothing but its loopback, and nobody else on it.
//!
//! Beside [`centre`](super::centre). Invariants: the rest of the process stays where it is; the network goes with the
//! last of those that are in it.

use super::Failure;
use rustix::thread::{UnshareFlags, unshare_unsafe};
use std::process::Command;

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
