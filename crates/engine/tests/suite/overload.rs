//! What the edge does while the brain refuses: large bodies are refused before they are sent, refused connections wait.
//!
//! The fake brain says that it is behind. Invariant of all: who is not refused is served on.

use crate::harness::{Client, Habit, Server, get, loopback, start, start_on, start_with, until};
use engine::{Drained, Listeners, Options};
use meter::Counter;
use profile::Profile;
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A loopback handshake is over when `connect` returns, unless its SYN is not heard.
const MOMENT: Duration = Duration::from_millis(50);

const WAITING: &str = "POST / HTTP/1.1\r\nHost: h\r\nX-MSISDN: +447700900001\r\nExpect: 100-continue\r\n";

fn overloaded() -> Habit {
    let habit = Habit::default();
    habit.overloaded.store(true, Ordering::SeqCst);
    habit
}

/// RFC 9110 §10.1.1: who waits for 100 may be answered at once, and then sends no body.
#[test]
fn a_large_body_is_refused_before_it_is_sent() {
    let habit = overloaded();
    let server = start(1, &habit);
    // The edge knows it from the brain's last turn.
    assert_eq!(server.client().get("/", "+447700900001").status, 200);
    let mut client = server.client();
    client.write(format!("{WAITING}Content-Length: 300000\r\n\r\n"));
    let reply = client.reply();
    assert_eq!(reply.status, 503);
    assert!(reply.field("retry-after").is_some());
    assert_eq!(client.until_closed(), b"");
    assert_eq!(server.counted(Counter::OverloadRefused), 1);
    // What may settle something is small, and is asked to come.
    let mut client = server.client();
    client.write(format!("{WAITING}Content-Length: 200\r\n\r\n"));
    assert_eq!(client.reply().status, 100);
    client.write([0; 200]);
    assert_eq!(client.reply().status, 200);
    // And when it is over, so is this.
    habit.overloaded.store(false, Ordering::SeqCst);
    assert_eq!(server.client().get("/", "+447700900001").status, 200);
    let mut client = server.client();
    client.write(format!("{WAITING}Content-Length: 300000\r\n\r\n"));
    assert_eq!(client.reply().status, 100);
    client.write(vec![0; 300_000]);
    assert_eq!(client.reply().status, 200);
    server.end();
}

/// Ten refusals a second, one at once: from the third on, connections wait for their places.
#[test]
fn refused_connections_wait_and_others_do_not() {
    let mut profile = Profile::default();
    profile.overload.refusals_per_s = 10;
    let habit = overloaded();
    let server = start_with(1, &habit, Options::default(), profile);
    let mut refused: Vec<_> = (0..5).map(|_| server.client()).collect();
    for client in &mut refused {
        let reply = client.post("/", "+447700900001", &[0; 100]);
        assert!(reply.field("retry-after").is_some());
    }
    let paused = server.counted(Counter::ConnectionsPaused);
    assert!((1..=5).contains(&paused), "{paused}");
    // Others are served meanwhile; nobody who is served is made to wait.
    let mut other = server.client();
    for _ in 0..20 {
        assert_eq!(other.get("/", "+447700900002").status, 200);
    }
    assert_eq!(server.counted(Counter::ConnectionsPaused), paused);
    // A pause ends, and what was sent meanwhile is answered.
    for client in &mut refused {
        assert_eq!(client.get("/", "+447700900001").status, 200);
    }
    drop((refused, other));
    server.end();
}

/// Who wants no other answer on its connection is not kept for one: its connection ends with the refusal.
#[test]
fn refused_connections_that_end_do_not_wait() {
    let mut profile = Profile::default();
    profile.overload.refusals_per_s = 1;
    let server = start_with(1, &overloaded(), Options::default(), profile);
    for _ in 0..20 {
        let mut client = server.client();
        client.write(
            "POST / HTTP/1.1\r\nHost: h\r\nX-MSISDN: +447700900001\r\nConnection: close\r\nContent-Length: 2\r\n\r\n\
             \x0c\x0c",
        );
        assert!(client.reply().field("retry-after").is_some());
        assert_eq!(client.until_closed(), b"");
    }
    assert_eq!(server.counted(Counter::ConnectionsPaused), 0);
    server.end();
}

/// A drain does not wait for pauses.
#[test]
fn a_drain_ends_the_pauses() {
    let mut profile = Profile::default();
    profile.overload.refusals_per_s = 1;
    let server = start_with(1, &overloaded(), Options::default(), profile);
    let mut clients: Vec<_> = (0..4).map(|_| server.client()).collect();
    for client in &mut clients {
        let reply = client.post("/", "+447700900001", &[0; 100]);
        assert!(reply.field("retry-after").is_some());
    }
    server.end();
    for client in clients {
        assert_eq!(client.until_closed(), b"");
    }
}

