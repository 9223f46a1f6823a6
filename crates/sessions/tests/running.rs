//! The owner of the map behind a real socket: answers, repeats, forgeries, reloads, restarts, a disk that fails.

#![expect(clippy::unwrap_used, reason = "a panic in a test is a failed test")]

use apn::{Found, Realm};
use base::{Monotonic, Now, WallMs};
use meter::{FeedCounter, MapGauge};
use profile::Settings;
use radius::{Code, Packet, Writer, attribute};
use sessions::{Seat, Sessions, Sources, Start, Ticks};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

const SECRET: &[u8] = b"between-you-and-me";

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long before a request is sent again that need not be answered yet.
const AGAIN: Duration = Duration::from_millis(20);

static FOLDERS: AtomicU32 = AtomicU32::new(0);

/// A folder, a clock and settings; sessions are started on it as often as wanted.
struct World {
    folder: PathBuf,
    seconds: Arc<AtomicU64>,
    settings: Settings,
}

impl World {
    fn new(more: &str) -> World {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let text = format!(
            "[sessions]\naddresses_max = 256\n[[radius]]\nname = \"core\"\nlisten = \"127.0.0.1:0\"\n\
             clients = [\"127.0.0.1\"]\nsecret = \"between-you-and-me\"\nrealm = 7\n{more}"
        );
        World {
            folder: std::env::temp_dir().join(format!("ringpost-sessions-{}-{number}", std::process::id())),
            seconds: Arc::new(AtomicU64::new(1_700_000_000)),
            settings: profile::parse(&text).unwrap(),
        }
    }

    fn start(&self) -> (Sessions, Sources) {
        self.start_by(never_waiting())
    }

    fn start_by(&self, ticks: Ticks) -> (Sessions, Sources) {
        let sources = Sources::compile(&self.settings, None);
        let seats = sources.addresses().into_iter().map(|listen| Seat {
            listen,
            socket: sessions::bind(listen).unwrap(),
        });
        let seconds = Arc::clone(&self.seconds);
        let started = Sessions::start(Start {
            settings: &self.settings,
            sources: sources.clone(),
            seats: seats.collect(),
            folder: self.folder.clone(),
            seed: 1,
            clock: Box::new(move || {
                let ms = seconds.load(Ordering::SeqCst) * 1_000;
                Now {
                    wall: WallMs(ms),
                    monotonic: Monotonic(ms - 1_699_999_999_000),
                }
            }),
            ticks,
        });
        (started.unwrap(), sources)
    }
}

