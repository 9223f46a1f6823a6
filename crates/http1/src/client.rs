//! The client's side: writes requests, reads answers. For simulated phones, load and tests.
//!
//! Stands opposite to the machine; it shares the head's scan and the chunk decoder with it, and nothing else.
//! Invariants: strict as the server is; an answer's memory is bounded by the same [`Limits`](crate::Limits).

mod read;
mod write;

pub use read::{Answer, AnswerEvent, AnswerExpected, AnswerReader, ClientError};
pub use write::{RequestBody, RequestHead, write_chunk, write_last_chunk, write_request};
