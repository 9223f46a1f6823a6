//! Settings in each part's own terms.
//!
//! Between `profile`, which knows no codec and no engine, and those. Invariant: what can't be right together is refused
//! here with the settings' names, before anything is opened.

use super::StartError;
use control::{IntervalLog, Live};
use engine::{Access, Centres, Machine, Needs, OnShardEnd, Pinning, Problem, preflight};
use journal::{Geometry, SettingsDraft};
use profile::Settings;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Fewer descriptors than this for connections are not worth starting with.
const CONNECTIONS_MIN: u64 = 256;

/// Asks whether the machine is fit. Too few descriptors for the connections allowed is no reason not to start, as long
/// as some are left: fewer connections are taken then ([`connections_max`]).
pub(super) fn fit(settings: &Settings) -> Result<Machine, StartError> {
    let shards = settings.process.shards.max(1);
    preflight(Needs {
        shards,
        connections_max: CONNECTIONS_MIN,
    })
    .map_err(StartError::Unfit)
}

/// How many shards there are to be, when the data does not say otherwise.
pub(super) fn shards(settings: &Settings, machine: &Machine) -> u16 {
    let cores = u16::try_from(machine.cores.len()).unwrap_or(u16::MAX);
    match settings.process.shards {
        0 => cores.clamp(1, base::limits::SHARDS_MAX),
        shards => shards,
    }
}

/// Connections of one shard: as set, or what the descriptors allow.
fn connections_max(settings: &Settings, machine: &Machine, shards: u16) -> u32 {
    let left = machine
        .files_max
        .saturating_sub(engine::preflight::FILES_RESERVED)
        / u64::from(shards.max(1));
    let allowed = u32::try_from(left).unwrap_or(u32::MAX);
    if allowed < settings.http.connections_max {
        let found = machine.files_max;
        let needed = u64::from(settings.http.connections_max) * u64::from(shards);
        let problem = Problem::FilesTooFew { found, needed };
        eprintln!(
            "warning: {problem}; {allowed} connections a shard are taken. {}",
            problem.mend()
        );
    }
    settings.http.connections_max.min(allowed)
}

/// The engine's options.
pub(super) fn engine(
    settings: &Settings,
    machine: &Machine,
    shards: u16,
    (access, centres, on_shard_end): (&Arc<Access>, Option<Arc<Centres>>, OnShardEnd),
) -> Result<engine::Options, StartError> {
    let http = http(settings, connections_max(settings, machine, shards))?;
    let pin = settings.process.pin;
    if pin && !machine.has_core_for_each(shards) {
        eprintln!(
            "warning: {shards} shards on {} cores: none is pinned",
            machine.cores.len()
        );
    }
    let buffers = usize::from(settings.journal.groups_in_flight) + 2;
    Ok(engine::Options {
        pinning: if pin { Pinning::Auto } else { Pinning::Unpinned },
        spin_before_park: Duration::from_micros(u64::from(settings.process.spin_us)),
        http,
        bodies_octets_max: settings.http.buffer_octets_max,
        group_buffers_octets: buffers * settings.journal.group_octets as usize,
        access: Arc::clone(access),
        centres,
        on_shard_end,
    })
}

fn http(settings: &Settings, connections_max: u32) -> Result<http1::Limits, StartError> {
    let http = &settings.http;
    let default = http1::Limits::DEFAULT;
    let ms = |seconds: u32| u64::from(seconds) * 1_000;
    let limits = http1::Limits {
        head_octets_max: http.head_octets_max,
        request_line_octets_max: http.request_line_octets_max,
        fields_max: http.fields_max,
        body_octets_max: http.body_octets_max,
        drain_octets_max: http.drain_octets_max,
        receive_octets: default.receive_octets.min(http.head_octets_max),
        requests_max: http.requests_max,
        connections_max,
        idle_ms: ms(http.idle_s),
        head_ms: ms(http.head_s),
        body_grace_ms: ms(http.body_grace_s),
        body_octets_per_s_min: http.rate_octets_per_s_min,
        body_stall_ms: ms(http.body_stall_s),
        body_ms_max: ms(http.body_s_max),
        send_grace_ms: ms(http.body_grace_s),
        send_octets_per_s_min: http.rate_octets_per_s_min,
        ..default
    };
    let agrees = limits.relations_hold();
    agrees
        .then_some(limits)
        .ok_or_else(|| StartError::Settings("the http settings contradict each other".to_owned()))
}

/// The journal's settings for segments of this size.
pub(super) fn journal(settings: &Settings, geometry: Geometry) -> Result<journal::Settings, StartError> {
    let own = &settings.journal;
    let draft = SettingsDraft {
        segment_octets: geometry.segment_octets(),
        group_octets: own.group_octets,
        groups_in_flight: own.groups_in_flight,
        segments_max: own.segments_max,
        segments_reserved: own.segments_reserved,
        segments_ahead: own.segments_ahead,
        evacuate_below_percent: own.evacuate_below_percent,
    };
    journal::Settings::new(draft).map_err(|error| StartError::Settings(format!("journal.{error}")))
}

/// The admin plane's options.
pub(super) fn control(settings: &Settings) -> control::Options {
    control::Options {
        connections_max: settings.admin.connections_max,
        outbox_octets_max: settings.admin.outbox_octets_max,
        interval_log: interval_log(settings),
        live: Live {
            token: settings.admin.token.clone(),
            wait_s_max: settings.admin.wait_s_max,
        },
    }
}

/// Where histograms go, interval by interval; nowhere without a folder.
fn interval_log(settings: &Settings) -> Option<IntervalLog> {
    let metrics = &settings.metrics;
    (!metrics.hlog_folder.is_empty()).then(|| IntervalLog {
        folder: PathBuf::from(&metrics.hlog_folder),
        interval: Duration::from_secs(u64::from(metrics.hlog_interval_s)),
        file_octets_max: metrics.hlog_octets_max,
        files_max: metrics.hlog_files_max,
    })
}

/// 256 bits that nobody can foresee.
pub(super) fn seed() -> Result<[u8; 32], StartError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(seed)
}
