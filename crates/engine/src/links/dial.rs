//! Building a connection: a name becomes an address off the executor, an address becomes a stream within a time.
//!
//! Under the links. Invariants: nothing blocks the executor; it ends in time, or when the shard begins to drain.

use crate::hands::Hands;
use glommio::net::TcpStream;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::rc::Rc;
use std::time::Duration;

/// A connection to a host, if it comes up in time.
pub(crate) async fn dial(hands: &Rc<Hands>, host: &str, port: u16, patience_ms: u32) -> Option<TcpStream> {
    let connect = async {
        let address = resolve(host, port).await?;
        let patience = Duration::from_millis(u64::from(patience_ms));
        let stream = TcpStream::connect_timeout(address, patience).await.ok()?;
        // A push is one small write that waits for its answer; where this can't be set it is only slower.
        let _ = stream.set_nodelay(true);
        Some(stream)
    };
    let leaving = async {
        std::future::poll_fn(|context| hands.poll_drain(context)).await;
        None
    };
    futures_lite::future::or(connect, leaving).await
}

async fn resolve(host: &str, port: u16) -> Option<SocketAddr> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if let Ok(address) = bare.unwrap_or(host).parse::<IpAddr>() {
        return Some(SocketAddr::new(address, port));
    }
    let host = host.to_owned();
    let lookup = move || (host.as_str(), port).to_socket_addrs().ok()?.next();
    glommio::executor().spawn_blocking(lookup).await
}
