//! The bare server as a program: the floor that the full server is measured against.
//!
//! Started by `submit`; see `bench::bare`. Invariant: the product's allocator, so that both sides have the same.

use clap::Parser;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// A server without MMS: HTTP posts to the log.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    options: bench::bare::Options,
}

fn main() -> Result<(), bench::BenchError> {
    bench::bare::run(Arguments::parse().options)
}
