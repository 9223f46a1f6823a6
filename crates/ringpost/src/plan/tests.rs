//! Plans that can be checked by hand, the page as it is read, refusals, and the model against the kept run.

use super::{
    BackTest, Basis, Confidence, Demand, Measured, Node, NotASummary, Ran, Size, back_test, page, plan,
};

/// The kept run that the figures compiled in are from.
const RUN: &str = include_str!("../../../../bench/runs/2026-11-22-2157-vm-submit/summary.json");

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() <= right.abs() * 1e-6
}

#[test]
fn the_model_gives_the_throughput_that_was_measured() {
    let test = back_test(RUN).unwrap();
    assert!(near(test.measured_per_s, 21_488.394_231_4));
    assert!(near(test.predicted_per_s, 1e6 / 43.666_695_012_6));
    assert!(test.holds(), "{test:?}");
    // The canary: a run whose processor time does not explain its rate.
    let slower = RUN.replace("21488.394231422422", "12000.0");
    assert!(!back_test(&slower).unwrap().holds());
    let edge = |ratio| BackTest { ratio, ..test };
    assert!(edge(1.149).holds() && edge(0.851).holds());
    assert!(!edge(1.151).holds() && !edge(0.849).holds());
}

/// A kept run of whole lives, of another day and version than what the figures compiled in are from.
const LIFE: &str = include_str!("../../../../bench/runs/2026-11-23-1841-vm-life/summary.json");
/// The kept run that the parts compiled in are from.
const PARTS: &str = include_str!("../../../../bench/runs/2026-11-24-0033-vm-parts/summary.json");

#[test]
fn whole_lives_are_predicted_from_their_parts() {
    let test = back_test(LIFE).unwrap();
    assert_eq!(test.ran, Ran::Lives);
    assert!(near(test.measured_per_s, 7_765.432_766_198));
    assert!(test.holds(), "{test:?}");
    let slower = LIFE.replace("7765.432766198161", "5000.0");
    assert!(!back_test(&slower).unwrap().holds());
}

#[test]
fn a_summary_is_known_by_what_it_says_and_else_by_what_it_measured() {
    let read = |text: &str| Measured::from_summary(text, "run").unwrap();
    let (life, parts) = (read(LIFE), read(PARTS));
    // A life is no submission.
    assert!(near(life.life_us.unwrap().value, 123.233_549_618));
    assert_eq!(life.submit_us, Measured::default().submit_us);
    assert_eq!(parts.submit_us.source, "run");
    assert_eq!(parts.life_us, None);
    let says = |question: &str| LIFE.replacen('{', &format!("{{\"question\":\"{question}\","), 1);
    assert_eq!(back_test(&says("life")).unwrap().ran, Ran::Lives);
    assert_eq!(back_test(&says("submit")).unwrap().ran, Ran::Submissions);
    assert_eq!(back_test(&says("memory")), Err(NotASummary::Unknown));
    assert_eq!(back_test(PARTS), Err(NotASummary::NoRate));
}

#[test]
fn figures_compiled_in_are_those_of_the_kept_runs() {
    let (inside, read) = (Measured::default(), Measured::from_summary(RUN, "run").unwrap());
    let parts = Measured::from_summary(PARTS, "run").unwrap();
    for (inside, read) in [
        (&inside.submit_us, &read.submit_us),
        (&inside.flushes, &read.flushes),
        (&inside.retrieve, &parts.retrieve),
        (&inside.end, &parts.end),
    ] {
        for (inside, read) in [
            (inside.value, read.value),
            (inside.low, read.low),
            (inside.high, read.high),
        ] {
            assert!((inside - read).abs() < read / 1e3, "{inside} {read}");
        }
        assert_eq!((inside.basis, read.basis), (Basis::Measured, Basis::Measured));
    }
    assert_eq!(read.submit_us.source, "run");
}

