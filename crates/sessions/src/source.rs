//! The feeds of the settings, compiled: whose packets are believed, by which secret, and what they mean.
//!
//! Asked for each datagram before anything in it is believed. Invariant: a source that no feed of the socket's address
//! lists is a stranger; of several the first one of the file decides.

use apn::BearerRule;
use apn::Realm;
use apn::accounting::Stamp;
use meter::FeedMeter;
use profile::{Prefix, RadiusEntry, Settings};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// One feed.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// As configured: port 0 stands for itself.
    pub(crate) listen: SocketAddr,
    clients: Vec<Prefix>,
    pub(crate) secret: Vec<u8>,
    pub(crate) realm: Realm,
    called: Vec<String>,
    pub(crate) bearers: BearerRule,
    pub(crate) stamp: Stamp,
    pub(crate) meter: Arc<FeedMeter>,
}

/// All feeds, and the count of packets that none takes.
#[derive(Clone, Debug)]
pub struct Sources {
    sources: Vec<Source>,
    strangers: Arc<FeedMeter>,
}

/// What an access point's name says about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Called {
    /// Its sessions count here.
    Counts,
    /// They do not.
    Foreign,
    /// The packet does not say.
    Untold,
}

impl Sources {
    /// Compiles what the settings say. Feeds that were there `before` go on counting.
    #[must_use]
    pub fn compile(settings: &Settings, before: Option<&Sources>) -> Sources {
        let kept = |name: &str| {
            let known = before?.meters();
            known.into_iter().find(|meter| meter.name() == name)
        };
        let meter = |name: &str| kept(name).unwrap_or_else(|| Arc::new(FeedMeter::new(name)));
        Sources {
            sources: settings
                .radius
                .iter()
                .filter_map(|entry| source(entry, meter(&entry.name)))
                .collect(),
            strangers: meter(""),
        }
    }

    /// The addresses to listen at, each once, in the order of the settings.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let mut addresses = Vec::new();
        for source in &self.sources {
            if !addresses.contains(&source.listen) {
                addresses.push(source.listen);
            }
        }
        addresses
    }

    /// What each feed counts; the last one, without a name, is of packets that none takes.
    #[must_use]
    pub fn meters(&self) -> Vec<Arc<FeedMeter>> {
        let named = self.sources.iter().map(|source| Arc::clone(&source.meter));
        named.chain([Arc::clone(&self.strangers)]).collect()
    }

    /// Whose packet it is that came to `listen` from `client`.
    pub(crate) fn of(&self, listen: SocketAddr, client: IpAddr) -> Option<&Source> {
        self.sources.iter().find(|source| {
            source.listen == listen && source.clients.iter().any(|block| block.contains(client))
        })
    }

    pub(crate) fn strangers(&self) -> &FeedMeter {
        &self.strangers
    }
}

impl Source {
    /// What Called-Station-Id says.
    pub(crate) fn called(&self, name: Option<&[u8]>) -> Called {
        match name {
            _ if self.called.is_empty() => Called::Counts,
            None => Called::Untold,
            Some(name) => {
                let counts = self
                    .called
                    .iter()
                    .any(|known| known.as_bytes().eq_ignore_ascii_case(name));
                if counts { Called::Counts } else { Called::Foreign }
            }
        }
    }
}

fn source(entry: &RadiusEntry, meter: Arc<FeedMeter>) -> Option<Source> {
    Some(Source {
        // Its form was checked when it was read.
        listen: entry.listen.parse().ok()?,
        clients: entry.client_prefixes().collect(),
        secret: entry.secret.clone().into_bytes(),
        realm: Realm(entry.realm),
        called: entry.called.clone(),
        bearers: match entry.ended_by.as_str() {
            "indicator" => BearerRule::Indicator,
            _ => BearerRule::Stop,
        },
        stamp: match entry.timestamp.as_str() {
            "sending" => Stamp::Sending,
            _ => Stamp::Event,
        },
        meter,
    })
}
