//! Makes a data directory of many records, for measuring `ringpost trace` by hand: `trace_fill DIR [MESSAGES]
//! [JOURNALS]`.
//!
//! Three records a message, in segments of 64 MiB; without a number 3,334,000 messages, which are ten million
//! records.

#[path = "../tests/suite/fill.rs"]
mod fill;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, otherwise: u64| match words.get(index) {
        None => Some(otherwise),
        Some(word) => word.parse().ok(),
    };
    let (Some(folder), Some(messages), Some(journals)) = (words.first(), number(1, 3_334_000), number(2, 2))
    else {
        eprintln!("trace_fill DIR [MESSAGES] [JOURNALS]");
        return ExitCode::from(2);
    };
    let wanted = fill::Fill {
        journals: u16::try_from(journals).unwrap_or(2).max(1),
        segment_octets: 64 << 20,
        messages,
    };
    fill::fill(Path::new(folder), wanted);
    for index in [0, messages / 2, messages.saturating_sub(1)] {
        let (sender, recipient) = (fill::sender(index), fill::recipient(index));
        println!("{} from {sender} to {recipient}", fill::message(index));
    }
    println!("from the second {} since 1970 on", fill::BEGINNING);
    ExitCode::SUCCESS
}