#[test]
fn needs_follow_from_the_demand_by_sums_that_fit_on_paper() {
    let demand = Demand {
        busy_hour_messages: 3_600_000.0,
        peak_factor: 2.0,
        unreachable_share: 0.0,
        report_share: 0.5,
        slo_p99_ms: 10_000.0,
        utilization_max: 0.5,
        ..Demand::default()
    };
    let figures = Measured::default();
    let plan = plan(&demand, &figures).unwrap();
    assert!(near(plan.busy_per_s, 1_000.0) && near(plan.peak_per_s, 2_000.0) && near(plan.per_day, 36e6));
    let need = |name: &str| plan.needs.iter().find(|need| need.name == name).unwrap();
    // A submission, a retrieval, the end with its report.
    let us = 43.667 * (1.0 + figures.retrieve.value + figures.end.value);
    assert!(near(need("cores").value, 2_000.0 * us / 1e6 / 0.5));
    assert!(near(
        need("cores").high,
        2_000.0 * us / 1e6 / 0.5 * 44.914 / 43.667
    ));
    assert!(near(need("disk writes").value, 36e6 * 30_836.0));
    assert!(near(need("disk rate").value, 2_000.0 * 30_836.0));
    assert!(near(need("disk size").value, 3.0 * 3.6e6 * 30_836.0 / 0.8));
    assert!(near(need("network").value, 2_000.0 * 31_800.0 * 1.06 * 8.0));
    assert!(near(need("SMS").value, 2_000.0 * 1.5));
    assert!(near(need("memory").value, 3.6e6 * 367.0));
    assert!(near(plan.writes_per_day.0, 36e6 * 0.0443) && near(plan.writes_per_day.1, 36e6 * 3.0));
    assert_eq!((plan.nodes, plan.nodes_with_spare, plan.binding), (1, 2, "SMS"));
    assert!(near(plan.headroom_one_lost, 1.0 / (3_000.0 / 3_500.0)));
    assert!(near(plan.headroom, 2.0 * plan.headroom_one_lost));
}

#[test]
fn more_of_anything_never_needs_less() {
    let base = Demand {
        peers: 3,
        ..Demand::default()
    };
    let nodes = |demand: &Demand| {
        let plan = plan(demand, &Measured::default()).unwrap();
        plan.needs.iter().map(super::Need::nodes).collect::<Vec<f64>>()
    };
    let before = nodes(&base);
    let size = |octets| vec![Size { octets, share: 1.0 }];
    let more: [Demand; 8] = [
        Demand {
            busy_hour_messages: 3e6,
            ..base.clone()
        },
        Demand {
            sizes: size(300_000.0),
            ..base.clone()
        },
        Demand {
            recipients: 2.0,
            ..base.clone()
        },
        Demand {
            retention_days: 14.0,
            ..base.clone()
        },
        Demand {
            unreachable_share: 0.05,
            ..base.clone()
        },
        Demand {
            report_share: 0.9,
            ..base.clone()
        },
        Demand {
            peer_share: 0.3,
            ..base.clone()
        },
        Demand {
            alpha: 0.05,
            beta: 0.001,
            ..base.clone()
        },
    ];
    for demand in more {
        let after = nodes(&demand);
        assert!(
            before.iter().zip(&after).all(|(before, after)| after >= before),
            "{demand:?}"
        );
        assert!(after > before, "{demand:?}");
    }
}

#[test]
fn each_need_can_bind() {
    let of = |node: Node| {
        plan(
            &Demand {
                node,
                ..Demand::default()
            },
            &Measured::default(),
        )
        .unwrap()
    };
    let node = Node::default();
    let cases = [
        ("cores", Node { cores: 0.01, ..node }),
        (
            "disk size",
            Node {
                disk_octets: 1e9,
                disk_writes_per_day: 1e3,
                ..node
            },
        ),
        (
            "disk writes",
            Node {
                disk_writes_per_day: 0.001,
                ..node
            },
        ),
        (
            "disk rate",
            Node {
                disk_octets_per_s: 1e5,
                ..node
            },
        ),
        (
            "network",
            Node {
                nic_bits_per_s: 1e6,
                ..node
            },
        ),
        (
            "memory",
            Node {
                memory_octets: 12e9,
                ..node
            },
        ),
        (
            "SMS",
            Node {
                sms_per_s: 1.0,
                ..node
            },
        ),
    ];
    for (name, node) in cases {
        let plan = of(node);
        assert_eq!(plan.binding, name, "{:?}", plan.needs);
        assert_eq!(plan.nodes_with_spare, plan.nodes + 1);
        assert!(plan.headroom_one_lost >= 1.0);
    }
}

