//! Start and end: sharing a port, inherited listeners, IPv6, reload, drain, and shards that fail.
//!
//! Invariants tested: a request that was read is answered before a drain is over; what was queued to be accepted is
//! served; a failure is told, not waited for.

use crate::harness::{Client, Fake, Habit, get, loopback, start, start_on, until};
use apn::View;
use base::{Monotonic, Now, ShardId};
use engine::{
    Access, DiskSeat, Drained, Engine, GroupBuffer, Listeners, Mind, Options, Remains, ShardStart, StartError,
};
use meter::Counter;
use profile::Profile;
use shard::{Effect, Input, UnderWay};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_second_start_on_the_same_port_works() {
    let first = start(2, &Habit::default());
    let listeners = Listeners::bind(&[first.address()], 2).unwrap();
    assert_eq!(listeners.addresses(), [first.address()]);
    let second = start_on(
        listeners,
        2,
        &Habit::default(),
        Options::default(),
        Profile::default(),
    );
    assert_eq!(
        Client::connect(first.address()).get("/", "+447700900001").status,
        200
    );
    first.end();
    assert_eq!(
        Client::connect(second.address()).get("/", "+447700900001").status,
        200
    );
    second.end();
}

#[test]
fn listeners_are_handed_on_to_fewer_and_to_more_shards() {
    let listeners = Listeners::bind(&[loopback(), loopback()], 2).unwrap();
    let addresses = listeners.addresses().to_vec();
    assert_ne!(addresses[0].port(), addresses[1].port());
    for shards in [1, 2, 3] {
        let sockets = listeners.duplicates().unwrap();
        assert_eq!(sockets.len(), 4);
        let inherited = Listeners::on(engine::seats(&addresses, sockets).unwrap(), shards).unwrap();
        assert_eq!(inherited.addresses(), addresses);
        let mut server = start_on(
            inherited,
            shards,
            &Habit::default(),
            Options::default(),
            Profile::default(),
        );
        // Enough connections that each of the sockets gets some.
        for address in addresses.iter().cycle().take(64) {
            assert_eq!(Client::connect(*address).get("/", "+447700900001").status, 200);
        }
        assert_eq!(server.running.hand_over(PATIENCE), Drained::Whole);
        server.running.join().unwrap();
    }
}

#[test]
fn an_inherited_socket_that_does_not_block_is_served_like_others() {
    let made = std::net::TcpListener::bind(loopback()).unwrap();
    made.set_nonblocking(true).unwrap();
    let address = made.local_addr().unwrap();
    let seats = engine::seats(&[address], vec![made.into()]).unwrap();
    let listeners = Listeners::on(seats, 1).unwrap();
    let server = start_on(
        listeners,
        1,
        &Habit::default(),
        Options::default(),
        Profile::default(),
    );
    for _ in 0..3 {
        assert_eq!(Client::connect(address).get("/", "+447700900001").status, 200);
    }
    server.end();
}

#[test]
fn inherited_sockets_find_their_addresses() {
    let bound = Listeners::bind(&[loopback(), loopback()], 1).unwrap();
    let [first, second] = bound.addresses() else {
        panic!("two addresses")
    };
    let sockets = || bound.duplicates().unwrap();
    let seats = engine::seats(&[*second, loopback()], sockets()).unwrap();
    assert_eq!((seats[0].address, seats[1].address), (*second, *first));
    let seats = engine::seats(&[*first, loopback(), loopback()], sockets()).unwrap();
    assert_eq!((seats[1].address, seats[2].address), (*second, loopback()));
    assert!(seats[2].sockets.is_empty(), "a new address has nothing inherited");
    let unwanted = engine::seats(&[*first], sockets());
    assert!(matches!(unwanted, Err(engine::ListenError::Unwanted(address)) if address == *second));
}

