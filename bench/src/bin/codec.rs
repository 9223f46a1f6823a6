//! What do the inner loops cost: the header walk of an M-Send.req, an append beside the copy and checksum in it, and
//! the meter of one submission?
//!
//! Ratios and nanoseconds of loops that run alone, in turn, so that a drift of the clock meets both sides. Invariants:
//! sources change, so that nothing is predicted that would not be in service; "cold" walks over more memory than the
//! caches hold.

use bench::report::{Kept, Spread};
use bench::{BenchError, clock};
use clap::Parser;
use engine::stamp;
use journal::{
    AlignedBuffer, AppendClass, Epoch, Journal, JournalId, Record, Resume, Settings, SettingsDraft,
};
use meter::{ApnMeter, Class, Counter, Gauge, Laps, ShardMeter, Stage, Verdict};
use mms::Version;
use ringpost::phone::{File, Submission, compose};
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// PDUs walked over in turn when hot: they fit the first cache.
const HOT: usize = 16;
/// The same when cold: 256 MB.
const COLD: usize = 8_192;
/// Octets of a PDU's photograph.
const PHOTOGRAPH_OCTETS: usize = 30_000;
/// Records of a round of appends.
const RECORDS: u64 = 20_000;
/// Octets of a group.
const GROUP_OCTETS: u32 = 4 << 20;

/// The stages of a submission.
const STAGES: [Stage; 9] = [
    Stage::Accept,
    Stage::Queue,
    Stage::Parse,
    Stage::Admit,
    Stage::Append,
    Stage::Durable,
    Stage::Route,
    Stage::Deliver,
    Stage::Send,
];
/// What a submission counts, once or with a number of octets.
const COUNTERS: [Counter; 7] = [
    Counter::HttpRequests,
    Counter::SendAccepted,
    Counter::JournalRecords,
    Counter::OctetsCopied,
    Counter::RecipientsTaken,
    Counter::JournalRecords,
    Counter::NotificationsPushed,
];
/// Requests of a turn: fewer than under load, so that a turn's own counting is not made little of.
const TURN_REQUESTS: u64 = 4;

/// Inner loops.
#[derive(Debug, Parser)]
struct Arguments {
    /// Rounds of each.
    #[arg(long, default_value_t = 11)]
    rounds: usize,
    /// Microseconds of the server's core that a submission costs, which the meter is held against; as given, those of
    /// the kept run `2026-11-23-1457-vm-submit`.
    #[arg(long, default_value_t = 44.8)]
    submission_us: f64,
    /// Keep the run in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
}

fn main() -> ExitCode {
    bench::ended("codec", run(&Arguments::parse()).map(|()| true))
}

/// What is measured in each round, by column; nanoseconds.
const FIGURES: [(&str, &str); 7] = [
    ("walk_hot_ns", "read of an M-Send.req of 15 fields, hot, ns"),
    ("walk_cold_ns", "the same, cold, ns"),
    ("append_ns", "journal append of a message of 30 KB, ns"),
    ("copy_and_sum_ns", "copy and crc32c of the same, ns"),
    ("stamps_ns", "the clock as often as for a submission, ns"),
    ("meter_ns", "the meter of a submission, clock in it, ns"),
    ("beside_meter_ns", "copy and crc32c with the meter between, ns"),
];

