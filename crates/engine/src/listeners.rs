//! The listening sockets, made before the executors start: one per address and shard, all of an address on one port.
//!
//! First thing of the flow. A value of its own, so that a successor process can be given the sockets of the one before
//! (closing one of two SO_REUSEPORT listeners resets what is queued on it). Invariants: every shard has the same number
//! of sockets; an address with port 0 has one port for all shards; accepted sockets inherit TCP_NODELAY.

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

/// Connections that may wait to be accepted, per socket; the kernel lowers it to `net.core.somaxconn`, which is 4,096
/// on current kernels.
pub const BACKLOG: i32 = 4_096;

/// Bound and listening sockets for a number of shards.
#[derive(Debug)]
pub struct Listeners {
    addresses: Vec<SocketAddr>,
    shards: Vec<Vec<OwnedFd>>,
}

/// Why there are no listeners.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// An address could not be bound or listened on. The configuration or another process is at fault.
    #[error("cannot listen on {address}: {cause}")]
    Socket {
        /// Which address.
        address: SocketAddr,
        /// What the kernel said.
        #[source]
        cause: io::Error,
    },
    /// Inherited sockets don't come as the same number for each shard.
    #[error("inherited sockets: {found} are not the same number for each of {shards} shards")]
    Uneven {
        /// How many came.
        found: usize,
        /// For how many shards.
        shards: usize,
    },
    /// An inherited descriptor is no listening TCP socket.
    #[error("an inherited descriptor is no TCP socket: {0}")]
    Foreign(#[source] io::Error),
}

impl Listeners {
    /// Binds every address once for each of `shards` (at least one). Port 0 takes a free port.
    ///
    /// # Errors
    /// The first address that can't be had.
    pub fn bind(addresses: &[SocketAddr], shards: u16) -> Result<Listeners, ListenError> {
        let mut bound = Vec::new();
        let mut sockets: Vec<Vec<OwnedFd>> = (0..shards.max(1)).map(|_| Vec::new()).collect();
        for &address in addresses {
            let mut actual = address;
            for of_shard in &mut sockets {
                let failed = |cause| ListenError::Socket { address, cause };
                let socket = listen(actual).map_err(failed)?;
                // The first socket of port 0 decides the port of the others.
                actual = local_address(&socket).map_err(failed)?;
                of_shard.push(OwnedFd::from(socket));
            }
            bound.push(actual);
        }
        Ok(Listeners {
            addresses: bound,
            shards: sockets,
        })
    }

    /// Takes sockets that another process bound, in the order of [`into_inheritable`](Self::into_inheritable).
    ///
    /// # Errors
    /// Where their number does not fit, or one is no TCP socket.
    pub fn from_inherited(sockets: Vec<OwnedFd>, shards: u16) -> Result<Listeners, ListenError> {
        let shards = usize::from(shards.max(1));
        let per_shard = sockets.len() / shards;
        if per_shard == 0 || per_shard * shards != sockets.len() {
            let found = sockets.len();
            return Err(ListenError::Uneven { found, shards });
        }
        let mut addresses = Vec::new();
        let mut by_shard: Vec<Vec<OwnedFd>> = (0..shards).map(|_| Vec::new()).collect();
        for (index, descriptor) in sockets.into_iter().enumerate() {
            let socket = Socket::from(descriptor);
            if index < per_shard {
                addresses.push(local_address(&socket).map_err(ListenError::Foreign)?);
            }
            if let Some(of_shard) = by_shard.get_mut(index / per_shard) {
                of_shard.push(OwnedFd::from(socket));
            }
        }
        Ok(Listeners {
            addresses,
            shards: by_shard,
        })
    }

    /// Gives the sockets away, all of the first shard first.
    #[must_use]
    pub fn into_inheritable(self) -> Vec<OwnedFd> {
        self.shards.into_iter().flatten().collect()
    }

    /// What is listened on, with the actual ports, in the order of the configuration.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// How many shards there are sockets for.
    #[must_use]
    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// The sockets of each shard, in the order of the shards.
    pub(crate) fn into_shards(self) -> Vec<Vec<OwnedFd>> {
        self.shards
    }
}

fn listen(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // An IPv4 address is configured as such; mixed sockets would make two forms of one peer.
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.bind(&SockAddr::from(address))?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}

fn local_address(socket: &Socket) -> io::Result<SocketAddr> {
    let no_ip = || io::Error::new(io::ErrorKind::InvalidInput, "not an IP socket");
    socket.local_addr()?.as_socket().ok_or_else(no_ip)
}
