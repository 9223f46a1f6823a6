//! What do the inner loops cost: the header walk of an M-Send.req, and an append beside the copy and checksum in it?
//!
//! Ratios and nanoseconds of loops that run alone, in turn, so that a drift of the clock meets both sides. Invariants:
//! sources change, so that nothing is predicted that would not be in service; "cold" walks over more memory than the
//! caches hold.

use bench::report::{self, Kept, Spread};
use bench::{BenchError, clock};
use clap::Parser;
use journal::{
    AlignedBuffer, AppendClass, Epoch, Journal, JournalId, Record, Resume, Settings, SettingsDraft,
};
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

/// Inner loops.
#[derive(Debug, Parser)]
struct Arguments {
    /// Rounds of each.
    #[arg(long, default_value_t = 11)]
    rounds: usize,
    /// Keep the run in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
}

fn main() -> ExitCode {
    bench::ended("codec", run(&Arguments::parse()).map(|()| true))
}

fn run(arguments: &Arguments) -> Result<(), BenchError> {
    let pdus = (0..COLD).map(pdu).collect::<Result<Vec<_>, _>>()?;
    let mut journal = journal()?;
    let mut buffer = AlignedBuffer::zeroed(GROUP_OCTETS as usize);
    let mut figures: [Vec<f64>; 4] = Default::default();
    let mut raw = "round,walk_hot_ns,walk_cold_ns,append_ns,copy_and_sum_ns\n".to_owned();
    for round in 0..arguments.rounds {
        let found = [
            walk(pdus.get(..HOT).unwrap_or_default(), 64),
            walk(&pdus, 1),
            append(&mut journal, &pdus)?,
            copy_and_sum(&mut buffer, &pdus),
        ];
        let _ = writeln!(
            raw,
            "{round},{:.1},{:.1},{:.1},{:.1}",
            found[0], found[1], found[2], found[3]
        );
        for (list, figure) in figures.iter_mut().zip(found) {
            list.push(figure);
        }
    }
    let ratio = Spread::of(
        figures[2]
            .iter()
            .zip(&figures[3])
            .map(|(append, floor)| append / floor),
    );
    let spreads = figures.map(Spread::of);
    let mut table = String::new();
    for (name, spread) in [
        ("read of an M-Send.req of 15 fields, hot, ns", spreads[0]),
        ("the same, cold, ns", spreads[1]),
        ("journal append of a message of 30 KB, ns", spreads[2]),
        ("copy and crc32c of the same, ns", spreads[3]),
    ] {
        let _ = writeln!(table, "{name:<44}{spread:.0}");
    }
    let _ = writeln!(table, "{:<44}{ratio:.2}", "append / copy and crc32c");
    print!("{table}");
    if let Some(folder) = &arguments.keep {
        let kept = Kept {
            question: "codec",
            table: &table,
            summary: &serde_json::json!({
                "walk_hot_ns": spreads[0].json(),
                "walk_cold_ns": spreads[1].json(),
                "append_ns": spreads[2].json(),
                "copy_and_sum_ns": spreads[3].json(),
                "append_ratio": ratio.json(),
            }),
            raw_csv: &raw,
        };
        println!("kept in {}", report::keep(folder, &kept)?.display());
    }
    Ok(())
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

/// The floor of an append: the same octets copied into a group and summed.
fn copy_and_sum(buffer: &mut AlignedBuffer, bodies: &[Vec<u8>]) -> f64 {
    let header = [7; 200];
    let begun = clock();
    let mut filled = 0;
    for (_, body) in (0..RECORDS).zip(bodies.iter().cycle()) {
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
