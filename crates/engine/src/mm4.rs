//! What a shard's hands know of MM4: how its listeners speak, and who serves which number.
//!
//! Beside `hands`, for the edge of MM4. Invariants: terms and routes are replaced whole, each connection takes new
//! terms when it begins and new routes with each command; nothing here is borrowed across an await.

use crate::hands::Hands;
use crate::mesh::Envelope;
use base::{Reason, ShardId};
use meter::Counter;
use route::{Reader, Routes};
use rustls::ServerConfig;
use shard::{Arrival, Input};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// How listeners of MM4 speak. A reload makes another one.
#[derive(Clone)]
pub struct Mm4 {
    /// What is offered, with every bound and timer.
    pub smtp: Arc<smtp::server::Config>,
    /// For STARTTLS; nothing where it is not offered.
    pub tls: Option<Arc<ServerConfig>>,
    /// Connections of one shard.
    pub connections_max: u32,
}

impl std::fmt::Debug for Mm4 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mm4")
            .field("smtp", &self.smtp)
            .field("tls", &self.tls.is_some())
            .field("connections_max", &self.connections_max)
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
}

impl Mm4Side {
    /// Of a shard that has these; without them it has no listeners for MM4 either.
    pub(crate) fn new(begun: Option<(Arc<Mm4>, Reader<Routes>)>) -> Mm4Side {
        let (terms, routes) = begun.unzip();
        Mm4Side {
            terms: RefCell::new(terms),
            routes: RefCell::new(routes),
            open: Cell::new(0),
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

    /// Connections of MM4 that are open.
    pub(crate) fn open_count(&self) -> u32 {
        self.open.get()
    }

    /// A connection begins; whether it is within the limit.
    pub(crate) fn begin(&self) -> bool {
        let open = self.open.get();
        self.open.set(open.saturating_add(1));
        self.terms
            .borrow()
            .as_ref()
            .is_some_and(|terms| open < terms.connections_max)
    }

    /// A connection is over.
    pub(crate) fn end(&self) {
        self.open.set(self.open.get().saturating_sub(1));
    }
}