/// Ticks at which every answer may leave at once.
fn never_waiting() -> Ticks {
    Ticks {
        coarse: Box::new(|| Monotonic(u64::MAX)),
        tick_ms: 1,
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// An access server.
struct Nas {
    socket: UdpSocket,
    to: SocketAddr,
    identifier: u8,
}

impl Nas {
    fn of(sessions: &Sessions) -> Nas {
        Nas {
            socket: UdpSocket::bind("127.0.0.1:0").unwrap(),
            to: sessions.sockets()[0].1.local_addr().unwrap(),
            identifier: 0,
        }
    }

    fn request(&mut self, status: u32, session: &str, at_s: u32, secret: &[u8]) -> Vec<u8> {
        self.identifier = self.identifier.wrapping_add(1);
        let mut octets = Vec::new();
        let mut writer = Writer::new(&mut octets, Code::AccountingRequest, self.identifier);
        writer.number(attribute::ACCT_STATUS_TYPE, status).unwrap();
        writer
            .attribute(attribute::ACCT_SESSION_ID, session.as_bytes())
            .unwrap();
        writer
            .attribute(attribute::FRAMED_IP_ADDRESS, &[10, 0, 0, 1])
            .unwrap();
        writer
            .attribute(
                attribute::CALLING_STATION_ID,
                format!("4477009000{session}").as_bytes(),
            )
            .unwrap();
        writer.number(attribute::EVENT_TIMESTAMP, at_s).unwrap();
        writer.sign_request(secret);
        octets
    }

    fn send(&self, octets: &[u8]) {
        self.socket.send_to(octets, self.to).unwrap();
    }

    /// The answer, if one comes.
    fn answer(&self, patience: Duration) -> Option<Vec<u8>> {
        self.socket.set_read_timeout(Some(patience)).unwrap();
        let mut answer = [0; 4_096];
        let octets = self.socket.recv(&mut answer).ok()?;
        Some(answer[..octets].to_vec())
    }

    /// Tells of a session and waits for the answer.
    fn tell(&mut self, status: u32, session: &str, at_s: u32) {
        let request = self.request(status, session, at_s, SECRET);
        self.send(&request);
        let answer = self.answer(PATIENCE).unwrap();
        let authenticator = Packet::read(&request).unwrap().authenticator();
        Packet::read(&answer)
            .unwrap()
            .verify_response(authenticator, SECRET)
            .unwrap();
    }
}

fn holder(sessions: &Sessions) -> Option<u64> {
    match sessions.view().find(Realm(7), IpAddr::from([10, 0, 0, 1])) {
        Found::Held(session) => session.facts.msisdn.map(base::Msisdn::digits),
        _ => None,
    }
}

const START: u32 = 1;
const STOP: u32 = 2;

#[test]
fn an_answered_start_is_seen_and_an_answered_stop_ends_it() {
    let world = World::new("");
    let (sessions, sources) = world.start();
    let mut nas = Nas::of(&sessions);
    nas.tell(START, "01", 1_600_000_000);
    assert_eq!(holder(&sessions), Some(447_700_900_001));
    nas.tell(STOP, "01", 1_600_000_010);
    assert_eq!(holder(&sessions), None);
    // A Start that was overtaken by a later one changes nothing, and is answered.
    nas.tell(START, "02", 1_600_000_030);
    nas.tell(START, "03", 1_600_000_020);
    assert_eq!(holder(&sessions), Some(447_700_900_002));
    let meter = &sources.meters()[0];
    assert_eq!(meter.counter(FeedCounter::Starts), 3);
    assert_eq!(meter.counter(FeedCounter::Ignored), 1);
    assert!(sessions.stop());
}

/// Whoever connects when the answer is there must be known to be later than what it answers.
#[test]
fn a_start_is_answered_when_later_connections_can_be_told() {
    let world = World::new("");
    let coarse = Arc::new(AtomicU64::new(0));
    let read = Arc::clone(&coarse);
    let (sessions, _) = world.start_by(Ticks {
        coarse: Box::new(move || Monotonic(read.load(Ordering::SeqCst))),
        tick_ms: 4,
    });
    let mut nas = Nas::of(&sessions);
    let start = nas.request(START, "01", 1_600_000_000, SECRET);
    nas.send(&start);
    while holder(&sessions) != Some(447_700_900_001) {
        assert!(nas.answer(AGAIN).is_none(), "not before it is applied");
    }
    nas.send(&start);
    assert!(nas.answer(AGAIN).is_none(), "nor a repeated one");
    coarse.store(u64::MAX, Ordering::SeqCst);
    for _ in 0..2 {
        let answer = nas.answer(PATIENCE).unwrap();
        assert_eq!(Packet::read(&answer).unwrap().identifier(), start[1]);
    }
    // What waits at the end is answered all the same.
    coarse.store(0, Ordering::SeqCst);
    let start = nas.request(START, "02", 1_600_000_010, SECRET);
    nas.send(&start);
    while holder(&sessions) != Some(447_700_900_002) {
        assert!(nas.answer(AGAIN).is_none());
    }
    coarse.store(u64::MAX, Ordering::SeqCst);
    assert!(sessions.stop());
    assert!(nas.answer(PATIENCE).is_some());
}

#[test]
fn repeats_get_the_same_answer_and_forgeries_none() {
    let world = World::new("");
    let (sessions, sources) = world.start();
    let mut nas = Nas::of(&sessions);
    let request = nas.request(START, "01", 1_600_000_000, SECRET);
    nas.send(&request);
    let first = nas.answer(PATIENCE).unwrap();
    nas.send(&request);
    assert_eq!(nas.answer(PATIENCE).unwrap(), first);
    let forged = nas.request(START, "02", 1_600_000_010, b"another-secret");
    nas.send(&forged);
    nas.send(b"not a packet");
    let stranger = UdpSocket::bind("127.0.0.2:0").unwrap();
    let request = nas.request(START, "03", 1_600_000_010, SECRET);
    stranger.send_to(&request, nas.to).unwrap();
    // Datagrams of a socket are taken in their order: had one of those been answered, this would be its answer.
    nas.tell(START, "01", 1_600_000_020);
    assert_eq!(holder(&sessions), Some(447_700_900_001));
    let meters = sources.meters();
    assert_eq!(meters[0].counter(FeedCounter::Repeated), 1);
    assert_eq!(meters[0].counter(FeedCounter::Forged), 1);
    assert_eq!(meters[0].counter(FeedCounter::Corrupt), 1);
    assert_eq!(meters[1].counter(FeedCounter::Forged), 1);
    assert!(sessions.stop());
}

#[test]
fn sessions_outlive_a_restart_unless_nobody_listened_for_too_long() {
    let world = World::new("");
    let (sessions, _) = world.start();
    Nas::of(&sessions).tell(START, "01", 1_600_000_000);
    assert!(sessions.stop());
    world.seconds.fetch_add(60, Ordering::SeqCst);
    let (sessions, _) = world.start();
    assert_eq!(holder(&sessions), Some(447_700_900_001));
    assert!(sessions.stop());
    world.seconds.fetch_add(61, Ordering::SeqCst);
    let (sessions, _) = world.start();
    assert_eq!(holder(&sessions), None);
    // An Interim-Update from after that time says again who is there; a Start from before it does not.
    let mut nas = Nas::of(&sessions);
    nas.tell(START, "02", 1_600_000_000);
    assert_eq!(holder(&sessions), None);
    nas.tell(3, "01", 1_600_000_090);
    assert_eq!(holder(&sessions), Some(447_700_900_001));
    assert!(sessions.stop());
}

#[test]
fn an_answered_stop_stays_one_after_a_crash() {
    let world = World::new("");
    let (sessions, _) = world.start();
    let mut nas = Nas::of(&sessions);
    nas.tell(START, "01", 1_600_000_000);
    nas.tell(STOP, "01", 1_600_000_010);
    // As a kill leaves it: nothing is written at the end.
    let copy = World::new("");
    std::fs::create_dir_all(&copy.folder).unwrap();
    for entry in std::fs::read_dir(&world.folder).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.folder.join(entry.file_name())).unwrap();
    }
    let (after, _) = copy.start();
    assert_eq!(holder(&after), None);
    assert_eq!(after.meter().gauge(MapGauge::Ended), 1);
    assert!(after.stop());
    assert!(sessions.stop());
}

