//! One look-up: servers one after another, until one gives an answer that is one.
//!
//! The transport is `domain`'s: over UDP with a random port and id, over TCP where the answer was cut off. What the
//! answer says is read here (RFC 1035, RFC 5321 §5.1, RFC 7505, RFC 2308). Invariants: a record counts only under the
//! name that was asked for or its alias; an answer has its smallest TTL; what was not answered with NOERROR or NXDOMAIN
//! is no answer, and never means "there is none".

use super::{Finding, Found, Key};
use bytes::Bytes;
use domain::base::iana::Rcode;
use domain::base::{Message, MessageBuilder, Name, Rtype, ToName};
use domain::net::client::protocol::{TcpConnect, UdpConnect};
use domain::net::client::request::{RequestMessage, SendRequest};
use domain::net::client::{dgram, dgram_stream, multi_stream};
use domain::rdata::{A, Aaaa, Cname, Mx, Soa};
use domain::resolv::stub::conf::ResolvConf;
use engine::names::{ADDRESSES_MAX, EXCHANGES_MAX, Exchange, NoName};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// How long one server is waited for before the question is sent again. Reason: a round trip round the world, and the
/// server's own look-up.
const TRY: Duration = Duration::from_millis(1_500);

/// How often it is sent again to one server.
const RETRIES: u8 = 1;

/// Where the system keeps the addresses of its servers.
const RESOLV_CONF: &str = "/etc/resolv.conf";

type Connection = dgram_stream::Connection<UdpConnect, RequestMessage<Vec<u8>>>;

/// The servers that are asked, in this order.
#[derive(Clone)]
pub(super) struct Servers {
    connections: Arc<[Connection]>,
    patience: Duration,
}

/// Those that the system names; the machine itself where it names none, as its own resolver has it.
pub(super) fn servers_of_system() -> Vec<SocketAddr> {
    let mut conf = ResolvConf::new();
    // A file that can't be read names none.
    let _ = conf.parse_file(RESOLV_CONF);
    conf.finalize();
    let mut servers: Vec<SocketAddr> = conf.servers.iter().map(|server| server.addr).collect();
    servers.dedup();
    servers
}

impl Servers {
    /// Within the runtime that will ask them.
    pub(super) fn new(addresses: &[SocketAddr], patience: Duration) -> Servers {
        let mut datagrams = dgram::Config::new();
        datagrams.set_read_timeout(TRY);
        datagrams.set_max_retries(RETRIES);
        let mut streams = multi_stream::Config::default();
        streams.set_response_timeout(2 * TRY);
        let config = dgram_stream::Config::from_parts(datagrams, streams);
        let connections = addresses.iter().map(|&address| {
            let (udp, tcp) = (UdpConnect::new(address), TcpConnect::new(address));
            let (connection, transport) = Connection::with_config(udp, tcp, config.clone());
            tokio::spawn(transport.run());
            connection
        });
        Servers {
            connections: connections.collect(),
            patience,
        }
    }

    /// Looks up what is asked; ends within the patience.
    pub(super) async fn look_up(self, key: Key) -> (Key, Finding) {
        let found = async {
            match &key {
                Key::Exchanges(domain) => self.exchanges(domain).await,
                Key::Addresses(name) => self.addresses(name).await,
            }
        };
        let finding = match tokio::time::timeout(self.patience, found).await {
            Ok(Ok(finding)) => finding,
            Ok(Err(why)) => (Err(why), 0),
            Err(_) => (Err(NoName::Late), 0),
        };
        (key, finding)
    }

    async fn exchanges(&self, domain: &str) -> Result<Finding, NoName> {
        let answer = self.ask(domain, Rtype::MX).await?;
        let read = Read::of(&answer)?;
        if read.is_unknown {
            return Ok((Err(NoName::Unknown), read.nothing_s));
        }
        let mut seconds = read.seconds;
        let mut found: Vec<(u16, String)> = Vec::new();
        for record in section(&answer)?.limit_to_in::<Mx<_>>() {
            let record = record.map_err(unreadable)?;
            if record.owner() == &read.name {
                seconds = seconds.min(record.ttl().as_secs());
                let name = record.data().exchange().to_string();
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                found.push((record.data().preference(), name));
            }
        }
        if found.is_empty() {
            return Ok((Ok(Found::Exchanges(Vec::new())), read.nothing_s));
        }
        // RFC 7505 §3: a single root. Beside others it names nobody.
        found.retain(|(_, name)| is_machine(name));
        if found.is_empty() {
            return Ok((Err(NoName::TakesNoMail), seconds));
        }
        Ok((Ok(Found::Exchanges(first_of(found))), seconds))
    }

