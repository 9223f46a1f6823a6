//! A peer's machines and their addresses, asked of `names` and waited for.
//!
//! Between `dial` and whoever knows names. An address literal needs nobody. Invariant: the shard never blocks on a
//! name: an answer comes through an inbox, or is not waited for any longer.

use super::names::{Answer, Exchange, Names, NoName};
use crate::inbox::inbox;
use glommio::timer::Timer;
use profile::peers::Host;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The machines that take a domain's mail; the domain itself where it names none.
pub(super) async fn exchanges(
    names: &dyn Names,
    domain: &str,
    patience: Duration,
) -> Result<Vec<Exchange>, NoName> {
    let found = ask(|answer| names.exchanges(domain, answer), patience).await?;
    if !found.is_empty() {
        return Ok(found);
    }
    // Without MX records of its own a domain is its own exchange (RFC 5321 §5.1).
    Ok(vec![Exchange {
        preference: 0,
        name: domain.to_owned(),
    }])
}

/// The addresses of a machine.
pub(super) async fn addresses(
    names: &dyn Names,
    host: &Host,
    patience: Duration,
) -> Result<Vec<SocketAddr>, NoName> {
    let bare = host.name.trim_start_matches('[').trim_end_matches(']');
    let found = match bare.parse::<IpAddr>() {
        Ok(address) => vec![address],
        Err(_) => ask(|answer| names.addresses(bare, answer), patience).await?,
    };
    let found = found.into_iter();
    Ok(found.map(|address| (address, host.port).into()).collect())
}

/// Asks, and waits for no longer than that.
async fn ask<T: Send + 'static>(wish: impl FnOnce(Answer<T>), patience: Duration) -> Result<T, NoName> {
    let failed = |error: std::io::Error| NoName::Failed(error.to_string());
    let (sender, receiver) = inbox(1).map_err(failed)?;
    let answer = move |found| {
        // Nobody waits any more: that is all the same to a name.
        let _ = sender.send(found);
    };
    wish(Box::new(answer));
    let mut receiver = receiver.connect();
    let late = async {
        Timer::new(patience).await;
        None
    };
    let found = futures_lite::future::or(receiver.receive(), late).await;
    found.unwrap_or(Err(NoName::Late))
}
