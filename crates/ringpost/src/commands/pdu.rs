//! `ringpost pdu dump FILE…`: what a PDU says, octet by octet, in words.
//!
//! Works without a server. Invariant: nothing is masked, so it is for files of one's own; control characters never
//! reach the terminal (`mms::text` escapes them).

use crate::exit::Exit;
use clap::{Args, Subcommand};
use serde_json::json;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Octets of a file at most: the largest PDU that can be stored, and some more.
const FILE_OCTETS_MAX: u64 = 2 * base::limits::PDU_OCTETS_MAX as u64;

/// What to do with PDUs.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print a PDU's fields and parts with their offsets; exit code 1 if one can't be read
    Dump {
        /// Files that hold one PDU each; - is standard input
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Print JSON, one value a file: {"file", "octets", "type", "readable", "fault", "dump": [lines]}
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Exit {
    let Command::Dump { files, json } = &options.command;
    let mut exit = Exit::Done;
    for file in files {
        match read(file) {
            Err(error) => {
                eprintln!("ringpost: {}: {error}", file.display());
                return Exit::Usage;
            }
            Ok(octets) => {
                if !dump(file, &octets, *json, files.len() > 1, out) {
                    exit = Exit::Failed;
                }
            }
        }
    }
    exit
}

/// Prints one PDU; false where it can't be read to its end.
fn dump(file: &Path, octets: &[u8], as_json: bool, named: bool, out: &mut dyn Write) -> bool {
    let read = mms::Pdu::read(octets);
    let text = mms::text::dump_string(octets);
    let fault = read.as_ref().err().map(ToString::to_string);
    // Nobody reading any more is no failure.
    let _ = if as_json {
        let value = json!({
            "file": file.display().to_string(),
            "octets": octets.len(),
            "type": read.as_ref().ok().map(|pdu| pdu.pdu_type().name()),
            "readable": fault.is_none(),
            "fault": fault,
            "dump": text.lines().collect::<Vec<_>>(),
        });
        writeln!(out, "{value}")
    } else {
        let head = if named {
            format!("{}: {} octets\n", file.display(), octets.len())
        } else {
            String::new()
        };
        let tail = fault
            .as_ref()
            .map(|fault| format!("corrupt: {fault}\n"))
            .unwrap_or_default();
        write!(out, "{head}{text}{tail}")
    };
    fault.is_none()
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    let length = if file.as_os_str() == "-" {
        std::io::stdin()
            .lock()
            .take(FILE_OCTETS_MAX + 1)
            .read_to_end(&mut octets)?
    } else {
        std::fs::File::open(file)?
            .take(FILE_OCTETS_MAX + 1)
            .read_to_end(&mut octets)?
    };
    if length as u64 > FILE_OCTETS_MAX {
        return Err(std::io::Error::other(format!(
            "larger than {FILE_OCTETS_MAX} octets: no PDU"
        )));
    }
    Ok(octets)
}
