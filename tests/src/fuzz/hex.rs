//! Inputs as text: hex with notes, one line per thought.
//!
//! The form of `vectors/fuzz/` and of what the runner prints. Invariant: what is dumped parses to the same octets.

/// Octets on a line of a dump.
const LINE_OCTETS: usize = 32;

/// The octets of a text: pairs of hex digits, with or without blanks; `#` begins a note that ends with the line; `*N`
/// behind a pair repeats its octet to N in all.
///
/// # Errors
/// The number of the first line, from 1, that is not of this form.
pub fn parse(text: &str) -> Result<Vec<u8>, usize> {
    let mut octets = Vec::new();
    for (line, number) in text.lines().zip(1_usize..) {
        let content = line.split('#').next().unwrap_or_default();
        for word in content.split_whitespace() {
            parse_word(word, &mut octets).ok_or(number)?;
        }
    }
    Ok(octets)
}

/// Longest repetition: a segment of the smallest size.
const REPEAT_OCTETS_MAX: usize = 1 << 20;

fn parse_word(word: &str, octets: &mut Vec<u8>) -> Option<()> {
    let (digits, repeat) = match word.split_once('*') {
        Some((digits, times)) => (digits, times.parse().ok()?),
        None => (word, 1),
    };
    if digits.len() % 2 == 1 || digits.is_empty() || !(1..=REPEAT_OCTETS_MAX).contains(&repeat) {
        return None;
    }
    for at in (0..digits.len()).step_by(2) {
        octets.push(u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?);
    }
    let last = *octets.last()?;
    octets.extend(std::iter::repeat_n(last, repeat - 1));
    Some(())
}

/// The octets as lines of hex. Runs of more than a line are written with `*`.
#[must_use]
pub fn dump(octets: &[u8]) -> String {
    let mut text = String::new();
    let mut on_line = 0;
    for run in octets.chunk_by(|left, right| left == right) {
        let octet = run.first().copied().unwrap_or_default();
        let (words, repeat) = if run.len() > LINE_OCTETS {
            (1, run.len())
        } else {
            (run.len(), 1)
        };
        for _ in 0..words {
            text.push_str(match on_line {
                0 => "",
                LINE_OCTETS => "\n",
                _ => " ",
            });
            on_line = on_line % LINE_OCTETS + 1;
            text.push_str(&format!("{octet:02x}"));
        }
        if repeat > 1 {
            text.push_str(&format!("*{repeat}"));
        }
    }
    text.push('\n');
    text
}