#[test]
fn latency_bounds_how_busy_a_core_may_be() {
    let of = |slo_p99_ms| {
        plan(
            &Demand {
                slo_p99_ms,
                ..Demand::default()
            },
            &Measured::default(),
        )
    };
    assert!(near(of(250.0).unwrap().utilization, 0.6), "the settings bind");
    let tight = of(7.8).unwrap().utilization;
    assert!(tight > 0.2 && tight < 0.6, "the latency binds: {tight}");
    for ms in [7.6, 7.511, 1.0] {
        assert!(of(ms).unwrap_err().contains("can't be promised"), "{ms}");
    }
}

#[test]
fn a_measured_life_takes_the_place_of_its_parts() {
    let text = r#"{ "scenario": "lives", "void": [], "server_us_per_message": 90.0 }"#;
    let figures = Measured::from_summary(text, "run").unwrap();
    let demand = Demand {
        unreachable_share: 0.0,
        utilization_max: 1.0,
        slo_p99_ms: 1e9,
        ..Demand::default()
    };
    let made = plan(&demand, &figures).unwrap();
    assert!(near(
        made.needs[0].value,
        made.peak_per_s * 90.0 / 1e6 / made.utilization
    ));
    assert_eq!(made.confidence, Confidence::Low, "{:?}", made.doubts);
    let scaled = Demand {
        alpha: 0.02,
        ..demand
    };
    assert_eq!(plan(&scaled, &figures).unwrap().confidence, Confidence::Medium);
}

#[test]
fn what_is_not_possible_is_refused() {
    let demands = [
        ("busy_hour_messages = 0", "busy_hour_messages must be above 0"),
        ("busy_hour_messages = nan", "busy_hour_messages must be above 0"),
        ("unreachable_share = 1.5", "unreachable_share must be from 0 to 1"),
        ("peak_factor = 0.5", "peak_factor must be at least 1"),
        ("peer_share = 0.5", "peers must be above 0"),
        ("[node]\ncores = -1", "node.cores must be above 0"),
        ("sizes = []", "the shares of the sizes make 0"),
        ("[[sizes]]\noctets = 0\nshare = 1", "each size must be above 0"),
        ("busy_hour_mesages = 5", "unknown field"),
        ("[node]\ncore = 5", "unknown field"),
        ("=", "TOML parse error"),
    ];
    for (text, expected) in demands {
        let error = Demand::from_toml(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
    for text in ["", "30000:", "a:1", "30000:0.5;1:0.5"] {
        assert!(Demand::sizes_of(text).is_err(), "{text}");
    }
    assert_eq!(Demand::sizes_of("30000:0.7, 300000:0.3").unwrap().len(), 2);
    let summaries = [
        ("{}", NotASummary::Unknown),
        (r#"{"recipients":1}"#, NotASummary::Unknown),
        (r#"{"server_us_per_message":0}"#, NotASummary::Unknown),
        (
            r#"{"void":["few pairs"],"full":{}}"#,
            NotASummary::Void("\"few pairs\"".to_owned()),
        ),
    ];
    for (text, expected) in summaries {
        assert_eq!(
            Measured::from_summary(text, "run").unwrap_err(),
            expected,
            "{text}"
        );
    }
    assert!(matches!(
        Measured::from_summary("x", "run"),
        Err(NotASummary::Json(_))
    ));
    assert_eq!(
        back_test(r#"{"server_us_per_message":50}"#),
        Err(NotASummary::NoRate)
    );
}

#[test]
fn the_demand_is_written_as_it_is_read() {
    let demand = Demand {
        sizes: Demand::sizes_of("30000:0.75,300000:0.25").unwrap(),
        ..Demand::default()
    };
    let text = toml::to_string(&demand).unwrap();
    assert_eq!(Demand::from_toml(&text).unwrap(), demand);
}

/// A tier-one operator: nine million in the busy hour, two sizes, twelve peers, a week, one in a hundred out of reach.
fn tier_one() -> Demand {
    Demand {
        busy_hour_messages: 9e6,
        sizes: Demand::sizes_of("30000:0.7,300000:0.3").unwrap(),
        peers: 12,
        peer_share: 0.3,
        ..Demand::default()
    }
}

#[test]
fn the_pages() {
    let figures = Measured::default();
    let small = plan(&Demand::default(), &figures).unwrap();
    assert_eq!(page::page(&small, &figures), include_str!("tests/default.txt"));
    let large = plan(&tier_one(), &figures).unwrap();
    assert_eq!(page::page(&large, &figures), include_str!("tests/tier_one.txt"));
}
