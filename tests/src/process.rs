//! The real process under test: servers as children, phones that drive them, a ledger of what they were promised.
//!
//! ```text
//!  torture ─► site ─► server (a child `ringpost serve`, killed for real)
//!     │                  ▲ HTTP            │ data directory, read when it is dead
//!     ▼                  │                 ▼
//!  actors (senders, inboxes) ─ events ─► ledger ◄─ records of `log dump` ─► findings
//! ```
//!
//! Stands outside: it knows only what an operator and a phone may know (addresses, answers, `log verify` and `log
//! dump`). Invariants: every child is waited for by whom it was started; no port, folder or moment is fixed; every wait
//! has a deadline; chance comes from a seed that is printed.
//!
//! Reading order: [`site`], [`server`], [`letter`], [`ledger`], [`actor`], [`carrier`], [`abroad`], [`torture`],
//! [`chain`], [`crowd`], [`restart`]; beside them [`accounting`], [`turnover`], [`records`], [`wire`], [`wreck`],
//! [`program`], [`turnstile`], [`centre`] (foreign peers), [`network`].

pub mod abroad;
pub mod accounting;
pub mod actor;
pub mod author;
pub mod carrier;
pub mod centre;
pub mod chain;
pub mod crowd;
pub mod failure;
pub mod ledger;
pub mod letter;
pub mod network;
pub mod program;
pub mod records;
pub mod restart;
pub mod server;
pub mod site;
pub mod torture;
pub mod turnover;
pub mod turnstile;
pub mod wire;
pub mod wreck;

pub use failure::Failure;
pub use ledger::{Finding, Ledger};
pub use program::Program;
pub use server::Server;
pub use site::Site;
