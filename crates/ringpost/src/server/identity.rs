//! Who is asking, as the server holds it together: access points, the map of sessions, the feeds that fill it.
//!
//! Between the settings and the engine, the owner of the map and the admin plane, which know nothing of each other.
//! Invariants: without a feed there is no map and no thread; a reload takes all of it or nothing.

use super::events::Events;
use super::{StartError, convert};
use apn::View;
use engine::{Access, clock};
use profile::Settings;
use sessions::{Seat, Sessions, Sources, Start, Ticks};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::Arc;

/// See the module's comment.
#[derive(Debug)]
pub(super) struct Identity {
    access: Arc<Access>,
    sources: Sources,
    /// None as long as there was no feed.
    sessions: Option<Sessions>,
    shards: u16,
    events: Events,
}

impl Identity {
    /// Takes up the sessions that were kept and listens to accounting, where there are feeds. Before the shards: who
    /// asks them is known by what came up to now.
    ///
    /// # Errors
    /// What the disk or the kernel says.
    pub(super) fn start(settings: &Settings, shards: u16, seats: Vec<Seat>) -> Result<Identity, StartError> {
        let sources = Sources::compile(settings, None);
        let sessions = match settings.radius.is_empty() {
            true => None,
            false => Some(begin(settings, sources.clone(), seats)?),
        };
        let view = sessions
            .as_ref()
            .map_or_else(View::of_nobody, |own| own.view().clone());
        Ok(Identity {
            access: Arc::new(Access::compile(settings, view, shards, None)),
            sources,
            sessions,
            shards,
            events: Events::default(),
        })
    }

    /// The access points that hold now.
    pub(super) fn access(&self) -> &Arc<Access> {
        &self.access
    }

    /// What the admin plane shows.
    pub(super) fn shown(&self) -> control::Identity {
        control::Identity {
            apns: Arc::clone(self.access.apns()),
            view: self.access.view().clone(),
            apn_meters: self.access.meters().to_vec(),
            feed_meters: self.sources.meters(),
            map_meter: self.sessions.as_ref().map(|own| Arc::clone(own.meter())),
        }
    }

    /// What came up since the last call, as lines for the operator.
    pub(super) fn events(&mut self) -> Vec<String> {
        let apns = self.access.meters().iter().map(|meter| &**meter);
        let feeds = self.sources.meters();
        self.events.lines(apns, feeds.iter().map(|meter| &**meter))
    }

    /// Where accounting comes to, by the addresses that feeds name.
    pub(super) fn sockets(&self) -> &[(SocketAddr, UdpSocket)] {
        self.sessions.as_ref().map_or(&[], Sessions::sockets)
    }

    /// Takes other access points and feeds; the shards are told by the caller.
    ///
    /// # Errors
    /// A sentence; everything stays as it was then.
    pub(super) fn reload(&mut self, settings: &Settings) -> Result<(), String> {
        let sources = Sources::compile(settings, Some(&self.sources));
        let failed = |error: &dyn std::fmt::Display| format!("radius: {error}");
        match &mut self.sessions {
            Some(sessions) => sessions
                .reload(settings, sources.clone())
                .map_err(|error| failed(&error))?,
            None if settings.radius.is_empty() => {}
            None => {
                let bound = |listen| {
                    Ok(Seat {
                        listen,
                        socket: sessions::bind(listen)?,
                    })
                };
                let seats: std::io::Result<Vec<Seat>> = sources.addresses().into_iter().map(bound).collect();
                let seats = seats.map_err(|error| failed(&error))?;
                let begun = begin(settings, sources.clone(), seats).map_err(|error| failed(&error))?;
                self.sessions = Some(begun);
            }
        }
        let before = &self.access;
        let view = self
            .sessions
            .as_ref()
            .map_or(before.view(), Sessions::view)
            .clone();
        self.access = Arc::new(Access::compile(settings, view, self.shards, Some(before)));
        self.sources = sources;
        Ok(())
    }

    /// Answers what was taken, and lets go of the sockets and the files; false where that takes too long.
    pub(super) fn stop(self) -> bool {
        self.sessions.is_none_or(Sessions::stop)
    }
}

fn begin(settings: &Settings, sources: Sources, seats: Vec<Seat>) -> Result<Sessions, StartError> {
    let [a, b, c, d, e, f, g, h, ..] = convert::seed()?;
    let start = Start {
        settings,
        sources,
        seats,
        folder: sessions::folder(Path::new(&settings.process.data)),
        seed: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        clock: Box::new(clock::since_boot),
        ticks: Ticks {
            coarse: Box::new(clock::coarse),
            tick_ms: clock::tick_ms(),
        },
    };
    Ok(Sessions::start(start)?)
}
