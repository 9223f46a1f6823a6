//! What is wanted of a service centre, and what a node has.
//!
//! First input of the model, from TOML or flags. Invariant: a [`Demand`] that passed [`Demand::check`] has no share
//! outside 0 to 1, no size or time that is not above 0, and sizes whose shares make 1.

use serde::{Deserialize, Serialize};

/// How far the shares of sizes may be from 1 in all.
const SHARES_TOLERANCE: f64 = 1e-6;

/// Everything that is wanted. Unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Demand {
    /// Messages submitted in the busy hour.
    pub busy_hour_messages: f64,
    /// The busy hour's share of a day's messages. Assumed: a tenth.
    pub busy_hour_share: f64,
    /// The busiest second over the busy hour's mean. Assumed: a third more, as on holidays.
    pub peak_factor: f64,
    /// How large messages are.
    pub sizes: Vec<Size>,
    /// Recipients of a message, on average.
    pub recipients: f64,
    /// Other operators.
    pub peers: u32,
    /// Share of the copies that go to another operator, of equally many that come.
    pub peer_share: f64,
    /// Days until a copy that can't be delivered ends.
    pub retention_days: f64,
    /// Share of the copies whose phone can't be reached within the retention.
    pub unreachable_share: f64,
    /// Share of the messages with a delivery report.
    pub report_share: f64,
    /// The slowest of a hundred answers to a submission, in milliseconds.
    pub slo_p99_ms: f64,
    /// Most of a core that may be busy in the peak second.
    pub utilization_max: f64,
    /// Contention of the cores (USL α), from a scaling run. 0: they scale as they are many, which is assumed.
    pub alpha: f64,
    /// Coherence of the cores (USL β), from a scaling run.
    pub beta: f64,
    /// What a node has.
    pub node: Node,
}

/// A size and how common it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Octets of the PDU.
    pub octets: f64,
    /// Share of the messages.
    pub share: f64,
}

/// What one node has.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Node {
    /// Cores for shards.
    pub cores: f64,
    /// Octets of NVMe.
    pub disk_octets: f64,
    /// Durable octets a second that it writes.
    pub disk_octets_per_s: f64,
    /// How often it may be written over in a day, for its life.
    pub disk_writes_per_day: f64,
    /// Bits a second of its network, each way.
    pub nic_bits_per_s: f64,
    /// Octets of memory for waiting copies and buffers.
    pub memory_octets: f64,
    /// Pushes a second that its SMS centre takes.
    pub sms_per_s: f64,
}

impl Default for Demand {
    fn default() -> Self {
        Self {
            busy_hour_messages: 1e6,
            busy_hour_share: 0.1,
            peak_factor: 1.33,
            sizes: vec![Size {
                octets: 30_000.0,
                share: 1.0,
            }],
            recipients: 1.0,
            peers: 0,
            peer_share: 0.0,
            retention_days: 7.0,
            unreachable_share: 0.01,
            report_share: 0.1,
            slo_p99_ms: 250.0,
            utilization_max: 0.6,
            alpha: 0.0,
            beta: 0.0,
            node: Node::default(),
        }
    }
}

impl Default for Node {
    fn default() -> Self {
        Self {
            cores: 16.0,
            disk_octets: 3.84e12,
            disk_octets_per_s: 2e9,
            disk_writes_per_day: 1.0,
            nic_bits_per_s: 25e9,
            memory_octets: 64e9,
            sms_per_s: 5_000.0,
        }
    }
}

impl Demand {
    /// From TOML.
    ///
    /// # Errors
    /// What the parser or [`Self::check`] says.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let demand: Self = toml::from_str(text).map_err(|error| error.to_string().trim().to_owned())?;
        demand.check()?;
        Ok(demand)
    }

    /// The sizes in `30000:0.7,300000:0.3`.
    ///
    /// # Errors
    /// The part that is not a size and its share.
    pub fn sizes_of(text: &str) -> Result<Vec<Size>, String> {
        let size = |part: &str| {
            let (octets, share) = part.split_once(':').unwrap_or((part, "1"));
            match (octets.trim().parse(), share.trim().parse()) {
                (Ok(octets), Ok(share)) => Ok(Size { octets, share }),
                _ => Err(format!("{part:?} is not OCTETS:SHARE, such as 30000:0.7")),
            }
        };
        text.split(',').map(size).collect()
    }

    /// Whether it is possible.
    ///
    /// # Errors
    /// The first input that is not.
    pub fn check(&self) -> Result<(), String> {
        let node = &self.node;
        let above_zero = [
            ("busy_hour_messages", self.busy_hour_messages),
            ("busy_hour_share", self.busy_hour_share),
            ("recipients", self.recipients),
            ("retention_days", self.retention_days),
            ("slo_p99_ms", self.slo_p99_ms),
            ("utilization_max", self.utilization_max),
            ("node.cores", node.cores),
            ("node.disk_octets", node.disk_octets),
            ("node.disk_octets_per_s", node.disk_octets_per_s),
            ("node.disk_writes_per_day", node.disk_writes_per_day),
            ("node.nic_bits_per_s", node.nic_bits_per_s),
            ("node.memory_octets", node.memory_octets),
            ("node.sms_per_s", node.sms_per_s),
        ];
        for (name, value) in above_zero {
            if !(value.is_finite() && value > 0.0) {
                return Err(format!("{name} must be above 0"));
            }
        }
        let shares = [
            ("busy_hour_share", self.busy_hour_share),
            ("peer_share", self.peer_share),
            ("unreachable_share", self.unreachable_share),
            ("report_share", self.report_share),
            ("utilization_max", self.utilization_max),
            ("alpha", self.alpha),
            ("beta", self.beta),
        ];
        for (name, value) in shares {
            if !(0.0..=1.0).contains(&value) {
                return Err(format!("{name} must be from 0 to 1"));
            }
        }
        if !(self.peak_factor.is_finite() && self.peak_factor >= 1.0) {
            return Err("peak_factor must be at least 1".to_owned());
        }
        if self.peer_share > 0.0 && self.peers == 0 {
            return Err("peers must be above 0 where peer_share is".to_owned());
        }
        let sizes = self.sizes.iter();
        if sizes
            .clone()
            .any(|size| !(size.octets > 0.0 && size.octets.is_finite() && size.share >= 0.0))
        {
            return Err("each size must be above 0, and no share below".to_owned());
        }
        let all = sizes.fold(0.0, |all, size| all + size.share);
        if (all - 1.0).abs() > SHARES_TOLERANCE {
            return Err(format!("the shares of the sizes make {all}, and must make 1"));
        }
        Ok(())
    }

    /// Octets of a message, on average.
    #[must_use]
    pub fn octets(&self) -> f64 {
        self.sizes.iter().map(|size| size.octets * size.share).sum()
    }
}
