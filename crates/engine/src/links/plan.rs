//! What links are to be built: made by the program from the settings, before the start.
//!
//! Invariants: places here are the places in the settings' lists, which routes name; only the centres of one bearer are
//! in a plan.

use super::board::{Board, LinkRow};
use push::smpp;
use std::sync::Arc;

/// An SMSC.
#[derive(Clone, Debug)]
pub struct SmscPlan {
    /// Its name.
    pub name: String,
    /// Its host, as a name or an address, and its port.
    pub host: (String, u16),
    /// A setting for each link.
    pub links: Vec<smpp::Settings>,
    /// How many receipts are waited for, and how long.
    pub receipts: smpp::receipts::Bounds,
}

/// A push proxy gateway. Times are milliseconds.
#[derive(Clone, Debug)]
pub struct PapPlan {
    /// Its name.
    pub name: String,
    /// Its host, as a name or an address, and its port.
    pub host: (String, u16),
    /// Where pushes are posted.
    pub path: String,
    /// What stands behind the @ of a subscriber's address there.
    pub domain: String,
    /// What stands behind the @ of a push's id: our own.
    pub own_domain: String,
    /// Who we are to it, where it asks.
    pub authorization: Option<Authorization>,
    /// Connections to it.
    pub connections: u16,
    /// How long a connection may take to come up.
    pub connect_ms: u32,
    /// How long an answer may take.
    pub answer_ms: u32,
    /// The first wait after a failure.
    pub retry_ms_min: u32,
    /// The longest.
    pub retry_ms_max: u32,
}

/// The value of an Authorization header. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization(pub String);

impl std::fmt::Debug for Authorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authorization").finish_non_exhaustive()
    }
}

/// All centres of the bearer.
#[derive(Clone, Debug)]
pub struct Centres {
    /// SMSCs.
    pub smscs: Vec<SmscPlan>,
    /// Gateways; only where there is no SMSC.
    pub paps: Vec<PapPlan>,
    /// What their links show.
    pub board: Arc<Board>,
}

impl Centres {
    /// A plan for these.
    #[must_use]
    pub fn new(smscs: Vec<SmscPlan>, paps: Vec<PapPlan>) -> Centres {
        let mut board = Board::default();
        for (centre, smsc) in smscs.iter().enumerate() {
            for (link, settings) in smsc.links.iter().enumerate() {
                let row = LinkRow::new(&smsc.name, link, word(settings.bind));
                board.add(
                    centre,
                    LinkRow {
                        window: settings.window,
                        rate_per_s: settings.rate_per_s,
                        ..row
                    },
                    settings.bind.may_submit(),
                );
            }
        }
        for (centre, pap) in paps.iter().enumerate() {
            for link in 0..usize::from(pap.connections) {
                let row = LinkRow::new(&pap.name, link, "pap");
                board.add(centre, LinkRow { window: 1, ..row }, true);
            }
        }
        Centres {
            smscs,
            paps,
            board: Arc::new(board),
        }
    }

    /// Their names, by place.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let smscs = self.smscs.iter().map(|smsc| smsc.name.as_str());
        smscs.chain(self.paps.iter().map(|pap| pap.name.as_str()))
    }
}

fn word(bind: smpp::Bind) -> &'static str {
    match bind {
        smpp::Bind::Transmitter => "transmitter",
        smpp::Bind::Receiver => "receiver",
        smpp::Bind::Transceiver => "transceiver",
    }
}
