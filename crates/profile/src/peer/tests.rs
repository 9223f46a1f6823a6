//! Tables about other operators: what is taken, what is refused and with which words.

use crate::peer::PeerEntry;
use crate::{Settings, parse, parse_entry};

/// Two peers, with more behind.
fn file(more: &str) -> String {
    format!(
        "[[peer]]\nname = \"alpha\"\ndomains = [\"mms.alpha.example\"]\nranges = [\"+44770090001\"]\n\
         [[peer]]\nname = \"beta\"\ndomains = [\"mms.beta.example\"]\nranges = [\"44770090002\"]\n{more}"
    )
}

fn faults(text: &str) -> Vec<String> {
    let faults = parse(text).expect_err(text);
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn tables_reach_their_entries_in_the_order_of_the_file() {
    let settings = parse(&file(
        "size_octets_max = 614400\n[[relation]]\nfrom = \"alpha\"\nto = \"beta\"\n",
    ))
    .unwrap();
    assert_eq!(settings.peers.len(), 2);
    assert_eq!(
        (settings.peers[0].name.as_str(), settings.peers[0].size_octets_max),
        ("alpha", 307_200)
    );
    assert_eq!(
        (settings.peers[1].name.as_str(), settings.peers[1].size_octets_max),
        ("beta", 614_400)
    );
    assert_eq!(settings.relations[0].mode, "transparent");
    assert_eq!(settings.overrides, []);
    let inline = "peer = [{ name = \"alpha\", domains = [\"a.example\"] }]";
    assert_eq!(parse(inline).unwrap().peers.len(), 1);
}

#[test]
fn a_key_without_a_usable_default_must_be_given() {
    let found = faults("drain_s = 30\n[[peer]]\nres_s = 300\n");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("line 2: peer.domains is missing: it must be 1 to 16 entries"),
        "{found:?}"
    );
    assert!(
        found[1].starts_with("line 2: peer.name is missing: it must be 1 to 32 lower-case"),
        "{found:?}"
    );
}

#[test]
fn refusals_name_line_key_and_remedy() {
    let rows: &[(&str, &str)] = &[
        (
            "[[peer]]\nname = \"alpha\"\ndomains = [\"a.example\"]\nsize_octet_max = 5\n",
            "line 4: unknown setting peer.size_octet_max; the nearest known one is peer.size_octets_max",
        ),
        ("[peer]\nname = \"alpha\"\n", "line 1: unknown setting peer"),
        ("peer = [5]", "line 1: peer must be tables: [[peer]]"),
        ("[[peers]]\nname = \"alpha\"\n", "line 1: unknown setting peers"),
        ("[[mm1]]\nrecipients_max = 5\n", "line 1: unknown setting mm1"),
        ("[[relation]]\nfrom = \"alpha\"\n", "relation.to is missing"),
        (
            "[[override]]\nnumbers = []\nto = \"local\"\n",
            "line 2: override.numbers must be 1 to 10000 entries",
        ),
    ];
    for (text, expected) in rows {
        let found = faults(text).join("\n");
        assert!(found.contains(expected), "{text}\n{found}\n{expected}");
    }
}

