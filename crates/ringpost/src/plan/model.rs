//! The arithmetic: from what is wanted and what a message costs to what is needed, node by node.
//!
//! Pure. Each [`Need`] is a sum that an operator can check by hand; its `how` says which. Invariants: nodes suffice for
//! every need in the peak second, or the day, with one of them lost; the binding need is the one that asks for most
//! nodes.

use super::demand::Demand;
use super::measured::{Basis, Measured};
use serde::Serialize;

/// Octets on the wire over octets of PDUs: heads of IP, TCP and HTTP.
const WIRE_FACTOR: f64 = 1.06;
/// Octets of an exchange that carries no message: head, answer, small PDU.
const EXCHANGE_OCTETS: f64 = 600.0;
/// Most of a disk that may be full before admission closes with room to spare.
const DISK_FILL: f64 = 0.8;
/// Most of a link, of memory or of an SMS centre's rate that a plan may use.
const LINK_FILL: f64 = 0.7;
/// Hours of everything that the log holds besides what waits: delivered messages stay retrievable, and segments are
/// freed when they are behind.
const LOG_HOURS: f64 = 3.0;
/// Records of one life, each a write of its own where nothing else is under way.
const RECORDS: f64 = 3.0;
/// Natural logarithm of 100: the exponential tail's hundredth.
const LN_100: f64 = 4.605_170;

/// One thing that is needed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Need {
    /// What.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// How much, on all nodes together.
    pub value: f64,
    /// At the best of the measured ranges.
    pub low: f64,
    /// At the worst.
    pub high: f64,
    /// What one node gives of it, as far as it may be used.
    pub node: f64,
    /// How it comes about.
    pub how: String,
}

impl Need {
    /// Nodes that it asks for, as a fraction.
    #[must_use]
    pub fn nodes(&self) -> f64 {
        self.value / self.node
    }
}

/// How far the plan can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A whole life was measured, within a fifth, and the cores' scaling.
    High,
    /// One of these is missing.
    Medium,
    /// More than one is.
    Low,
}

/// The plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// Messages a second in the busy hour.
    pub busy_per_s: f64,
    /// In its peak second.
    pub peak_per_s: f64,
    /// A day.
    pub per_day: f64,
    /// Octets of a message, on average.
    pub octets: f64,
    /// Most of a core that may be busy, by the settings and by the wanted latency.
    pub utilization: f64,
    /// Everything needed.
    pub needs: Vec<Need>,
    /// Durable writes a day: as grouped under load, and where each record is written alone.
    pub writes_per_day: (f64, f64),
    /// Nodes that carry the peak.
    pub nodes: u32,
    /// The same with one more, which may be lost.
    pub nodes_with_spare: u32,
    /// The need that asks for most nodes.
    pub binding: &'static str,
    /// How much more load all nodes take, as a factor of the peak.
    pub headroom: f64,
    /// The same when one is lost.
    pub headroom_one_lost: f64,
    /// How far it can be believed.
    pub confidence: Confidence,
    /// Why no further.
    pub doubts: Vec<String>,
}

/// A plan.
///
/// # Errors
/// Why there is none: an input that is not possible, or a latency that no number of nodes gives.
pub fn plan(demand: &Demand, figures: &Measured) -> Result<Plan, String> {
    demand.check()?;
    let utilization = utilization(demand, figures)?;
    let busy_per_s = demand.busy_hour_messages / 3_600.0;
    let load = Load {
        peak_per_s: busy_per_s * demand.peak_factor,
        per_day: demand.busy_hour_messages / demand.busy_hour_share,
        octets: demand.octets(),
    };
    let cores = cores(demand, figures, &load, utilization);
    let disk = disk(demand, figures, &load);
    let needs = vec![
        cores,
        disk.octets,
        disk.day,
        disk.second,
        network(demand, &load),
        sms(demand, figures, &load),
        memory(demand, figures, &load),
    ];
    let most = needs.iter().max_by(|a, b| a.nodes().total_cmp(&b.nodes()));
    let (binding, fraction) = most.map_or(("cores", 0.0), |need| (need.name, need.nodes()));
    // A plan beyond four thousand million nodes is no plan; the cast saturates.
    let nodes = fraction.ceil().max(1.0) as u32;
    let nodes_with_spare = nodes.saturating_add(1);
    let (confidence, doubts) = doubts(demand, figures);
    Ok(Plan {
        busy_per_s,
        peak_per_s: load.peak_per_s,
        per_day: load.per_day,
        octets: load.octets,
        utilization,
        needs,
        writes_per_day: disk.writes_per_day,
        nodes,
        nodes_with_spare,
        binding,
        headroom: f64::from(nodes_with_spare) / fraction,
        headroom_one_lost: f64::from(nodes) / fraction,
        confidence,
        doubts,
    })
}

