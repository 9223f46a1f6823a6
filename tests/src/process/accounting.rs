//! An access server that tells of sessions: RADIUS accounting over UDP, one request after the other.
//!
//! Beside the phones, which are known by what it says. The octets are those of our own writer; foreign clients feed the
//! server in tests of their own. Invariants: a request is sent again until it is answered, as access servers do; an
//! answer with a wrong authenticator is a failure.

use super::Failure;
use super::turnstile::now;
use base::Msisdn;
use radius::{Code, Packet, Status, Writer, attribute};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

/// The secret that it shares with the server.
pub const SECRET: &str = "between-you-and-me";

/// How long before a request is sent again.
const AGAIN: Duration = Duration::from_millis(500);

/// The longest that it goes on trying.
const PATIENCE: Duration = Duration::from_secs(20);

/// What happened to a session.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// What.
    pub status: Status,
    /// To which.
    pub session: &'a str,
    /// Its address; an IPv6 one as a single address.
    pub address: IpAddr,
    /// Whose it is.
    pub number: Msisdn,
    /// When: Event-Timestamp.
    pub at_s: u32,
}

impl Event<'_> {
    /// The request, signed; its authenticator finds the answer.
    ///
    /// # Errors
    /// Where it would be too long.
    pub fn request(&self, identifier: u8, out: &mut Vec<u8>) -> Result<[u8; 16], Failure> {
        out.clear();
        let mut writer = Writer::new(out, Code::AccountingRequest, identifier);
        let v6;
        let v4;
        let (kind, address): (u8, &[u8]) = match self.address {
            IpAddr::V4(address) => {
                v4 = address.octets();
                (attribute::FRAMED_IP_ADDRESS, &v4)
            }
            IpAddr::V6(address) => {
                v6 = address.octets();
                (attribute::FRAMED_IPV6_ADDRESS, &v6)
            }
        };
        let number = self.number.digits().to_string();
        let written = writer
            .number(attribute::ACCT_STATUS_TYPE, self.status as u32)
            .and_then(|()| writer.attribute(attribute::ACCT_SESSION_ID, self.session.as_bytes()))
            .and_then(|()| writer.attribute(attribute::NAS_IDENTIFIER, b"ggsn-1"))
            .and_then(|()| writer.attribute(kind, address))
            .and_then(|()| writer.attribute(attribute::CALLING_STATION_ID, number.as_bytes()))
            .and_then(|()| writer.number(attribute::EVENT_TIMESTAMP, self.at_s));
        written.map_err(|error| Failure::of("a request", error))?;
        Ok(writer.sign_request(SECRET.as_bytes()))
    }
}

/// See the module's comment.
#[derive(Debug)]
pub struct Nas {
    socket: UdpSocket,
    identifier: u8,
}

impl Nas {
    /// One on loopback that talks to this address.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn to(server: SocketAddr) -> Result<Nas, Failure> {
        let own: IpAddr = match server {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        Nas::from(own, server)
    }

    /// One at an address of this machine.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn from(own: IpAddr, server: SocketAddr) -> Result<Nas, Failure> {
        let socket = UdpSocket::bind((own, 0))?;
        socket.connect(server)?;
        socket.set_read_timeout(Some(AGAIN))?;
        Ok(Nas {
            socket,
            identifier: 0,
        })
    }

    /// Says something once, and does not wait.
    ///
    /// # Errors
    /// Where it would be too long, or what the kernel says.
    pub fn say(&mut self, event: &Event<'_>) -> Result<(), Failure> {
        self.identifier = self.identifier.wrapping_add(1);
        let mut request = Vec::new();
        event.request(self.identifier, &mut request)?;
        self.socket.send(&request)?;
        Ok(())
    }

    /// Tells of an event until it is answered.
    ///
    /// # Errors
    /// Where no answer comes, or a wrong one.
    pub fn tell(&mut self, event: &Event<'_>) -> Result<(), Failure> {
        self.identifier = self.identifier.wrapping_add(1);
        let mut request = Vec::new();
        let authenticator = event.request(self.identifier, &mut request)?;
        let deadline = now() + PATIENCE;
        let mut answer = [0; 4_096];
        while now() < deadline {
            // Nobody may listen yet; it is sent again.
            let _ = self.socket.send(&request);
            while let Ok(octets) = self.socket.recv(&mut answer) {
                let packet = Packet::read(answer.get(..octets).unwrap_or_default());
                let packet = packet.map_err(|error| Failure(format!("an answer: {error:?}")))?;
                if packet.identifier() != self.identifier {
                    continue;
                }
                let right = packet.verify_response(authenticator, SECRET.as_bytes());
                return right.map_err(|error| Failure::of("an answer", error));
            }
        }
        Err(Failure(format!("accounting is not answered within {PATIENCE:?}")))
    }
}
