//! The race: addresses change hands 10,000 times a second under accounting that is late, repeated and out of order.
//!
//! Requests go through the running server's edge; whose they were taken for is read from the notifications afterwards.
//! `RACE_SECONDS` and `RACE_CHANGES` make it longer or faster.

use crate::identity::world::{apn, feed, sender, site, submission};
use crate::support::send_conf;
use base::Msisdn;
use std::time::{Duration, UNIX_EPOCH};
use tests::fuzz::Dice;
use tests::process::server::Place;
use tests::process::turnover::{Applied, Shape, Sighting, address_of, parts, turn_over};
use tests::process::turnstile;
use tests::process::wire::Wire;

/// Phones that ask at the same time.
const ASKERS: u64 = 3;

/// Requests on one connection at most.
const REQUESTS_MAX: usize = 4;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .map_or(default, |text| text.parse().unwrap())
}

/// A request that was answered Ok: to whom, and what was known before it.
struct Accepted {
    recipient: Msisdn,
    sighting: Sighting,
    /// Which connection it came on.
    connection: (u64, u64),
}

/// What one asker saw.
#[derive(Default)]
struct Asked {
    accepted: Vec<Accepted>,
    refused: u64,
    closed: u64,
}

/// Asks from random addresses, several times on each connection, until the world is over.
fn ask(at: Place, shape: Shape, applied: &Applied, asker: u64) -> Asked {
    let mut asked = Asked::default();
    let mut dice = Dice::new(shape.seed, asker + 1);
    let mut connections = 0;
    while !applied.is_over() {
        let address = dice.below(shape.addresses as usize) as u32;
        if applied.at(address).0 == 0 {
            continue;
        }
        connections += 1;
        let mut wire = Wire::open_from(address_of(address), at.mm1).unwrap();
        for _ in 0..=dice.below(REQUESTS_MAX) {
            let (newest, stopped) = applied.at(address);
            let (recipient, request) = submission("/", "Host: m\r\n");
            if wire.send(&request).is_err() {
                asked.closed += 1;
                break;
            }
            let Ok(Some(answer)) = wire.answer() else {
                asked.closed += 1;
                break;
            };
            let is_accepted = answer.status == 200 && send_conf(&answer.body).message_id.is_some();
            if !is_accepted {
                asked.refused += 1;
                continue;
            }
            asked.accepted.push(Accepted {
                recipient,
                sighting: Sighting {
                    address,
                    newest,
                    stopped,
                    connection: None,
                    number: 0,
                },
                connection: (asker, connections),
            });
        }
    }
    asked
}

/// Looks up whose each request was taken for, and what is wrong with that.
fn judge(at: Place, shape: Shape, accepted: Vec<Accepted>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut before: Option<((u64, u64), u32)> = None;
    for Accepted {
        recipient,
        mut sighting,
        connection,
    } in accepted
    {
        sighting.number = sender(at, recipient).trim_start_matches('+').parse().unwrap();
        sighting.connection = before
            .filter(|(earlier, _)| *earlier == connection)
            .map(|(_, session)| session);
        faults.extend(sighting.fault(shape.addresses));
        before = parts(sighting.number, shape.addresses).map(|(_, session)| (connection, session));
    }
    faults
}

#[test]
fn no_request_is_laid_to_one_who_held_the_address_before_or_after() {
    let _turn = turnstile::enter();
    let mut site = site(&(feed("127.0.0.1:0") + &apn("mms", "")));
    site.set("sessions.addresses_max", "200000");
    // Room for every push of the run: the outbox, which says whose a request was, can't show what stood in a segment
    // that was emptied and freed before it was read.
    site.set("journal.segment_octets", "16777216");
    let server = site.start().unwrap();
    let shape = Shape {
        addresses: 20_000,
        changes_per_s: from_environment("RACE_CHANGES", 10_000) as u32,
        time: Duration::from_secs(from_environment("RACE_SECONDS", 8)),
        late_max: Duration::from_millis(500),
        seed: from_environment("RACE_SEED", 1),
    };
    let applied = Applied::new(shape.addresses);
    // Event times are never after the server's clock: the run's seconds lie behind it.
    let begin_s = now_s() - shape.time.as_secs() as u32 - 10;
    let (told, asked) = std::thread::scope(|scope| {
        let applied = &applied;
        let askers: Vec<_> = (0..ASKERS)
            .map(|asker| scope.spawn(move || ask(server.at, shape, applied, asker)))
            .collect();
        let told = turn_over(server.at.radius.unwrap(), shape, begin_s, applied).unwrap();
        let asked: Vec<Asked> = askers.into_iter().map(|asker| asker.join().unwrap()).collect();
        (told, asked)
    });
    let sum = |of: fn(&Asked) -> u64| asked.iter().map(of).sum::<u64>();
    let (refused, closed) = (sum(|asked| asked.refused), sum(|asked| asked.closed));
    let accepted: Vec<Accepted> = asked.into_iter().flat_map(|asked| asked.accepted).collect();
    let count = accepted.len();
    let faults = judge(server.at, shape, accepted);
    println!("{told:?}; {count} requests taken, {refused} refused, {closed} closed");
    assert!(
        faults.is_empty(),
        "{} faults: {:#?}",
        faults.len(),
        &faults[..faults.len().min(10)]
    );
    assert!(count > 50 && told.changes > 1_000, "{count} taken, {told:?}");
    assert_eq!(server.terminate().unwrap().code(), Some(0));
}

#[expect(clippy::disallowed_methods, reason = "event times are the wall clock's")]
fn now_s() -> u32 {
    std::time::SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs() as u32
}