/// What comes in.
struct Load {
    peak_per_s: f64,
    per_day: f64,
    octets: f64,
}

/// Most of a core: what the operator allows, or less where the wanted latency asks for it. The wait in front of a core
/// is that of M/M/1, whose hundredth is s·ln 100/(1 − ρ); on top of it comes the answer's own p99 as measured.
fn utilization(demand: &Demand, figures: &Measured) -> Result<f64, String> {
    let left_ms = demand.slo_p99_ms - figures.p99_ms.value;
    let tail_ms = figures.submit_us_of(demand.octets()) / 1e3 * LN_100;
    let most = 1.0 - tail_ms / left_ms;
    if left_ms <= 0.0 || most <= 0.0 {
        return Err(format!(
            "a p99 of {} ms can't be promised: {} ms were measured at full load, and waiting comes on top",
            demand.slo_p99_ms, figures.p99_ms.value
        ));
    }
    Ok(most.min(demand.utilization_max))
}

/// Copies to local phones of each message submitted here: those that go to peers leave, as many come in.
fn cores(demand: &Demand, figures: &Measured, load: &Load, utilization: f64) -> Need {
    let octets = load.octets;
    let local = 1.0 - demand.peer_share;
    // A copy to a peer is sent there once, one from a peer is taken in like a submission.
    let to_peers = demand.recipients * demand.peer_share;
    let repeats = demand.unreachable_share * (figures.attempts.value - 1.0).max(0.0);
    let delivered = match &figures.life_us {
        // A measured life has one recipient's delivery in it; others come on top.
        Some(life) => {
            let more = (octets - figures.octets) * 2.0 * figures.octet_ns.value / 1e3;
            life.value + more + (demand.recipients - 1.0).max(0.0) * figures.deliver_us_of(octets)
        }
        None => figures.submit_us_of(octets) + demand.recipients * figures.deliver_us_of(octets),
    };
    let peers = to_peers * 2.0 * figures.submit_us_of(octets);
    let repeated = demand.recipients * local * repeats * figures.exchange_us.value;
    let us = delivered + peers + repeated;
    let busy = load.peak_per_s * us / 1e6;
    let base = figures.life_us.as_ref().unwrap_or(&figures.submit_us);
    let scaled = |factor: f64| on_cores(busy * factor / utilization, demand);
    Need {
        name: "cores",
        unit: "cores",
        value: scaled(1.0),
        low: scaled(base.low / base.value),
        high: scaled(base.high / base.value),
        node: demand.node.cores,
        how: format!(
            "{:.0}/s at {us:.1} µs a message, {:.0} % busy in the peak second",
            load.peak_per_s,
            utilization * 100.0
        ),
    }
}

/// Cores that do the work of so many that do not get in each other's way, within a node (USL).
fn on_cores(ideal: f64, demand: &Demand) -> f64 {
    let n = demand.node.cores;
    let efficiency = 1.0 / (1.0 + demand.alpha * (n - 1.0) + demand.beta * n * (n - 1.0));
    ideal / efficiency
}

/// What the log asks of disks.
struct Disk {
    octets: Need,
    day: Need,
    second: Need,
    writes_per_day: (f64, f64),
}

fn disk(demand: &Demand, figures: &Measured, load: &Load) -> Disk {
    // Copies from peers are written here, too; each operator writes what it accepts.
    let accepted = 1.0 + demand.recipients * demand.peer_share;
    let record = accepted * (load.octets + figures.log_octets.value);
    let message = record + demand.recipients * figures.state_octets.value;
    let waiting = demand.unreachable_share * load.per_day * demand.retention_days * record;
    let hours = LOG_HOURS * demand.busy_hour_messages * message;
    let held = |spread: f64| (waiting * spread + hours) / DISK_FILL;
    // What waits is copied once a day at most while its segment empties.
    let copied = demand.unreachable_share * demand.retention_days * record;
    let day = load.per_day * (message + copied);
    let second = load.peak_per_s * message;
    let node = &demand.node;
    let need = |name, unit, value, node, how| Need {
        name,
        unit,
        value,
        low: value,
        high: value,
        node,
        how,
    };
    Disk {
        octets: Need {
            low: held(figures.spread.low),
            high: held(figures.spread.high),
            ..need(
                "disk size",
                "octets",
                held(figures.spread.value),
                node.disk_octets,
                format!(
                    "{:.2} % of {} days wait, spread {} times; {LOG_HOURS} busy hours of log; {:.0} % full",
                    demand.unreachable_share * 100.0,
                    demand.retention_days,
                    figures.spread.value,
                    DISK_FILL * 100.0
                ),
            )
        },
        day: need(
            "disk writes",
            "octets/day",
            day,
            node.disk_octets * node.disk_writes_per_day,
            format!("{message:.0} octets of log a message, and {copied:.0} for copies of what waits"),
        ),
        second: need(
            "disk rate",
            "octets/s",
            second,
            node.disk_octets_per_s * LINK_FILL,
            format!("{message:.0} octets of log a message in the peak second"),
        ),
        writes_per_day: (
            load.per_day * figures.flushes.value,
            load.per_day * (1.0 + demand.recipients * (RECORDS - 1.0)),
        ),
    }
}

