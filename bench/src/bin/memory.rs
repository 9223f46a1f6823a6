//! What does a waiting recipient hold in memory, and how long does a start take with a million of them?
//!
//! Two ways: the brain alone, with an allocator that counts (exact), and the real server (resident memory, then SIGKILL
//! and the time to `ready`). Invariant: every message has a sender and a recipient of its own, the dearest case; bodies
//! kept at hand are switched off, as they have a bound of their own.

use base::Msisdn;
use bench::counting::{self, Counting};
use bench::driver::{Driver, Expect};
use bench::host::Seat;
use bench::pdu::Template;
use bench::report::Kept;
use bench::server::{Programs, Server, settings};
use bench::verdict::Claim;
use bench::{BenchError, clock, held};
use clap::Parser;
use counts::lab::Lab;
use journal::{Settings, SettingsDraft};
use meter::Gauge;
use shard::{Answer, Content};
use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use store::{Message, Recipient, Subscriber};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Octets that a waiting recipient may hold.
const OCTETS_MAX: f64 = 200.0;
/// Seconds that a start may take.
const RECOVERY_S_MAX: f64 = 10.0;
/// Requests of one turn of the brain alone.
const TURN_REQUESTS: u64 = 64;

/// Memory of waiting recipients, and recovery.
#[derive(Debug, Parser)]
struct Arguments {
    /// Waiting recipients.
    #[arg(long, default_value_t = 1_000_000)]
    recipients: u64,
    /// Octets of a message.
    #[arg(long, default_value_t = 1_000)]
    octets: usize,
    /// Folder for the log; what is in it is deleted.
    #[arg(long)]
    data: PathBuf,
    /// The server's core.
    #[arg(long, default_value_t = 1)]
    server_core: usize,
    /// Run before everything else on this machine (SCHED_RR), where others use it too.
    #[arg(long)]
    realtime: bool,
    /// The server's program, if it is not beside this one.
    #[arg(long)]
    ringpost: Option<PathBuf>,
    /// Keep the run in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
}

impl Arguments {
    fn server(&self) -> Seat {
        Seat {
            core: self.server_core,
            is_realtime: self.realtime,
        }
    }
}

/// What came of it.
struct Found {
    counted: f64,
    resident: f64,
    resident_recovered: f64,
    recovery_s: f64,
    log_octets: u64,
}

fn main() -> ExitCode {
    bench::ended("memory", run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<bool, BenchError> {
    let counted = brain_alone(arguments)?;
    let found = real_server(arguments, counted)?;
    let holds = found.counted <= OCTETS_MAX && found.recovery_s < RECOVERY_S_MAX;
    let table = table(arguments, &found, holds);
    let raw = format!(
        "recipients,counted_octets,resident_octets,resident_recovered_octets,recovery_s,log_octets\n\
         {},{:.1},{:.1},{:.1},{:.3},{}\n",
        arguments.recipients,
        found.counted,
        found.resident,
        found.resident_recovered,
        found.recovery_s,
        found.log_octets
    );
    let run = Kept {
        question: "memory",
        table: &table,
        summary: &serde_json::json!({
            "recipients": arguments.recipients,
            "octets_per_recipient": found.counted,
            "recovery_s": found.recovery_s,
            "holds": holds,
        }),
        raw_csv: &raw,
    };
    run.tell(arguments.keep.as_deref())?;
    Ok(holds)
}

fn table(arguments: &Arguments, found: &Found, holds: bool) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} recipients waiting, messages of {} octets, all of different senders\n",
        arguments.recipients, arguments.octets
    );
    for (name, octets) in [
        ("copy (recipient's home)", size_of::<Option<Recipient>>()),
        ("message (sender's home)", size_of::<Option<Message>>()),
        ("subscriber", size_of::<Option<Subscriber>>()),
        ("four indexes, 5 octets a place", 4 * 5),
    ] {
        let _ = writeln!(out, "{name:<44}{octets:>6} octets");
    }
    let _ = writeln!(
        out,
        "{:<44}{:>6.0} octets (at most {OCTETS_MAX})",
        "counted by the allocator, per recipient", found.counted
    );
    let _ = writeln!(
        out,
        "{:<44}{:>6.0} octets (buffers and all)",
        "resident in the real server, per recipient", found.resident
    );
    let _ = writeln!(
        out,
        "{:<44}{:>6.0} octets",
        "resident after recovery, per recipient", found.resident_recovered
    );
    let _ = writeln!(
        out,
        "{:<44}{:>6.2} s of {:.2} GB (less than {RECOVERY_S_MAX})",
        "from SIGKILL's next start to ready",
        found.recovery_s,
        found.log_octets as f64 / 1e9
    );
    let _ = writeln!(out, "{}", Claim::of(holds));
    out
}

