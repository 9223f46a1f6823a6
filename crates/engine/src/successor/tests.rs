//! What a successor gets from its predecessor, seen by a shell in its place.

use super::Successor;
use crate::inherited::FIRST;
use std::net::TcpListener;
use std::os::fd::{AsFd, AsRawFd};
use std::process::Command;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_connection_that_is_inheritable_does_not_get_into_the_successor() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    // Far from where the named ones are put.
    // SAFETY: makes a second descriptor of one that is open; nobody owns it, and it goes with the test's process.
    #[expect(unsafe_code, reason = "the standard library makes none that is inheritable")]
    let inheritable = unsafe { libc::fcntl(open.as_raw_fd(), libc::F_DUPFD, 64) };
    assert!(inheritable >= 64);
    let (socket, speaks) = (FIRST, FIRST + 1);
    let script = format!(
        "test -e /proc/$$/fd/{socket} || exit 5; \
         for other in /proc/$$/fd/*; do case $(readlink $other) in socket:*) \
         test ${{other##*/}} -le {speaks} || exit 7;; esac; done; printf f >&{speaks}"
    );
    let mut command = Command::new("sh");
    command.arg("-c").arg(script);
    let mut successor = Successor::start(command, &[("mm1", listener.as_fd())], PATIENCE).unwrap();
    assert!(successor.child.wait().unwrap().success());
}
