//! Dates of mails and of HTTP: text to seconds and back.
//!
//! Used for Date, for expiries and for the dates of previous senders. Invariant: seconds since 1970-01-01 UTC, never
//! before it. Grammars: RFC 5322 §3.3 with its obsolete zones, RFC 9110 §5.6.7 (IMF-fixdate), RFC 3339.

use mail_parser::DateTime;

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// How the zone of a written date is named; the time is UTC either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// `+0000`, as mails have it.
    Offset,
    /// `GMT`, as HTTP has it.
    Gmt,
}

/// Reads a date of a mail, of HTTP, or of RFC 3339, up to the year 3000; `None` when it is none of them.
#[must_use]
pub fn read(text: &str) -> Option<u64> {
    let date = DateTime::parse_rfc822(text).or_else(|| DateTime::parse_rfc3339(text))?;
    date.is_valid().then(|| u64::try_from(date.to_timestamp()).ok())?
}

/// A date as text, such as `Sun, 22 Nov 2026 16:00:00 +0000`. Beyond the year 9999 it stays in it.
#[must_use]
pub fn write(seconds: u64, zone: Zone) -> String {
    const LAST: i64 = 253_402_300_799;
    let seconds = i64::try_from(seconds).unwrap_or(LAST).min(LAST);
    let date = DateTime::from_timestamp(seconds);
    let name = |names: &[&'static str], index: u8| names.get(usize::from(index)).copied().unwrap_or("");
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} {}",
        name(&DAYS, date.day_of_week()),
        date.day,
        name(&MONTHS, date.month.saturating_sub(1)),
        date.year,
        date.hour,
        date.minute,
        date.second,
        match zone {
            Zone::Offset => "+0000",
            Zone::Gmt => "GMT",
        }
    )
}

#[cfg(test)]
mod tests;
