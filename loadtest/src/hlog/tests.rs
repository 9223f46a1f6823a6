//! Interval logs are read back as they were written; what is damaged is refused.

use super::{begin, read, write};
use crate::record::{Series, histogram};

fn log() -> (String, hdrhistogram::Histogram<u64>) {
    let mut values = histogram();
    for value in [120, 1_000, 50_000, 50_001, 1_000_000_000, 119_000_000_000] {
        values.saturating_record(value);
    }
    let mut out = Vec::new();
    begin(&mut out, 1_700_000_000_123).unwrap();
    write(&mut out, "steady.submit", 0, 1_000_000_000, &values).unwrap();
    write(
        &mut out,
        "steady.submit.sent",
        1_000_000_000,
        1_000_000_000,
        &values,
    )
    .unwrap();
    (String::from_utf8(out).unwrap(), values)
}

#[test]
fn what_was_written_is_read() {
    let (text, values) = log();
    let entries = read(&text).unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(
        (entries[0].phase.as_str(), entries[0].series),
        ("steady", Series::Submit)
    );
    assert_eq!(entries[1].series, Series::SubmitSent);
    assert!((entries[1].begin_s - 1.0).abs() < 1e-9);
    assert_eq!(entries[0].histogram, values);
}

#[test]
fn the_head_is_that_of_other_readers() {
    let (text, _) = log();
    assert!(text.contains("#[StartTime: 1700000000.123 "), "{text}");
    assert!(text.contains("Tag=steady.submit,0.000,1.000,119"), "{text}");
}

#[test]
fn damage_is_refused() {
    let (text, _) = log();
    assert!(read(&text.replace("steady.submit,", "steady.unheard,")).is_err());
    let cut = text.trim_end().rsplit_once("HISTF").unwrap().0;
    assert!(read(&format!("{cut}HISTFxx\n")).is_err());
}