/// Octets a recipient in the brain alone, over a disk that answers at once.
fn brain_alone(arguments: &Arguments) -> Result<f64, BenchError> {
    let draft = SettingsDraft {
        segments_max: 1_000,
        ..SettingsDraft::laptop()
    };
    let settings = Settings::new(draft).map_err(|error| BenchError::broken(error.to_string()))?;
    let mut lab = Lab::new(settings);
    let mut template = Template::new(arguments.octets, arguments.recipients)?;
    let mut taken = 0;
    let mut turn = |lab: &mut Lab, numbers: Range<u64>| {
        let submissions = numbers.map(|number| {
            template.number(number);
            let sender = Msisdn::from_bits(template.sender(number));
            (number, sender, template.pdu().to_vec())
        });
        lab.turn(submissions, |answer| taken += u64::from(is_ok(answer)));
    };
    turn(&mut lab, 0..0);
    let before = counting::counts().live;
    let mut number = 0;
    while number < arguments.recipients {
        let end = arguments.recipients.min(number + TURN_REQUESTS);
        turn(&mut lab, number..end);
        number = end;
    }
    while !lab.is_idle() {
        turn(&mut lab, 0..0);
    }
    let live = counting::counts().live - before;
    let kept = lab.meter.gauge(Gauge::RecipientsKept);
    if kept != arguments.recipients || taken != arguments.recipients {
        return Err(BenchError::broken(format!(
            "{taken} taken, {kept} wait, of {}",
            arguments.recipients
        )));
    }
    Ok(live as f64 / arguments.recipients as f64)
}

fn is_ok(answer: &Answer) -> bool {
    let Content::Pdu { head, .. } = &answer.content else {
        return false;
    };
    matches!(mms::Pdu::read(head), Ok(mms::Pdu::SendConf(conf))
        if conf.response_status.class() == mms::StatusClass::Ok)
}

/// The same in the real server, then a kill and a start.
fn real_server(arguments: &Arguments, counted: f64) -> Result<Found, BenchError> {
    let programs = Programs::find(arguments.ringpost.clone())?;
    let data = arguments.data.join("log");
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    std::fs::create_dir_all(&arguments.data)?;
    let settings = settings(&data) + "recent_octets_max = 0\n";
    let settings = settings.replace("segment_octets = 1073741824", "segment_octets = 268435456");
    let start = || Server::serve(arguments.server(), &programs, &data, &settings);
    let resident = |server: &Server| held::resident(server.process()).map(|octets| octets as f64);
    let recipients_kept = |server: &Server| server.counter("recipients_kept").map(Option::unwrap_or_default);
    let mut server = start()?;
    let empty = resident(&server)?;
    let template = Template::new(arguments.octets, arguments.recipients)?;
    let mut driver = Driver::connect(server.mm1, 64, &template, 0, Expect::SendConfOk)?;
    driver.run(Duration::from_secs(1_200), arguments.recipients)?;
    let kept = recipients_kept(&server)?;
    let full = resident(&server)?;
    server.kill();
    drop(driver);
    let log_octets = folder_octets(&data.join("journal-00000"))?;
    let begun = clock();
    let server = start()?;
    let recovery_s = begun.elapsed().as_secs_f64();
    let recovered = resident(&server)?;
    let again = recipients_kept(&server)?;
    drop(server);
    std::fs::remove_dir_all(&arguments.data)?;
    if kept < arguments.recipients as f64 || again < arguments.recipients as f64 {
        return Err(BenchError::broken(format!(
            "{kept} recipients before the kill, {again} after"
        )));
    }
    Ok(Found {
        counted,
        resident: (full - empty) / kept,
        resident_recovered: (recovered - empty) / again,
        recovery_s,
        log_octets,
    })
}

fn folder_octets(folder: &Path) -> Result<u64, BenchError> {
    let mut octets = 0;
    for entry in std::fs::read_dir(folder)? {
        octets += entry?.metadata()?.len();
    }
    Ok(octets)
}
