//! What the program decides about the engine at start, and what of it can't be changed later.
//!
//! Before the flow. Invariants: every size has its unit and reason; what may change while running is the profile, and
//! comes by `Running::reload`.

use crate::identity::Access;
use crate::links::Centres;
use base::ShardId;
use std::sync::Arc;
use std::time::Duration;

/// Entries of each shard's submission ring. glommio's default of 128 forces a system call per so many operations.
pub const RING_DEPTH: usize = 1_024;

/// Octets of an executor's arena beside the group buffers: reads and glommio's own small needs.
pub(crate) const ARENA_OCTETS: usize = 4 << 20;

/// How shards are put on cores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pinning {
    /// One core each where there are enough, else none is pinned.
    #[default]
    Auto,
    /// The kernel decides.
    Unpinned,
}

/// Told when a shard's executor has ended on its own: a failure or a panic. Called from that shard's thread.
pub type OnShardEnd = Arc<dyn Fn(ShardId) + Send + Sync>;

/// Options of a start.
#[derive(Clone)]
pub struct Options {
    /// Placement on cores.
    pub pinning: Pinning,
    /// How long an executor looks for work before it sleeps: 50 µs make a trip through the mesh and back 11 µs instead
    /// of 100, and keep the core busy. Default 0.
    pub spin_before_park: Duration,
    /// The bounds of connections; `connections_max` is per shard.
    pub http: http1::Limits,
    /// Octets of requests in flight per shard. Default 256 MiB: 256 bodies of 1 MiB.
    pub bodies_octets_max: u64,
    /// Octets that the brain's group buffers take together, per shard: number × size, from the journal's settings.
    pub group_buffers_octets: usize,
    /// How it is known who is asking; what a start without settings has: `X-MSISDN` from loopback.
    pub access: Arc<Access>,
    /// Who carries pushes; nobody where the record of a push is the push.
    pub centres: Option<Arc<Centres>>,
    /// Whom to tell of a shard's unexpected end.
    pub on_shard_end: OnShardEnd,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            pinning: Pinning::Auto,
            spin_before_park: Duration::ZERO,
            http: http1::Limits::DEFAULT,
            bodies_octets_max: 256 << 20,
            group_buffers_octets: 16 << 20,
            access: Arc::default(),
            centres: None,
            on_shard_end: Arc::new(|_| {}),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("pinning", &self.pinning)
            .field("spin_before_park", &self.spin_before_park)
            .field("http", &self.http)
            .field("bodies_octets_max", &self.bodies_octets_max)
            .field("group_buffers_octets", &self.group_buffers_octets)
            .finish_non_exhaustive()
    }
}
