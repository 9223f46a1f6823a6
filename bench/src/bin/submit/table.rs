//! What `submit` prints and keeps.
//!
//! Beside the verdict. Invariant: medians with their least and most, never alone.

use crate::Arguments;
use crate::Outcome;
use crate::round::Round;
use crate::verdict::{COST_RATIO_MAX, RATE_RATIO_MIN, Ratios};
use bench::bare::GROUPS_IN_FLIGHT;
use bench::detail::Detail;
use bench::server::Side;
use bench::turns;
use std::fmt::Write as _;

/// The table.
pub(crate) fn text(arguments: &Arguments, outcome: &Outcome) -> String {
    let Outcome {
        null,
        rounds,
        disk,
        details,
        ratios,
    } = outcome;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} octets, {} connections, {} pairs of {} s; median (least to most)\n",
        arguments.octets, arguments.connections, arguments.pairs, arguments.seconds
    );
    let _ = writeln!(out, "{:<34}{:<30}{:<30}", "", "bare", "full");
    let mut row = |name: &str, precision: usize, figure: &dyn Fn(&Round) -> f64| {
        let of = |side| turns::spread(rounds, side, figure);
        let cells = [Side::Bare, Side::Full].map(|side| format!("{:.precision$}", of(side)));
        let _ = writeln!(out, "{name:<34}{:<30}{:<30}", cells[0], cells[1]);
    };
    row("messages/s", 0, &|round| round.driven.rate());
    row("server CPU, µs/message", 2, &Round::server_us);
    row("  of it the shard's thread", 2, &|round| {
        round.us_each(round.usage.shard_ns)
    });
    row("latency p50, µs", 0, &|round| {
        round.driven.latency_us.value_at_quantile(0.5) as f64
    });
    row("latency p99, µs", 0, &|round| {
        round.driven.latency_us.value_at_quantile(0.99) as f64
    });
    row("flushes/message", 4, &|round| round.groups() / round.messages());
    row("log octets/message", 0, &|round| {
        round.log_octets() / round.messages()
    });
    row("PDU octets copied/message", 0, &|round| match round.side {
        Side::Full => round.counter(&["octets_copied_total"]) / round.messages(),
        // By construction: into the group.
        _ => arguments.octets as f64,
    });
    row("allocations/message", 2, &|round| {
        of(details, round.side).allocations
    });
    row("octets allocated/message", 0, &|round| {
        of(details, round.side).allocated_octets
    });
    row("system calls/message", 2, &|round| {
        of(details, round.side).syscalls.unwrap_or(f64::NAN)
    });
    row("driver idle", 2, &Round::driver_idle);
    row("server's core taken by others", 2, &Round::foreign);
    let _ = writeln!(
        out,
        "\ndriver against a server that does nothing: {:.0}/s",
        null.driven.rate()
    );
    let _ = writeln!(
        out,
        "log alone {:.0} MB/s, fio {:.0} MB/s (blocks of {}, depth {GROUPS_IN_FLIGHT}): {:.2}",
        disk.log_octets_per_s.median / 1e6,
        disk.fio_octets_per_s.median / 1e6,
        disk.block_octets,
        disk.ratio
    );
    conclude(&mut out, ratios);
    out
}

/// A side's detail.
fn of(details: &[Detail; 2], side: Side) -> Detail {
    let [bare, full] = *details;
    if side == Side::Full { full } else { bare }
}

fn conclude(out: &mut String, ratios: &Ratios) {
    let (cost, rate) = (ratios.cost, ratios.rate);
    let _ = match ratios.has_bounds() {
        true => writeln!(
            out,
            "CPU per message, full / bare: {cost:.2} (at most {COST_RATIO_MAX})\n\
             rate, full / bare: {rate:.2} (at least {RATE_RATIO_MIN})"
        ),
        false => writeln!(
            out,
            "CPU per message, full / bare: {cost:.2}\nrate, full / bare: {rate:.2}"
        ),
    };
    ratios.verdict.write(out);
}

/// The medians and the verdict, for other programs.
pub(crate) fn summary(outcome: &Outcome) -> serde_json::Value {
    let Outcome {
        null,
        rounds,
        disk,
        details,
        ratios,
    } = outcome;
    let side = |side: Side| {
        let detail = of(details, side);
        let of = |figure: &dyn Fn(&Round) -> f64| turns::spread(rounds, side, figure).json();
        serde_json::json!({
            "rate_per_s": of(&|round| round.driven.rate()),
            "server_us": of(&Round::server_us),
            "flushes_per_message": of(&|round| round.groups() / round.messages()),
            "allocations_per_message": detail.allocations,
            "syscalls_per_message": detail.syscalls,
        })
    };
    let ceiling = null.driven.rate();
    serde_json::json!({
        "cost_ratio": ratios.cost.json(),
        "rate_ratio": ratios.rate.json(),
        "holds": ratios.verdict.holds(),
        "void": ratios.verdict.void,
        "weaknesses": ratios.verdict.weaknesses,
        "bare": side(Side::Bare),
        "full": side(Side::Full),
        "driver_ceiling_per_s": ceiling,
        "log_over_fio": disk.ratio.json(),
        "block_octets": disk.block_octets,
    })
}
