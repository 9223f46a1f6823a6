//! The diagram of the sequence as a snapshot.

use super::{SEQUENCE, Stage, Verb, diagram};

#[test]
fn the_diagram() {
    let expected = "\
digraph sequence {
  Connected -> Greeted [label=Hello]
  Greeted -> Greeted [label=Hello]
  Sender -> Greeted [label=Hello]
  Recipients -> Greeted [label=Hello]
  Chunks -> Greeted [label=Hello]
  Greeted -> Connected [label=StartTls]
  Greeted -> Sender [label=Mail]
  Sender -> Recipients [label=Rcpt]
  Recipients -> Recipients [label=Rcpt]
  Recipients -> Greeted [label=Data]
  Recipients -> Chunks [label=Bdat]
  Chunks -> Chunks [label=Bdat]
  Recipients -> Greeted [label=BdatLast]
  Chunks -> Greeted [label=BdatLast]
  Connected -> Connected [label=Rset]
  Greeted -> Greeted [label=Rset]
  Sender -> Greeted [label=Rset]
  Recipients -> Greeted [label=Rset]
  Chunks -> Greeted [label=Rset]
  Connected -> Connected [label=Idle]
  Greeted -> Greeted [label=Idle]
  Sender -> Sender [label=Idle]
  Recipients -> Recipients [label=Idle]
  Chunks -> Chunks [label=Idle]
  Connected -> Connected [label=Quit]
  Greeted -> Greeted [label=Quit]
  Sender -> Greeted [label=Quit]
  Recipients -> Greeted [label=Quit]
  Chunks -> Greeted [label=Quit]
}
";
    assert_eq!(diagram(), expected);
}

#[test]
fn each_command_leads_to_one_stage() {
    for (number, (verb, from, to)) in SEQUENCE.iter().enumerate() {
        assert_eq!(from.after(*verb), Some(*to));
        let again = SEQUENCE[number + 1..]
            .iter()
            .any(|(v, f, _)| (v, f) == (verb, from));
        assert!(!again, "{verb:?} at {from:?} has two rows");
    }
    assert_eq!(Stage::Greeted.after(Verb::Rcpt), None);
    assert_eq!(
        Stage::Chunks.after(Verb::Data),
        None,
        "RFC 3030 §3: DATA and BDAT exclude each other"
    );
}
