//! The diagram of the states as a snapshot.

use super::{StateName, TRANSITIONS, diagram};

#[test]
fn the_diagram() {
    let expected = "\
digraph server {
  Greeting -> Command [label=Greeted]
  Command -> Question [label=Asked]
  Command -> Chunk [label=ChunkBegins]
  Command -> Handshake [label=TlsAsked]
  Question -> Command [label=Answered]
  Question -> Text [label=TextBegins]
  Question -> Chunk [label=ChunkBegins]
  Text -> Question [label=MessageEnds]
  Chunk -> Question [label=MessageEnds]
  Text -> Command [label=BodyEnds]
  Chunk -> Command [label=BodyEnds]
  Handshake -> Command [label=TlsStarted]
  Greeting -> Finishing [label=LastReply]
  Command -> Finishing [label=LastReply]
  Question -> Finishing [label=LastReply]
  Text -> Finishing [label=LastReply]
  Chunk -> Finishing [label=LastReply]
  Finishing -> Lingering [label=AllSent]
  Greeting -> Closed [label=Deadline]
  Command -> Closed [label=Deadline]
  Text -> Closed [label=Deadline]
  Chunk -> Closed [label=Deadline]
  Finishing -> Closed [label=Deadline]
  Lingering -> Closed [label=LingerEnds]
}
";
    assert_eq!(diagram(), expected);
}

#[test]
fn every_state_is_reached_and_only_the_last_is_final() {
    use StateName::{Chunk, Closed, Command, Finishing, Greeting, Handshake, Lingering, Question, Text};
    for state in [
        Greeting, Command, Question, Text, Chunk, Handshake, Finishing, Lingering, Closed,
    ] {
        let reached = state == Greeting || TRANSITIONS.iter().any(|(_, _, to)| *to == state);
        assert!(reached, "{state:?} is never reached");
        let left = TRANSITIONS.iter().any(|(_, from, _)| *from == state);
        assert_eq!(left, state != Closed, "{state:?}");
    }
}
