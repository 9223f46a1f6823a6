//! Instructions of the inner loops, under callgrind: the gate that sees a few per cent where a clock sees noise.
//!
//! Run by `tests/run`, or `cargo bench -p counts` with `GUNGRAUN_RUNNER` naming the runner. Each function is counted
//! from its call to its return; above its stored count and the allowance it fails (exit code 3). Invariant: a
//! benchmark that has no stored count fails.

#![expect(
    missing_docs,
    clippy::disallowed_methods,
    reason = "gungraun's macros make public items, and exit"
)]

use counts::baseline::limit;
use counts::lab::Lab;
use counts::subjects;
use gungraun::{
    Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};
use http1::Connection;
use journal::{AlignedBuffer, Journal};
use std::hint::black_box;

/// Callgrind without caches, the stored count as its limit, and the setting by which the canary plants work.
fn bounded(name: &str) -> LibraryBenchmarkConfig {
    let mut callgrind = Callgrind::with_args(["--cache-sim=no"]);
    callgrind.hard_limits([(EventKind::Ir, limit(name))]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind).pass_through_env(subjects::PLANTED);
    config
}

#[library_benchmark(config = bounded("walk"))]
#[bench::fifteen_fields(args = (), setup = subjects::pdu)]
fn walk(pdu: Vec<u8>) -> (bool, Vec<u8>) {
    black_box(subjects::walk(pdu))
}

#[library_benchmark(config = bounded("append"))]
#[bench::thirty_kb(args = (), setup = subjects::journal_and_body)]
fn append(ready: (Journal<AlignedBuffer>, Vec<u8>)) -> (bool, Journal<AlignedBuffer>, Vec<u8>) {
    black_box(subjects::append(ready))
}

#[library_benchmark(config = bounded("look_up"))]
#[bench::sixty_four(args = (), setup = subjects::routes)]
fn look_up(ready: (route::Routes, Vec<base::Msisdn>)) -> (usize, route::Routes, Vec<base::Msisdn>) {
    black_box(subjects::look_up(ready))
}

#[library_benchmark(config = bounded("read_mail"))]
#[bench::photograph(args = (), setup = subjects::mail)]
fn read_mail(mail: Vec<u8>) -> (usize, Vec<u8>) {
    black_box(subjects::read_mail(mail))
}

#[library_benchmark(config = bounded("request"))]
#[bench::one_kb(args = (), setup = subjects::connection)]
fn request(ready: (Connection, Vec<u8>)) -> (bool, Connection, Vec<u8>) {
    black_box(subjects::request(ready))
}

#[library_benchmark(config = bounded("turn"))]
#[bench::sixteen(args = (), setup = subjects::shard)]
fn turn(ready: (Lab, Vec<Vec<u8>>)) -> Lab {
    black_box(subjects::turn(ready))
}

library_benchmark_group!(name = inner_loops; benchmarks = walk, append, look_up, read_mail, request, turn);

main!(library_benchmark_groups = inner_loops);
