//! The edges: how each protocol's connections are served. One task per connection, none per request.
//!
//! Between accept and the turn. Reading order: `socket` (moving octets), `answer` (the shard's answer in HTTP's form),
//! `confirm` (when an answer has truly left), `mm1` (the task of a phone's connection); `wire` (octets within TLS or
//! not), `mm4` (the task of another operator's connection).

pub(crate) mod answer;
pub(crate) mod confirm;
pub(crate) mod mm1;
pub(crate) mod mm4;
pub(crate) mod socket;
pub(crate) mod wire;
