//! What does it cost to turn a connection away, beside serving a message over one? The model of overload with a
//! connection for each message.
//!
//! A listener on the server's core, clients on the driver's, as fast as they can: each connection is accepted and
//! reset; or told 503 and closed; or its SYN is not heard, because the queue is full and nobody accepts. What the
//! server's core was busy for, over connections, is the cost: handshake, softirqs and all, since the loopback's receive
//! side is steered there. From it, and from what a message over a new connection costs (`--message-us`, of a run of
//! `ringpost-load` at the knee), follows the share of the peak that is left where *everybody* is answered:
//!
//! ```text
//!  offered = load × peak;  served × message + (offered − served) × refusal = one core
//!  served / peak = (1 − load × r) / (1 − r),  r = refusal / message
//! ```
//!
//! Invariants: costs are of one core, whoever was charged; the driver's own time is not in them.

use bench::cpu::Usage;
use bench::host::Host;
use bench::report::{Kept, Spread};
use bench::{BenchError, clock};
use clap::Parser;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with, sockopt};
use rustix::thread::{CpuSet, sched_setaffinity};
use serde_json::json;
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// What is said to who is turned away: as the server's, but for the date.
const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 30\r\nConnection: close\r\n\
                         Content-Length: 0\r\n\r\n";
/// Loads for which the model is asked, in knees.
const LOADS: [f64; 2] = [3.0, 10.0];
/// The share of the peak that is to be left (the project's own bound).
const GOODPUT_MIN: f64 = 0.9;
/// Clients at a time, so that the listener's core never waits for one.
const CLIENTS: usize = 8;

/// The cost of turning away.
#[derive(Debug, Parser)]
struct Arguments {
    /// Rounds; in each, every way is measured once.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds of each.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Microseconds of the server's core that a message over a new connection costs at the knee.
    #[arg(long)]
    message_us: f64,
    /// The listener's core.
    #[arg(long, default_value_t = 1)]
    server_core: usize,
    /// The clients' core.
    #[arg(long, default_value_t = 0)]
    driver_core: usize,
    /// Keep the run in this folder.
    #[arg(long)]
    keep: Option<std::path::PathBuf>,
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It is accepted, told 503 and closed.
    Told,
    /// It is accepted and reset.
    Reset,
    /// Nobody hears it: the queue is full.
    Unheard,
}

impl Way {
    const ALL: [Way; 3] = [Way::Told, Way::Reset, Way::Unheard];

    fn name(self) -> &'static str {
        match self {
            Way::Told => "told",
            Way::Reset => "reset",
            Way::Unheard => "unheard",
        }
    }
}

/// One way, once.
struct Round {
    round: usize,
    way: Way,
    connections: u64,
    elapsed: Duration,
    busy_ns: u64,
}

impl Round {
    fn cost_us(&self) -> f64 {
        self.busy_ns as f64 / 1_000.0 / self.connections.max(1) as f64
    }

    fn csv(&self) -> String {
        format!(
            "{},{},{},{:.3},{:.3},{:.2}\n",
            self.round,
            self.way.name(),
            self.connections,
            self.elapsed.as_secs_f64(),
            self.busy_ns as f64 / 1e9,
            self.cost_us()
        )
    }
}

const HEADING: &str = "round,way,connections,seconds,busy_s,cost_us\n";

fn main() -> ExitCode {
    bench::ended("refusal", run(&Arguments::parse()).map(|()| true))
}

fn run(arguments: &Arguments) -> Result<(), BenchError> {
    let host = Host::prepare(arguments.server_core);
    seat(arguments.driver_core)?;
    let mut rounds = Vec::new();
    for round in 1..=arguments.rounds {
        for way in Way::ALL {
            let found = measure(arguments, round, way)?;
            eprint!("{}", found.csv());
            rounds.push(found);
        }
    }
    drop(host);
    let text = table(arguments, &rounds);
    let raw: String = rounds.iter().map(Round::csv).collect();
    let mut costs = json!({});
    for way in Way::ALL {
        costs[way.name()] = cost_us(&rounds, way).json();
    }
    let run = Kept {
        question: "refusal",
        table: &text,
        summary: &json!({ "message_us": arguments.message_us, "cost_us": costs }),
        raw_csv: &(HEADING.to_owned() + &raw),
    };
    run.tell(arguments.keep.as_deref())
}

