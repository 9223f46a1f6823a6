//! One, two and three shards: homes, delivery across them, the rings' flag.

use crate::support::{message, metric, metric_comes_to, notified, octets, phone, serve};
use base::Partition;
use mms::Status;
use std::collections::BTreeSet;
use tests::process::letter::subscriber;
use tests::process::turnstile;

/// Subscribers of whom each shard of three has at least two.
const EVERYBODY: std::ops::Range<u16> = 40..52;

#[test]
fn everybody_reaches_everybody_across_shards() {
    for shards in 1..=3_u16 {
        let _turn = turnstile::enter();
        let homes: BTreeSet<_> = EVERYBODY
            .map(|index| Partition::of(subscriber(index)).home(shards).0)
            .collect();
        assert_eq!(homes.len(), usize::from(shards), "subscribers of every shard");
        let (_site, server) = serve(shards);
        for index in EVERYBODY {
            let next = if index + 1 == EVERYBODY.end {
                EVERYBODY.start
            } else {
                index + 1
            };
            let content = octets(&format!("from {index} on {shards}. "), 9_000);
            phone(index, &server).send(&message(&[next], &content)).unwrap();
            let mut recipient = phone(next, &server);
            let notification = notified(&mut recipient);
            let got = recipient.retrieve(&notification.content_location).unwrap();
            assert_eq!(got.message.parts[0].octets, content);
            recipient.respond(&notification, Status::Retrieved).unwrap();
            let mut sender = phone(index, &server);
            assert!(sender.report(crate::support::PATIENCE).unwrap().is_some());
        }
        let messages = EVERYBODY.len() as u64;
        assert_eq!(metric(&server, "ringpost_send_accepted_total"), messages);
        metric_comes_to(&server, "ringpost_ended_retrieved_total", messages);
        let forwarded = metric(&server, "ringpost_requests_forwarded_total");
        // With one shard nothing goes through the mesh; with more, the kernel spreads connections over the listeners.
        assert_eq!(
            forwarded > 0,
            shards > 1,
            "{forwarded} forwarded with {shards} shards"
        );
        assert_eq!(server.terminate().unwrap().code(), Some(0));
    }
}

#[test]
fn rings_have_the_cheaper_flag_where_the_kernel_has_it() {
    let _turn = turnstile::enter();
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|number| number.parse::<u32>().ok());
    let (major, minor) = (numbers.next().unwrap(), numbers.next().unwrap());
    let (_site, server) = serve(2);
    let rings = metric(&server, "ringpost_rings_coop_taskrun_total");
    assert_eq!(rings > 0, (major, minor) >= (5, 19), "{rings} rings on {release}");
}
