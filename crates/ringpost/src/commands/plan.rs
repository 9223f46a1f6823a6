//! `ringpost plan`: what a load needs, from what was measured; and the model against a kept run.
//!
//! Works without a server. Invariant: what was assumed is called so. Exit code 1 of `--back-test` means that the model
//! is more than its tolerance away from the run.

use crate::exit::Exit;
use crate::plan::{Demand, Measured, Ran, back_test, page, plan};
use clap::Args;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What is wanted; flags stand above the file.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What is wanted, in TOML; `--print-demand` shows all keys
    #[arg(long, value_name = "FILE")]
    demand: Option<PathBuf>,
    /// Messages submitted in the busy hour
    #[arg(long, value_name = "N")]
    busy_hour_messages: Option<f64>,
    /// Sizes with their shares, such as `30000:0.7,300000:0.3`
    #[arg(long, value_name = "OCTETS:SHARE,…")]
    sizes: Option<String>,
    /// Recipients of a message, on average
    #[arg(long, value_name = "N")]
    recipients: Option<f64>,
    /// Other operators
    #[arg(long, value_name = "N")]
    peers: Option<u32>,
    /// Share of the copies that go to them
    #[arg(long, value_name = "SHARE")]
    peer_share: Option<f64>,
    /// Days until a copy that can't be delivered ends
    #[arg(long, value_name = "DAYS")]
    retention_days: Option<f64>,
    /// Share of the copies whose phone can't be reached
    #[arg(long, value_name = "SHARE")]
    unreachable_share: Option<f64>,
    /// The slowest of a hundred answers, in milliseconds
    #[arg(long, value_name = "MS")]
    slo_p99_ms: Option<f64>,
    /// A summary.json of the benches submit, life or parts, or of the load generator, over the figures compiled in
    #[arg(long, value_name = "FILE")]
    measured: Option<PathBuf>,
    /// Octets of the messages that were measured with
    #[arg(long, value_name = "OCTETS", requires = "measured")]
    measured_octets: Option<f64>,
    /// Predict the rate of a kept run of the submit bench or of the life bench, and compare
    #[arg(long, value_name = "FILE", conflicts_with = "measured")]
    back_test: Option<PathBuf>,
    /// Print what would be planned for, in TOML, and plan nothing
    #[arg(long)]
    print_demand: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Exit {
    let done = match &options.back_test {
        Some(file) => compare(file, options.json, out),
        None => answer(options, out),
    };
    done.unwrap_or_else(|error| {
        eprintln!("plan: {error}");
        Exit::Usage
    })
}

fn text_of(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn compare(file: &Path, as_json: bool, out: &mut dyn Write) -> Result<Exit, String> {
    let test = back_test(&text_of(file)?).map_err(|error| format!("{}: {error}", file.display()))?;
    // Nobody reading any more is no failure, here and below.
    let _ = if as_json {
        writeln!(out, "{}", json!(test))
    } else {
        let what = match test.ran {
            Ran::Lives => "whole lives",
            _ => "submissions",
        };
        writeln!(
            out,
            "{what}: predicted {:.0}/s, measured {:.0}/s: {:.3}",
            test.predicted_per_s, test.measured_per_s, test.ratio
        )
    };
    Ok(if test.holds() { Exit::Done } else { Exit::Failed })
}

fn answer(options: &Options, out: &mut dyn Write) -> Result<Exit, String> {
    let demand = demand(options)?;
    if options.print_demand {
        let text = toml::to_string(&demand).map_err(|error| error.to_string())?;
        let _ = write!(out, "{text}");
        return Ok(Exit::Done);
    }
    let figures = match &options.measured {
        None => Measured::default(),
        Some(file) => {
            let source = file.display().to_string();
            let figures = Measured::from_summary(&text_of(file)?, &source)
                .map_err(|error| format!("{source}: {error}"))?;
            match options.measured_octets {
                None => figures,
                Some(octets) if octets > 0.0 => figures.with_octets(octets),
                Some(_) => return Err("--measured-octets must be above 0".to_owned()),
            }
        }
    };
    let plan = plan(&demand, &figures)?;
    let _ = if options.json {
        writeln!(
            out,
            "{}",
            json!({ "demand": demand, "plan": plan, "measured": figures })
        )
    } else {
        write!(out, "{}", page::page(&plan, &figures))
    };
    Ok(Exit::Done)
}

/// The file's, or the defaults, with the flags over them.
fn demand(options: &Options) -> Result<Demand, String> {
    let mut demand = match &options.demand {
        None => Demand::default(),
        Some(file) => {
            Demand::from_toml(&text_of(file)?).map_err(|error| format!("{}: {error}", file.display()))?
        }
    };
    let flags = [
        (options.busy_hour_messages, &mut demand.busy_hour_messages),
        (options.recipients, &mut demand.recipients),
        (options.peer_share, &mut demand.peer_share),
        (options.retention_days, &mut demand.retention_days),
        (options.unreachable_share, &mut demand.unreachable_share),
        (options.slo_p99_ms, &mut demand.slo_p99_ms),
    ];
    for (flag, place) in flags {
        *place = flag.unwrap_or(*place);
    }
    demand.peers = options.peers.unwrap_or(demand.peers);
    if let Some(sizes) = &options.sizes {
        demand.sizes = Demand::sizes_of(sizes)?;
    }
    demand.check()?;
    Ok(demand)
}