#[test]
fn what_contradicts_another_table_is_refused() {
    let rows: &[(&str, &str)] = &[
        (
            "[[peer]]\nname = \"beta\"\ndomains = [\"c.example\"]\n",
            "peer beta: two peers have this name",
        ),
        (
            "[[peer]]\nname = \"gamma\"\ndomains = [\"MMS.Alpha.example\"]\n",
            "domain mms.alpha.example: both alpha and gamma have it",
        ),
        (
            "[[peer]]\nname = \"gamma\"\ndomains = [\"c.example\"]\nranges = [\"+44770090002\"]\n",
            "range 44770090002: both beta and gamma have it",
        ),
        (
            "[numbering]\nlocal_ranges = [\"44770090001\"]\n",
            "range 44770090001: both numbering.local_ranges and alpha have it",
        ),
        (
            "routing_ids = [\"alpha\"]\n",
            "routing id alpha: both alpha and beta have it",
        ),
        (
            "routing_ids = [\"local\"]\n",
            "peer beta: routing id local has a meaning of its own",
        ),
        (
            "[[relation]]\nfrom = \"alpha\"\nto = \"delta\"\n",
            "relation alpha to delta: there is no peer delta",
        ),
        (
            "[[relation]]\nfrom = \"any\"\nto = \"beta\"\n[[relation]]\nfrom = \"any\"\nto = \"beta\"\n",
            "relation any to beta: two tables speak of it",
        ),
        (
            "[[override]]\nnumbers = [\"1555010*\"]\nto = \"delta\"\n",
            "override: there is no peer delta",
        ),
        (
            "[[override]]\nnumbers = [\"1555010*\"]\nto = \"alpha\"\n[[override]]\nnumbers = [\"+1555010*\"]\n\
             to = \"refused\"\n",
            "override of 1555010*: both alpha and refused have it",
        ),
        (
            "tls = \"never\"\ncertificate_names = [\"b.example\"]\n",
            "peer beta: certificate_names can't be checked",
        ),
        (
            "hosts = [\"b.example:25/0\"]\n",
            "peer beta: every one of its hosts has weight 0",
        ),
    ];
    for (more, expected) in rows {
        let found = faults(&file(more));
        assert!(
            found.len() == 1 && found[0].contains(expected),
            "{more}\n{found:?}\n{expected}"
        );
    }
}

#[test]
fn a_longer_range_inside_another_peers_is_no_contradiction() {
    let more = "[[peer]]\nname = \"gamma\"\ndomains = [\"c.example\"]\nranges = [\"447700900021\"]\n";
    assert_eq!(parse(&file(more)).unwrap().peers.len(), 3);
}

#[test]
fn a_file_of_its_own_holds_one_peer() {
    let peer: PeerEntry =
        parse_entry("name = \"alpha\"\ndomains = [\"a.example\"]\nmx_port = 2525\n").unwrap();
    assert_eq!((peer.name.as_str(), peer.mx_port), ("alpha", 2_525));
    let refused = |text: &str| {
        parse_entry::<PeerEntry>(text)
            .expect_err(text)
            .first()
            .unwrap()
            .to_string()
    };
    assert!(refused("name = \"alpha\"\n").starts_with("line 1: peer.domains is missing"));
    assert!(
        refused("name = \"alpha\"\n\nx = 1\ndomains = [\"a.example\"]")
            .starts_with("line 3: unknown setting peer.x")
    );
    assert!(
        refused("domains = [\"a.example\"]\n[[peer]]\nname = \"alpha\"\n").contains("peer.name is missing")
    );
    assert!(refused("name = ").starts_with("line 1: not TOML"));
}

/// What speaks of a peer in a file of its own is judged when that has joined.
#[test]
fn a_name_from_a_file_is_looked_for_when_the_file_has_joined() {
    let more = "[[relation]]\nfrom = \"alpha\"\nto = \"gamma\"\n[routing]\npeer_files = [\"gamma.toml\"]\n";
    let mut settings = parse(&file(more)).unwrap();
    assert_eq!(
        crate::relation::broken(&settings),
        ["relation alpha to gamma: there is no peer gamma"]
    );
    settings
        .peers
        .push(parse_entry("name = \"gamma\"\ndomains = [\"c.example\"]\n").unwrap());
    assert_eq!(crate::relation::broken(&settings), Vec::<String>::new());
}

#[test]
fn peers_from_files_are_held_to_the_same_relations() {
    let mut settings = parse(&file("")).unwrap();
    let peer = parse_entry("name = \"alpha\"\ndomains = [\"a.example\"]\n").unwrap();
    settings.peers.push(peer);
    assert_eq!(
        crate::relation::broken(&settings),
        ["peer alpha: two peers have this name"]
    );
    assert_eq!(
        crate::relation::broken(&Settings::default()),
        Vec::<String>::new()
    );
}
