//! Shares, fail-over, and what is drained.

use super::{AVOIDED_MS, Hosts};
use crate::peers::names::Exchange;
use profile::peers::Host;

fn host(name: &str, weight: u16) -> Host {
    Host {
        name: name.to_owned(),
        port: 25,
        weight,
    }
}

fn names(hosts: &mut Hosts, list: &[Host], now_ms: u64) -> String {
    let order = hosts.order(list, now_ms);
    order
        .iter()
        .map(|host| host.name.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn links_are_shared_by_weight() {
    let list = [host("a", 3), host("b", 1), host("c", 0)];
    let mut hosts = Hosts::default();
    let firsts: String = (0..8)
        .map(|_| names(&mut hosts, &list, 0))
        .filter_map(|order| order.chars().next())
        .collect();
    assert_eq!(firsts, "aaabaaab");
}

#[test]
fn a_failed_machine_is_passed_over_for_a_while() {
    let list = [host("a", 1), host("b", 1), host("c", 0)];
    let mut hosts = Hosts::default();
    hosts.failed(&list[0], 0);
    for _ in 0..3 {
        assert!(names(&mut hosts, &list, 1).starts_with("b "));
    }
    hosts.failed(&list[1], 0);
    assert!(
        names(&mut hosts, &list, 1).starts_with("c "),
        "the drained one, since the others failed"
    );
    hosts.reached(&list[1]);
    assert!(names(&mut hosts, &list, 1).starts_with("b "));
    let later: Vec<_> = (0..2).map(|_| names(&mut hosts, &list, AVOIDED_MS)).collect();
    assert!(later.iter().any(|order| order.starts_with("a ")), "{later:?}");
}

#[test]
fn all_drained_is_all_there_is() {
    let list = [host("a", 0), host("b", 0)];
    assert_eq!(names(&mut Hosts::default(), &list, 0), "a b");
    assert_eq!(names(&mut Hosts::default(), &[], 0), "");
}

fn found(hosts: &mut Hosts, list: &[(u16, &str)], first: u32, now_ms: u64) -> String {
    let list = list.iter().map(|&(preference, name)| Exchange {
        preference,
        name: name.to_owned(),
    });
    let order = hosts.order_found(list.collect(), 25, first, now_ms);
    let names: Vec<&str> = order.iter().map(|host| host.name.as_str()).collect();
    names.join(" ")
}

#[test]
fn the_lowest_preference_is_first_and_equal_ones_take_turns() {
    let list = [(20, "c"), (10, "a"), (30, "d"), (10, "b")];
    let mut hosts = Hosts::default();
    let orders: Vec<String> = (0..4).map(|_| found(&mut hosts, &list, 0, 0)).collect();
    assert_eq!(orders, ["a b c d", "b a c d", "a b c d", "b a c d"]);
    assert_eq!(
        found(&mut Hosts::default(), &list, 1, 0),
        "b a c d",
        "another shard"
    );
    assert_eq!(found(&mut Hosts::default(), &[], 7, 0), "");
}

#[test]
fn a_failed_exchange_gives_way_to_a_worse_one_for_a_while() {
    let list = [(10, "a"), (20, "b")];
    let mut hosts = Hosts::default();
    hosts.failed(&host("a", 1), 0);
    assert_eq!(found(&mut hosts, &list, 0, 1), "b a");
    assert_eq!(found(&mut hosts, &list, 0, AVOIDED_MS), "a b");
}
