//! SMPP 3.4 as an ESME: one session with an SMSC, without a socket.
//!
//! ```text
//!  socket ─→ received ─┐                                 ┌─→ action: Connect, Close, Bound, Outcome …
//!  clock  ─→ tick ─────┤  Session (phase, jobs, window)  ├─→ output ─→ socket, then sent
//!  outbox ─→ offer ────┘        │ ids       ↑ receipts    └─→ deadline ─→ timer, then tick
//!                               ↓           │
//!                             Receipts, one for all links of an SMSC
//! ```
//!
//! Reading order: [`limits`] (every bound and timer), [`settings`], [`status`] (what each command_status means),
//! [`frame`] and [`mod@write`] (octets), [`phase`] (the states), [`rate`] and [`backoff`], `jobs` (pushes, segments,
//! window), [`session`] (the machine), [`message_id`], [`receipt`] and [`receipts`] (what became of what was taken).
//!
//! The octets are written by `rusmpp-core`. They are read by [`frame`]: a whole-PDU decoder refuses a receipt whose
//! receipted_message_id lacks its zero octet or whose times have an odd length, and such SMSCs are in service; a
//! refused receipt comes again for days.

pub mod backoff;
pub mod frame;
mod jobs;
pub mod limits;
pub mod message_id;
pub mod phase;
pub mod rate;
pub mod receipt;
pub mod receipts;
pub mod session;
pub mod settings;
pub mod status;
pub mod write;

pub use message_id::{IdForm, MessageId};
pub use receipts::Receipts;
pub use session::{Action, Loss, Refused, Session, Why};
pub use settings::{Bind, Carriage, Credentials, ReceiptsAsked, Settings, Source, TextErrors, Unfit};