/// A shard that is behind pauses behind each connection that it takes, serves all of them none the less, and takes them
/// as they come when it is behind no more.
#[test]
fn connections_are_let_in_slowly_by_who_is_behind() {
    let habit = Habit::default();
    let mut profile = Profile::default();
    profile.overload.refusals_per_s = 100;
    let server = start_with(1, &habit, Options::default(), profile);
    assert_eq!(server.client().get("/", "+447700900001").status, 200);
    assert_eq!(server.counted(Counter::AcceptsPaused), 0);
    // The edge knows it from the brain's last turn, which was before the answer.
    habit.behind.store(true, Ordering::SeqCst);
    assert_eq!(server.client().get("/", "+447700900001").status, 200);
    let before = server.counted(Counter::AcceptsPaused);
    let mut clients: Vec<_> = (0..40).map(|_| server.client()).collect();
    for client in &mut clients {
        assert_eq!(client.get("/", "+447700900001").status, 200);
    }
    assert!(server.counted(Counter::AcceptsPaused) >= before + 39);
    habit.behind.store(false, Ordering::SeqCst);
    assert_eq!(server.client().get("/", "+447700900001").status, 200);
    let before = server.counted(Counter::AcceptsPaused);
    for _ in 0..40 {
        assert_eq!(server.client().get("/", "+447700900001").status, 200);
    }
    assert_eq!(server.counted(Counter::AcceptsPaused), before);
    server.end();
}

/// A drain does not wait for the pauses before connections that are queued: all of them are served.
#[test]
fn a_drain_takes_what_stands_outside() {
    let habit = Habit::default();
    habit.behind.store(true, Ordering::SeqCst);
    let mut profile = Profile::default();
    profile.overload.refusals_per_s = 1;
    let server = start_with(1, &habit, Options::default(), profile);
    assert_eq!(server.client().get("/", "+447700900001").status, 200);
    let mut clients: Vec<_> = (0..20).map(|_| server.client()).collect();
    for client in &mut clients {
        client.write(get("/", "+447700900001"));
    }
    server.end();
    for client in &mut clients {
        assert_eq!(client.reply().status, 200);
    }
}

/// A shard that lets one in each tenth of a second, before which so many stand that it would take half a minute. Its
/// door is shut when this returns, and everybody who stands there has asked for something.
fn crowded(habit: &Habit) -> (Server, Vec<Client>) {
    let mut profile = Profile::default();
    profile.overload.refusals_per_s = 10;
    let server = start_with(1, habit, Options::default(), profile);
    habit.behind.store(true, Ordering::SeqCst);
    assert_eq!(server.client().get("/", "+447700900001").status, 200);
    assert_eq!(server.counted(Counter::DoorsShut), 0);
    let heard = || TcpStream::connect_timeout(&server.address(), MOMENT).ok();
    let mut clients: Vec<_> = std::iter::from_fn(heard).take(300).map(Client::on).collect();
    for client in &mut clients {
        client.write(get("/", "+447700900001"));
    }
    until("a shut door", || server.counted(Counter::DoorsShut) == 1);
    (server, clients)
}

/// Nobody joins those who would wait too long; they themselves are served, and then everybody is let in again.
#[test]
fn a_crowded_door_is_shut_until_it_is_not() {
    let habit = Habit::default();
    let (server, mut clients) = crowded(&habit);
    let unheard = TcpStream::connect_timeout(&server.address(), MOMENT);
    assert_eq!(unheard.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    habit.behind.store(false, Ordering::SeqCst);
    for client in &mut clients {
        assert_eq!(client.reply().status, 200);
    }
    // Heard at once, or when its SYN comes again.
    for _ in 0..20 {
        assert_eq!(server.client().get("/", "+447700900001").status, 200);
    }
    assert_eq!(server.counted(Counter::DoorsShut), 1);
    server.end();
}

/// A drain serves all who stand before a shut door, and a successor finds it open.
#[test]
fn a_shut_door_is_opened_by_who_leaves_it() {
    let habit = Habit::default();
    let (server, mut clients) = crowded(&habit);
    server.end();
    for client in &mut clients {
        assert_eq!(client.reply().status, 200);
    }
}

#[test]
fn a_successor_finds_the_door_open() {
    let habit = Habit::default();
    let (mut server, mut clients) = crowded(&habit);
    let address = server.address();
    let listeners = server.running.listeners();
    let kept = listeners.iter().map(|kept| kept.try_clone().unwrap()).collect();
    habit.behind.store(false, Ordering::SeqCst);
    assert_eq!(server.running.hand_over(Duration::from_secs(20)), Drained::Whole);
    // Before anything of the successor's has looked at it: a client is heard.
    let mut early = Client::connect(address);
    let seats = engine::seats(&[address], kept).unwrap();
    let heir = start_on(
        Listeners::on(seats, 1).unwrap(),
        1,
        &Habit::default(),
        Options::default(),
        Profile::default(),
    );
    assert_eq!(early.get("/", "+447700900001").status, 200);
    for client in &mut clients {
        assert_eq!(client.reply().status, 200);
    }
    server.running.join().unwrap();
    heir.end();
}

/// A predecessor that was killed has opened nothing.
#[test]
fn a_door_that_was_left_shut_is_opened_at_the_start() {
    let listeners = Listeners::bind(&[loopback()], 1).unwrap();
    let address = listeners.addresses()[0];
    let kept = listeners.duplicates().unwrap();
    for listener in &kept {
        // No packet at all.
        let nothing = [socket2::SockFilter::new(6, 0, 0, 0)];
        socket2::SockRef::from(listener).attach_filter(&nothing).unwrap();
    }
    drop(listeners);
    let seats = engine::seats(&[address], kept).unwrap();
    let server = start_on(
        Listeners::on(seats, 1).unwrap(),
        1,
        &Habit::default(),
        Options::default(),
        Profile::default(),
    );
    assert_eq!(server.client().get("/", "+447700900001").status, 200);
    server.end();
}
