//! What do hostile connections cost the others? One phone's waiting, alone and beside four kinds of floods, in turn.
//!
//! The phone posts a message on schedule, whatever came of the last, and its waiting counts from the scheduled moment.
//! The floods: thousands of heads and of bodies that come an octet in five seconds and never end, thousands who ask
//! for a whole message again and again and never read, and a storm of connections that are broken off. Prints p99
//! beside each over p99 alone, round by round, and the server's memory beside each. Invariants: one server for
//! all, the order turns; a run whose driver had no time to spare, or whose attackers were not there, says VOID and
//! exits 1, as does one whose median ratio is above the bound.

mod attack;
mod lure;
mod memory;

use attack::{Attack, Manner};
use bench::cpu::Usage;
use bench::driver::{ANSWER_OCTETS_MAX, Expect, is_whole};
use bench::host::{Host, Seat};
use bench::pdu::Template;
use bench::report::{self, Kept, Spread};
use bench::server::{Programs, Server};
use bench::{BenchError, bare, clock, prepare};
use clap::Parser;
use hdrhistogram::Histogram;
use rustix::event::{Timespec, poll};
use serde_json::json;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// The most that p99 of the others may rise (the project's own bound).
const RATIO_MAX: f64 = 1.10;
/// Share of the driver's core that must be idle.
const DRIVER_IDLE_MIN: f64 = 0.03;
/// Share of the attackers that must be there at the end.
const THERE_MIN: f64 = 0.9;
/// How long the server has to take leave of attackers.
const LEAVE: Duration = Duration::from_secs(30);

/// A phone's waiting beside hostile connections.
#[derive(Debug, Parser)]
struct Arguments {
    /// Rounds; in each, everything is measured once.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds of each measured window.
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// Messages a second of the phone.
    #[arg(long, default_value_t = 400)]
    rate: u32,
    /// Octets of a message.
    #[arg(long, default_value_t = 30_000)]
    octets: usize,
    /// Slow connections.
    #[arg(long, default_value_t = 15_000)]
    connections: usize,
    /// Connections a second of the storm.
    #[arg(long, default_value_t = 1_000)]
    storm: u32,
    /// Segments of 1 GiB to fill beforehand.
    #[arg(long, default_value_t = 6)]
    segments: u16,
    /// The server's core.
    #[arg(long, default_value_t = 1)]
    server_core: usize,
    /// The core of phone and attackers.
    #[arg(long, default_value_t = 0)]
    driver_core: usize,
    /// Folder for logs, on the disk in question; what is in it is deleted.
    #[arg(long)]
    data: PathBuf,
    /// The server's program, if it is not beside this one.
    #[arg(long)]
    ringpost: Option<PathBuf>,
    /// Keep the run in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
}

