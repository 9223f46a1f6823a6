//! What `ringpost log dump` says of a stopped server's data, as far as the ledger wants it.
//!
//! Between the data directory and the ledger, in the words that an operator reads. Invariant: a line that is no record
//! is a failure, not passed over.

use super::{Failure, Site};
use serde_json::Value;

/// One record.
#[derive(Clone, Debug)]
pub struct Record {
    /// The message, 16 hexadecimal digits.
    pub message: String,
    /// What it says.
    pub what: What,
}

/// What a record says.
#[derive(Clone, Debug)]
pub enum What {
    /// The message was accepted.
    Accept,
    /// The message was accepted from another operator.
    Arrival,
    /// A copy's state.
    State(State),
}

/// A copy's state.
#[derive(Clone, Debug)]
pub struct State {
    /// Which copy of the message.
    pub copy: u64,
    /// Its recipient's digits.
    pub recipient: u64,
    /// Which of the copy's records.
    pub sequence: u64,
    /// The state, in the program's words.
    pub state: String,
    /// Whether it is an end.
    pub is_end: bool,
    /// Whether the record holds an M-Delivery.ind.
    pub reports_delivery: bool,
}

/// Every accept and state record of a site's data, in the order of the logs.
///
/// # Errors
/// Where the data can't be dumped or a line is damaged.
pub fn dump(site: &Site) -> Result<Vec<Record>, Failure> {
    let output = site.log(&["dump", "--json", "--numbers"])?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::of("log dump", said));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut records = Vec::new();
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).map_err(|error| Failure::of(line, error))?;
        records.extend(record(&value).map_err(|what| Failure(format!("{what}: {line}")))?);
    }
    Ok(records)
}

fn record(value: &Value) -> Result<Option<Record>, &'static str> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let number = |name: &str| value.get(name).and_then(Value::as_u64);
    let what = match text("kind") {
        Some("accept") => What::Accept,
        Some("arrival") => What::Arrival,
        Some("repeats" | "answered") => return Ok(None),
        Some("state") => {
            let state = text("state").ok_or("a record without a state")?;
            let digits = text("recipient").map(|number| number.trim_start_matches('+'));
            What::State(State {
                copy: number("index").ok_or("a record without an index")?,
                recipient: digits.and_then(|digits| digits.parse().ok()).unwrap_or(0),
                sequence: number("sequence").ok_or("a record without a sequence")?,
                state: state.to_owned(),
                is_end: state.starts_with("Ended"),
                reports_delivery: text("pushed") == Some("M-Delivery.ind"),
            })
        }
        _ => return Err("not a record"),
    };
    let message = text("message").ok_or("a record without a message")?.to_owned();
    Ok(Some(Record { message, what }))
}