    /// A and AAAA; what one of them finds is enough.
    async fn addresses(&self, name: &str) -> Result<Finding, NoName> {
        let (four, six) = tokio::join!(self.ask(name, Rtype::A), self.ask(name, Rtype::AAAA));
        let mut found: Vec<IpAddr> = Vec::new();
        let (mut seconds, mut nothing_s, mut is_unknown) = (u32::MAX, u32::MAX, false);
        let mut failure = None;
        for answer in [four, six] {
            let answer = match answer {
                Ok(answer) => answer,
                Err(why) => {
                    failure = Some(why);
                    continue;
                }
            };
            let read = Read::of(&answer)?;
            is_unknown |= read.is_unknown;
            nothing_s = nothing_s.min(read.nothing_s);
            let before = found.len();
            for record in section(&answer)?.limit_to_in::<A>() {
                let record = record.map_err(unreadable)?;
                if record.owner() == &read.name {
                    seconds = seconds.min(record.ttl().as_secs());
                    found.push(IpAddr::V4(record.data().addr()));
                }
            }
            for record in section(&answer)?.limit_to_in::<Aaaa>() {
                let record = record.map_err(unreadable)?;
                if record.owner() == &read.name {
                    seconds = seconds.min(record.ttl().as_secs());
                    found.push(IpAddr::V6(record.data().addr()));
                }
            }
            if found.len() > before {
                seconds = seconds.min(read.seconds);
            }
        }
        found.truncate(ADDRESSES_MAX);
        match (found.is_empty(), failure) {
            (false, _) => Ok((Ok(Found::Addresses(found)), seconds)),
            (true, Some(why)) => Err(why),
            (true, None) if is_unknown => Ok((Err(NoName::Unknown), nothing_s)),
            (true, None) => Ok((Err(NoName::NoAddress), nothing_s)),
        }
    }

    /// Asks one server after another, until one has an answer.
    async fn ask(&self, name: &str, kind: Rtype) -> Result<Message<Bytes>, NoName> {
        let wrong = || NoName::Failed("it is no name".to_owned());
        let question: Name<Vec<u8>> = name.parse().map_err(|_| wrong())?;
        let mut message = MessageBuilder::new_vec();
        message.header_mut().set_rd(true);
        let mut message = message.question();
        message.push((question, kind)).map_err(|_| wrong())?;
        let request = RequestMessage::new(message.into_message()).map_err(|_| wrong())?;
        let mut failure = NoName::Failed("there are none".to_owned());
        for connection in self.connections.iter() {
            match connection.send_request(request.clone()).get_response().await {
                Ok(answer) if answer.header().tc() => {
                    failure = NoName::Failed("the answer was cut off".to_owned());
                }
                Ok(answer) => match answer.header().rcode() {
                    Rcode::NOERROR | Rcode::NXDOMAIN => return Ok(answer),
                    code => failure = NoName::Failed(code.to_string()),
                },
                Err(error) => failure = NoName::Failed(error.to_string()),
            }
        }
        Err(failure)
    }
}

/// What every answer says.
struct Read {
    /// The name behind all aliases.
    name: Name<Vec<u8>>,
    /// The time of the aliases.
    seconds: u32,
    /// There is no such name.
    is_unknown: bool,
    /// For how long it holds that there is nothing (RFC 2308 §5); 0 where the answer does not say.
    nothing_s: u32,
}

impl Read {
    fn of(answer: &Message<Bytes>) -> Result<Read, NoName> {
        let name = answer.canonical_name();
        let name = name.ok_or_else(|| NoName::Failed("aliases in a circle".to_owned()))?;
        let mut seconds = u32::MAX;
        for record in section(answer)?.limit_to_in::<Cname<_>>() {
            seconds = seconds.min(record.map_err(unreadable)?.ttl().as_secs());
        }
        let mut nothing_s = 0;
        for record in answer.authority().map_err(unreadable)?.limit_to_in::<Soa<_>>() {
            let record = record.map_err(unreadable)?;
            let minimum = record.data().minimum().as_secs();
            nothing_s = record.ttl().as_secs().min(minimum).min(seconds);
        }
        Ok(Read {
            name: name.to_vec(),
            seconds,
            is_unknown: answer.header().rcode() == Rcode::NXDOMAIN,
            nothing_s,
        })
    }
}

fn section(answer: &Message<Bytes>) -> Result<domain::base::message::RecordSection<'_, Bytes>, NoName> {
    answer.answer().map_err(unreadable)
}

fn unreadable(_: domain::base::wire::ParseError) -> NoName {
    NoName::Failed("the answer can't be read".to_owned())
}

/// Whether an exchange is the name of a machine; an address is none, though some write one (RFC 1035 §3.3.9).
fn is_machine(name: &str) -> bool {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_');
    !name.is_empty() && name.bytes().all(is_plain) && name.parse::<IpAddr>().is_err()
}

/// The first of them by preference, each name once.
fn first_of(mut found: Vec<(u16, String)>) -> Vec<Exchange> {
    found.sort();
    let mut seen = BTreeSet::new();
    let found = found.into_iter().filter(|(_, name)| seen.insert(name.clone()));
    let exchanges = found.map(|(preference, name)| Exchange { preference, name });
    exchanges.take(EXCHANGES_MAX).collect()
}