/// The kinds of company, the phone alone first.
fn companies(arguments: &Arguments) -> [(&'static str, Option<Manner>); 5] {
    [
        ("alone", None),
        ("heads", Some(Manner::Heads)),
        ("bodies", Some(Manner::Bodies)),
        ("readers", Some(Manner::Readers)),
        ("storm", Some(Manner::Storm(arguments.storm))),
    ]
}

/// One window.
struct Window {
    round: usize,
    company: &'static str,
    waited_us: Histogram<u64>,
    usage: Usage,
    elapsed: Duration,
    /// Connections that the server had, and how many the attackers opened in the window.
    open: f64,
    opened: u64,
    /// Octets that the server's process has in memory, and that its connections have in the kernel.
    resident: u64,
    in_kernel: u64,
}

impl Window {
    fn us(&self, quantile: f64) -> f64 {
        self.waited_us.value_at_quantile(quantile) as f64
    }

    fn share(&self, ns: u64) -> f64 {
        ns as f64 / self.elapsed.as_nanos() as f64
    }

    fn csv(&self) -> String {
        format!(
            "{},{},{},{},{},{},{:.4},{:.4},{},{},{},{},{}\n",
            self.round,
            self.company,
            self.waited_us.len(),
            self.us(0.5),
            self.us(0.99),
            self.waited_us.max(),
            self.share(self.usage.server_ns()),
            self.share(self.usage.driver.idle_ns),
            self.open,
            self.opened,
            self.usage.server.steal_ns,
            self.resident,
            self.in_kernel,
        )
    }
}

const HEADING: &str = "round,company,messages,p50_us,p99_us,max_us,server_busy,driver_idle,connections_open,\
                       attackers_opened,steal_ns,resident_octets,kernel_octets\n";

fn main() -> ExitCode {
    bench::ended("floods", run(&Arguments::parse()))
}

/// Everything; answers whether the claim holds.
fn run(arguments: &Arguments) -> Result<bool, BenchError> {
    let programs = Programs::find(arguments.ringpost.clone())?;
    let host = Host::prepare(arguments.server_core);
    Seat::on(arguments.driver_core).take();
    std::fs::create_dir_all(&arguments.data)?;
    let data = arguments.data.join("log");
    prepare::fill(&data, arguments.segments, bare::SEGMENT_OCTETS)?;
    let config = data.with_extension("toml");
    std::fs::write(&config, bench::server::settings(&data))?;
    let mut command = Seat::on(arguments.server_core).command(&programs.full);
    let server = Server::ready(command.arg("serve").arg("--config").arg(config))?;
    let mut phone = Phone::connect(&server, arguments)?;
    phone.post(Duration::from_secs(2))?;
    let retrieval = lure::retrieval(&server, &mut phone)?;
    let mut windows = Vec::new();
    for round in 1..=arguments.rounds {
        let mut companies = companies(arguments);
        let turn = round % companies.len();
        companies.rotate_left(turn);
        for company in companies {
            let window = measure(arguments, (&server, &retrieval), &mut phone, round, company)?;
            eprint!("{}", window.csv());
            windows.push(window);
        }
    }
    drop((server, host));
    let ratios = ratios(arguments, &windows);
    let faults = faults(arguments, &windows, &ratios);
    let text = table(arguments, &windows, &ratios, &faults);
    print!("{text}");
    if let Some(folder) = &arguments.keep {
        let raw: String = windows.iter().map(Window::csv).collect();
        let over_alone: serde_json::Map<_, _> = ratios
            .iter()
            .map(|(name, ratio)| ((*name).to_owned(), ratio.json()))
            .collect();
        let kept = Kept {
            question: "floods",
            table: &text,
            summary: &json!({ "p99_over_alone": over_alone, "faults": faults }),
            raw_csv: &(HEADING.to_owned() + &raw),
        };
        println!("kept in {}", report::keep(folder, &kept)?.display());
    }
    std::fs::remove_dir_all(&arguments.data)?;
    Ok(faults.is_empty())
}

/// The phone that is measured.
struct Phone {
    stream: TcpStream,
    request: Template,
    number: u64,
    interval: Duration,
}

impl Phone {
    fn connect(server: &Server, arguments: &Arguments) -> Result<Phone, BenchError> {
        let stream = TcpStream::connect(server.mm1)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Phone {
            stream,
            request: Template::new(arguments.octets, 100_000)?,
            number: 0,
            interval: Duration::from_secs(1) / arguments.rate.max(1),
        })
    }

    /// Posts one message of that number, and has it answered.
    fn post_one(&mut self, number: u64) -> Result<(), BenchError> {
        self.request.number(number);
        self.stream.write_all(self.request.octets())?;
        self.answer()
    }

    /// Posts on schedule for so long: microseconds from each scheduled moment to its answer's last octet.
    fn post(&mut self, time: Duration) -> Result<Histogram<u64>, BenchError> {
        let mut waited_us = Histogram::new(3).map_err(|error| BenchError::broken(error.to_string()))?;
        let begun = clock();
        let mut scheduled = Duration::ZERO;
        while scheduled < time {
            let early = scheduled.saturating_sub(begun.elapsed());
            if !early.is_zero() {
                // Nothing to wait for but time; interrupted, it goes a little early and counts no less.
                let _ = poll(&mut [], Timespec::try_from(early).ok().as_ref());
            }
            self.post_one(self.number)?;
            self.number += 1;
            let waited = begun.elapsed().saturating_sub(scheduled);
            waited_us.saturating_record(u64::try_from(waited.as_micros()).unwrap_or(u64::MAX));
            scheduled += self.interval;
        }
        Ok(waited_us)
    }

    /// Reads an answer whole.
    fn answer(&mut self) -> Result<(), BenchError> {
        let mut answer = Vec::with_capacity(ANSWER_OCTETS_MAX);
        let mut room = [0; ANSWER_OCTETS_MAX];
        loop {
            let octets = self.stream.read(&mut room)?;
            if octets == 0 {
                return Err(BenchError::broken("the phone's connection was closed"));
            }
            answer.extend_from_slice(room.get(..octets).unwrap_or_default());
            if is_whole(&answer, Expect::SendConfOk)? {
                return Ok(());
            }
        }
    }
}