#[test]
fn a_hand_over_loses_no_connection_of_clients_that_come_all_the_time() {
    let listeners = Listeners::bind(&[loopback()], 2).unwrap();
    let kept = listeners.duplicates().unwrap();
    let address = listeners.addresses()[0];
    let habit = Habit::default();
    let mut server = start_on(listeners, 2, &habit, Options::default(), Profile::default());
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|index| {
            let over = Arc::clone(&over);
            std::thread::spawn(move || {
                let mut answered = 0;
                while !over.load(Ordering::SeqCst) {
                    let mut client = Client::connect(address);
                    loop {
                        let reply = client.get("/", &format!("+44770090000{index}"));
                        assert_eq!(reply.status, 200);
                        answered += 1;
                        if reply.field("connection") == Some("close") || answered % 8 == 0 {
                            break;
                        }
                    }
                }
                answered
            })
        })
        .collect();
    until("load", || server.counted(Counter::HttpRequests) > 100);
    assert_eq!(server.running.hand_over(PATIENCE), Drained::Whole);
    server.running.join().unwrap();
    let seats = engine::seats(&[address], kept).unwrap();
    let heir = start_on(
        Listeners::on(seats, 2).unwrap(),
        2,
        &habit,
        Options::default(),
        Profile::default(),
    );
    until("load", || heir.counted(Counter::HttpRequests) > 100);
    over.store(true, Ordering::SeqCst);
    for client in clients {
        assert!(client.join().unwrap() > 0);
    }
    heir.end();
}

#[test]
fn a_hand_over_waits_for_the_first_request_and_not_for_another() {
    let habit = Habit::default();
    let mut server = start(1, &habit);
    let mut silent = server.client();
    let mut idle = server.client();
    assert_eq!(idle.get("/", "+447700900001").status, 200);
    until("2 accepted", || server.counted(Counter::ConnectionsAccepted) == 2);
    let thread = std::thread::spawn(move || {
        let drained = server.running.hand_over(PATIENCE);
        server.running.join().unwrap();
        drained
    });
    // The end of the idle one tells that nothing is accepted any more.
    assert!(idle.until_closed().is_empty());
    assert_eq!(silent.get("/", "+447700900001").status, 200);
    assert!(silent.until_closed().is_empty());
    assert_eq!(thread.join().unwrap(), Drained::Whole);
}

#[test]
fn ipv6_is_served_and_its_loopback_trusted() {
    let Ok(listeners) = Listeners::bind(&["[::1]:0".parse().unwrap()], 1) else {
        println!("skipped: this machine has no IPv6 loopback");
        return;
    };
    let server = start_on(
        listeners,
        1,
        &Habit::default(),
        Options::default(),
        Profile::default(),
    );
    let reply = server.client().get("/", "+447700900001");
    assert!(reply.text().contains("who=+447700900001"), "{}", reply.text());
    server.end();
}

#[test]
fn a_reload_reaches_brain_and_edge() {
    let habit = Habit::default();
    let server = start(1, &habit);
    let mut client = server.client();
    assert!(client.get("/", "+447700900001").text().contains("who=+44"));
    let profile = Profile {
        version: 2,
        ..Profile::default()
    };
    let mut settings = profile::Settings::default();
    settings.identity.headers = vec!["X-Other".to_owned()];
    let access = Access::compile(&settings, View::of_nobody(), 1, None);
    server.running.reload(&Arc::new(profile), None).unwrap();
    server.running.reload_access(&Arc::new(access)).unwrap();
    // The order is queued; a shard takes it in one of its next turns.
    let taken = (0..100_000).any(|_| client.get("/", "+447700900001").text().contains("who=nobody"));
    assert!(taken);
    assert_eq!(habit.profile_version.load(Ordering::SeqCst), 2);
    drop(client);
    server.end();
}

#[test]
fn a_drain_answers_what_was_read_and_closes_what_is_idle() {
    let habit = Habit::default();
    habit.holding.store(true, Ordering::SeqCst);
    let mut server = start(2, &habit);
    // So many that each shard has some, as the kernel spreads them.
    let idle: Vec<_> = (0..40).map(|_| server.client()).collect();
    let mut waiting: Vec<_> = (0..20).map(|_| server.client()).collect();
    for (index, client) in waiting.iter_mut().enumerate() {
        client.write(get("/", &format!("+4477009000{index:02}")));
    }
    until("20 held", || habit.held.load(Ordering::SeqCst) == 20);
    let (draining, drained) = sync_channel(1);
    let thread = std::thread::spawn(move || {
        draining.send(()).unwrap();
        let drained = server.running.drain(PATIENCE);
        server.running.join().unwrap();
        drained
    });
    drained.recv().unwrap();
    // Idle connections are closed though others are not done. When all are, both shards have begun.
    for client in idle {
        assert_eq!(client.until_closed(), b"");
    }
    habit.holding.store(false, Ordering::SeqCst);
    for client in &mut waiting {
        let reply = client.reply();
        assert_eq!((reply.status, reply.field("connection")), (200, Some("close")));
    }
    assert_eq!(thread.join().unwrap(), Drained::Whole);
}

