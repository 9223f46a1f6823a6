//! What the commands do, one file each for the larger ones.
//!
//! Between the command line and the library. Invariants: what is for people goes to standard error, results to
//! standard output; a void run and a folder that does not verify are failures (exit code 1).

mod print;
mod run;
mod sweep;

use crate::cli::{self, Command};
use loadtest::ceiling::{self, NullProcess};
use loadtest::compare;
use loadtest::folder;
use loadtest::null::{Null, NullPlan};
use loadtest::scenario::BUILT_IN;
use loadtest::usl;
use std::error::Error;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Whether a command's finding is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Good,
    Bad,
}

type Outcome = Result<Finding, Box<dyn Error>>;

/// Carries a command out.
pub(crate) fn act(command: Command) -> Outcome {
    match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Verify(arguments) => verify(&arguments),
        Command::Compare(arguments) => compare(&arguments),
        Command::Sweep(arguments) => sweep::sweep(&arguments),
        Command::Usl(arguments) => fit(&arguments),
        Command::Ceiling(arguments) => ceiling(&arguments),
        Command::Null(arguments) => null(&arguments),
        Command::Scenarios { name } => scenarios(name.as_deref()),
        Command::Render { folder } => render(&folder),
    }
}

fn verify(arguments: &cli::Verify) -> Outcome {
    let verdict = loadtest::verify::verify(&arguments.folder)?;
    let finding = if verdict.differences.is_empty() {
        Finding::Good
    } else {
        Finding::Bad
    };
    if arguments.json {
        let value = serde_json::json!({
            "folder": arguments.folder,
            "figures": verdict.figures,
            "differences": verdict.differences,
        });
        println!("{value}");
        return Ok(finding);
    }
    for difference in &verdict.differences {
        println!("differs: {difference}");
    }
    match finding {
        Finding::Good => println!(
            "{} figures and the report follow from the raw data",
            verdict.figures
        ),
        Finding::Bad => println!("this folder is not what was measured"),
    }
    Ok(finding)
}

fn compare(arguments: &cli::Compare) -> Outcome {
    let before = compare::load(&arguments.before)?;
    let after = compare::load(&arguments.after)?;
    let shifts = compare::compare(&before, &after, arguments.least / 100.0)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&shifts)?);
    } else {
        print::shifts(&shifts);
    }
    let is_worse = shifts
        .iter()
        .any(|shift| shift.verdict == compare::Verdict::Worse);
    Ok(if is_worse { Finding::Bad } else { Finding::Good })
}

fn fit(arguments: &cli::Usl) -> Outcome {
    let text = std::fs::read_to_string(&arguments.file)?;
    let fit = usl::fit(&usl::points(&text)?)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&fit)?);
    } else {
        print::fit(&fit);
    }
    Ok(Finding::Good)
}

fn ceiling(arguments: &cli::Ceiling) -> Outcome {
    let server = NullProcess::start(Some(arguments.server_core), &[])?;
    let mut found = Vec::new();
    for octets in [0, 1_000, 30_000, 100_000, 300_000] {
        eprintln!(
            "{octets} octets on {} connections, {} s …",
            arguments.connections, arguments.seconds
        );
        let core = Some(arguments.core);
        found.push(ceiling::measure(
            &server,
            core,
            octets,
            arguments.connections,
            arguments.seconds,
        )?);
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        print::ceilings(&found);
    }
    Ok(Finding::Good)
}

fn null(arguments: &cli::Null) -> Outcome {
    if let Some(core) = arguments.core {
        loadtest::host::pin(core)?;
    }
    let length = Duration::from_secs_f64(arguments.stall_for);
    let stall = arguments.stall_at.map(|at| (Duration::from_secs_f64(at), length));
    let null = Null::bind(arguments.listen, NullPlan { stall })?;
    println!("ready mm1={}", null.address()?);
    null.serve(&AtomicBool::new(false))?;
    Ok(Finding::Good)
}

fn scenarios(name: Option<&str>) -> Outcome {
    for (known, text) in BUILT_IN {
        match name {
            Some(name) if name == *known => print!("{text}"),
            Some(_) => {}
            None => {
                let scenario = loadtest::scenario::Scenario::parse(text)?;
                println!("{known:<14} {}", scenario.text);
            }
        }
    }
    match name {
        Some(name) if !BUILT_IN.iter().any(|(known, _)| *known == name) => {
            Err(format!("no scenario is called {name}").into())
        }
        _ => Ok(Finding::Good),
    }
}

fn render(folder: &Path) -> Outcome {
    folder::write_derived(folder)?;
    println!("{}", folder.join(folder::REPORT).display());
    Ok(Finding::Good)
}
