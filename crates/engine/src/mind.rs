//! What the hands need of a brain: one interface, so that the engine's own tests can run without the whole product.
//!
//! Between the executor and `shard::Brain`. Invariant: everything here is synchronous and takes what it needs as
//! values; the brain never calls the hands.

use crate::buffers::GroupBuffer;
use base::{Monotonic, Now};
use shard::{Action, Brain, Effect, Input, PeerRow, UnderWay};
use std::sync::Arc;

/// A shard's brain, as its executor sees it.
pub trait Mind: 'static {
    /// Takes all of `inputs` and appends what is to be done to `effects`.
    fn turn(
        &mut self,
        now: Now,
        inputs: &mut Vec<Input<GroupBuffer>>,
        effects: &mut Vec<Effect<GroupBuffer>>,
    );

    /// When it wants a turn though nothing came in.
    fn next_deadline(&self) -> Option<Monotonic>;

    /// What is under way; the default where what was asked is answered, what was decided is durable, and no mail is
    /// unanswered. A drain waits for that. Asked after a turn and after [`request_marker`](Self::request_marker).
    fn under_way(&self) -> UnderWay;

    /// Whether it can use another group buffer now. Asked after each turn, and before the first one.
    fn wants_buffer(&self) -> bool;

    /// Takes a buffer of [`group_octets`](Self::group_octets).
    fn give_buffer(&mut self, buffer: GroupBuffer);

    /// Octets of a group buffer, a multiple of 4,096; constant.
    fn group_octets(&self) -> usize;

    /// Whether it refuses what is new for being late: the edges may then refuse a message before they read it.
    fn is_overloaded(&self) -> bool {
        false
    }

    /// Whether what it was given waits so long that new connections are better left to the kernel for a while.
    fn is_behind(&self) -> bool {
        false
    }

    /// What waits for other operators, for those who look.
    fn peer_rows(&self) -> Vec<PeerRow> {
        Vec::new()
    }

    /// What operators did, for those who look.
    fn action_rows(&self) -> Vec<Arc<Action>> {
        Vec::new()
    }

    /// Nothing has come in for a while: a good time to write down how far the log is durable.
    fn request_marker(&mut self);
}

impl Mind for Brain<GroupBuffer> {
    fn turn(
        &mut self,
        now: Now,
        inputs: &mut Vec<Input<GroupBuffer>>,
        effects: &mut Vec<Effect<GroupBuffer>>,
    ) {
        Brain::turn(self, now, inputs, effects);
    }

    fn next_deadline(&self) -> Option<Monotonic> {
        Brain::next_deadline(self)
    }

    fn under_way(&self) -> UnderWay {
        Brain::under_way(self)
    }

    fn wants_buffer(&self) -> bool {
        Brain::wants_buffer(self)
    }

    fn give_buffer(&mut self, buffer: GroupBuffer) {
        let given = Brain::give_buffer(self, buffer);
        debug_assert!(given.is_ok(), "the buffer has the size that was asked for");
    }

    fn group_octets(&self) -> usize {
        Brain::group_octets(self) as usize
    }

    fn is_overloaded(&self) -> bool {
        Brain::is_overloaded(self)
    }

    fn is_behind(&self) -> bool {
        Brain::is_behind(self)
    }

    fn peer_rows(&self) -> Vec<PeerRow> {
        Brain::peer_rows(self)
    }

    fn action_rows(&self) -> Vec<Arc<Action>> {
        Brain::action_rows(self)
    }

    fn request_marker(&mut self) {
        Brain::request_marker(self);
    }
}
