//! Profiles compiled from tables.

use super::{Hops, Mode, Party, Peers, Relation, SizeBasis, Target, Tls};
use crate::parse;

const FILE: &str = r#"
[[peer]]
name = "alpha"
domains = ["MMS.Alpha.example", "alpha.example"]
helo_names = ["MX.alpha.example"]
ranges = ["+44770090001"]
size_basis = "base64"
tls = "required"
country_code = "44"
[[peer]]
name = "beta"
domains = ["beta.example"]
hosts = ["MX1.beta.example:2525/10", "[2001:db8::1]:25/0"]
delivery_reports = false
[[peer]]
name = "gamma"
domains = ["gamma.example"]
"#;

fn peers(more: &str) -> Peers {
    Peers::new(&parse(&format!("{FILE}{more}")).unwrap())
}

#[test]
fn keys_reach_the_profile() {
    let peers = peers("");
    let alpha = peers.profile(peers.find("alpha").unwrap()).unwrap();
    assert_eq!(alpha.domains, ["mms.alpha.example", "alpha.example"]);
    assert_eq!(alpha.proof.helo_names, ["mx.alpha.example"]);
    assert_eq!(alpha.ranges, ["44770090001"]);
    assert_eq!(
        (alpha.takes.size_basis, alpha.tls),
        (SizeBasis::Base64, Tls::Required)
    );
    assert_eq!(
        alpha.numbering.normalise(b"07700900011").unwrap().digits(),
        447_700_900_011
    );
    assert_eq!(
        alpha.hops,
        Hops::Mx {
            domain: "mms.alpha.example".to_owned(),
            port: 25
        }
    );
    assert_eq!((alpha.tries.res_s, alpha.tries.resends_max), (600, 3));
    let beta = peers.profile(peers.find("beta").unwrap()).unwrap();
    let Hops::Hosts(hosts) = &beta.hops else {
        panic!("{:?}", beta.hops)
    };
    assert_eq!(
        (hosts[0].name.as_str(), hosts[0].port, hosts[0].weight),
        ("mx1.beta.example", 2_525, 10)
    );
    assert_eq!(
        (hosts[1].name.as_str(), hosts[1].port, hosts[1].weight),
        ("[2001:db8::1]", 25, 0)
    );
    assert!(!beta.reports.delivery && beta.reports.read);
    assert_eq!(peers.count(), 3);
    assert_eq!(peers.find("delta"), None);
    assert_eq!(peers.of_domain("ALPHA.example"), peers.find("alpha"));
    assert_eq!(peers.of_domain("other.example"), None);
}

/// Changing one key changes one peer.
#[test]
fn a_changed_key_changes_that_peer_only() {
    let before = peers("");
    let after = peers("mx_port = 2525\n");
    for (id, peer) in before.iter() {
        assert_eq!(
            Some(peer) == after.profile(id),
            peer.name != "gamma",
            "{}",
            peer.name
        );
    }
}

/// What holds between parties, as a table of rows `from>to:` and a letter.
fn relations(peers: &Peers) -> String {
    let names = ["local", "alpha", "beta", "gamma"];
    let party = |name: &str| peers.find(name).map_or(Party::Local, Party::Peer);
    let cell = |from: &str, to: &str| match peers.relation(party(from), party(to)) {
        Relation::Denied => '-',
        Relation::Allowed(Mode::Transparent) => 't',
        Relation::Allowed(Mode::StoreAndForward) => 's',
    };
    let row = |from: &str| names.iter().map(|to| cell(from, to)).collect::<String>();
    names.map(row).join(" ")
}

#[test]
fn the_matrix_denies_between_peers_unless_told_and_the_more_exact_table_wins() {
    let entry = |from: &str, to: &str, more: &str| {
        format!("[[relation]]\nfrom = \"{from}\"\nto = \"{to}\"\n{more}\n")
    };
    let rows = [
        (String::new(), "tttt t--- t--- t---"),
        (entry("alpha", "beta", ""), "tttt t-t- t--- t---"),
        (
            entry("alpha", "any", "mode = \"store_and_forward\""),
            "tttt ssss t--- t---",
        ),
        (entry("any", "alpha", ""), "tttt tt-- tt-- tt--"),
        (entry("beta", "local", "allowed = false"), "tttt t--- ---- t---"),
        (entry("local", "gamma", "allowed = false"), "ttt- t--- t--- t---"),
        (
            entry("alpha", "beta", "allowed = false") + &entry("any", "any", "mode = \"store_and_forward\""),
            "ssss ss-s ssss ssss",
        ),
        (
            entry("alpha", "any", "allowed = false") + &entry("any", "beta", ""),
            "tttt ---- t-t- t-t-",
        ),
    ];
    for (more, expected) in rows {
        assert_eq!(relations(&peers(&more)), expected, "{more}");
    }
}

/// MM4 reference §5: how long the origin waits is each relation's own.
#[test]
fn a_transparent_relation_has_its_time() {
    let table = |from: &str, to: &str, more: &str| {
        format!("[[relation]]\nfrom = \"{from}\"\nto = \"{to}\"\n{more}\n")
    };
    let peers = peers(&(table("alpha", "any", "answer_s = 60") + &table("alpha", "beta", "")));
    let party = |name: &str| Party::Peer(peers.find(name).unwrap());
    let times = ["beta", "gamma"].map(|to| peers.answer_s(party("alpha"), party(to)));
    assert_eq!(times, [1_800, 60]);
    assert_eq!(peers.answer_s(party("beta"), party("gamma")), 1_800);
}

#[test]
fn parties_of_another_snapshot_have_no_agreement() {
    let many = peers("");
    let none = Peers::default();
    let alpha = Party::Peer(many.find("alpha").unwrap());
    assert_eq!(none.relation(alpha, Party::Local), Relation::Denied);
    assert_eq!(none.relation(Party::Local, alpha), Relation::Denied);
    assert_eq!(
        none.relation(Party::Local, Party::Local),
        Relation::Allowed(Mode::Transparent)
    );
    assert_eq!((many.name(alpha), none.name(alpha)), ("alpha", "unknown"));
}

#[test]
fn overrides_are_whole_numbers_or_leading_digits() {
    let peers = peers(
        "[[override]]\nnumbers = [\"+447700900011\", \"4477009002*\"]\nto = \"beta\"\n\
         [[override]]\nnumbers = [\"1555010*\"]\nto = \"refused\"\n",
    );
    let found: Vec<_> = peers
        .overrides()
        .iter()
        .map(|entry| (entry.digits.as_str(), entry.is_whole))
        .collect();
    assert_eq!(
        found,
        [("447700900011", true), ("4477009002", false), ("1555010", false)]
    );
    assert_eq!(
        peers.overrides()[0].to,
        Target::Party(Party::Peer(peers.find("beta").unwrap()))
    );
    assert_eq!(peers.overrides()[2].to, Target::Refused);
}
