//! Connecting to a peer: which machines it has, in which order, by which addresses; and what proves it within TLS.
//!
//! Under `link`. Invariants: a machine that can't be reached is passed over for a while; a look-up that finds nobody is
//! counted; who is found by MX proves to be of the peer's own names or domain, since whoever answers for a name server
//! chooses the rest.

use super::names::NoName;
use super::{Lane, resolve};
use crate::hands::Hands;
use glommio::net::TcpStream;
use meter::Counter;
use profile::Peer;
use profile::peers::{Hops, Host, Tls};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use shard::{Refusal, Verdict};
use std::sync::Arc;
use std::time::Duration;

/// How long a name and a connection may take. Reason: a machine that is up answers a SYN within the round trip; three
/// are lost before ten seconds are over.
const CONNECT: Duration = Duration::from_secs(10);

/// No connection: what an operator reads, and what that means for the mail.
pub(super) struct NoWay {
    pub(super) said: String,
    pub(super) verdict: Verdict,
}

impl NoWay {
    pub(super) fn lost(said: impl Into<String>) -> NoWay {
        NoWay {
            said: said.into(),
            verdict: Verdict::Lost,
        }
    }

    /// A name led nowhere.
    fn of(hands: &Hands, name: &str, found: &NoName) -> NoWay {
        hands.meter.count(Counter::PeerNamesFailed);
        let said = format!("{name}: {found}");
        match found {
            // RFC 7505 §4.2: for good, 556 5.1.10.
            NoName::TakesNoMail => NoWay {
                said,
                verdict: Verdict::Never(Refusal {
                    code: 556,
                    enhanced: Some((1, 10)),
                }),
            },
            _ => NoWay::lost(said),
        }
    }
}

/// Connects to the first machine that can be reached.
pub(super) async fn connect(hands: &Hands, lane: &Lane, peer: &Peer) -> Result<(TcpStream, Host), NoWay> {
    let terms = hands.mm4.terms();
    let names = terms.as_ref().map(|terms| &*terms.names);
    let names = names.ok_or_else(|| NoWay::lost("MM4 is not served here"))?;
    let order: Vec<Host> = match &peer.hops {
        Hops::Hosts(hosts) => {
            let mut known = lane.hosts.borrow_mut();
            known.order(hosts, hands.now_ms()).into_iter().cloned().collect()
        }
        Hops::Mx { domain, port } => {
            let found = resolve::exchanges(names, domain, CONNECT).await;
            let found = found.map_err(|found| NoWay::of(hands, domain, &found))?;
            let mut known = lane.hosts.borrow_mut();
            known.order_found(found, *port, u32::from(hands.own.0), hands.now_ms())
        }
    };
    let mut no_way = NoWay::lost("the peer has no machine");
    for host in order {
        match resolve::addresses(names, &host, CONNECT).await {
            Err(found) => no_way = NoWay::of(hands, &host.name, &found),
            Ok(addresses) => {
                for address in addresses {
                    match TcpStream::connect_timeout(address, CONNECT).await {
                        Ok(stream) => {
                            // Small commands go out at once; a socket that can't say so still carries them.
                            let _ = stream.set_nodelay(true);
                            return Ok((stream, host));
                        }
                        Err(error) => no_way = NoWay::lost(format!("{address}: {error}")),
                    }
                }
            }
        }
        lane.hosts.borrow_mut().failed(&host, hands.now_ms());
    }
    Err(no_way)
}

/// What a handshake is made with, and the name that is dialled; or why it can't be.
pub(super) fn security(
    hands: &Hands,
    peer: &Peer,
    host: &Host,
) -> Result<(Arc<ClientConfig>, ServerName<'static>), String> {
    let terms = hands.mm4.terms();
    let to_peers = terms
        .as_ref()
        .map(|terms| &terms.to_peers)
        .ok_or("MM4 is not served here")?;
    let bare = host.name.trim_start_matches('[').trim_end_matches(']');
    let name = |name: &str| ServerName::try_from(name.to_owned());
    let dialled = name(bare).map_err(|_| format!("{bare} is no name for TLS"))?;
    let config = match peer.tls {
        Tls::Required => {
            let names = peer.proof.certificate_names.iter();
            let mut names: Vec<_> = names.filter_map(|own| name(own).ok()).collect();
            names.push(match &peer.hops {
                Hops::Hosts(_) => dialled.clone(),
                Hops::Mx { domain, .. } => {
                    name(domain).map_err(|_| format!("{domain} is no name for TLS"))?
                }
            });
            let proved = to_peers.one_of(names);
            proved.ok_or("TLS is required, and mm4.tls_authorities names nobody who could prove a peer")?
        }
        Tls::Never | Tls::Offered => to_peers.anybody(),
    };
    Ok((config, dialled))
}
