//! `cargo xtask`: the command line of the house's tools.
//!
//! Outside the message flow; a thin shell over the library.
//!
//! Invariants: exit code 0 when all is well, 1 when something was found or failed, 2 for a wrong command.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use xtask::tree::{Tree, workspace};
use xtask::{checks, pages};

const USAGE: &str = "usage: cargo xtask tidy | generate
  tidy      checks the house rules over the checkout; prints FILE:LINE: rule: what, how to mend it
  generate  writes the generated parts of the manual anew";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let outcome = match (arguments.next().as_deref(), arguments.next()) {
        (Some("tidy"), None) => tidy(&workspace()),
        (Some("generate"), None) => generate(&workspace()),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("xtask: {error}");
        ExitCode::FAILURE
    })
}

fn tidy(root: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let findings = checks::run(&Tree::load(root)?);
    for finding in &findings {
        println!("{finding}");
    }
    eprintln!(
        "tidy: {} checks, {} findings",
        checks::CHECKS.len(),
        findings.len()
    );
    Ok(if findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn generate(root: &Path) -> Result<ExitCode, Box<dyn Error>> {
    for path in pages::generate(root)? {
        println!("wrote {path}");
    }
    Ok(ExitCode::SUCCESS)
}
