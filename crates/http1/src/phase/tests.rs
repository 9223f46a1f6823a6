//! The diagram of the machine as a snapshot, and that every phase can be reached and left.
//!
//! Beside `phase`. Invariant: a change of the table shows here as a change of text.

use super::{PhaseName, TRANSITIONS, diagram};

#[test]
fn the_diagram() {
    let expected = "\
Idle --HeadBegins--> Head
Idle --PeerEnds--> Closed
Idle --Deadline--> Closed
Idle --Retire--> Closed
Head --HeadEnds--> Body
Head --Refuse--> Sending
Head --PeerEnds--> Closed
Body --BodyEnds--> Outstanding
Body --Refuse--> Sending
Body --PeerEnds--> Closed
Outstanding --Respond--> Sending
Sending --SentKeeping--> Idle
Sending --SentUnread--> Lingering
Sending --SentLast--> Closed
Sending --Deadline--> Closed
Lingering --LingerEnds--> Closed
";
    assert_eq!(diagram(), expected);
}

#[test]
fn every_phase_is_reached_and_only_the_last_is_final() {
    use PhaseName::{Body, Closed, Head, Idle, Lingering, Outstanding, Sending};
    for phase in [Idle, Head, Body, Outstanding, Sending, Lingering, Closed] {
        assert!(
            TRANSITIONS.iter().any(|(_, _, to)| *to == phase),
            "{phase:?} is never reached"
        );
        let left = TRANSITIONS.iter().any(|(_, from, _)| *from == phase);
        assert_eq!(left, phase != Closed, "{phase:?}");
    }
}
