//! The command line: what can be asked for, and which command does it.
//!
//! First in the flow. Invariant: nothing is done before the whole line was understood; a line that is not gives 2.

use crate::commands::{
    audit, config, demo, explain, identity, log, pdu, peers, phone, plan, push, route, serve, trace,
};
use crate::exit::Exit;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Ringpost, a multimedia messaging service centre.
#[derive(Debug, Parser)]
#[command(name = "ringpost", version, about, arg_required_else_help = true)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    #[command(after_long_help = serve::SIGNALS)]
    Serve(serve::Options),
    /// Show it: a server, phones, a photograph, a kill in the middle
    Demo(demo::Options),
    /// Look up a reason code such as R131 or ContentTooLarge
    Explain(explain::Options),
    /// Check a settings file, or print the defaults, the JSON schema, the manual page
    Config(config::Options),
    /// Look into PDUs
    Pdu(pdu::Options),
    /// Look into a stopped server's data
    Log(log::Options),
    /// Look into routes: where a message would go, and why
    Route(route::Options),
    /// Ask a running server who is asking it: who holds an address
    Identity(identity::Options),
    /// Tell what became of a message or of a number's messages
    Trace(trace::Options),
    /// Say what a load needs: cores, disk, network, memory, nodes
    Plan(Box<plan::Options>),
    /// Look at other operators' MMSCs, and hold, release, drain or retry one
    Peers(Box<peers::Options>),
    /// Tell what operators did to other operators' MMSCs: when, who, why
    Audit(audit::Options),
    /// Look at the links to SMSCs and push gateways of a running server
    Push(push::Options),
    /// Be a handset: send, retrieve, report
    Phone(Box<phone::Options>),
}

/// Runs one command line; its first word is the program's name.
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let line = match Line::try_parse_from(words) {
        Ok(line) => line,
        Err(error) => {
            // Help and version are no failures; where standard output is closed there is nobody to tell.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage.code()));
        }
    };
    let mut out = std::io::stdout().lock();
    let exit = match line.command {
        Command::Serve(options) => serve::run(&options, &mut out),
        Command::Demo(options) => demo::run(&options, &mut out),
        Command::Explain(options) => explain::run(&options, &mut out),
        Command::Config(options) => config::run(&options, &mut out),
        Command::Pdu(options) => pdu::run(&options, &mut out),
        Command::Log(options) => log::run(&options, &mut out),
        Command::Route(options) => route::run(&options, &mut out),
        Command::Identity(options) => identity::run(&options, &mut out),
        Command::Trace(options) => trace::run(&options, &mut out),
        Command::Plan(options) => plan::run(&options, &mut out),
        Command::Peers(options) => peers::run(&options, &mut out),
        Command::Audit(options) => audit::run(&options, &mut out),
        Command::Push(options) => push::run(&options, &mut out),
        Command::Phone(options) => phone::run(&options, &mut out),
    };
    // A reader that went away (`| head`) is no failure of the command.
    let _ = out.flush();
    exit.into()
}
