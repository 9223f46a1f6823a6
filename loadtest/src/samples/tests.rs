//! Samples are read back as they were written.

use super::{Sample, SamplesError, read, write_head, write_row};
use crate::host::Core;
use crate::record::Counts;

fn sample(at: u64) -> Sample {
    Sample {
        begin_ns: at * 1_000_000_000,
        end_ns: (at + 1) * 1_000_000_000,
        counts: Counts {
            arrived: 10 + at,
            submitted: 9,
            mismatched: 1,
            ..Counts::default()
        },
        under_way: 3,
        connected: 4,
        octets_sent: 5,
        octets_received: 6,
        driver_cpu_ns: vec![7, 8],
        server_cpu_ns: 9,
        cores: vec![
            Core {
                busy_ns: 1,
                interrupts_ns: 2,
                steal_ns: 3
            };
            3
        ],
    }
}

fn text() -> String {
    let mut out = Vec::new();
    write_head(&mut out, &sample(0)).unwrap();
    write_row(&mut out, &sample(0)).unwrap();
    write_row(&mut out, &sample(1)).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn what_was_written_is_read() {
    assert_eq!(read(&text()).unwrap(), [sample(0), sample(1)]);
}

#[test]
fn damage_is_refused() {
    assert!(
        matches!(read(&text().replace("mismatched", "matched")), Err(SamplesError(text)) if text.contains("mismatched"))
    );
    assert!(read(&text().replacen(",9,", ",", 1)).is_err());
    assert!(read(&text().replacen(",9,", ",nine,", 1)).is_err());
}
