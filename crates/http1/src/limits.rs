//! Every bound of one HTTP connection, with its unit, its reason and its relation to its neighbours.
//!
//! Stands beside the flow: the machine asks it, nothing else holds a number.
//! Invariant: [`Limits::relations_hold`] is true of every value that a [`Connection`](crate::Connection) is made with;
//! the defaults are checked when this file is compiled.

/// The most fields that any setting of [`Limits::fields_max`] may allow: the tokeniser's table lies on the stack.
pub const FIELDS_CEILING: u16 = 100;

/// The largest setting of [`Limits::receive_octets`]: every idle connection holds so much.
pub const RECEIVE_OCTETS_CEILING: u32 = 64 * 1024;

/// The bounds of a connection. Sizes are octets, times are milliseconds.
///
/// The numbers of [`Limits::DEFAULT`] are ours, chosen for handsets on slow radio; the reasons stand at each field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Request line and fields together. Handsets send below 2 KiB; UAProf differences of old stacks reach 8 KiB.
    pub head_octets_max: u32,
    /// Request line alone: an absolute URL with a Transaction-ID behind it is below 300; RFC 9112 §3 asks for 8,000.
    pub request_line_octets_max: u32,
    /// Field lines in a head. Enriching gateways send about 30.
    pub fields_max: u16,
    /// Empty lines before a request line: RFC 9112 §2.2 wants at least one to be ignored (old clients after a POST).
    pub leading_empty_lines_max: u8,
    /// A body that is kept whole. The handsets' own limits go up to 8 MiB, most to 1 MiB; a setting of each listener.
    pub body_octets_max: u64,
    /// A body that is read to its end although it is too large, so that the answer can be an MMS one (E5) and not 413.
    pub drain_octets_max: u64,
    /// How much of a body too large is kept: enough for the Transaction-ID at the start of a PDU.
    pub keep_prefix_octets: u32,
    /// Chunk extensions of one body together (RFC 9112 §7.1.1 asks for a bound on the total). Nobody uses them.
    pub chunk_extension_octets_max: u32,
    /// Trailer section of one body; it is read and dropped.
    pub trailer_octets_max: u32,
    /// First size of the receive buffer: a head and the start of its body, which is copied once; the rest of the body
    /// is received in place. The buffer grows up to `head_octets_max` for a long head.
    pub receive_octets: u32,
    /// Requests on one connection; after so many it is closed, so that gateways' long connections spread anew.
    pub requests_max: u32,
    /// Connections of one listener on one shard. Declared here for the sum of memory; the accept loop keeps it.
    pub connections_max: u32,
    /// Silence between requests, and before the first one.
    pub idle_ms: u64,
    /// From the first octet of a head to its last.
    pub head_ms: u64,
    /// A body may begin slowly: the minimum rate counts from so long after the head.
    pub body_grace_ms: u64,
    /// The least rate of a body, in octets a second, on average since its start. GPRS at its worst is about 1,000.
    pub body_octets_per_s_min: u32,
    /// Silence within a body: a cell change takes some seconds.
    pub body_stall_ms: u64,
    /// From a head's last octet to its body's last, whatever the rate.
    pub body_ms_max: u64,
    /// An answer may begin to leave slowly: the minimum rate of sending counts from so long after `respond`.
    pub send_grace_ms: u64,
    /// The least rate, in octets a second, at which a peer takes an answer.
    pub send_octets_per_s_min: u32,
    /// After a refusal the peer's octets are read and dropped so long, lest a reset destroy the refusal on its way.
    pub linger_ms: u64,
    /// At most so many octets are dropped in that time.
    pub linger_octets_max: u64,
}

impl Limits {
    /// What a listener has when nothing else is set.
    pub const DEFAULT: Self = Self {
        head_octets_max: 16 * 1024,
        request_line_octets_max: 8 * 1024,
        fields_max: FIELDS_CEILING,
        leading_empty_lines_max: 2,
        body_octets_max: 2 * 1024 * 1024,
        drain_octets_max: 16 * 1024 * 1024,
        keep_prefix_octets: 1024,
        chunk_extension_octets_max: 1024,
        trailer_octets_max: 4 * 1024,
        receive_octets: 4 * 1024,
        requests_max: 100_000,
        connections_max: 30_000,
        idle_ms: 60_000,
        head_ms: 10_000,
        body_grace_ms: 20_000,
        body_octets_per_s_min: 500,
        body_stall_ms: 30_000,
        body_ms_max: 600_000,
        send_grace_ms: 20_000,
        send_octets_per_s_min: 500,
        linger_ms: 2_000,
        linger_octets_max: 256 * 1024,
    };

    /// Whether the bounds agree with each other; a configuration for which they don't is refused at start.
    ///
    /// Offsets within a head are 16 bits wide, hence the first relation.
    #[must_use]
    pub const fn relations_hold(&self) -> bool {
        self.head_octets_max <= u16::MAX as u32
            && self.request_line_octets_max < self.head_octets_max
            && self.request_line_octets_max >= 16
            && self.fields_max >= 1
            && self.fields_max <= FIELDS_CEILING
            && self.body_octets_max <= self.drain_octets_max
            && self.drain_octets_max <= u32::MAX as u64
            && self.keep_prefix_octets as u64 <= self.body_octets_max
            && self.receive_octets >= 64
            && self.receive_octets <= RECEIVE_OCTETS_CEILING
            && self.requests_max >= 1
            && self.connections_max >= 1
            && self.body_octets_per_s_min >= 1
            && self.send_octets_per_s_min >= 1
            && self.body_grace_ms <= self.body_ms_max
            && self.body_stall_ms <= self.body_ms_max
            && self.linger_ms <= self.idle_ms
    }

    /// The most memory that one connection holds between its calls: its receive buffer, a head taken out of it with
    /// the table of its fields, and a body. A chunked body's growth by doubling is within the last term.
    #[must_use]
    pub const fn connection_octets_max(&self) -> u64 {
        let fields = (self.fields_max as u64).saturating_mul(8);
        let head = self.head_octets_max as u64;
        let receive = if self.receive_octets > self.head_octets_max {
            self.receive_octets as u64
        } else {
            head
        };
        receive
            .saturating_add(head)
            .saturating_add(fields)
            .saturating_add(self.body_octets_max)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const _: () = assert!(Limits::DEFAULT.relations_hold());
