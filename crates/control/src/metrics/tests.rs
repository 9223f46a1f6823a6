//! The text of the metrics: each row once a shard, in both dialects, and promtool finds nothing.

use super::{Dialect, Kind, Single, exposition, process};
use meter::{Counter, Gauge, ShardMeter};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

fn text(dialect: Dialect) -> String {
    let meters = [Arc::new(ShardMeter::default()), Arc::new(ShardMeter::default())];
    meters[1].add(Counter::SendAccepted, 42);
    meters[0].set(Gauge::RecipientsWaiting, 7);
    let mut singles = vec![Single {
        name: "ringpost_ready",
        kind: Kind::Gauge,
        text: "1 while messages are taken.",
        value: 1.0,
    }];
    singles.extend(process());
    exposition(dialect, &meters, &singles, &crate::histograms::tests::families())
}

#[test]
fn each_row_stands_once_for_each_shard() {
    for dialect in [Dialect::Prometheus, Dialect::OpenMetrics] {
        let text = text(dialect);
        for name in Counter::ALL.map(|counter| format!("ringpost_{}_total", counter.name())) {
            let samples = text
                .lines()
                .filter(|line| line.starts_with(&format!("{name}{{shard=\"")));
            assert_eq!(samples.count(), 2, "{name}");
        }
        for name in Gauge::ALL.map(|gauge| format!("ringpost_{}", gauge.name())) {
            assert!(
                text.contains(&format!("\n# TYPE {name} gauge\n{name}{{shard=\"0\"}} ")),
                "{name}"
            );
        }
        assert!(
            text.contains("\nringpost_send_accepted_total{shard=\"1\"} 42\n"),
            "{text}"
        );
        assert!(text.contains("\nringpost_recipients_waiting{shard=\"0\"} 7\n"));
        assert!(text.contains("\nringpost_ready 1\n") && text.contains("\nprocess_cpu_seconds_total "));
    }
}

#[test]
fn the_dialects_differ_in_the_family_and_the_end() {
    let (prometheus, open) = (text(Dialect::Prometheus), text(Dialect::OpenMetrics));
    assert!(prometheus.contains("\n# TYPE ringpost_turns_total counter\n") && !prometheus.contains("# EOF"));
    assert!(open.contains("\n# TYPE ringpost_turns counter\n") && open.ends_with("\n# EOF\n"));
    let accepts = [
        ("", Dialect::Prometheus),
        ("*/*", Dialect::Prometheus),
        ("text/plain;version=0.0.4", Dialect::Prometheus),
        (
            "application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
            Dialect::OpenMetrics,
        ),
    ];
    for (accept, expected) in accepts {
        assert_eq!(Dialect::of_accept(accept), expected, "{accept}");
    }
}

/// What promtool (Debian package prometheus) says of a text; nothing where it is not installed. PROMTOOL may name it.
fn promtool(text: &str) -> Option<(bool, String)> {
    let program = std::env::var_os("PROMTOOL").unwrap_or_else(|| "promtool".into());
    let mut child = Command::new(program)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    Some((
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    ))
}

#[test]
fn promtool_finds_nothing() {
    let Some((fine, said)) = promtool(&text(Dialect::Prometheus)) else {
        eprintln!("skipped: promtool is not installed (Debian package prometheus)");
        return;
    };
    assert!(fine && said.trim().is_empty(), "{said}");
    let (fine, said) = promtool("# TYPE wrong counter\nwrong 1\n").unwrap();
    assert!(!fine && !said.is_empty(), "the canary must be caught: {said}");
}
