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

use attack::{Attack, Manner};
use bench::cpu::{Usage, share};
use bench::phone::{Phone, Posted};
use bench::place::Place;
use bench::report::{Kept, Spread};
use bench::server::{Server, Side};
use bench::turns::{self, Repetition};
use bench::{BenchError, clock, held, is_asked};
use clap::Parser;
use serde_json::json;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

/// The most that p99 of the others may rise (the project's own bound).
const RATIO_MAX: f64 = 1.10;
/// Share of the driver's core that must be idle.
const DRIVER_IDLE_MIN: f64 = 0.03;
/// Share of the attackers that must be there at the end.
const THERE_MIN: f64 = 0.9;
/// How long the server has to let attackers in, or to take leave of them.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks how many are there.
const LOOK: Duration = Duration::from_millis(100);

/// A phone's waiting beside hostile connections.
#[derive(Debug, Parser)]
#[command(mut_arg("driver_core", |core| core.help("The core of phone and attackers")))]
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
    /// Only these, beside alone: heads, bodies, readers, storm.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Segments of 1 GiB to fill beforehand.
    #[arg(long, default_value_t = 6)]
    segments: u16,
    #[command(flatten)]
    place: Place,
}

/// The kinds of company, the phone alone first.
fn companies(arguments: &Arguments) -> Vec<(&'static str, Option<Manner>)> {
    let all = [
        ("alone", None),
        ("heads", Some(Manner::Heads)),
        ("bodies", Some(Manner::Bodies)),
        ("readers", Some(Manner::Readers)),
        ("storm", Some(Manner::Storm(arguments.storm))),
    ];
    let asked = all
        .into_iter()
        .filter(|(name, manner)| manner.is_none() || is_asked(&arguments.only, name));
    asked.collect()
}

/// One window.
struct Window {
    round: usize,
    company: &'static str,
    posted: Posted,
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
        self.posted.waited_us.value_at_quantile(quantile) as f64
    }

    fn server_busy(&self) -> f64 {
        share(self.usage.server_ns(), self.elapsed)
    }

    fn driver_idle(&self) -> f64 {
        self.usage.driver_idle(self.elapsed)
    }
}

impl Repetition for Window {
    type Side = &'static str;

    const HEADING: &'static str = "round,company,taken,refused,p50_us,p99_us,max_us,server_busy,driver_idle,\
        connections_open,attackers_opened,steal_ns,resident_octets,kernel_octets\n";

    fn turn(&self) -> usize {
        self.round
    }

    fn side(&self) -> &'static str {
        self.company
    }

    fn csv(&self) -> String {
        format!(
            "{},{},{},{},{},{},{},{:.4},{:.4},{},{},{},{},{}\n",
            self.round,
            self.company,
            self.posted.waited_us.len(),
            self.posted.refused,
            self.us(0.5),
            self.us(0.99),
            self.posted.waited_us.max(),
            self.server_busy(),
            self.driver_idle(),
            self.open,
            self.opened,
            self.usage.server.steal_ns,
            self.resident,
            self.in_kernel,
        )
    }
}

fn main() -> ExitCode {
    bench::ended("floods", run(&Arguments::parse()))
}

/// Everything; answers whether the claim holds.
fn run(arguments: &Arguments) -> Result<bool, BenchError> {
    let place = &arguments.place;
    let (programs, host) = place.take()?;
    let data = place.log(arguments.segments)?;
    let server = Server::start(Side::Full, &programs, place.seat(), &data)?;
    let mut phone = Phone::connect(server.mm1, arguments.octets, arguments.rate, 0)?;
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
    let over_alone: serde_json::Map<_, _> = ratios
        .iter()
        .map(|(name, ratio)| ((*name).to_owned(), ratio.json()))
        .collect();
    place.leave(&Kept {
        question: "floods",
        table: &text,
        summary: &json!({ "p99_over_alone": over_alone, "faults": faults }),
        raw_csv: &turns::raw(&windows),
    })?;
    Ok(faults.is_empty())
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
    if manner.is_some_and(Manner::stays) {
        let there = arguments.connections as f64 * THERE_MIN;
        until(server, phone, "has let attackers in", |open| open >= there)?;
    }
    phone.post(Duration::from_secs(1))?;
    let opened = || attack.as_ref().map_or(0, Attack::opened);
    let read = || arguments.place.usage(server.process());
    let (opened_before, before, begun) = (opened(), read()?, clock());
    let posted = phone.post(Duration::from_secs(arguments.seconds))?;
    let (usage, elapsed) = (read()?.since(&before), begun.elapsed());
    let window = Window {
        round,
        company,
        posted,
        usage,
        elapsed,
        open: open(server)?,
        opened: opened() - opened_before,
        resident: held::resident(server.process())?,
        in_kernel: held::in_kernel()?,
    };
    drop(attack);
    // The next company finds the phone alone.
    until(server, phone, "has taken leave of attackers", |open| open <= 1.0)?;
    Ok(window)
}

/// Posts on until the server has as many connections as it should.
fn until(
    server: &Server,
    phone: &mut Phone,
    what: &str,
    is_so: impl Fn(f64) -> bool,
) -> Result<(), BenchError> {
    let begun = clock();
    while !is_so(open(server)?) {
        if begun.elapsed() > PATIENCE {
            return Err(BenchError::broken(format!(
                "it takes too long until the server {what}"
            )));
        }
        phone.post(LOOK)?;
    }
    Ok(())
}

/// Connections that the server has now.
fn open(server: &Server) -> Result<f64, BenchError> {
    Ok(server.counter("connections_open")?.unwrap_or(0.0))
}

/// p99 beside each flood over that alone, round by round.
fn ratios(arguments: &Arguments, windows: &[Window]) -> Vec<(&'static str, Spread)> {
    let floods = companies(arguments).into_iter().skip(1);
    floods
        .map(|(company, _)| {
            let each = turns::ratios(windows, company, "alone", |window| window.us(0.99));
            (company, Spread::of(each))
        })
        .collect()
}

/// Why the run does not bear the claim; nothing where it does.
fn faults(arguments: &Arguments, windows: &[Window], ratios: &[(&'static str, Spread)]) -> Vec<String> {
    let mut faults = Vec::new();
    let has_no_time = |window: &Window| window.driver_idle() < DRIVER_IDLE_MIN;
    if windows.iter().any(has_no_time) {
        faults.push("VOID: phone and attackers had no time to spare".to_owned());
    }
    let least = arguments.connections as f64 * THERE_MIN;
    let is_slow = |window: &&Window| !["alone", "storm"].contains(&window.company);
    if windows.iter().filter(is_slow).any(|window| window.open < least) {
        faults.push("VOID: not all of the slow connections were there".to_owned());
    }
    let refused: u64 = windows.iter().map(|window| window.posted.refused).sum();
    if refused > 0 {
        faults.push(format!("{refused} messages of the phone were refused"));
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
        let of = |figure: fn(&Window) -> f64| turns::spread(windows, company, figure);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{company:7} p50 {:.0} us, p99 {:.0} us, refused {:.0}, server busy {:.2}, driver idle {:.2}, \
             memory {:.0} MB and \
             {:.0} MB of the kernel's",
            of(|window| window.us(0.5)),
            of(|window| window.us(0.99)),
            of(|window| window.posted.refused as f64),
            of(Window::server_busy),
            of(Window::driver_idle),
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
