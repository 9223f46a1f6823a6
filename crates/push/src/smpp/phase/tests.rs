//! The diagram of a link's states, and what the table promises.
//!
//! Invariant: the snapshot is read in review whenever it changes.

use super::*;

#[test]
fn the_diagram() {
    let expected = "\
stateDiagram-v2
    [*] --> Waiting
    Waiting --> Connecting: Due
    Waiting --> Ended: Retire
    Connecting --> Binding: Connected
    Connecting --> Waiting: Lost
    Connecting --> Ended: Retire
    Binding --> Bound: Accepted
    Binding --> Waiting: Lost
    Binding --> Ended: Retire
    Bound --> Waiting: Lost
    Bound --> Draining: Retire
    Draining --> Unbinding: Drained
    Draining --> Ended: Lost
    Unbinding --> Ended: Unbound
    Unbinding --> Ended: Lost
    Ended --> [*]
";
    assert_eq!(diagram(), expected);
}

#[test]
fn one_way_for_each_event_and_none_out_of_the_end() {
    for (index, (event, from, _)) in TRANSITIONS.iter().enumerate() {
        let later = &TRANSITIONS[index + 1..];
        assert!(
            !later.iter().any(|(e, f, _)| (e, f) == (event, from)),
            "{event:?} from {from:?}"
        );
        assert_ne!(*from, Name::Ended);
    }
}
