//! Tests of the mesh: what the ring has no room for waits in the spill, in order; credit is exact.

use super::{Envelope, Incoming, Mesh, RING_ENTRIES, ends};
use base::ShardId;
use base::limits::{MESH_CREDIT, REQUESTS_OUTSTANDING_MAX};
use glommio::{LocalExecutorBuilder, Placement};
use meter::{Class, Laps, Stamp};
use shard::{Answer, Content, ReplyTo};
use std::rc::Rc;

fn numbered(number: u32) -> Envelope {
    let to = ReplyTo {
        shard: ShardId(0),
        slot: number,
        generation: 0,
        laps: Laps::begin(Stamp(0), Class::Mm1Refused),
    };
    let answer = Answer {
        http_status: 200,
        content: Content::Empty,
        retry_after_s: None,
        close: false,
        sent: None,
    };
    Envelope::Answer(to, answer)
}

fn number_of(envelope: &Envelope) -> u32 {
    match envelope {
        Envelope::Answer(to, _) => to.slot,
        other => panic!("{other:?} was not sent"),
    }
}

/// Runs both sides on executors of their own.
fn pair<S, R>(send: S, receive: R)
where
    S: AsyncFnOnce(Incoming, Rc<Mesh>) + Send + 'static,
    R: AsyncFnOnce(Incoming, Rc<Mesh>) + Send + 'static,
{
    let mut ends = ends(2);
    let (second, first) = (ends.pop().unwrap(), ends.pop().unwrap());
    let sender = LocalExecutorBuilder::new(Placement::Unbound).spawn(|| async move {
        let (mesh, mut incoming) = first.connect().await;
        send(incoming.remove(0), Rc::new(mesh)).await;
    });
    let receiver = LocalExecutorBuilder::new(Placement::Unbound).spawn(|| async move {
        let (mesh, mut incoming) = second.connect().await;
        receive(incoming.remove(0), Rc::new(mesh)).await;
    });
    sender.unwrap().join().unwrap();
    receiver.unwrap().join().unwrap();
}

/// More than the ring holds, all in one go: as much as the accounting ever allows at a time, and more.
const BURST: u32 = (2 * RING_ENTRIES + MESH_CREDIT) as u32;

#[test]
fn a_burst_beyond_the_ring_arrives_whole_and_in_order() {
    pair(
        async |back, mesh| {
            let flushed = Rc::clone(&mesh);
            glommio::spawn_local(async move { flushed.flush_spill(ShardId(1)).await }).detach();
            for number in 0..BURST {
                mesh.send(ShardId(1), numbered(number));
            }
            assert_eq!(mesh.sent_count(), u64::from(BURST));
            // What comes later, while the spill empties, does not overtake.
            glommio::executor().yield_task_queue_now().await;
            mesh.send(ShardId(1), numbered(BURST));
            assert_eq!(number_of(&back.ring.recv().await.unwrap()), 7);
        },
        async |incoming, mesh| {
            for expected in 0..=BURST {
                let envelope = incoming.ring.recv().await.unwrap();
                assert_eq!(number_of(&envelope), expected);
            }
            mesh.send(ShardId(0), numbered(7));
        },
    );
}

#[test]
fn credit_is_exact_and_comes_back() {
    pair(
        async |_back, mesh| {
            for _ in 0..REQUESTS_OUTSTANDING_MAX {
                assert!(mesh.reserve(ShardId(1)));
            }
            assert!(!mesh.reserve(ShardId(1)));
            mesh.release(ShardId(1));
            assert!(mesh.reserve(ShardId(1)));
            assert!(!mesh.reserve(ShardId(1)));
            assert!(!mesh.reserve(ShardId(0)), "there is no link to oneself");
            assert_eq!(mesh.peers().collect::<Vec<_>>(), [ShardId(1)]);
        },
        async |_incoming, _mesh| {},
    );
}
