//! The listening sockets, made before the executors start: one per address and shard, all of an address on one port.
//!
//! First thing of the flow. A value of its own, so that a successor process can be given the sockets of the one before
//! (closing one of two SO_REUSEPORT listeners resets what is queued on it). Invariants: every inherited socket is some
//! shard's, whatever the number of shards was; an address with port 0 has one port for all shards; accepted sockets
//! inherit TCP_NODELAY.

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

/// Connections that may wait to be accepted, per socket; the kernel lowers it to `net.core.somaxconn`, which is 4,096
/// on current kernels.
pub const BACKLOG: i32 = 4_096;

/// What is behind a listening socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Phones, over HTTP, at the address of this place in the configuration.
    Mm1(u16),
    /// Other operators' MMSCs, over SMTP.
    Mm4,
}

/// Every listening socket of an engine.
#[derive(Debug)]
pub struct Doors {
    /// For phones.
    pub mm1: Listeners,
    /// For other operators, where there are any.
    pub mm4: Option<Listeners>,
}

impl From<Listeners> for Doors {
    fn from(mm1: Listeners) -> Doors {
        Doors { mm1, mm4: None }
    }
}

impl Doors {
    /// For how many shards they were made; nothing where that differs.
    pub(crate) fn shards(&self) -> Option<usize> {
        let shards = self.mm1.shards();
        let agree = self.mm4.as_ref().is_none_or(|mm4| mm4.shards() == shards);
        agree.then_some(shards)
    }

    /// The sockets of each shard, in the order of the shards.
    pub(crate) fn into_shards(self) -> Vec<Vec<(Door, OwnedFd)>> {
        let mut shards: Vec<Vec<(Door, OwnedFd)>> = Vec::new();
        for sockets in self.mm1.into_shards() {
            let sockets = sockets.into_iter();
            shards.push(
                sockets
                    .map(|(place, socket)| (Door::Mm1(place), socket))
                    .collect(),
            );
        }
        let mm4 = self.mm4.map(Listeners::into_shards).unwrap_or_default();
        for (shard, sockets) in shards.iter_mut().zip(mm4) {
            shard.extend(sockets.into_iter().map(|(_, socket)| (Door::Mm4, socket)));
        }
        shards
    }
}

/// Bound and listening sockets for a number of shards.
#[derive(Debug)]
pub struct Listeners {
    addresses: Vec<SocketAddr>,
    shards: Vec<Vec<(u16, OwnedFd)>>,
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
    /// An inherited socket is at an address that is not configured any more: who is queued there would be cut off.
    #[error(
        "an inherited socket is at {0}, which is configured no more: give an address up by a stop and a start"
    )]
    Unwanted(SocketAddr),
    /// An inherited descriptor is no listening TCP socket.
    #[error("an inherited descriptor is no TCP socket: {0}")]
    Foreign(#[source] io::Error),
}

/// A configured address and the inherited sockets that are there.
#[derive(Debug)]
pub struct Seat {
    /// With the actual port where sockets were inherited, else as configured.
    pub address: SocketAddr,
    /// None where nothing was inherited.
    pub sockets: Vec<OwnedFd>,
}

/// Finds out which inherited socket belongs to which configured address; port 0 takes what no other address wants.
///
/// # Errors
/// A descriptor that is no TCP socket, or one at an address that is not configured.
pub fn seats(addresses: &[SocketAddr], inherited: Vec<OwnedFd>) -> Result<Vec<Seat>, ListenError> {
    let mut found: Vec<Seat> = Vec::new();
    for descriptor in inherited {
        let socket = Socket::from(descriptor);
        let address = local_address(&socket).map_err(ListenError::Foreign)?;
        let descriptor = OwnedFd::from(socket);
        match found.iter_mut().find(|seat| seat.address == address) {
            Some(seat) => seat.sockets.push(descriptor),
            None => found.push(Seat {
                address,
                sockets: vec![descriptor],
            }),
        }
    }
    let mut seats: Vec<Option<Seat>> = addresses
        .iter()
        .map(|wanted| take(&mut found, |seat| seat.address == *wanted))
        .collect();
    for (seat, wanted) in seats.iter_mut().zip(addresses) {
        if seat.is_none() && wanted.port() == 0 {
            *seat = take(&mut found, |seat| seat.address.ip() == wanted.ip());
        }
    }
    if let Some(unwanted) = found.first() {
        return Err(ListenError::Unwanted(unwanted.address));
    }
    let seats = seats.into_iter().zip(addresses);
    let bare = |address| Seat {
        address,
        sockets: Vec::new(),
    };
    Ok(seats
        .map(|(seat, &wanted)| seat.unwrap_or_else(|| bare(wanted)))
        .collect())
}

