//! Who is asking, decided once per request: the access points of the settings, the map of sessions, and what each
//! access point counts.
//!
//! Stands in the edge between framing and the mesh: the subscriber decides the home shard. The rules are those of
//! `apn`; here is the listener's side of them. Invariants: nothing is remembered from one request to the next but when
//! the connection came, since a gateway carries many subscribers on one (DESIGN §8); a connection that is known by its
//! own address serves the session that it was opened in and no later one, and a request through a gateway the session
//! that it began in; every refusal is counted by access point.

use apn::{Apn, Apns, Binding, Generation, Headers, Identity, Place, Refusal, View};
use base::{Reason, ShardId};
use http1::Head;
use meter::{ApnMeter, Verdict};
use profile::Settings;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Access points for one version of the settings; every shard has the same.
#[derive(Debug)]
pub struct Access {
    apns: Arc<Apns>,
    /// As configured: an access point names the ones that it is reached at.
    listeners: Vec<SocketAddr>,
    view: View,
    /// Some access point knows phones by their connections.
    is_by_connection: bool,
    /// Some know them by an address in a gateway's header.
    is_by_header: bool,
    /// By access point; the last one is of requests that none takes.
    meters: Vec<Arc<ApnMeter>>,
}

/// Where a connection came from, where it came in, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its far end.
    pub peer: IpAddr,
    /// The place of the listener's address among the configured ones.
    pub listener: u16,
    /// The newest session that is surely older than the connection.
    pub established: Generation,
}

impl Default for Access {
    /// What `identity.*` is by default: `X-MSISDN` from loopback.
    fn default() -> Access {
        Access::compile(&Settings::default(), View::of_nobody(), 1, None)
    }
}

impl Access {
    /// Compiles what the settings say, for `shards` shards that read the sessions through `view`. Access points that
    /// were there `before` go on counting.
    #[must_use]
    pub fn compile(settings: &Settings, view: View, shards: u16, before: Option<&Access>) -> Access {
        let apns = Apns::compile(settings);
        let known = before.map_or(&[][..], Access::meters);
        let meter = |name: &str| {
            let kept = known.iter().find(|meter| meter.name() == name);
            kept.map_or_else(|| Arc::new(ApnMeter::new(name, shards)), Arc::clone)
        };
        let names = apns.iter().map(|apn| apn.name.as_str());
        let meters = names.chain([""]).map(meter).collect();
        let (is_by_connection, is_by_header) = (
            apns.iter().any(Apn::is_by_connection),
            apns.iter().any(Apn::is_by_header),
        );
        Access {
            is_by_connection,
            is_by_header,
            apns: Arc::new(apns),
            listeners: settings.listen.mm1.clone(),
            view,
            meters,
        }
    }

    /// The access points.
    #[must_use]
    pub fn apns(&self) -> &Arc<Apns> {
        &self.apns
    }

    /// The map of sessions.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// What each access point counts; the last one, without a name, is of requests that none takes.
    #[must_use]
    pub fn meters(&self) -> &[Arc<ApnMeter>] {
        &self.meters
    }

    /// A connection from `peer` that is taken now from the listener at that place; `established` is asked where it
    /// counts. A connection that was taken before an access point by connections was configured is older than all.
    #[must_use]
    pub fn origin(&self, peer: IpAddr, listener: u16, established: impl FnOnce() -> Generation) -> Origin {
        let before_all = Generation(0);
        Origin {
            peer,
            listener,
            established: if self.is_by_connection {
                established()
            } else {
                before_all
            },
        }
    }

    /// Whether it counts when the first octets of a request came.
    #[must_use]
    pub fn asks_for_arrivals(&self) -> bool {
        self.is_by_header
    }

    /// Decides who asks, on this shard. `arrived` is the newest session that is surely older than the request's first
    /// octets, where that [counts](Self::asks_for_arrivals).
    ///
    /// # Errors
    /// Why nobody is asking; counted.
    pub fn identify(
        &self,
        shard: ShardId,
        origin: &Origin,
        arrived: Generation,
        request: &http1::Request,
    ) -> Result<Identity, Reason> {
        let Some(apn) = self.apn(origin, request) else {
            self.count(shard, None, Verdict::Unknown);
            return Err(Reason::SenderUnidentified);
        };
        let decided = apn::identify(apn, &self.view, origin.peer, &Fields(&request.head));
        let (verdict, decided) = match decided {
            // The address has changed hands since: it is the one's who had it before.
            Ok(identity) if is_later(apn, origin, arrived, identity.binding) => {
                (Verdict::Ended, Err(Reason::IdentityEnded))
            }
            Ok(identity) => (Verdict::Identified, Ok(identity)),
            Err(refusal) => (verdict(refusal), Err(refusal.reason())),
        };
        self.count(shard, Some(apn), verdict);
        decided
    }

    /// Whether the session that a request rested on is still the address's: asked just before its answer leaves.
    #[must_use]
    pub fn still_holds(&self, binding: Binding) -> bool {
        self.view.still_holds(binding)
    }

    fn apn(&self, origin: &Origin, request: &http1::Request) -> Option<&Apn> {
        let listener = self.listeners.get(usize::from(origin.listener));
        let unknown = || SocketAddr::from(([0, 0, 0, 0], 0));
        self.apns.select(&Place {
            listener: listener.copied().unwrap_or_else(unknown),
            peer: origin.peer,
            host: request.authority().unwrap_or_default().as_bytes(),
            path: request.path().as_bytes(),
        })
    }

    fn count(&self, shard: ShardId, apn: Option<&Apn>, verdict: Verdict) {
        let meter = match apn {
            Some(apn) => self.meters.get(usize::from(apn.index)),
            None => self.meters.last(),
        };
        if let Some(meter) = meter {
            meter.count(shard.0, verdict);
        }
    }
}

/// Whether the session that has the address now may be newer than what asks: than a connection that is known by its own
/// address; than a request that came through a gateway, which may have taken long, or have waited.
fn is_later(apn: &Apn, origin: &Origin, arrived: Generation, binding: Option<Binding>) -> bool {
    let asked = if apn.is_by_connection() {
        origin.established
    } else {
        arrived
    };
    binding.is_some_and(|binding| binding.generation > asked)
}

fn verdict(refusal: Refusal) -> Verdict {
    match refusal {
        Refusal::HeaderUntrusted => Verdict::Untrusted,
        Refusal::Disagreement => Verdict::Contradicted,
        Refusal::Ambiguous => Verdict::Ambiguous,
        Refusal::Unknown => Verdict::Unknown,
        Refusal::Unreadable => Verdict::Unreadable,
    }
}

/// A head as the rules see it.
struct Fields<'h>(&'h Head);

impl Headers for Fields<'_> {
    fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.fields()
    }
}
