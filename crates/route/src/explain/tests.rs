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

#[test]
fn it_stops_at_the_first_refusal() {
    let rows = [
        (
            "x",
            "+447700900022",
            None,
            "image/gif",
            1,
            Reason::SenderUnidentified,
        ),
        (
            "+358501234567",
            "+447700900022",
            None,
            "image/gif",
            1,
            Reason::PeerUnknown,
        ),
        (
            "+447700900031",
            "+447700900022",
            Some("local"),
            "image/gif",
            1,
            Reason::SenderUnidentified,
        ),
        (
            "+447700900011",
            "+447700900012",
            Some("alpha"),
            "image/gif",
            1,
            Reason::SenderOurs,
        ),
        (
            "+447700900031",
            "+447700900012",
            Some("alpha"),
            "image/gif",
            1,
            Reason::SenderForeign,
        ),
        (
            "+447700900011",
            "x",
            None,
            "image/gif",
            1,
            Reason::RecipientUnresolved,
        ),
        (
            "+447700900011",
            "+358501234567",
            None,
            "image/gif",
            1,
            Reason::RecipientUnresolved,
        ),
        (
            "+447700900021",
            "+447700900031",
            None,
            "image/gif",
            1,
            Reason::RelationDenied,
        ),
        (
            "+447700900011",
            "+447700900022",
            None,
            "video/3gpp",
            1,
            Reason::ContentRefused,
        ),
        (
            "+447700900011",
            "+447700900022",
            None,
            "image/gif",
            200_000,
            Reason::ContentTooLarge,
        ),
        (
            "+447700900021",
            "+447700900012",
            None,
            "image/gif",
            2_000_000,
            Reason::ContentTooLarge,
        ),
    ];
    for (from, to, bringer, media_type, octets, expected) in rows {
        let (steps, refusal) = ask(from, to, bringer, &[media_type], octets);
        assert_eq!(
            refusal,
            Some(expected),
            "{from} to {to} by {bringer:?}: {steps:?}"
        );
    }
    let (steps, _) = ask("+447700900021", "+447700900031", None, &[], 1);
    assert!(steps.found.is_some() && steps.accepted.is_none());
    let (steps, _) = ask("+447700900011", "x", None, &[], 1);
    assert!(steps.bringer.is_some() && steps.to.is_none());
}
