//! The diagram of the client as a snapshot.

use super::diagram;

#[test]
fn the_diagram() {
    let expected = "\
digraph client {
  Greeting -> Hello [label=Greeted]
  Hello -> Ready [label=Welcomed]
  Hello -> StartTls [label=TlsOffered]
  StartTls -> Handshake [label=TlsAgreed]
  StartTls -> Ready [label=TlsRefused]
  Handshake -> Hello [label=TlsStarted]
  Ready -> Envelope [label=Begun]
  Envelope -> Body [label=GoAhead]
  Envelope -> End [label=Void]
  Envelope -> Ready [label=Refused]
  Envelope -> Resetting [label=Reset]
  Body -> End [label=BodySent]
  End -> Ready [label=Ended]
  Resetting -> Ready [label=Ended]
  Ready -> Quitting [label=Quit]
}
";
    assert_eq!(diagram(), expected);
}
