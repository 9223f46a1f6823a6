//! Whether a scenario can be run: every value in its range, said in words that mend it.
//!
//! Behind the parser. Invariant: what passes here runs, as far as a file can say.

use super::{Life, Loop, Scenario, ScenarioError};
use crate::personality::{PERSONALITIES, Personality};
use crate::template::NUMBERS;

/// Checks all values.
pub(super) fn check(scenario: &Scenario) -> Result<(), ScenarioError> {
    let complaints = [
        sizes(scenario),
        phases(scenario),
        mixes(scenario),
        people(scenario),
    ];
    match complaints.into_iter().flatten().next() {
        Some(complaint) => Err(ScenarioError::Value(complaint)),
        None => Ok(()),
    }
}

fn sizes(scenario: &Scenario) -> Option<String> {
    let ranges = [
        ("concurrency", scenario.concurrency, 1, 1_000_000),
        ("connections", scenario.connections, 1, 100_000),
        ("admin_connections", scenario.admin_connections, 1, 10_000),
        ("subscribers", scenario.subscribers, 1, 100_000_000),
        ("patience_s", scenario.patience_s, 1, 120),
        ("interval_s", scenario.interval_s, 1, 60),
    ];
    for (name, value, low, high) in ranges {
        if !(low..=high).contains(&value) {
            return Some(format!("{name} is {value}: it must be from {low} to {high}"));
        }
    }
    if scenario.shape == Loop::Closed
        && scenario.life == Life::Full
        && scenario.subscribers < scenario.concurrency
    {
        return Some(
            "subscribers must be at least concurrency: each phone has one life at a time".to_owned(),
        );
    }
    None
}

fn phases(scenario: &Scenario) -> Option<String> {
    if scenario.phase.is_empty() || scenario.phase.len() > 200 {
        return Some("a scenario has from 1 to 200 phases".to_owned());
    }
    for phase in &scenario.phase {
        let name = &phase.name;
        if name.is_empty()
            || !name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        {
            return Some(format!(
                "phase name {name:?}: letters, digits and - only, it stands in tags"
            ));
        }
        if scenario.phase.iter().filter(|other| other.name == *name).count() > 1 {
            return Some(format!("two phases are called {name}"));
        }
        if !(phase.seconds > 0.0 && phase.seconds <= 1e6) {
            return Some(format!(
                "phase {name}: seconds must be above 0 and at most 1000000"
            ));
        }
        let is_ramp = phase.from.is_some() && phase.to.is_some() && phase.rate.is_none();
        let is_steady = phase.rate.is_some() && phase.from.is_none() && phase.to.is_none();
        if scenario.shape == Loop::Open && !is_ramp && !is_steady {
            return Some(format!("phase {name}: give it `rate`, or `from` and `to`"));
        }
        let rates = [phase.rate, phase.from, phase.to].into_iter().flatten();
        if rates.into_iter().any(|rate| !(0.0..=1e7).contains(&rate)) {
            return Some(format!(
                "phase {name}: a rate must be from 0 to 10000000 messages a second"
            ));
        }
    }
    let expected: f64 = scenario.phase.iter().map(super::Phase::expected).sum();
    if expected >= NUMBERS as f64 {
        return Some(format!(
            "{expected:.0} messages are due: there are numbers for {NUMBERS} only"
        ));
    }
    None
}

fn mixes(scenario: &Scenario) -> Option<String> {
    if scenario.mix.is_empty() {
        return Some("a scenario needs at least one [[mix]]".to_owned());
    }
    for (index, mix) in scenario.mix.iter().enumerate() {
        if mix.octets.is_some() == mix.file.is_some() {
            return Some(format!("mix {index}: give it `octets` or `file`, one of them"));
        }
        if mix.octets.is_some_and(|octets| octets > 8 << 20) {
            return Some(format!("mix {index}: octets must be at most {}", 8 << 20));
        }
        if !(mix.weight > 0.0 && mix.weight <= 1e9) {
            return Some(format!("mix {index}: weight must be above 0"));
        }
    }
    None
}

fn people(scenario: &Scenario) -> Option<String> {
    for (name, weight) in &scenario.personalities {
        if Personality::named(name).is_none() {
            let known: Vec<&str> = PERSONALITIES.iter().map(|personality| personality.name).collect();
            return Some(format!("personality {name:?} is not known: {}", known.join(", ")));
        }
        if *weight <= 0.0 || weight.is_nan() {
            return Some(format!("personality {name}: its weight must be above 0"));
        }
    }
    let wrong = &scenario.misbehaviour;
    let shares = [wrong.slow, wrong.cut, wrong.retry, wrong.duplicate];
    if shares.iter().any(|share| !(0.0..=1.0).contains(share)) || shares.iter().sum::<f64>() > 1.0 {
        return Some("misbehaviour: shares are from 0 to 1, and together at most 1".to_owned());
    }
    if wrong.slow_octets_per_s == 0 {
        return Some("misbehaviour: slow_octets_per_s must be above 0".to_owned());
    }
    None
}
