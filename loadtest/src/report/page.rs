//! The page around the drawings: skeleton, verdict, tiles, tables, conditions.
//!
//! Under `report`. Invariants: no address outside the page is named; texts are escaped; a void run says so first.

use super::scale::{short, time};
use crate::folder::Raw;
use crate::record::{Counts, Series};
use crate::summary::{Latency, PhaseSummary, QUANTILES, Summary};
use crate::sweep::Sweep;
use std::fmt::Write as _;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The whole page.
pub(super) fn whole(title: &str, text: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head><body><main>\
         <header><h1>{title}</h1><p>{}</p></header>{body}</main><script>{SCRIPT}</script></body></html>\n",
        escape(text)
    )
}

/// Text for HTML.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter => out.push(letter),
        }
    }
    out
}

/// Whether anything may be concluded, and what the server did wrong.
pub(super) fn verdict(out: &mut String, summary: &Summary) {
    let mut say = |class: &str, text: &str, reasons: &[String]| {
        let _ = write!(out, "<div class=\"verdict {class}\">{text}");
        if !reasons.is_empty() {
            out.push_str("<ul>");
            for reason in reasons {
                let _ = write!(out, "<li>{}</li>", escape(reason));
            }
            out.push_str("</ul>");
        }
        out.push_str("</div>");
    };
    if !summary.void.is_empty() {
        say(
            "bad",
            "Void: nothing may be concluded from this run.",
            &summary.void,
        );
    }
    if !summary.violations.is_empty() {
        say("bad", "The server broke its promises.", &summary.violations);
    }
    if summary.void.is_empty() && summary.violations.is_empty() {
        say(
            "good",
            "A good run: nothing lost, nothing twice, and the driver was not the bottleneck.",
            &[],
        );
    }
}

fn tile(out: &mut String, value: &str, name: &str) {
    let _ = write!(
        out,
        "<div><b>{}</b><span>{}</span></div>",
        escape(value),
        escape(name)
    );
}

/// The figures that one looks for first.
pub(super) fn tiles(out: &mut String, summary: &Summary) {
    out.push_str("<div class=\"tiles\">");
    let measured = &summary.measured;
    tile(
        out,
        &format!("{}/s", short(measured.done_per_s)),
        "messages answered Ok",
    );
    if let Some(submit) = measured
        .series
        .iter()
        .find(|series| series.series == Series::Submit.tag())
    {
        let at = |name: &str| {
            submit
                .corrected
                .quantiles_us
                .get(name)
                .copied()
                .unwrap_or_default()
        };
        tile(out, &time(at("p50")), "submission, median");
        tile(out, &time(at("p99")), "submission, p99");
        tile(out, &time(at("p99.9")), "submission, p99.9");
        tile(out, &time(submit.corrected.max_us), "submission, slowest");
    }
    if summary.server_us_per_message > 0.0 {
        tile(
            out,
            &time(summary.server_us_per_message),
            "server processor a message",
        );
    }
    if summary.counts.octets_checked > 0 {
        let megabytes = summary.counts.octets_checked as f64 / 1e6;
        tile(
            out,
            &format!("{} MB", short(megabytes)),
            "compared, octet by octet",
        );
    }
    let lag = summary
        .driver
        .lag
        .quantiles_us
        .get("p99")
        .copied()
        .unwrap_or_default();
    tile(out, &time(lag), "driver's lag, p99");
    tile(
        out,
        &format!("{} %", short(summary.driver.cpu_share_max * 100.0)),
        "busiest driver core",
    );
    out.push_str("</div>");
}

/// Percentiles of every phase.
pub(super) fn phases(out: &mut String, summary: &Summary) {
    out.push_str(
        "<section class=\"card\"><h2>Percentiles</h2><p>Corrected: from when a message was \
                  due. Uncorrected: from \
                  when it was sent.</p>",
    );
    if summary.phases.iter().filter(|phase| phase.measured).count() > 1 {
        phase(out, &summary.measured, "All measured phases");
    }
    for own in &summary.phases {
        let counted = if own.measured { "" } else { ", not measured" };
        phase(out, own, &format!("Phase {}{counted}", own.name));
    }
    out.push_str("</section>");
}

fn phase(out: &mut String, phase: &PhaseSummary, title: &str) {
    let offered = match phase.offered_per_s {
        0.0 => String::new(),
        rate => format!("{} due a second, ", short(rate)),
    };
    let _ = write!(
        out,
        "<h3>{}: {offered}{} answered Ok a second, {} s</h3><table><thead><tr><th></th><th>count</th><th>mean</th>",
        escape(title),
        short(phase.done_per_s),
        short(phase.seconds)
    );
    for (name, _) in QUANTILES {
        let _ = write!(out, "<th>{name}</th>");
    }
    out.push_str("<th>max</th></tr></thead><tbody>");
    for series in &phase.series {
        row(out, &series.series, "", &series.corrected);
        if let Some(uncorrected) = &series.uncorrected {
            row(out, "uncorrected", " class=\"sub\"", uncorrected);
        }
    }
    out.push_str("</tbody></table>");
}

fn row(out: &mut String, name: &str, class: &str, latency: &Latency) {
    let _ = write!(
        out,
        "<tr{class}><th>{}</th><td>{}</td><td>{}</td>",
        escape(name),
        latency.count,
        time(latency.mean_us)
    );
    for (name, _) in QUANTILES {
        let value = latency.quantiles_us.get(*name).copied().unwrap_or_default();
        let _ = write!(out, "<td>{}</td>", time(value));
    }
    let _ = write!(out, "<td>{}</td></tr>", time(latency.max_us));
}

