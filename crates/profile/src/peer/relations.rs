//! What must hold between peers, relations and overrides, beside the range of each key.
//!
//! Asked at the end of parsing, and again when files of peers have joined. Invariants: each sentence names both sides;
//! what has passed can be compiled without anything being passed over.

use crate::settings::Settings;
use std::collections::BTreeMap;

/// A sentence for each thing that does not hold.
pub(crate) fn broken(settings: &Settings) -> Vec<String> {
    let mut sentences = Vec::new();
    names(settings, &mut sentences);
    ranges(settings, &mut sentences);
    references(settings, &mut sentences);
    for peer in &settings.peers {
        let name = &peer.name;
        if peer.tls == "never" && !peer.certificate_names.is_empty() {
            sentences.push(format!(
                "peer {name}: certificate_names can't be checked while tls is never"
            ));
        }
        if !peer.hosts.is_empty() && peer.hosts.iter().all(|host| host.ends_with("/0")) {
            sentences.push(format!(
                "peer {name}: every one of its hosts has weight 0, so nothing could be sent"
            ));
        }
    }
    sentences
}

/// Names, domains and routing ids must each lead to one peer.
fn names(settings: &Settings, sentences: &mut Vec<String>) {
    let mut names = BTreeMap::new();
    let mut domains = BTreeMap::new();
    for peer in &settings.peers {
        let own = peer.name.as_str();
        if names.insert(own.to_owned(), own).is_some() {
            sentences.push(format!("peer {own}: two peers have this name"));
        }
        for domain in &peer.domains {
            claim(
                &mut domains,
                domain.to_ascii_lowercase(),
                own,
                "domain",
                sentences,
            );
        }
    }
    for peer in &settings.peers {
        for id in &peer.routing_ids {
            if matches!(id.as_str(), "local" | "-") {
                sentences.push(format!(
                    "peer {}: routing id {id} has a meaning of its own",
                    peer.name
                ));
            }
            claim(&mut names, id.clone(), &peer.name, "routing id", sentences);
        }
    }
}

/// One range belongs to one party; a longer one inside it may belong to another.
fn ranges(settings: &Settings, sentences: &mut Vec<String>) {
    let mut ranges = BTreeMap::new();
    for range in &settings.numbering.local_ranges {
        ranges.insert(range.trim_start_matches('+').to_owned(), "numbering.local_ranges");
    }
    for peer in &settings.peers {
        for range in &peer.ranges {
            let digits = range.trim_start_matches('+').to_owned();
            claim(&mut ranges, digits, &peer.name, "range", sentences);
        }
    }
    let mut numbers = BTreeMap::new();
    for entry in &settings.overrides {
        for number in &entry.numbers {
            let digits = number.trim_start_matches('+').to_owned();
            claim(&mut numbers, digits, &entry.to, "override of", sentences);
        }
    }
}

fn claim<'a>(
    owners: &mut BTreeMap<String, &'a str>,
    what: String,
    owner: &'a str,
    kind: &str,
    sentences: &mut Vec<String>,
) {
    match owners.get(&what) {
        Some(other) if *other != owner => {
            sentences.push(format!("{kind} {what}: both {other} and {owner} have it"));
        }
        Some(_) => {}
        None => {
            owners.insert(what, owner);
        }
    }
}

/// Every name leads to a peer, and every pair of parties to one relation.
fn references(settings: &Settings, sentences: &mut Vec<String>) {
    let is_known = |name: &str, words: &[&str]| {
        words.contains(&name) || settings.peers.iter().any(|peer| peer.name == name)
    };
    let mut pairs = BTreeMap::new();
    for relation in &settings.relations {
        let (from, to) = (relation.from.as_str(), relation.to.as_str());
        for name in [from, to] {
            if !is_known(name, &["local", "any"]) {
                sentences.push(format!("relation {from} to {to}: there is no peer {name}"));
            }
        }
        if pairs.insert((from, to), ()).is_some() {
            sentences.push(format!("relation {from} to {to}: two tables speak of it"));
        }
    }
    for entry in &settings.overrides {
        if !is_known(&entry.to, &["local", "refused"]) {
            sentences.push(format!("override: there is no peer {}", entry.to));
        }
    }
}
