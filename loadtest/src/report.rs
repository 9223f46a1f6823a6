//! The report: one HTML page that needs nothing else, light and dark, made from a folder's data alone.
//!
//! Last in the flow, behind the summary. Reading order: `page` (skeleton and tables), `chart` (one drawing),
//! `figures` (which drawings there are), `stages` (the server's own histograms). Invariants: a pure function of its
//! arguments, so that `verify` can make it again to the octet; every text that came from outside is escaped.

mod chart;
mod figures;
mod page;
mod scale;
mod stages;

use crate::folder::Raw;
use crate::summary::Summary;
use crate::sweep::Sweep;

/// The report of a run.
#[must_use]
pub fn render(raw: &Raw, summary: &Summary) -> String {
    let mut body = String::new();
    page::verdict(&mut body, summary);
    page::tiles(&mut body, summary);
    figures::percentiles(&mut body, raw);
    figures::over_time(&mut body, raw);
    figures::life(&mut body, raw, summary);
    stages::section(&mut body, raw);
    figures::cores(&mut body, raw);
    page::phases(&mut body, summary);
    page::ledger(&mut body, summary);
    page::conditions(&mut body, raw, summary);
    let title = format!("Load: {}", summary.scenario);
    page::whole(&title, &raw.conditions.scenario.text, &body)
}

/// The report of a sweep.
#[must_use]
pub fn render_sweep(scenario: &str, sweep: &Sweep) -> String {
    let mut body = String::new();
    page::sweep_tiles(&mut body, sweep);
    figures::sweep(&mut body, sweep);
    page::sweep_steps(&mut body, sweep);
    page::whole(&format!("Sweep: {scenario}"), &sweep.ended, &body)
}

#[cfg(test)]
mod tests;
