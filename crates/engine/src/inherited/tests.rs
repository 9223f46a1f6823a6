//! Taking a socket changes nothing for the one who gave it and still uses it.

use super::{HANDOVER, InheritError, Inherited};
use std::net::TcpListener;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};

/// The flags of an open description (`fcntl(2)`), which all its descriptors share.
fn flags(descriptor: &impl AsRawFd) -> i32 {
    // SAFETY: asks for a number about a descriptor that is open.
    #[expect(unsafe_code, reason = "the standard library does not ask")]
    unsafe {
        libc::fcntl(descriptor.as_raw_fd(), libc::F_GETFL)
    }
}

#[test]
fn a_giver_that_accepts_without_blocking_goes_on_doing_so() {
    for nonblocking in [true, false] {
        let given = TcpListener::bind("127.0.0.1:0").unwrap();
        given.set_nonblocking(nonblocking).unwrap();
        let before = flags(&given);
        assert_eq!(before & libc::O_NONBLOCK != 0, nonblocking);
        let mut inherited = Inherited::none();
        let second = OwnedFd::from(given.try_clone().unwrap()).into_raw_fd();
        inherited.take_one(second, "mm1".to_owned()).unwrap();
        assert_eq!(flags(&given), before);
        let taken = inherited.take("mm1");
        assert_eq!(taken.len(), 1);
        let address = given.local_addr().unwrap();
        let _seats = crate::seats(&[address], taken).unwrap();
        assert_eq!(
            flags(&given),
            before,
            "finding its address changes nothing either"
        );
    }
}

#[test]
fn a_socket_that_does_not_listen_is_refused() {
    let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let mut inherited = Inherited::none();
    let refused = inherited.take_one(OwnedFd::from(socket).into_raw_fd(), "mm1".to_owned());
    assert!(
        matches!(refused, Err(InheritError::NoListener { .. })),
        "{refused:?}"
    );
    let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    inherited
        .take_one(OwnedFd::from(socket).into_raw_fd(), HANDOVER.to_owned())
        .unwrap();
    assert!(inherited.has_predecessor());
}