#[test]
fn damaged_files_leave_nobody_known() {
    let world = World::new("");
    let (sessions, _) = world.start();
    Nas::of(&sessions).tell(START, "01", 1_600_000_000);
    assert!(sessions.stop());
    for entry in std::fs::read_dir(&world.folder).unwrap() {
        let path = entry.unwrap().path();
        let mut octets = std::fs::read(&path).unwrap();
        let at = 130 % octets.len();
        octets[at] ^= 1;
        std::fs::write(&path, octets).unwrap();
    }
    let (sessions, _) = world.start();
    assert_eq!(holder(&sessions), None);
    assert!(sessions.stop());
}

#[test]
fn what_queued_up_before_a_start_is_applied_before_anybody_is_served() {
    let world = World::new("");
    let sources = Sources::compile(&world.settings, None);
    let listen = sources.addresses()[0];
    let socket = sessions::bind(listen).unwrap();
    let mut nas = Nas {
        socket: UdpSocket::bind("127.0.0.1:0").unwrap(),
        to: socket.local_addr().unwrap(),
        identifier: 0,
    };
    let request = nas.request(START, "01", 1_600_000_000, SECRET);
    nas.send(&request);
    let sessions = Sessions::start(Start {
        settings: &world.settings,
        sources,
        seats: vec![Seat { listen, socket }],
        folder: world.folder.clone(),
        seed: 1,
        clock: Box::new(|| Now {
            wall: WallMs(1_700_000_000_000),
            monotonic: Monotonic(1_000),
        }),
        ticks: never_waiting(),
    })
    .unwrap();
    assert_eq!(holder(&sessions), Some(447_700_900_001));
    assert!(nas.answer(PATIENCE).is_some());
    assert!(sessions.stop());
}

#[test]
fn a_reload_takes_other_secrets_and_other_sockets() {
    let mut world = World::new("");
    let (mut sessions, sources) = world.start();
    let mut nas = Nas::of(&sessions);
    nas.tell(START, "01", 1_600_000_000);
    world.settings.radius[0].secret = "another-secret".to_owned();
    let sources = Sources::compile(&world.settings, Some(&sources));
    sessions.reload(&world.settings, sources.clone()).unwrap();
    // The order is taken in one of the owner's next turns. The same request each time, as access servers repeat it:
    // one that was taken and is answered late counts once.
    let request = nas.request(START, "02", 1_600_000_010, b"another-secret");
    let answered = (0..1_000).any(|_| {
        nas.send(&request);
        nas.answer(AGAIN).is_some()
    });
    assert!(answered);
    assert_eq!(holder(&sessions), Some(447_700_900_002));
    assert_eq!(
        sources.meters()[0].counter(FeedCounter::Starts),
        2,
        "the meter goes on"
    );
    world.settings.radius[0].listen = "127.0.0.2:0".to_owned();
    sessions
        .reload(&world.settings, Sources::compile(&world.settings, Some(&sources)))
        .unwrap();
    let moved = sessions.sockets()[0].1.local_addr().unwrap();
    assert_eq!(moved.ip(), IpAddr::from([127, 0, 0, 2]));
    assert!(sessions.stop());
}
