//! Explanations stop where the datapath would, and say what was found until then.

use super::*;
use crate::routes::tests::routes;

const PEERS: &str = r#"
[numbering]
country_code = "44"
local_ranges = ["+44770090001"]
[[peer]]
name = "alpha"
domains = ["a.example"]
ranges = ["+44770090002"]
content_types = ["image/*"]
size_octets_max = 102400
[[peer]]
name = "beta"
domains = ["b.example"]
ranges = ["+44770090003"]
"#;

fn ask(
    from: &str,
    to: &str,
    bringer: Option<&str>,
    types: &[&str],
    octets: u64,
) -> (Explanation, Option<Reason>) {
    let routes = routes(PEERS, "");
    let party = |name: &str| routes.peers().find(name).map_or(Party::Local, Party::Peer);
    let content = Content {
        types,
        octets,
        recipients: 1,
    };
    let bringer = bringer.map(party);
    let explanation = explain(
        &routes,
        &Question {
            from,
            to,
            bringer,
            content,
        },
    );
    let refusal = explanation.refusal;
    (explanation, refusal)
}

#[test]
fn every_step_is_told_when_all_is_well() {
    let (steps, refusal) = ask("07700900011", "07700900022", None, &["image/jpeg"], 30_000);
    assert_eq!(refusal, None);
    assert_eq!(steps.from.map(Msisdn::digits), Some(447_700_900_011));
    assert_eq!(steps.to.map(Msisdn::digits), Some(447_700_900_022));
    assert_eq!(steps.bringer, Some(Party::Local));
    assert!(steps.owner.is_some() && steps.found.is_some() && steps.accepted.is_some());
}

/// From, to, who brings it (`-` for whoever serves the sender), type, octets, and the reason.
const REFUSALS: &str = "\
x             +447700900022 -     image/gif  1       SenderUnidentified
+358501234567 +447700900022 -     image/gif  1       PeerUnknown
+447700900031 +447700900022 local image/gif  1       SenderUnidentified
+447700900011 +447700900012 alpha image/gif  1       SenderOurs
+447700900031 +447700900012 alpha image/gif  1       SenderForeign
+447700900011 x             -     image/gif  1       RecipientUnresolved
+447700900011 +358501234567 -     image/gif  1       RecipientUnresolved
+447700900021 +447700900031 -     image/gif  1       RelationDenied
+447700900011 +447700900022 -     video/3gpp 1       ContentRefused
+447700900011 +447700900022 -     image/gif  200000  ContentTooLarge
+447700900021 +447700900012 -     image/gif  2000000 ContentTooLarge";

#[test]
fn it_stops_at_the_first_refusal() {
    for row in REFUSALS.lines() {
        let words: Vec<&str> = row.split_whitespace().collect();
        let bringer = Some(words[2]).filter(|name| *name != "-");
        let (steps, refusal) = ask(
            words[0],
            words[1],
            bringer,
            &[words[3]],
            words[4].parse().unwrap(),
        );
        assert_eq!(
            refusal,
            Reason::find(words[5]).map(|row| row.reason),
            "{row}: {steps:?}"
        );
    }
    let (steps, _) = ask("+447700900021", "+447700900031", None, &[], 1);
    assert!(steps.found.is_some() && steps.accepted.is_none());
    let (steps, _) = ask("+447700900011", "x", None, &[], 1);
    assert!(steps.bringer.is_some() && steps.to.is_none());
}
