//! `ringpost explain CODE`: a row of the one table of reasons.
//!
//! Works without a server. Invariant: it prints the table's words, nothing of its own.

use crate::exit::Exit;
use base::reason::{Row, TABLE};
use base::{Blame, Reason, Retry};
use clap::Args;
use serde_json::{Value, json};
use std::io::Write;

/// What to look up.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A code such as R131 or a name such as ContentTooLarge; without one, all codes
    code: Option<String>,
    /// Print JSON, one value a line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, out: &mut dyn Write) -> Exit {
    let rows: Vec<&Row> = match &options.code {
        None => TABLE.iter().collect(),
        Some(code) => match Reason::find(code) {
            Some(row) => vec![row],
            None => {
                eprintln!("ringpost: no reason has the code {code:?}; `ringpost explain` lists all");
                return Exit::Usage;
            }
        },
    };
    let whole = options.code.is_some();
    for row in rows {
        // Nobody reading any more is no failure.
        let _ = if options.json {
            writeln!(out, "{}", as_json(row))
        } else if whole {
            write!(out, "{}", as_page(row))
        } else {
            writeln!(
                out,
                "{}  {:<26} {}",
                row.code,
                format!("{:?}", row.reason),
                row.text
            )
        };
    }
    Exit::Done
}

fn blame(row: &Row) -> &'static str {
    match row.blame {
        Blame::Peer => "the one who asked",
        Blame::Us => "this server",
        Blame::Environment => "what this server stands on",
    }
}

fn as_page(row: &Row) -> String {
    let retry = match row.retry {
        Retry::Later => "later: the same request may succeed then",
        Retry::Never => "no: the same request would be refused again",
    };
    format!(
        "{code} {reason:?}\n  says      {text}\n  fault of  {blame}\n  retry     {retry}\n  do        {action}\n  \
         on MM1    X-Mms-Response-Status 0x{status:02X} (0x{old:02X} to MMS 1.0), \
         X-Mms-Retrieve-Status 0x{retrieve:02X}\n  on HTTP   {http}, where no PDU can say it\n  \
         on MM4    {mm4}, or SMTP {smtp} {enhanced}\n",
        code = row.code,
        reason = row.reason,
        text = row.text,
        blame = blame(row),
        action = row.action,
        status = row.response_status,
        old = row.response_status_1_0,
        retrieve = row.retrieve_status,
        http = row.http_status,
        mm4 = row.mm4_status,
        smtp = row.smtp_code,
        enhanced = row.smtp_enhanced,
    )
}

fn as_json(row: &Row) -> Value {
    json!({
        "code": row.code,
        "name": format!("{:?}", row.reason),
        "text": row.text,
        "fault_of": format!("{:?}", row.blame).to_lowercase(),
        "retry": row.retry == Retry::Later,
        "action": row.action,
        "response_status": row.response_status,
        "response_status_1_0": row.response_status_1_0,
        "retrieve_status": row.retrieve_status,
        "http_status": row.http_status,
        "smtp_code": row.smtp_code,
        "smtp_enhanced": row.smtp_enhanced,
        "mm4_status": row.mm4_status,
    })
}
