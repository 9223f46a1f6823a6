//! Ends that something stands in the way of: a thread that is stuck, a queue that is full, a log's end to be written.
//!
//! The brain here is stuck in a turn until it is let go, so that what happens meanwhile is certain. Invariant tested:
//! an end is never waited for without a limit, and never lost.

use crate::harness::{Client, get, loopback, until};
use base::{Monotonic, Now};
use engine::{
    DiskSeat, Drained, Engine, GroupBuffer, Listeners, Mind, Options, Remains, Running, ShardStart,
};
use profile::Profile;
use shard::{Answer, Content, Effect, Input, UnderWay};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

/// Longer than nothing: what is stuck stays so, however long it is waited for.
const MOMENT: Duration = Duration::from_millis(50);

/// Orders that a shard's queue holds.
const QUEUE: u32 = 64;

/// A brain that is stuck in each turn with a request until it is let go, and that writes markers.
struct Sticky {
    stuck: SyncSender<()>,
    let_go: Receiver<()>,
    marker_wanted: bool,
    /// Markers written, which happens in a turn.
    markers: Arc<AtomicU32>,
}

impl Mind for Sticky {
    fn turn(&mut self, _: Now, inputs: &mut Vec<Input<GroupBuffer>>, effects: &mut Vec<Effect<GroupBuffer>>) {
        if std::mem::take(&mut self.marker_wanted) {
            self.markers.fetch_add(1, Ordering::SeqCst);
        }
        for input in inputs.drain(..) {
            let Input::Request(request) = input else { continue };
            self.stuck.send(()).unwrap();
            // A test that has ended lets go, too.
            let _ = self.let_go.recv();
            effects.push(Effect::Answer {
                to: request.reply_to,
                answer: Answer {
                    http_status: 200,
                    content: Content::Empty,
                    retry_after_s: None,
                    close: false,
                    sent: None,
                },
            });
        }
    }

    fn next_deadline(&self) -> Option<Monotonic> {
        None
    }

    fn under_way(&self) -> UnderWay {
        UnderWay {
            log: self.marker_wanted,
            ..UnderWay::default()
        }
    }

    fn wants_buffer(&self) -> bool {
        false
    }

    fn give_buffer(&mut self, _: GroupBuffer) {}

    fn group_octets(&self) -> usize {
        4_096
    }

    fn request_marker(&mut self) {
        self.marker_wanted = true;
    }
}

/// One shard with such a brain.
struct Server {
    running: Running,
    stuck: Receiver<()>,
    let_go: SyncSender<()>,
    markers: Arc<AtomicU32>,
}

fn start() -> Server {
    let (tell_stuck, stuck) = sync_channel(1);
    let (let_go, hear) = sync_channel(1);
    let markers = Arc::new(AtomicU32::new(0));
    let brain = Sticky {
        stuck: tell_stuck,
        let_go: hear,
        marker_wanted: false,
        markers: Arc::clone(&markers),
    };
    let seat = ShardStart {
        mm4: None,
        meter: Arc::default(),
        disk: DiskSeat::Absent,
        brain: move |_| brain,
    };
    let listeners = Listeners::bind(&[loopback()], 1).unwrap();
    let profile = Arc::new(Profile::default());
    let running = Engine::start(Options::default(), listeners, profile, vec![seat]).unwrap();
    Server {
        running,
        stuck,
        let_go,
        markers,
    }
}

/// A server that is stuck with this client's request.
fn start_stuck() -> (Server, Client) {
    let server = start();
    let mut client = Client::connect(server.running.addresses()[0]);
    client.write(get("/", "+447700900001"));
    server.stuck.recv_timeout(PATIENCE).unwrap();
    (server, client)
}

#[test]
fn a_thread_that_is_stuck_is_named_and_left() {
    let (mut server, _client) = start_stuck();
    let drained = server.running.hand_over(MOMENT);
    assert_eq!(
        drained,
        Drained::TimedOut(vec![Remains::silent(base::ShardId(0))])
    );
    let failed = server.running.join_within(MOMENT).unwrap_err();
    assert!(failed.is_running, "{failed}");
    assert_eq!(failed.shard, base::ShardId(0));
}

#[test]
fn a_full_queue_keeps_no_shard_from_ending() {
    let (server, _client) = start_stuck();
    let profile = Arc::new(Profile::default());
    for _ in 0..QUEUE {
        server.running.reload(&profile, None).unwrap();
    }
    // Dropping it orders the end, too: both find the queue full.
    let (joined, told) = sync_channel(1);
    let running = server.running;
    std::thread::spawn(move || joined.send(running.join_within(PATIENCE)));
    assert!(told.recv_timeout(MOMENT).is_err(), "it is stuck");
    server.let_go.send(()).unwrap();
    told.recv_timeout(PATIENCE).unwrap().unwrap();
}

#[test]
fn turns_that_are_asked_for_leave_room_for_orders() {
    let (mut server, mut client) = start_stuck();
    let wake = server.running.waker();
    let other = server.running.waker();
    for _ in 0..4 * QUEUE {
        wake();
        other();
    }
    let profile = Profile {
        version: 2,
        ..Profile::default()
    };
    server.running.reload(&Arc::new(profile), None).unwrap();
    server.let_go.send(()).unwrap();
    assert_eq!(client.reply().status, 200);
    assert_eq!(server.running.hand_over(PATIENCE), Drained::Whole);
    server.running.join().unwrap();
}

/// The last marker is asked for when the last connection has gone, behind a turn. With nothing else to come, that turn
/// was the last one: the shard was not quiet, and nobody told it to look again.
#[test]
fn a_hand_over_of_an_idle_shard_waits_for_no_other_turn() {
    let mut server = start();
    // The lull after the start has its marker; from then on no timer runs.
    until("the lull's marker", || server.markers.load(Ordering::SeqCst) == 1);
    assert_eq!(server.running.hand_over(PATIENCE), Drained::Whole);
    assert_eq!(server.markers.load(Ordering::SeqCst), 2);
    server.running.join().unwrap();
}
