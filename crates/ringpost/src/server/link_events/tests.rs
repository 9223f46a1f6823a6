//! What is told of links, once.

use super::LinkEvents;
use engine::{LinkRow, LinkStage};

fn row(stage: LinkStage, lost: u64, refused: u64) -> LinkRow {
    LinkRow {
        centre: "north".to_owned(),
        link: 0,
        kind: "transceiver",
        stage,
        window: 50,
        outstanding: 0,
        rate_per_s: 100,
        taken_per_s: 0,
        taken: 0,
        refused,
        throttled: 0,
        unanswered: 0,
        receipts: 0,
        lost,
        error: if lost == 0 {
            String::new()
        } else {
            "no answer in time".to_owned()
        },
        waiting: 0,
    }
}

#[test]
fn a_link_is_told_of_when_it_changes() {
    let mut events = LinkEvents::default();
    let up = "event: link north/0: up";
    let lost = "event: link north/0: lost, 1 times: no answer in time; it is built again";
    for (row, told) in [
        (row(LinkStage::Rising, 0, 0), &[][..]),
        (row(LinkStage::Up, 0, 0), &[up][..]),
        (row(LinkStage::Paused, 0, 0), &[]),
        (row(LinkStage::Down, 1, 0), &[lost]),
        (row(LinkStage::Down, 1, 0), &[]),
        (row(LinkStage::Up, 1, 0), &[up]),
        (row(LinkStage::Up, 2, 0), &[lost, up]),
    ] {
        assert_eq!(events.lines(std::slice::from_ref(&row)), told, "{row:?}");
    }
    let refused = events.lines(&[row(LinkStage::Up, 2, 3)]);
    assert!(refused[0].contains("3 pushes refused for good"), "{refused:?}");
}
