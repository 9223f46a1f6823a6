//! Who is asking, decided once per request: the access points of the settings, the map of sessions, and what each
//! access point counts.
//!
//! Stands in the edge between framing and the mesh: the subscriber decides the home shard. The rules are those of
//! `apn`; here is the listener's side of them. Invariants: nothing is remembered from one request to the next but when
//! the connection came, since a gateway carries many subscribers on one (DESIGN §8); a connection that is known by its
//! own address serves the session that it was opened in and no later one; every refusal is counted by access point.

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
    /// The newest of all sessions at that moment.
    pub newest: Generation,
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
        Access {
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

    /// A connection from `peer` that is taken now from the listener at that place.
    #[must_use]
    pub fn origin(&self, peer: IpAddr, listener: u16) -> Origin {
        Origin {
            peer,
            listener,
            newest: self.view.newest(),
        }
    }

    /// Decides who asks, on this shard.
    ///
    /// # Errors
    /// Why nobody is asking; counted.
    pub fn identify(
        &self,
        shard: ShardId,
        origin: &Origin,
        request: &http1::Request,
    ) -> Result<Identity, Reason> {
        let Some(apn) = self.apn(origin, request) else {
            self.count(shard, None, Verdict::Unknown);
            return Err(Reason::SenderUnidentified);
        };
        let decided = apn::identify(apn, &self.view, origin.peer, &Fields(&request.head));
        let (verdict, decided) = match decided {
            // The address has changed hands since this connection was opened: it is the one's who had it before.
            Ok(identity) if is_later(apn, origin, identity.binding) => {
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

/// Whether a connection that is known by its own address was opened before the session that has the address now.
fn is_later(apn: &Apn, origin: &Origin, binding: Option<Binding>) -> bool {
    apn.is_by_connection() && binding.is_some_and(|binding| binding.generation > origin.newest)
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