/// What was counted.
pub(super) fn ledger(out: &mut String, summary: &Summary) {
    out.push_str(
        "<section class=\"card\"><h2>Ledger</h2><p>What became of every message, warm-up in \
                  it. The incidents, message \
                  by message, are in ledger.csv.</p><table><tbody>",
    );
    for ((name, text), value) in Counts::NAMES.iter().zip(summary.counts.values()) {
        let is_wanted =
            value > 0 || name.starts_with("lost_") || name.starts_with("duplicate_") || *name == "mismatched";
        if is_wanted {
            let _ = write!(
                out,
                "<tr><th>{}</th><td>{value}</td><td class=\"text\">{text}</td></tr>",
                name.replace('_', " ")
            );
        }
    }
    out.push_str("</tbody></table></section>");
}

/// Everything that somebody needs who wants to make the run again.
pub(super) fn conditions(out: &mut String, raw: &Raw, summary: &Summary) {
    let known = &raw.conditions;
    let server = &known.server;
    let rows = known_rows(raw);
    out.push_str("<section class=\"card\"><h2>Conditions</h2><dl>");
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(out, "<dt>{name}</dt><dd>{}</dd>", escape(value));
    }
    for (name, sum) in &summary.checksums {
        let _ = write!(out, "<dt>{}</dt><dd>XXH3-64 {}</dd>", escape(name), escape(sum));
    }
    let _ = write!(
        out,
        "</dl><details><summary>Scenario</summary><pre>{}</pre></details>",
        escape(&known.scenario_text)
    );
    if !server.settings.is_empty() {
        let text = escape(&server.settings);
        let _ = write!(
            out,
            "<details><summary>Server's settings</summary><pre>{text}</pre></details>"
        );
    }
    out.push_str("</section>");
}

/// Names and values of the conditions.
fn known_rows(raw: &Raw) -> Vec<(&'static str, String)> {
    let known = &raw.conditions;
    let (machine, server) = (&known.machine, &known.server);
    let shape = if super::figures::is_open(raw) {
        "open loop"
    } else {
        "closed loop"
    };
    let cores = |cores: &[usize]| match cores {
        [] => "not pinned".to_owned(),
        cores => format!("{cores:?}"),
    };
    vec![
        (
            "Machine",
            format!(
                "{}, {} cores, {}",
                machine.processor, machine.cores, machine.memory
            ),
        ),
        (
            "Hypervisor",
            if machine.hypervisor {
                "yes".to_owned()
            } else {
                "none seen".to_owned()
            },
        ),
        (
            "Kernel",
            format!("Linux {}, clock {}", machine.kernel, machine.clocksource),
        ),
        ("Governor", machine.governor.clone()),
        ("Huge pages", machine.huge_pages.clone()),
        ("Loopback RPS", machine.loopback_rps.clone()),
        ("Interrupts", machine.interrupts.join("; ")),
        (
            "Driver",
            format!(
                "ringpost-load {}, {shape}, cores {}{}",
                known.program,
                cores(&known.driver_cores),
                if known.driver_first {
                    ", before all others"
                } else {
                    ""
                }
            ),
        ),
        ("Commit", known.commit.clone()),
        ("Command", known.command.join(" ")),
        (
            "Run",
            format!(
                "{}, seed {}, started {} ms after 1970",
                known.run, known.scenario.seed, known.start_unix_ms
            ),
        ),
        ("Server", server.version.clone()),
        (
            "Its listeners",
            format!("mm1 {} admin {}", server.mm1, server.admin),
        ),
        ("Its command", server.command.join(" ")),
        ("Its cores", server.cores.clone()),
        ("Durability", server.durability.clone()),
        ("Disk", server.disk.clone()),
    ]
}

/// A sweep's result.
pub(super) fn sweep_tiles(out: &mut String, sweep: &Sweep) {
    out.push_str("<div class=\"tiles\">");
    let unit = if sweep.is_closed {
        "phones"
    } else {
        "messages a second"
    };
    let say = |load: Option<f64>| load.map_or("none".to_owned(), short);
    tile(out, &say(sweep.holds), &format!("{unit}: objectives hold"));
    tile(out, &say(sweep.knee), &format!("{unit}: the knee"));
    let most = sweep.steps.iter().map(|step| step.done_per_s).fold(0.0, f64::max);
    tile(out, &format!("{}/s", short(most)), "most answered Ok");
    if let Ok(fit) = &sweep.law {
        tile(out, &format!("{:.4}", fit.alpha), "α, contention");
        tile(out, &format!("{:.6}", fit.beta), "β, coherence");
        tile(out, &format!("{:.3}", fit.r_squared), "R² of the law");
    }
    out.push_str("</div>");
}

/// A sweep's steps.
pub(super) fn sweep_steps(out: &mut String, sweep: &Sweep) {
    out.push_str(
        "<section class=\"card\"><h2>Steps</h2><table><thead><tr><th>load</th><th>Ok a \
         second</th><th>p50</th><th>p99</th>\
         <th>p99.9</th><th>max</th><th>server a message</th><th>remark</th></tr></thead><tbody>",
    );
    for step in &sweep.steps {
        let remark = [step.broken.clone(), step.void.join("; ")].join(" ");
        let _ = write!(
            out,
            "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td \
             class=\"text\">{}</td></tr>",
            short(step.load),
            short(step.done_per_s),
            time(step.p50_us),
            time(step.p99_us),
            time(step.p999_us),
            time(step.max_us),
            time(step.server_us),
            escape(remark.trim())
        );
    }
    out.push_str("</tbody></table></section>");
}