/// This thread runs there from now on.
fn seat(core: usize) -> Result<(), BenchError> {
    let mut set = CpuSet::new();
    set.set(core);
    Ok(sched_setaffinity(None, &set).map_err(io::Error::from)?)
}

fn measure(arguments: &Arguments, round: usize, way: Way) -> Result<Round, BenchError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let ended = Arc::<AtomicU64>::default();
    match way {
        Way::Unheard => fill(address)?,
        way => turn_away(arguments.server_core, listener.try_clone()?, way),
    }
    let read = || Usage::read(std::process::id(), arguments.server_core, arguments.driver_core);
    let (before, begun) = (read()?, clock());
    let time = Duration::from_secs(arguments.seconds);
    let clients: Vec<JoinHandle<()>> = (0..CLIENTS)
        .map(|_| {
            let ended = Arc::clone(&ended);
            std::thread::spawn(move || {
                while begun.elapsed() < time {
                    // Who is turned away may see it as an error; he was turned away all the same.
                    let _ = come(address, way);
                    ended.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    clients.into_iter().for_each(|client| drop(client.join()));
    let (usage, elapsed) = (read()?.since(&before), begun.elapsed());
    drop(listener);
    let idle_ns = u128::from(usage.server.idle_ns);
    Ok(Round {
        round,
        way,
        connections: ended.load(Ordering::Relaxed),
        elapsed,
        busy_ns: u64::try_from(elapsed.as_nanos().saturating_sub(idle_ns)).unwrap_or(u64::MAX),
    })
}

/// A client's coming and going.
fn come(address: SocketAddr, way: Way) -> io::Result<()> {
    if way == Way::Unheard {
        let flags = SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
        // It never comes to be: the SYN goes out, and the socket is dropped.
        let _ = connect(&socket, &address);
        return Ok(());
    }
    let mut stream = TcpStream::connect(address)?;
    stream.read(&mut [0; 256]).map(drop)
}

/// Has a listener's queue full for good: those who stand in it are never accepted.
fn fill(address: SocketAddr) -> io::Result<()> {
    let mut standing = Vec::new();
    let patience = Duration::from_millis(200);
    while let Ok(stream) = TcpStream::connect_timeout(&address, patience) {
        standing.push(stream);
    }
    // They stay in the queue until the listener goes.
    drop(standing);
    Ok(())
}

/// Turns away whoever comes, on a core of its own, until the process ends: it waits for nobody then.
fn turn_away(core: usize, listener: TcpListener, way: Way) {
    std::thread::spawn(move || {
        if seat(core).is_err() {
            return;
        }
        while let Ok((mut stream, _)) = listener.accept() {
            if way == Way::Told {
                // Who has gone is told nothing.
                let _ = stream.write_all(REFUSAL);
            } else {
                let _ = sockopt::set_socket_linger(&stream, Some(Duration::ZERO));
            }
        }
    });
}

fn cost_us(rounds: &[Round], way: Way) -> Spread {
    let own = rounds.iter().filter(|round| round.way == way);
    Spread::of(own.map(Round::cost_us))
}

/// The share of the peak that is left where everybody is answered.
fn left(load: f64, refusal_us: f64, message_us: f64) -> f64 {
    let share = (refusal_us / message_us).min(1.0);
    let rest = (1.0 - load * share).max(0.0);
    if rest > 0.0 { rest / (1.0 - share) } else { 0.0 }
}

fn table(arguments: &Arguments, rounds: &[Round]) -> String {
    let mut text = format!(
        "{} rounds of {} s; a message over a new connection costs {:.0} us\n",
        arguments.rounds, arguments.seconds, arguments.message_us
    );
    for way in Way::ALL {
        let cost = cost_us(rounds, way);
        // Writing to a String cannot fail.
        let _ = write!(text, "{:8} {cost:.1} us of the server's core each", way.name());
        for load in LOADS {
            let share = left(load, cost.median, arguments.message_us);
            let _ = write!(
                text,
                "; at {load} knees {:.0} % of the peak is left",
                share * 100.0
            );
        }
        text.push('\n');
    }
    for load in LOADS {
        let bearable = arguments.message_us * (1.0 - GOODPUT_MIN) / (load - GOODPUT_MIN);
        let _ = writeln!(
            text,
            "{GOODPUT_MIN} of the peak are left at {load} knees where it costs {bearable:.1} us"
        );
    }
    text
}
