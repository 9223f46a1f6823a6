//! The driver over real sockets: against the null server, with its stall as the canary, and against servers that err.
//!
//! Times are asserted only where the server's own stall bounds them from below; nothing here is timed from above
//! but by the factor that tells the two ways of measuring apart.
#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use loadtest::null::{Null, NullPlan};
use loadtest::record::{Counts, Series, histogram};
use loadtest::run::{RunPlan, run};
use loadtest::scenario::Scenario;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A null server on a thread of its own.
struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(plan: NullPlan) -> Server {
        let null = Null::bind("127.0.0.1:0".parse().unwrap(), plan).unwrap();
        let address = null.address().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = Some(std::thread::spawn(move || null.serve(&told).unwrap()));
        Server {
            address,
            stop,
            thread,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

type Latency = hdrhistogram::Histogram<u64>;

fn driven(text: &str, mm1: SocketAddr) -> (Counts, Latency, Latency) {
    let plan = RunPlan {
        scenario: Scenario::parse(text).unwrap(),
        mm1,
        admin: None,
        cores: Vec::new(),
        name: "c0ffee".to_owned(),
        server: None,
    };
    let (mut counts, mut corrected, mut uncorrected) = (Counts::default(), histogram(), histogram());
    run(&plan, &Arc::new(AtomicBool::new(false)), |interval| {
        counts.add(&interval.frame.counts);
        for ((_, series), values) in &interval.frame.histograms {
            match series {
                Series::Submit => corrected.add(values).unwrap(),
                Series::SubmitSent => uncorrected.add(values).unwrap(),
                _ => {}
            }
        }
        Ok(())
    })
    .unwrap();
    (counts, corrected, uncorrected)
}

const SMALL: &str = "[[phase]]\nname = \"steady\"\nrate = 500\nseconds = 1\n[[mix]]\noctets = 2000\n";

#[test]
fn every_personality_and_misbehaviour_is_answered() {
    let server = Server::start(NullPlan::default());
    let text = format!(
        "name = \"x\"\npatience_s = 10\n[personalities]\nplain = 1\nproxy = 1\nclosing = 1\nchunked = 1\ncareful = 1\n\
         [misbehaviour]\nslow = 0.05\nslow_octets_per_s = 8000\ncut = 0.05\nretry = 0.05\nduplicate = 0.05\n{SMALL}"
    );
    let (counts, corrected, _) = driven(&text, server.address);
    assert!(counts.arrived > 350, "{counts:?}");
    assert_eq!(
        (counts.submitted, counts.ended),
        (counts.arrived, counts.arrived),
        "{counts:?}"
    );
    assert!(counts.cut > 0 && counts.slowed > 0 && counts.retried > 0);
    assert_eq!(
        counts.mismatched + counts.malformed + counts.broken + counts.silent + counts.http_errors,
        0
    );
    assert!(!corrected.is_empty());
}

#[test]
fn large_messages_arrive_whole_in_a_closed_loop() {
    let server = Server::start(NullPlan::default());
    let text = "name = \"x\"\nloop = \"closed\"\nconcurrency = 8\n[[phase]]\nname = \"a\"\nseconds = 1\n[[mix]]\n\
                octets = 300000\n";
    let (counts, ..) = driven(text, server.address);
    assert!(counts.submitted > 8, "{counts:?}");
    assert_eq!(counts.submitted, counts.arrived);
}

/// A server that answers nothing for a second: the canary of coordinated omission.
#[test]
fn a_stall_of_a_second_is_seen_as_a_second() {
    let stall = Some((Duration::from_millis(1_500), Duration::from_secs(1)));
    let server = Server::start(NullPlan { stall });
    let text = "name = \"x\"\narrivals = \"constant\"\nconnections = 16\n[[phase]]\nname = \"steady\"\nrate = 500\n\
                seconds = 5\n[[mix]]\noctets = 1000\n";
    let (counts, corrected, uncorrected) = driven(text, server.address);
    assert_eq!(counts.submitted, counts.arrived, "{counts:?}");
    let (max, late) = (corrected.max(), corrected.value_at_quantile(0.999));
    assert!(
        max >= 980_000_000,
        "what was due when the stall began waited a second: {max}"
    );
    assert!(
        late >= 950_000_000,
        "of 2,500 messages 500 waited on average half of it: {late}"
    );
    // 500 were due in the second; those due in its first half waited half a second and more.
    let long = corrected.count_between(500_000_000, u64::MAX >> 1);
    assert!(long >= 230, "{long} messages waited half a second and more");
    // Seen from the actual send only the sixteen that were under way waited.
    let seen = uncorrected.count_between(500_000_000, u64::MAX >> 1);
    assert!(seen <= 40, "{seen}");
    assert!(counts.held > 300, "{counts:?}");
}

/// A server of a few lines: gives each connection to a function.
fn server(act: fn(std::net::TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || act(stream));
        }
    });
    address
}

fn few(further: &str) -> String {
    format!(
        "name = \"x\"\npatience_s = 1\nconnections = 64\n{further}[[phase]]\nname = \"a\"\nrate = \
         50\nseconds = 1\n[[mix]]\noctets = 1000\n"
    )
}

#[test]
fn servers_that_err_are_counted_and_do_not_end_the_run() {
    let breaks = server(|mut stream| {
        let mut room = [0; 100];
        let _ = stream.read(&mut room);
    });
    let (counts, ..) = driven(&few(""), breaks);
    assert_eq!(
        (counts.broken, counts.submitted),
        (counts.arrived, 0),
        "{counts:?}"
    );

    let babbles = server(|mut stream| {
        let mut room = [0; 65_536];
        while stream.read(&mut room).is_ok_and(|octets| octets > 0) {
            let _ = stream.write_all(b"220 mmsc ESMTP\r\n");
        }
    });
    let (counts, ..) = driven(&few(""), babbles);
    assert!(
        counts.malformed + counts.broken == counts.arrived && counts.malformed > 0,
        "{counts:?}"
    );

    let silent = server(|mut stream| {
        let mut room = [0; 65_536];
        while stream.read(&mut room).is_ok_and(|octets| octets > 0) {}
    });
    let (counts, corrected, _) = driven(&few(""), silent);
    assert_eq!(counts.silent, counts.arrived, "{counts:?}");
    assert_eq!(
        corrected.len(),
        counts.arrived,
        "what was never answered counts with the time it was waited for"
    );
    assert!(corrected.min() >= 990_000_000);

    // One connection, which is waited for in vain: who has waited longer than for an answer gives up.
    let (counts, ..) = driven(&few("").replace("connections = 64", "connections = 1"), silent);
    assert_eq!(counts.silent + counts.unsent, counts.arrived, "{counts:?}");
    assert!(counts.silent > 0 && counts.unsent > 0, "{counts:?}");

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let (counts, ..) = driven(&few(""), nobody);
    assert_eq!(counts.unreachable, counts.arrived, "{counts:?}");
}
