//! What was found, as text, lines and JSON.
//!
//! Under `main`. Invariant: medians stand with their spread, and what is a fault is said in words.

use crate::back::{Return, Window};
use crate::{Arguments, Direction};
use bench::report::Spread;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Windows in their order; *standing* is there on the way out only.
const NAMES: [&str; 4] = ["before", "standing", "moving", "after"];

pub(crate) const HEADING: &str =
    "round,direction,window,seconds,taken,refused,p50_us,p99_us,p999_us,max_us,resident_octets,lost,again\n";

/// A line for each window.
pub(crate) fn csv(found: &Return) -> String {
    let line = |window: &Window| {
        format!(
            "{},{},{},{:.3},{},{},{},{},{},{},{},{},{}\n",
            found.round,
            found.direction.name(),
            window.name,
            window.elapsed.as_secs_f64(),
            window.posted.waited_us.len(),
            window.posted.refused,
            us(window, 0.5),
            us(window, 0.99),
            us(window, 0.999),
            window.posted.waited_us.max(),
            window.resident,
            found.lost,
            found.again,
        )
    };
    found.windows.iter().map(line).collect()
}

fn us(window: &Window, quantile: f64) -> u64 {
    window.posted.waited_us.value_at_quantile(quantile)
}

/// A figure of one kind of window.
fn of(returns: &[Return], direction: Direction, name: &str, figure: fn(&Window) -> f64) -> Spread {
    let own = returns.iter().filter(|found| found.direction == direction);
    let windows = own.flat_map(|found| &found.windows);
    Spread::of(windows.filter(|window| window.name == name).map(figure))
}

/// What must not be.
pub(crate) fn faults(returns: &[Return]) -> Vec<String> {
    let mut faults = Vec::new();
    for found in returns {
        let refused: u64 = found.windows.iter().map(|window| window.posted.refused).sum();
        let (round, way) = (found.round, found.direction.name());
        if found.lost > 0 {
            faults.push(format!("round {round}, {way}: {} LOST", found.lost));
        }
        if found.again > 0 {
            faults.push(format!("round {round}, {way}: {} more than once", found.again));
        }
        if refused > 0 {
            faults.push(format!(
                "round {round}, {way}: {refused} of the phone's messages refused"
            ));
        }
    }
    faults
}

pub(crate) fn summary(returns: &[Return]) -> Value {
    let mut directions = json!({});
    for direction in Direction::ALL {
        for name in NAMES {
            let figure = |figure| of(returns, direction, name, figure).json();
            directions[direction.name()][name] = json!({
                "seconds": figure(|window| window.elapsed.as_secs_f64()),
                "p50_us": figure(|window| us(window, 0.5) as f64),
                "p99_us": figure(|window| us(window, 0.99) as f64),
                "resident_octets": figure(|window| window.resident as f64),
            });
        }
    }
    directions
}

pub(crate) fn table(arguments: &Arguments, returns: &[Return], faults: &[String]) -> String {
    let mut text = format!(
        "{} rounds; a backlog of {} messages of {} octets; a phone posts {} a second; in over {} connections, out over \
         {} and at most {} a second\n",
        arguments.rounds,
        arguments.backlog,
        arguments.octets,
        arguments.rate,
        arguments.connections,
        arguments.links,
        arguments.mails_per_s
    );
    for direction in Direction::ALL {
        for name in NAMES {
            let figure = |figure| of(returns, direction, name, figure);
            let seconds = figure(|window| window.elapsed.as_secs_f64());
            if seconds.most == 0.0 {
                continue;
            }
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{:3} {name:8} {seconds:.1} s; the phone's p50 {:.0} us, p99 {:.0} us; memory {:.0} MB",
                direction.name(),
                figure(|window| us(window, 0.5) as f64),
                figure(|window| us(window, 0.99) as f64),
                figure(|window| window.resident as f64 / 1e6),
            );
        }
    }
    for fault in faults {
        let _ = writeln!(text, "{fault}");
    }
    text
}