fn take(seats: &mut Vec<Seat>, is_it: impl Fn(&Seat) -> bool) -> Option<Seat> {
    let index = seats.iter().position(is_it)?;
    Some(seats.remove(index))
}

impl Listeners {
    /// Binds every address once for each of `shards` (at least one). Port 0 takes a free port.
    ///
    /// # Errors
    /// The first address that can't be had.
    pub fn bind(addresses: &[SocketAddr], shards: u16) -> Result<Listeners, ListenError> {
        Listeners::on(seats(addresses, Vec::new())?, shards)
    }

    /// Deals inherited sockets out to the shards, and binds what more is needed for one per address and shard. Where
    /// the inherited ones don't share their port (no SO_REUSEPORT), fewer shards have one; requests reach their homes
    /// all the same. Nobody else may accept from the inherited ones any more: their flags are changed, which are those
    /// of every process that has them.
    ///
    /// # Errors
    /// The first address that can't be had.
    pub fn on(seats: Vec<Seat>, shards: u16) -> Result<Listeners, ListenError> {
        let shards = usize::from(shards.max(1));
        let mut bound = Vec::new();
        let mut by_shard: Vec<Vec<(u16, OwnedFd)>> = (0..shards).map(|_| Vec::new()).collect();
        for (place, seat) in (0_u16..).zip(seats) {
            let address = seat.address;
            let failed = |cause| ListenError::Socket { address, cause };
            let mut sockets: Vec<Socket> = seat.sockets.into_iter().map(Socket::from).collect();
            let mut actual = address;
            for socket in &sockets {
                // Whoever made it need not have thought of this.
                socket.set_tcp_nodelay(true).map_err(failed)?;
                // The ring's accept waits on a blocking socket only. A supervisor may have made another one, and a
                // predecessor that was killed between two of glommio's system calls left the flag behind.
                socket.set_nonblocking(false).map_err(failed)?;
                // A predecessor that was killed may have left its door shut; one that was not has none to take off.
                let _ = socket.detach_filter();
            }
            let shares_port = sockets
                .first()
                .is_none_or(|first| first.reuse_port().unwrap_or(false));
            while sockets.len() < shards && (shares_port || sockets.is_empty()) {
                let socket = listen(actual).map_err(failed)?;
                // The first socket of port 0 decides the port of the others.
                actual = local_address(&socket).map_err(failed)?;
                sockets.push(socket);
            }
            for (index, socket) in sockets.into_iter().enumerate() {
                if let Some(of_shard) = by_shard.get_mut(index % shards) {
                    of_shard.push((place, OwnedFd::from(socket)));
                }
            }
            bound.push(actual);
        }
        Ok(Listeners {
            addresses: bound,
            shards: by_shard,
        })
    }

    /// Second descriptors of all sockets, to be handed on to a successor.
    ///
    /// # Errors
    /// Where the kernel has no descriptor left.
    pub fn duplicates(&self) -> io::Result<Vec<OwnedFd>> {
        let sockets = self.shards.iter().flatten();
        sockets.map(|(_, socket)| socket.try_clone()).collect()
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

    /// The sockets of each shard, in the order of the shards; with each the place of its address in the configuration.
    pub(crate) fn into_shards(self) -> Vec<Vec<(u16, OwnedFd)>> {
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
