//! `ringpost demo`: see [`crate::demo`].
//!
//! Invariant: the server that it shows is this very binary.

use crate::demo;
use crate::exit::Exit;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;

/// How to show it.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Keep the data in this folder; without one it is removed at the end
    #[arg(long)]
    data: Option<PathBuf>,
    /// Print JSON, one value a step: {"step", "ms", "text"}
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Exit {
    match std::env::current_exe() {
        Ok(program) => {
            let options = demo::Options {
                program,
                data: options.data.clone(),
                json: options.json,
            };
            demo::run(&options, out)
        }
        Err(error) => {
            eprintln!("demo: this program's own file can't be found: {error}");
            Exit::Failed
        }
    }
}