#[test]
fn a_drain_ends_though_a_brain_never_does() {
    let habit = Habit::default();
    habit.holding.store(true, Ordering::SeqCst);
    let mut server = start(1, &habit);
    let mut client = server.client();
    client.write(get("/", "+447700900001"));
    until("one held", || habit.held.load(Ordering::SeqCst) == 1);
    let Drained::TimedOut(remains) = server.running.drain(Duration::from_millis(50)) else {
        panic!("it was not finished")
    };
    let [remains] = remains[..] else {
        panic!("{remains:?}")
    };
    // Whether its listeners have gone by then is another matter.
    let remains = Remains {
        listeners: 0,
        ..remains
    };
    let peer = client.stream.local_addr().unwrap();
    let sentence = format!("shard 0: 1 connections ({peer} waits for its answer), 1 requests");
    assert_eq!(remains.to_string(), sentence);
    server.running.join().unwrap();
}

/// A brain that panics in its second turn.
struct Fragile(u32);

impl Mind for Fragile {
    fn turn(&mut self, _: Now, inputs: &mut Vec<Input<GroupBuffer>>, _: &mut Vec<Effect<GroupBuffer>>) {
        self.0 += inputs.drain(..).count() as u32;
        assert!(self.0 == 0, "this brain takes no request");
    }

    fn next_deadline(&self) -> Option<Monotonic> {
        None
    }

    fn under_way(&self) -> UnderWay {
        UnderWay::default()
    }

    fn wants_buffer(&self) -> bool {
        false
    }

    fn give_buffer(&mut self, _: GroupBuffer) {}

    fn group_octets(&self) -> usize {
        4_096
    }

    fn request_marker(&mut self) {}
}

#[test]
fn a_shard_that_panics_is_told_of_and_joined_as_failed() {
    let (sender, ended) = sync_channel(1);
    let options = Options {
        on_shard_end: Arc::new(move |shard| {
            let _ = sender.send(shard);
        }),
        ..Options::default()
    };
    let listeners = Listeners::bind(&[loopback()], 1).unwrap();
    let brain = ShardStart {
        mm4: None,
        meter: Arc::default(),
        disk: DiskSeat::Absent,
        brain: |_| Fragile(0),
    };
    let running = Engine::start(options, listeners, Arc::new(Profile::default()), vec![brain]).unwrap();
    let mut client = Client::connect(running.addresses()[0]);
    client.write(get("/", "+447700900001"));
    assert_eq!(ended.recv_timeout(PATIENCE).unwrap(), ShardId(0));
    assert_eq!(running.join().unwrap_err().shard, ShardId(0));
}

#[test]
fn a_start_with_a_shard_that_fails_ends_the_others() {
    let ends = Arc::new(AtomicU32::new(0));
    let fails = Arc::new(AtomicBool::new(true));
    let listeners = Listeners::bind(&[loopback()], 3).unwrap();
    let starts = (0..3)
        .map(|index| {
            let fails = Arc::clone(&fails);
            ShardStart {
                mm4: None,
                meter: Arc::default(),
                disk: DiskSeat::Absent,
                brain: move |shard| {
                    assert!(
                        index != 1 || !fails.load(Ordering::SeqCst),
                        "this brain can't be made"
                    );
                    Fake::new(shard, Habit::default())
                },
            }
        })
        .collect();
    let count = Arc::clone(&ends);
    let options = Options {
        on_shard_end: Arc::new(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        }),
        ..Options::default()
    };
    let failed = Engine::start(options, listeners, Arc::new(Profile::default()), starts).unwrap_err();
    assert!(
        matches!(
            failed,
            StartError::Shard {
                shard: ShardId(1),
                ..
            }
        ),
        "{failed}"
    );
    assert_eq!(ends.load(Ordering::SeqCst), 1, "the others ended by order");
}

#[test]
fn listeners_for_another_number_of_shards_are_refused() {
    let listeners = Listeners::bind(&[loopback()], 2).unwrap();
    let start = ShardStart {
        mm4: None,
        meter: Arc::default(),
        disk: DiskSeat::Absent,
        brain: |_| Fragile(0),
    };
    let refused = Engine::start(
        Options::default(),
        listeners,
        Arc::new(Profile::default()),
        vec![start],
    );
    assert!(matches!(
        refused.unwrap_err(),
        StartError::Listeners {
            listeners: 2,
            shards: 1
        }
    ));
}