fn network(demand: &Demand, load: &Load) -> Need {
    // In: submissions and what peers send; out: retrievals and what goes to peers. Equal when each has one recipient.
    let copies = demand.recipients * (1.0 + demand.peer_share);
    let ways = copies.max(1.0 + demand.recipients * demand.peer_share);
    let octets = (load.octets * ways + EXCHANGE_OCTETS * (1.0 + 2.0 * demand.recipients)) * WIRE_FACTOR;
    let value = load.peak_per_s * octets * 8.0;
    Need {
        name: "network",
        unit: "bit/s",
        value,
        low: value,
        high: value,
        node: demand.node.nic_bits_per_s * LINK_FILL,
        how: format!(
            "{octets:.0} octets a message in the busier direction, {:.0} % used",
            LINK_FILL * 100.0
        ),
    }
}

fn sms(demand: &Demand, figures: &Measured, load: &Load) -> Need {
    // Copies that came from peers make up for those that went there.
    let of = |attempts: f64| {
        let notified = demand.recipients * (1.0 + demand.unreachable_share * (attempts - 1.0).max(0.0));
        load.peak_per_s * (notified + demand.report_share * demand.recipients)
    };
    Need {
        name: "SMS",
        unit: "pushes/s",
        value: of(figures.attempts.value),
        low: of(figures.attempts.low),
        high: of(figures.attempts.high),
        node: demand.node.sms_per_s * LINK_FILL,
        how: format!(
            "a notification a recipient, {} for who can't be reached; reports of {:.0} %",
            figures.attempts.value,
            demand.report_share * 100.0
        ),
    }
}

fn memory(demand: &Demand, figures: &Measured, load: &Load) -> Need {
    let unreachable = demand.unreachable_share * load.per_day * demand.retention_days * demand.recipients;
    // Delivered copies are remembered for an hour.
    let waiting = unreachable + demand.busy_hour_messages * demand.recipients;
    let nodes = demand.node.cores;
    let of = |copy: f64| waiting * copy;
    let buffers = nodes * figures.core_octets.value;
    Need {
        name: "memory",
        unit: "octets",
        value: of(figures.copy_octets.value),
        low: of(figures.copy_octets.low),
        high: of(figures.copy_octets.high),
        // Each node has its buffers, however many there are.
        node: (demand.node.memory_octets * LINK_FILL - buffers).max(1.0),
        how: format!(
            "{waiting:.0} copies of {:.0} octets; each node has {:.1} GB of buffers besides",
            figures.copy_octets.value,
            buffers / 1e9
        ),
    }
}

/// What keeps the plan from being believed.
fn doubts(demand: &Demand, figures: &Measured) -> (Confidence, Vec<String>) {
    let mut doubts = Vec::new();
    let base = figures.life_us.as_ref().unwrap_or(&figures.submit_us);
    if figures.life_us.is_none() {
        doubts.push("the parts of a life were measured in runs of their own, not together".to_owned());
    } else if base.low == base.high {
        doubts.push("the life was measured once: its range is not known".to_owned());
    }
    if (base.high - base.low) / base.value > 0.2 {
        doubts.push(format!(
            "processor time a message varied from {:.1} to {:.1} µs on the machine measured",
            base.low, base.high
        ));
    }
    if demand.alpha == 0.0 && demand.beta == 0.0 {
        doubts.push("that cores scale as they are many is assumed; give α and β of a scaling run".to_owned());
    }
    if demand.peer_share > 0.0 {
        doubts.push("what MM4 costs is assumed to be what a submission costs".to_owned());
    }
    if (demand.octets() / figures.octets).max(figures.octets / demand.octets()) > 2.0 {
        doubts.push(format!(
            "measured with {:.0} octets, planned for {:.0}",
            figures.octets,
            demand.octets()
        ));
    }
    if base.basis == Basis::Assumed {
        doubts.push("the base figure is assumed".to_owned());
    }
    let confidence = match doubts.len() {
        0 => Confidence::High,
        1 => Confidence::Medium,
        _ => Confidence::Low,
    };
    (confidence, doubts)
}