fn run(arguments: &Arguments) -> Result<(), BenchError> {
    let pdus = (0..COLD).map(pdu).collect::<Result<Vec<_>, _>>()?;
    let mut journal = journal()?;
    let mut buffer = AlignedBuffer::zeroed(GROUP_OCTETS as usize);
    let meters = Meters::new();
    let mut rounds = Vec::new();
    let mut raw = format!("round,{}\n", FIGURES.map(|(column, _)| column).join(","));
    for round in 0..arguments.rounds {
        let found = [
            walk(pdus.get(..HOT).unwrap_or_default(), 64),
            walk(&pdus, 1),
            append(&mut journal, &pdus)?,
            copy_and_sum(&mut buffer, &pdus, |_| {}),
            stamps(),
            meters.alone(),
            copy_and_sum(&mut buffer, &pdus, |number| meters.submission(number)),
        ];
        let cells = found.map(|figure| format!("{figure:.1}"));
        let _ = writeln!(raw, "{round},{}", cells.join(","));
        rounds.push(found);
    }
    let spread = |of: &dyn Fn(&[f64; FIGURES.len()]) -> f64| Spread::of(rounds.iter().map(of));
    let append_ratio = spread(&|[_, _, append, floor, ..]| append / floor);
    let beside = spread(&|[.., floor, _, _, both]| both - floor);
    let share = spread(&|[.., floor, _, _, both]| (both - floor) / 1e3 / arguments.submission_us);
    let mut table = String::new();
    let mut summary = serde_json::Map::new();
    for (place, (column, name)) in FIGURES.iter().enumerate() {
        let spread = spread(&|found| found.get(place).copied().unwrap_or_default());
        let _ = writeln!(table, "{name:<44}{spread:.0}");
        summary.insert((*column).to_owned(), spread.json());
    }
    let _ = writeln!(table, "{:<44}{append_ratio:.2}", "append / copy and crc32c");
    let _ = writeln!(table, "{:<44}{beside:.0}", "the meter between copies, ns");
    let of = format!("the same of {} µs a submission, %", arguments.submission_us);
    let percent = Spread {
        median: share.median * 100.0,
        least: share.least * 100.0,
        most: share.most * 100.0,
    };
    let _ = writeln!(table, "{of:<44}{percent:.2}");
    summary.insert("append_ratio".to_owned(), append_ratio.json());
    summary.insert("meter_beside_ns".to_owned(), beside.json());
    summary.insert("meter_share".to_owned(), share.json());
    let run = Kept {
        question: "codec",
        table: &table,
        summary: &serde_json::Value::Object(summary),
        raw_csv: &raw,
    };
    run.tell(arguments.keep.as_deref())
}

/// The meters that a submission touches.
struct Meters {
    shard: ShardMeter,
    apn: ApnMeter,
}

impl Meters {
    fn new() -> Meters {
        Meters {
            shard: ShardMeter::default(),
            apn: ApnMeter::new("bench", 1),
        }
    }

    /// All that is counted and timed for a submission, and its share of what a turn counts: the clock is read when the
    /// first octets come, at each border, and for how long it has waited; at both ends of a turn.
    fn submission(&self, number: u64) {
        let mut laps = Laps::begin(black_box(stamp()), Class::Mm1Refused);
        for stage in STAGES {
            laps.lap(stage, black_box(stamp()));
        }
        black_box(laps.since_border_ns(stamp()));
        laps.count_as(Class::Mm1Submit);
        for counter in COUNTERS {
            self.shard.add(counter, black_box(1));
        }
        self.apn.count(0, Verdict::Identified);
        self.shard.spans.record(black_box(&laps));
        if number.is_multiple_of(TURN_REQUESTS) {
            black_box((stamp(), stamp()));
            for counter in [
                Counter::Turns,
                Counter::JournalGroups,
                Counter::JournalOctets,
                Counter::DiskWrites,
            ] {
                self.shard.count(counter);
            }
            for gauge in [
                Gauge::QueueDelay,
                Gauge::Overloaded,
                Gauge::JournalLag,
                Gauge::RecipientsKept,
            ] {
                self.shard.set(gauge, black_box(number));
            }
            self.shard.spans.swap_if_wanted();
        }
    }

    /// One after the other; nanoseconds each.
    fn alone(&self) -> f64 {
        let begun = clock();
        (0..RECORDS).for_each(|number| self.submission(number));
        begun.elapsed().as_nanos() as f64 / RECORDS as f64
    }
}

/// Reads the clock as often as for a submission, a turn's share left out; nanoseconds.
fn stamps() -> f64 {
    let begun = clock();
    for _ in 0..RECORDS {
        for _ in 0..STAGES.len() + 2 {
            black_box(stamp());
        }
    }
    begun.elapsed().as_nanos() as f64 / RECORDS as f64
}