fn measure(
    arguments: &Arguments,
    (server, retrieval): (&Server, &[u8]),
    phone: &mut Phone,
    round: usize,
    (company, manner): (&'static str, Option<Manner>),
) -> Result<Window, BenchError> {
    let attack = manner
        .map(|manner| Attack::begin(server.mm1, manner, arguments.connections, retrieval))
        .transpose()?;
    phone.post(Duration::from_secs(1))?;
    let opened = || attack.as_ref().map_or(0, Attack::opened);
    let read = || Usage::read(server.process(), arguments.server_core, arguments.driver_core);
    let (opened_before, before, begun) = (opened(), read()?, clock());
    let waited_us = phone.post(Duration::from_secs(arguments.seconds))?;
    let (usage, elapsed) = (read()?.since(&before), begun.elapsed());
    let window = Window {
        round,
        company,
        waited_us,
        usage,
        elapsed,
        open: open(server)?,
        opened: opened() - opened_before,
        resident: memory::resident(server.process())?,
        in_kernel: memory::in_kernel()?,
    };
    drop(attack);
    // The next company finds the phone alone.
    let begun = clock();
    while open(server)? > 1.0 {
        if begun.elapsed() > LEAVE {
            return Err(BenchError::broken(
                "the server keeps connections of attackers that left",
            ));
        }
        phone.post(Duration::from_millis(100))?;
    }
    Ok(window)
}

/// Connections that the server has now.
fn open(server: &Server) -> Result<f64, BenchError> {
    Ok(server
        .read_counters()?
        .get("connections_open")
        .copied()
        .unwrap_or(0.0))
}

/// p99 beside each flood over that alone, round by round.
fn ratios(arguments: &Arguments, windows: &[Window]) -> Vec<(&'static str, Spread)> {
    let p99 = |round: usize, company: &str| {
        let mut found = windows.iter();
        let found = found.find(|found| found.round == round && found.company == company);
        found.map(|found| found.us(0.99))
    };
    let floods = companies(arguments).into_iter().skip(1);
    floods
        .map(|(company, _)| {
            let rounds = 1..=arguments.rounds;
            let each = rounds.filter_map(|round| Some(p99(round, company)? / p99(round, "alone")?));
            (company, Spread::of(each))
        })
        .collect()
}

/// Why the run does not bear the claim; nothing where it does.
fn faults(arguments: &Arguments, windows: &[Window], ratios: &[(&'static str, Spread)]) -> Vec<String> {
    let mut faults = Vec::new();
    let has_no_time = |window: &Window| window.share(window.usage.driver.idle_ns) < DRIVER_IDLE_MIN;
    if windows.iter().any(has_no_time) {
        faults.push("VOID: phone and attackers had no time to spare".to_owned());
    }
    let least = arguments.connections as f64 * THERE_MIN;
    let is_slow = |window: &&Window| ["heads", "bodies", "readers"].contains(&window.company);
    if windows.iter().filter(is_slow).any(|window| window.open < least) {
        faults.push("VOID: not all of the slow connections were there".to_owned());
    }
    for (company, ratio) in ratios {
        if ratio.median > RATIO_MAX {
            faults.push(format!("{company}: ABOVE the bound of {RATIO_MAX}"));
        }
    }
    faults
}

fn table(
    arguments: &Arguments,
    windows: &[Window],
    ratios: &[(&'static str, Spread)],
    faults: &[String],
) -> String {
    let mut text = format!(
        "{} rounds of {} s; a phone posts {} messages of {} octets a second; {} slow connections; {} broken off a \
         second\n",
        arguments.rounds,
        arguments.seconds,
        arguments.rate,
        arguments.octets,
        arguments.connections,
        arguments.storm
    );
    for (company, _) in companies(arguments) {
        let of = |figure: fn(&Window) -> f64| {
            let own = windows.iter().filter(|window| window.company == company);
            Spread::of(own.map(figure))
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{company:7} p50 {:.0} us, p99 {:.0} us, server busy {:.2}, driver idle {:.2}, memory {:.0} MB and \
             {:.0} MB of the kernel's",
            of(|window| window.us(0.5)),
            of(|window| window.us(0.99)),
            of(|window| window.share(window.usage.server_ns())),
            of(|window| window.share(window.usage.driver.idle_ns)),
            of(|window| window.resident as f64 / 1e6),
            of(|window| window.in_kernel as f64 / 1e6),
        );
    }
    for (company, ratio) in ratios {
        let _ = writeln!(text, "p99 beside {company} over alone: {ratio:.3}");
    }
    for fault in faults {
        let _ = writeln!(text, "{fault}");
    }
    text
}
