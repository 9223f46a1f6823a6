//! Local number ranges: which subscribers are served here.
//!
//! Read from the settings, asked by admission and routing. Invariant: ranges are kept sorted by their digits; an empty
//! list means every number that is not routed elsewhere, which is refused off loopback.

use base::Msisdn;

/// Leading digits of the numbers that are served here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalRanges(Vec<String>);

impl LocalRanges {
    /// From leading international digits, each with or without a `+`.
    #[must_use]
    pub fn new(ranges: &[String]) -> LocalRanges {
        let mut ranges: Vec<String> = ranges
            .iter()
            .map(|range| range.trim_start_matches('+').to_owned())
            .collect();
        ranges.sort_unstable();
        ranges.dedup();
        LocalRanges(ranges)
    }

    /// The ranges: leading digits without `+`, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether any range was declared.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether `number` is served here. Cost: a handful of comparisons; the list is short.
    #[must_use]
    pub fn contains(&self, number: Msisdn) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let mut text = [0_u8; 20];
        let digits = decimal(number.digits(), &mut text);
        self.0.iter().any(|range| digits.starts_with(range.as_bytes()))
    }
}

/// Writes a number's digits at the end of `text` and says where.
fn decimal(mut value: u64, text: &mut [u8; 20]) -> &[u8] {
    let mut start = text.len();
    for (index, place) in text.iter_mut().enumerate().rev() {
        *place = b'0' + (value % 10) as u8;
        start = index;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    text.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
