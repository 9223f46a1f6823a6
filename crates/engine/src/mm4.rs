//! What a shard's hands know of MM4: how its listeners speak, and who serves which number.
//!
//! Beside `hands`, for the edge of MM4. Invariants: terms and routes are replaced whole, each connection takes new
//! terms when it begins and new routes with each command; nothing here is borrowed across an await.

use crate::edge::mm4::pace::Paces;
use crate::hands::Hands;
use crate::mesh::Envelope;
use crate::peers::ToPeers;
use crate::peers::names::Names;
use base::{Reason, ShardId};
use meter::Counter;
use route::{Reader, Routes};
use rustls::ServerConfig;
use shard::{Arrival, Input};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Milliseconds until a mail's answer is given up. Reason: longer than any disk that still works, far shorter than what
/// a client waits at the end of a mail (RFC 5321 §4.5.3.2.6: ten minutes); reaching it is a defect of ours.
pub const MAIL_ANSWER_MS_MAX: u64 = 60_000;

/// How listeners of MM4 speak. A reload makes another one.
#[derive(Clone)]
pub struct Mm4 {
    /// What is offered, with every bound and timer.
    pub smtp: Arc<smtp::server::Config>,
    /// For STARTTLS; nothing where it is not offered.
    pub tls: Option<Arc<ServerConfig>>,
    /// For STARTTLS of our own, towards peers.
    pub to_peers: ToPeers,
    /// Who finds peers' machines by name.
    pub names: Arc<dyn Names>,
    /// How fast peers bring mails: the same over reloads.
    pub paces: Arc<Paces>,
    /// Connections of one shard.
    pub connections_max: u32,
    /// Those of them from one address.
    pub connections_per_source_max: u32,
    /// Milliseconds until a mail's answer is given up: [`MAIL_ANSWER_MS_MAX`].
    pub answer_ms_max: u64,
}

impl std::fmt::Debug for Mm4 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mm4")
            .field("smtp", &self.smtp)
            .field("tls", &self.tls.is_some())
            .field("connections_max", &self.connections_max)
            .field("connections_per_source_max", &self.connections_per_source_max)
            .field("answer_ms_max", &self.answer_ms_max)
            .finish()
    }
}

impl Hands {
    /// Brings an arrival to its home.
    ///
    /// # Errors
    /// [`Reason::Busy`] where there is no place for its answer on the way back.
    pub(crate) fn arrive(&self, home: ShardId, arrival: Box<Arrival>) -> Result<(), Reason> {
        if home == self.own {
            self.push(Input::Arrival(arrival));
            return Ok(());
        }
        if !self.mesh.reserve(home) {
            self.meter.count(Counter::RequestsRefusedBusy);
            return Err(Reason::Busy);
        }
        self.meter.count(Counter::RequestsForwarded);
        self.meter.count(Counter::MeshSent);
        self.mesh.send(home, Envelope::Arrival(arrival));
        Ok(())
    }
}

/// A shard's side of MM4.
pub(crate) struct Mm4Side {
    terms: RefCell<Option<Arc<Mm4>>>,
    routes: RefCell<Option<Reader<Routes>>>,
    open: Cell<u32>,
    /// How many of those each address has; an entry goes with its last.
    sources: RefCell<BTreeMap<IpAddr, u32>>,
}

impl Mm4Side {
    /// Of a shard that has these; without them it has no listeners for MM4 either.
    pub(crate) fn new(begun: Option<(Arc<Mm4>, Reader<Routes>)>) -> Mm4Side {
        let (terms, routes) = begun.unzip();
        Mm4Side {
            terms: RefCell::new(terms),
            routes: RefCell::new(routes),
            open: Cell::new(0),
            sources: RefCell::default(),
        }
    }

    /// How connections that begin now are spoken to.
    pub(crate) fn terms(&self) -> Option<Arc<Mm4>> {
        self.terms.borrow().clone()
    }

    /// Takes other terms.
    pub(crate) fn take_terms(&self, terms: Arc<Mm4>) {
        *self.terms.borrow_mut() = Some(terms);
    }

    /// The routes as they are now.
    pub(crate) fn routes(&self) -> Option<Arc<Routes>> {
        let mut reader = self.routes.borrow_mut();
        reader.as_mut().map(|reader| Arc::clone(reader.current()))
    }

    /// Connections of MM4 that are served.
    pub(crate) fn open_count(&self) -> u32 {
        self.open.get()
    }

    /// A connection from that address is to be served; whether it is within the limits.
    pub(crate) fn begin(&self, source: IpAddr) -> bool {
        let terms = self.terms.borrow();
        let Some(terms) = terms.as_ref() else {
            return false;
        };
        let mut sources = self.sources.borrow_mut();
        let from_there = sources.get(&source).copied().unwrap_or(0);
        let open = self.open.get();
        if open >= terms.connections_max || from_there >= terms.connections_per_source_max {
            return false;
        }
        sources.insert(source, from_there + 1);
        self.open.set(open + 1);
        true
    }

    /// A connection that was served is over.
    pub(crate) fn end(&self, source: IpAddr) {
        self.open.set(self.open.get().saturating_sub(1));
        let mut sources = self.sources.borrow_mut();
        if let Some(from_there) = sources.get_mut(&source) {
            *from_there -= 1;
            if *from_there == 0 {
                sources.remove(&source);
            }
        }
    }
}
