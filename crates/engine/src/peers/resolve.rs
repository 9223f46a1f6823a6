//! Names to addresses, off the shard.
//!
//! An address literal needs nobody. A name is asked of the system's resolver (A and AAAA) on a thread of its own,
//! since that blocks for as long as it likes: one thread a look-up, at most one look-up a link, and whoever waits for
//! it gives up at its deadline. Invariant: the shard never blocks on a name.

use crate::inbox::inbox;
use glommio::timer::Timer;
use profile::peers::Host;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

/// Addresses of one machine that are tried. Reason: a name with more is a mistake, and each may cost a timeout.
const ADDRESSES_MAX: usize = 4;

/// The addresses of a machine.
///
/// # Errors
/// A sentence for the operator.
pub(super) async fn addresses(host: &Host, patience: Duration) -> Result<Vec<SocketAddr>, String> {
    let bare = host.name.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::from((address, host.port))]);
    }
    let name = (host.name.clone(), host.port);
    let (sender, receiver) = inbox(1).map_err(|error| format!("{}: {error}", host.name))?;
    let asked = std::thread::Builder::new()
        .name("resolver".to_owned())
        .spawn(move || {
            let found = name
                .to_socket_addrs()
                .map(|all| all.take(ADDRESSES_MAX).collect::<Vec<_>>());
            // Nobody waits any more: that is all the same to a name.
            let _ = sender.send(found);
        });
    asked.map_err(|error| format!("{}: {error}", host.name))?;
    let mut receiver = receiver.connect();
    let late = async {
        Timer::new(patience).await;
        None
    };
    match futures_lite::future::or(receiver.receive(), late).await {
        Some(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Some(Ok(_)) => Err(format!("{}: no address", host.name)),
        Some(Err(error)) => Err(format!("{}: {error}", host.name)),
        None => Err(format!("{}: no address in time", host.name)),
    }
}