/// A message with 15 header fields: type, transaction, version, From, To, Cc, Subject, class, expiry, delivery time,
/// priority, visibility, both reports, content type.
fn pdu(number: usize) -> Result<Vec<u8>, BenchError> {
    let submission = Submission {
        to: vec![format!("+99920{number:07}")],
        cc: vec![format!("+99921{number:07}")],
        subject: Some("Bench".to_owned()),
        files: vec![File {
            name: "photo.jpg".to_owned(),
            content_type: "image/jpeg".to_owned(),
            octets: (0..PHOTOGRAPH_OCTETS).map(|at| (at ^ (at >> 8)) as u8).collect(),
        }],
        delivery_report: true,
        read_report: true,
        hide: true,
        urgent: true,
        expiry: Some(Duration::from_secs(86_400)),
        delivery_delay: Some(Duration::from_secs(60)),
        ..Submission::default()
    };
    let transaction = format!("T{number:09}");
    compose::send_req(&submission, transaction.as_bytes(), Version::V1_2)
        .map_err(|error| BenchError::broken(error.to_string()))
}

/// Reads each PDU's headers to the end; nanoseconds a PDU.
fn walk(pdus: &[Vec<u8>], times: usize) -> f64 {
    let begun = clock();
    for _ in 0..times {
        for pdu in pdus {
            black_box(mms::Pdu::read(black_box(pdu)).is_ok());
        }
    }
    begun.elapsed().as_nanos() as f64 / (times * pdus.len()) as f64
}

fn journal() -> Result<Journal<AlignedBuffer>, BenchError> {
    let draft = SettingsDraft {
        group_octets: GROUP_OCTETS,
        segments_max: 32,
        ..SettingsDraft::laptop()
    };
    let settings = Settings::new(draft).map_err(|error| BenchError::broken(error.to_string()))?;
    let mut journal = Journal::new(settings, Resume::fresh(JournalId(1), Epoch(1), 1));
    for _ in 0..settings.buffers() {
        journal
            .give_buffer(AlignedBuffer::zeroed(GROUP_OCTETS as usize))
            .map_err(|_| BenchError::broken("a small buffer"))?;
    }
    answer(&mut journal);
    Ok(journal)
}

/// Appends bodies from changing places; nanoseconds a record, the groups' making included.
fn append(journal: &mut Journal<AlignedBuffer>, bodies: &[Vec<u8>]) -> Result<f64, BenchError> {
    let header = [7; 200];
    let begun = clock();
    for (key, body) in (0..RECORDS).zip(bodies.iter().cycle()) {
        let record = Record {
            kind: 1,
            key,
            header: &header,
            body: &[body],
        };
        let mut tries = 0;
        while journal.append(AppendClass::State, record).is_err() {
            answer(journal);
            tries += 1;
            if tries > 10 {
                return Err(BenchError::broken("the journal takes nothing"));
            }
        }
        if key % 16 == 15 {
            answer(journal);
        }
    }
    Ok(begun.elapsed().as_nanos() as f64 / RECORDS as f64)
}

/// Answers all that is asked for at once, and frees what is sealed.
fn answer(journal: &mut Journal<AlignedBuffer>) {
    let sealed = journal.freeable().next();
    if let Some(segment) = sealed {
        // It was named as freeable a moment ago.
        let _ = journal.free(segment);
    }
    counts::lab::carry_out(journal);
    while journal.poll_freed().is_some() {}
}

/// The floor of an append: the same octets copied into a group and summed; `between` is done before each.
fn copy_and_sum(buffer: &mut AlignedBuffer, bodies: &[Vec<u8>], mut between: impl FnMut(u64)) -> f64 {
    let header = [7; 200];
    let begun = clock();
    let mut filled = 0;
    for (number, body) in (0..RECORDS).zip(bodies.iter().cycle()) {
        between(number);
        let octets = header.len() + body.len();
        // As far as the journal's groups of 16 go.
        if filled + octets > 16 * 31_000 {
            filled = 0;
        }
        let target = buffer
            .as_mut()
            .get_mut(filled..filled + octets)
            .unwrap_or_default();
        let (head, rest) = target.split_at_mut(header.len().min(octets));
        head.copy_from_slice(&header);
        rest.copy_from_slice(body);
        black_box(crc32c::crc32c(target));
        filled += octets;
    }
    begun.elapsed().as_nanos() as f64 / RECORDS as f64
}
